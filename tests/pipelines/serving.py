# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-server-1.0 while a test talks to it.

DETECT_SERVER_WRAPPER holds words to put in front of each server's command, so that the
tests run with it under valgrind, too (DETECT_OPENVINO=none, as it keeps memory):
    valgrind --quiet --suppressions=tests/valgrind.supp --error-exitcode=9
        --leak-check=full --errors-for-leak-kinds=definite
A test fails when the server's exit status says that there was an error or a leak.
"""
import os
import pickle
import re
import shlex
import signal
import subprocess
import tempfile
import time
from multiprocessing.connection import Client
from pathlib import Path
from typing import List, Optional

import numpy as np

from common import build_folder
from marks import Skip

# 64 x 64, two classes: a dog at 24,16 - 56,32 with 0.75, a cat at 4,4 - 14,24 with 0.5.
CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;6;84
data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5
[metadata]
names={0: 'cat', 1: 'dog'}
"""
DOG = [24, 16, 32, 16]
CAT = [4, 4, 10, 20]
WRAPPER = shlex.split(os.environ.get("DETECT_SERVER_WRAPPER", ""))
# Seconds until a server that is not ready counts as hung.
START = 600 if WRAPPER else 60
# And one that does not end.
END = 300 if WRAPPER else 30
# A network takes longer there than the server allows for by default.
PATIENCE = ("--timeout", "600") if WRAPPER else ()


def program() -> Path:
    path = build_folder() / "pipelines/gst-detect-server-1.0"
    if not path.exists():
        raise Skip(f"{path} is not built")
    return path


def picture(side: int = 64) -> np.ndarray:
    """Something to look at; the canned model says the same of all."""
    return np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)


def leak_check() -> dict:
    """Python keeps memory until its end on purpose; the server must not."""
    environment = dict(os.environ)
    if "libasan" in environment.get("LD_PRELOAD", ""):
        environment["ASAN_OPTIONS"] = "detect_leaks=1:fast_unwind_on_malloc=0"
        environment["LSAN_OPTIONS"] = (
            f"suppressions={Path(__file__).parent / 'leaks.supp'}:print_suppressions=0")
    return environment


class Server:
    """A server on free ports, ended when its block ends."""

    def __init__(self, *words: object, behaviour: str = "", model: Optional[object] = None,
                 wire: bool = True, http: bool = True):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        if model is None:
            model = self.path / "canned.null"
            model.write_text(CANNED + behaviour)
        self.words = [*WRAPPER, program(), *PATIENCE, "--model", model, "--listen",
                      "localhost:0" if wire else "none", "--http",
                      "localhost:0" if http else "none", *words]
        self.ports: List[int] = []
        self.n_ports = wire + http

    def __enter__(self) -> "Server":
        with open(self.path / "log", "wb") as log:
            self.process = subprocess.Popen([str(word) for word in self.words],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=leak_check())
        self.wait_for(rf"(?s)(at port .*){{{self.n_ports}}}", START)
        ports = [int(port) for port in re.findall(r"at port (\d+)", self.log())]
        self.port = ports[0]
        self.http_port = ports[-1]
        self.url = f"http://localhost:{self.http_port}"
        return self

    def __exit__(self, kind, *_error) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        log = self.log()
        self.folder.cleanup()
        if kind is not None:
            print(log)
            return
        assert status == 0, (status, log)
        assert "Sanitizer" not in log and "runtime error" not in log, log
        assert "CRITICAL" not in log and "WARNING" not in log, log

    def log(self) -> str:
        return (self.path / "log").read_text(errors="replace")

    def wait_for(self, pattern: str, seconds: int = 30) -> str:
        """Waits until the log holds it."""
        until = time.monotonic() + seconds
        while not re.search(pattern, self.log()):
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, f"no {pattern} in {self.log()}"
            time.sleep(0.02)
        return self.log()

    def connect(self, **options) -> Client:
        return Client(("localhost", self.port), **options)

    def ask(self, message: object, protocol: Optional[int] = None) -> object:
        """One message of a client of its own, pickled twice as the old ones do."""
        with self.connect() as client:
            return ask(client, message, protocol)

    def check_alive(self) -> None:
        """A client that does all right is served."""
        reply = self.ask([{"frame_num": 3, "image": picture(), "time": "now"}])
        assert reply[0]["frame_num"] == 3 and len(reply[0]["det_output"]) == 2, reply

    def status(self, name: str) -> int:
        """A number of /proc/PID/status, in kB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE).group(1))

    def n_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def ask(client: Client, message: object, protocol: Optional[int] = None) -> object:
    client.send(pickle.dumps(message, protocol))
    return pickle.loads(client.recv())


def boxes(reply: dict) -> list:
    return [[round(side, 3) for side in each["bbox"]] for each in reply["det_output"]]


def wait_until(condition, seconds: int = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)
