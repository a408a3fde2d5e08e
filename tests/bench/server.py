#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""server.py: the old Python server against gst-detect-server-1.0, over the same library,
with the old client on 640x480 pictures: pictures in a second and latencies. Beside them
what the client itself costs: a server that reads each message into the same memory and
sends the same reply, looks at nothing, and is the fastest that one client can have.

Needs DETECT_BUILD; a real model is found through DETECT_ASSETS, and the null engine shows
what the servers themselves cost. --table leaves out the line about the machine.
"""
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

import numpy as np

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DETECT_BUILD", TOP / "build"))
LIBRARY = Path(os.environ.get("DETECT_OLD_LIBRARY", BUILD / "src/libDetect.so"))
PYTHON = "/usr/bin/python3"
SECONDS = 3
RUNS = 3

CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;6;84
data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5
[metadata]
names={0: 'cat', 1: 'dog'}
"""

CLIENT = """
import json, pickle, sys, time
from multiprocessing.connection import Client
import cv2, numpy as np
port, kind, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
image = np.load(sys.argv[4])
client = Client(('localhost', port))
took, end = [], None
while end is None or time.perf_counter() < end:
    start = time.perf_counter()
    if kind == 'array':
        message = [{'frame_num': 1, 'image': image, 'time': '20260101000000'}]
    else:
        message = {'frame_num': 1, 'image': cv2.imencode('.jpg', image, [1, 95])[1]}
    client.send(pickle.dumps(message))
    pickle.loads(client.recv())
    took.append(time.perf_counter() - start)
    if end is None:  # the first one is for warming up
        took, end = [], time.perf_counter() + seconds
print(json.dumps(took))
"""

CLIENTS_OWN = """
import pickle, socket, struct
listening = socket.create_server(('localhost', 0))
print('at port', listening.getsockname()[1], flush=True)
found = [{'bbox': [24.0, 16.0, 32.0, 16.0], 'classes': 1, 'prob': 0.75, 'label': 'dog'}] * 2
reply = pickle.dumps(pickle.dumps([{'frame_num': 1, 'det_output': found, 'time': '0' * 21}]))
reply = struct.pack('>i', len(reply)) + reply
room = memoryview(bytearray(1 << 24))
client, _ = listening.accept()
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while client.recv_into(room, 4, socket.MSG_WAITALL) == 4:
    left = struct.unpack('>i', room[:4])[0]
    while left > 0:
        left -= client.recv_into(room, left)
    client.sendall(reply)
"""


class Row(NamedTuple):
    fps: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.fps:.0f} | {self.p50:.1f} | {self.p99:.1f}"


@contextlib.contextmanager
def running(command: List[object], pattern: str, **options) -> Iterator["re.Match"]:
    """Until its block ends. What it says goes to a file: nobody reads a pipe."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as said:
        process = subprocess.Popen([str(word) for word in command], stdout=open(said.name, "w"),
                                   stderr=subprocess.STDOUT, **options)
        try:
            found = None
            while not found:
                found = re.search(pattern, Path(said.name).read_text(errors="replace"))
                if process.poll() is not None:
                    raise SystemExit(f"{command[0]} ended: {Path(said.name).read_text()}")
                time.sleep(0.05)
            yield found
        finally:
            process.kill()
            process.wait()


def old_script(kind: str) -> str:
    """The old server's parts put together as its users have them."""
    calls = (TOP / "tests/data/old-ctypes.py").read_text().split("img = cv2.imread")[0]
    calls = calls.replace("lib.Detect_Init.argtypes = [ctypes.c_void_p, ctypes.c_char_p, "
                          "ctypes.c_int]",
                          "lib.Detect_Init.argtypes = [ctypes.c_void_p, ctypes.c_char_p]")
    name = "old-server.py" if kind == "array" else "old-video-server.py"
    return calls + (TOP / "tests/data" / name).read_text()


@contextlib.contextmanager
def old_server(folder: Path, model: Path, kind: str) -> Iterator[int]:
    """Where it looks for its library and its configuration."""
    here = folder / "application/python"
    for each in (here, folder / "application/lib", folder / "weights"):
        each.mkdir(parents=True, exist_ok=True)
    link = folder / "application/lib/libDetect.so"
    if not link.is_symlink():
        link.symlink_to(LIBRARY)
    (folder / "weights/DetectConfig.yaml").write_text(f"model: {model}\n")
    (here / "script.py").write_text(old_script(kind))
    port = 20000 + os.getpid() % 10000
    environment = {**os.environ, "LD_LIBRARY_PATH": str(LIBRARY.parent)}
    with running([PYTHON, "-u", "script.py", port], "Connecting", cwd=here, env=environment):
        yield port


@contextlib.contextmanager
def new_server(_folder: Path, model: Path, _kind: str) -> Iterator[int]:
    command = [BUILD / "pipelines/gst-detect-server-1.0", "--model", model, "--listen",
               "localhost:0", "--http", "none"]
    with running(command, r"at port (\d+)") as found:
        yield int(found.group(1))


@contextlib.contextmanager
def no_server(_folder: Path, _model: Path, _kind: str) -> Iterator[int]:
    with running([PYTHON, "-c", CLIENTS_OWN], r"at port (\d+)") as found:
        yield int(found.group(1))


def run_clients(port: int, kind: str, n: int, picture: Path) -> Row:
    clients = [subprocess.Popen([PYTHON, "-c", CLIENT, str(port), kind, str(SECONDS), picture],
                                stdout=subprocess.PIPE, text=True) for _ in range(n)]
    took = [json.loads(client.communicate()[0]) for client in clients]
    fps = sum(len(each) / sum(each) for each in took)
    times = np.concatenate(took) * 1000
    return Row(fps, float(np.percentile(times, 50)), float(np.percentile(times, 99)))


def measure(server, folder: Path, model: Path, kind: str, n: int, picture: Path) -> Row:
    """The middle one of several runs."""
    rows = []
    for _ in range(RUNS):
        with server(folder, model, kind) as port:
            rows.append(run_clients(port, kind, n, picture))
    return sorted(rows)[RUNS // 2]


def find_model() -> Optional[Path]:
    path = Path(os.environ.get("DETECT_ASSETS", "/nowhere")) / "models/yolox_nano.onnx"
    return path if path.exists() else None


def main() -> None:
    if "--table" not in sys.argv:
        print(f"{os.cpu_count()} processors, {RUNS} runs of {SECONDS} s, the middle one; "
              f"{time.strftime('%Y-%m-%d')}\n")
    print("| model | picture | server | clients | pictures/s | p50 ms | p99 ms |")
    print("|---|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        picture = folder / "picture.npy"
        canned = folder / "canned.null"
        canned.write_text(CANNED)
        noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
        np.save(picture, np.ascontiguousarray(noise.repeat(10, 0).repeat(10, 1)))
        for model in filter(None, (find_model(), canned)):
            for kind in ("array", "JPEG"):
                for name, server, n in (("Python", old_server, 1), ("this", new_server, 1),
                                        ("none: the client's own share", no_server, 1),
                                        ("this", new_server, 8)):
                    row = measure(server, folder, model, kind, n, picture)
                    print(f"| {model.stem} | {kind} | {name} | {n} | {row} |", flush=True)


if __name__ == "__main__":
    main()
