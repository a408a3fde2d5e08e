#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""server.py: the old Python server against gst-detect-server-1.0, over the same library,
with the old client on 640x480 pictures: pictures in a second, latencies, and the server's
own processor time for a picture. Beside them what the client itself costs: a server that
reads each message into the same memory and sends the same reply, looks at nothing, and is
the fastest that one client can have. Ratios follow the table. Takes less than 4 minutes.

Needs DETECT_BUILD; a real model is found through DETECT_ASSETS, and the null engine shows
what the servers themselves cost. The picture is a photo of the package darknet; without it
coloured squares, which are harder to decode. --table leaves out the line about the machine.

The old server takes one client at a time, and listens anew once that one is gone; who
waits to be accepted meanwhile loses its connection. Its eight clients therefore take turns
of an eighth of the time, connect until they are served, and wait for that in their first
picture's time: the most that the old server can give to eight.
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
from typing import Callable, Iterator, List, NamedTuple, Optional

import cv2
import numpy as np

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DETECT_BUILD", TOP / "build"))
LIBRARY = Path(os.environ.get("DETECT_OLD_LIBRARY", BUILD / "src/libDetect.so"))
PYTHON = "/usr/bin/python3"
PHOTO = Path("/usr/share/darknet/data/dog.jpg")
SECONDS = 1.5
RUNS = 3
CLIENTS = 8
TICKS = os.sysconf("SC_CLK_TCK")

CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;6;84
data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5
[metadata]
names={0: 'cat', 1: 'dog'}
"""

# Says when it is ready, begins when it is told to, and prints its start, its end, and how
# long each picture took. With a file to lock it waits for its turn before it connects.
CLIENT = """
import fcntl, json, pickle, sys, time
from multiprocessing.connection import Client
import cv2, numpy as np
port, kind, seconds, image, turn = sys.argv[1:]
image, took, client = np.load(image), [], None

def ask(start):
    if kind == 'array':
        message = [{'frame_num': 1, 'image': image, 'time': '20260101000000'}]
    else:
        quality = 30 if kind == 'small JPEG' else 95
        message = {'frame_num': 1, 'image': cv2.imencode('.jpg', image, [1, quality])[1]}
    client.send(pickle.dumps(message))
    pickle.loads(client.recv())
    took.append(time.perf_counter() - start)

def connect(start):
    global client
    while True:
        try:
            client = Client(('localhost', int(port)))
            return ask(start)
        except (OSError, EOFError):
            time.sleep(0.001)

if not turn:
    connect(0)  # and warm up
print('ready', flush=True)
sys.stdin.readline()
took.clear()
begin = time.perf_counter()
if turn:
    fcntl.flock(open(turn, 'w'), fcntl.LOCK_EX)
    connect(begin)
end = time.perf_counter() + float(seconds)
while time.perf_counter() < end:
    ask(time.perf_counter())
print(json.dumps([begin, time.perf_counter(), took]))
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
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # as the server does
    left = struct.unpack('>i', room[:4])[0]
    while left > 0:  # without sleeping, as the server does
        try:
            left -= client.recv_into(room, left, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
    client.sendall(reply)
"""


class Row(NamedTuple):
    fps: float
    p50: float
    p99: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.fps:.0f} | {self.p50:.1f} | {self.p99:.1f} | {self.cpu:.2f}"


class Serving(NamedTuple):
    """A server that runs."""
    pid: int
    port: int


class Kind(NamedTuple):
    """What is compared, and with how many clients."""
    name: str
    server: Callable
    n: int
    turns: bool = False


@contextlib.contextmanager
def running(command: List[object], pattern: str, port: int = 0,
            **options) -> Iterator[Serving]:
    """Until its block ends. What it says goes to a file: nobody reads a pipe. Without a port
    the pattern's group is it."""
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
            yield Serving(process.pid, port or int(found.group(1)))
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
def old_server(folder: Path, model: Path, kind: str) -> Iterator[Serving]:
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
    with running([PYTHON, "-u", "script.py", port], "Connecting", port, cwd=here,
                 env=environment) as serving:
        yield serving


@contextlib.contextmanager
def new_server(_folder: Path, model: Path, _kind: str) -> Iterator[Serving]:
    command = [BUILD / "pipelines/gst-detect-server-1.0", "--model", model, "--listen",
               "localhost:0", "--http", "none"]
    with running(command, r"at port (\d+)") as serving:
        yield serving


@contextlib.contextmanager
def no_server(_folder: Path, _model: Path, _kind: str) -> Iterator[Serving]:
    with running([PYTHON, "-c", CLIENTS_OWN], r"at port (\d+)") as serving:
        yield serving


KINDS = (Kind("Python", old_server, 1), Kind("this", new_server, 1),
         Kind("none: the client's own share", no_server, 1),
         Kind("Python, in turns", old_server, CLIENTS, turns=True),
         Kind("this", new_server, CLIENTS))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its threads and its children, past and present."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    children = [child for path in Path(f"/proc/{pid}/task").glob("*/children")
                for child in path.read_text().split()]
    return (sum(map(int, fields[11:15])) / TICKS +
            sum(cpu_seconds(int(child)) for child in children))


def run_clients(serving: Serving, how: Kind, kind: str, picture: Path) -> Row:
    seconds = SECONDS / how.n if how.turns else SECONDS
    turn = picture.with_name("turn") if how.turns else ""
    clients = [subprocess.Popen([PYTHON, "-c", CLIENT, str(serving.port), kind, str(seconds),
                                 picture, turn], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True) for _ in range(how.n)]
    for client in clients:
        assert client.stdout.readline() == "ready\n"
    cpu = cpu_seconds(serving.pid)
    for client in clients:
        client.stdin.write("go\n")
        client.stdin.flush()
    begins, ends, took = zip(*(json.loads(client.stdout.readline()) for client in clients))
    cpu = cpu_seconds(serving.pid) - cpu
    for client in clients:
        client.communicate()
    times = np.concatenate(took) * 1000
    return Row(len(times) / (max(ends) - min(begins)), float(np.percentile(times, 50)),
               float(np.percentile(times, 99)), cpu * 1000 / len(times))


def measure(how: Kind, folder: Path, model: Path, kind: str, picture: Path) -> Row:
    """The middle one of several runs."""
    rows = []
    for _ in range(RUNS):
        with how.server(folder, model, kind) as serving:
            rows.append(run_clients(serving, how, kind, picture))
    return sorted(rows)[RUNS // 2]


def find_model() -> Optional[Path]:
    path = Path(os.environ.get("DETECT_ASSETS", "/nowhere")) / "models/yolox_nano.onnx"
    return path if path.exists() else None


def make_picture() -> np.ndarray:
    if PHOTO.exists():
        return cv2.resize(cv2.imread(str(PHOTO)), (640, 480), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return np.ascontiguousarray(noise.repeat(10, 0).repeat(10, 1))


def describe(picture: np.ndarray) -> str:
    sizes = [len(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]) // 1000
             for quality in (95, 30)]
    return (f"{'a photo' if PHOTO.exists() else 'coloured squares, as darknet is not there'}; "
            f"JPEG is {sizes[0]} kB, small JPEG {sizes[1]} kB")


def ratios(rows: List[Row]) -> str:
    """Of one table's part, in the order of KINDS."""
    old, new, none, old_many, new_many = rows
    return (f"pictures/s of one client {new.fps / old.fps:.2f}× the Python server's and "
            f"{new.fps / none.fps:.2f}× the client's own most, of {CLIENTS} clients "
            f"{new_many.fps / old_many.fps:.2f}×; processor time for a picture "
            f"{new.cpu / old.cpu:.2f}×, with {CLIENTS} clients {new_many.cpu / old_many.cpu:.2f}×")


def main() -> None:
    image = make_picture()
    if "--table" in sys.argv:
        print("\n### server: the old client with the old and the new server, 640 × 480\n")
        print(f"The picture is {describe(image)}.\n")
    else:
        print(f"{os.cpu_count()} processors, {RUNS} runs of {SECONDS} s, the middle one; "
              f"{time.strftime('%Y-%m-%d')}; {describe(image)}\n")
    print("| model | picture | server | clients | pictures/s | p50 ms | p99 ms | server CPU ms |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        picture = folder / "picture.npy"
        canned = folder / "canned.null"
        canned.write_text(CANNED)
        np.save(picture, image)
        for model in filter(None, (find_model(), canned)):
            name = "null engine" if model == canned else model.stem
            for kind in ("array", "JPEG", "small JPEG")[:3 if model == canned else 2]:
                rows = []
                for how in KINDS:
                    rows.append(measure(how, folder, model, kind, picture))
                    print(f"| {name} | {kind} | {how.name} | {how.n} | {rows[-1]} |",
                          flush=True)
                lines.append(f"* {name}, {kind}: {ratios(rows)}")
    print("", *lines, sep="\n")


if __name__ == "__main__":
    main()
