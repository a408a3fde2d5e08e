#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""compare: the frames of one video looked at in four ways, each as people write it, with
the same model and one thread for the engine:

* the bare engine, on a tensor that is ready, without any video: the bound;
* `decodebin ! detect`;
* a loop in Python over cv2.VideoCapture, with ONNX Runtime and with OpenCV's DNN module;
* a Python client that sends each picture, pickled, over a socket to a Python server,
  which calls a detector library (libDetect.so) with ctypes.

Run by run.sh, or with DETECT_BUILD, DETECT_ASSETS and the plugin's path set. --table
leaves out the line about the machine."""
import ctypes
import importlib
import itertools
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional

import cv2
import gi
import numpy

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402 pylint: disable=wrong-import-position

# Where setup.sh puts what no distribution has.
sys.path.append(str(Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "detect"))
try:
    onnxruntime = importlib.import_module("onnxruntime")
except ImportError:
    onnxruntime = None

FRAMES = 60
RUNS = 5
SIDE = 416
CLASSES = 80
THRESHOLD = 0.25
OVERLAP = 0.45


class Way(NamedTuple):
    name: str
    fps: Callable[[], float]


def frames(video: Path) -> Iterator[numpy.ndarray]:
    capture = cv2.VideoCapture(str(video))
    for _ in range(FRAMES):
        found, picture = capture.read()
        assert found, f"{video} has fewer than {FRAMES} frames"
        yield picture


def rate(looked_at: Iterator[object]) -> float:
    """Items per second, from the first to the last: what opening takes does not count."""
    next(looked_at)
    start = time.perf_counter()
    n = sum(1 for _ in looked_at)
    return n / (time.perf_counter() - start)


# ---- YOLOX in Python, vectorised ----

def make_blob(picture: numpy.ndarray) -> numpy.ndarray:
    height, width = picture.shape[:2]
    scale = min(SIDE / height, SIDE / width)
    size = (int(width * scale), int(height * scale))
    padded = numpy.full((SIDE, SIDE, 3), 114, numpy.uint8)
    padded[:size[1], :size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return cv2.dnn.blobFromImage(padded), scale


def make_grid() -> numpy.ndarray:
    """Column, row and stride of every cell."""
    cells = []
    for stride in (8, 16, 32):
        n = SIDE // stride
        rows, columns = numpy.mgrid[:n, :n]
        cells.append(numpy.stack([columns.ravel(), rows.ravel(), numpy.full(n * n, stride)], 1))
    return numpy.concatenate(cells).astype(numpy.float32)


GRID = make_grid()


def read_objects(output: numpy.ndarray, scale: float) -> list:
    rows = output.reshape(-1, 5 + CLASSES)
    scores = rows[:, 4:5] * rows[:, 5:]
    classes = scores.argmax(1)
    best = scores.max(1)
    kept = best > THRESHOLD
    grid, found = GRID[kept], rows[kept]
    centres = (found[:, :2] + grid[:, :2]) * grid[:, 2:] / scale
    sizes = numpy.exp(found[:, 2:4]) * grid[:, 2:] / scale
    boxes = numpy.concatenate([centres - sizes / 2, sizes], 1)
    if not len(boxes):
        return []
    # A class apart from the others is a picture apart.
    apart = boxes.copy()
    apart[:, :2] += classes[kept, None] * 10000
    order = cv2.dnn.NMSBoxes(apart.tolist(), best[kept].tolist(), THRESHOLD, OVERLAP)
    return [(boxes[i], int(classes[kept][i]), float(best[kept][i]))
            for i in numpy.array(order).ravel()]


def ort_session(model: Path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def bare(model: Path, video: Path) -> float:
    blob, _ = make_blob(next(frames(video)))
    session = ort_session(model)
    name = session.get_inputs()[0].name
    session.run(None, {name: blob})
    return rate(session.run(None, {name: blob}) for _ in range(FRAMES))


def loop_onnxruntime(model: Path, video: Path) -> float:
    session = ort_session(model)
    name = session.get_inputs()[0].name

    def look(picture):
        blob, scale = make_blob(picture)
        return read_objects(session.run(None, {name: blob})[0], scale)
    return rate(map(look, frames(video)))


def loop_opencv(model: Path, video: Path) -> float:
    cv2.setNumThreads(1)
    net = cv2.dnn.readNet(str(model))

    def look(picture):
        blob, scale = make_blob(picture)
        net.setInput(blob)
        return read_objects(net.forward(), scale)
    return rate(map(look, frames(video)))


# ---- detect ----

def element(engine: str, model: Path, video: Path) -> float:
    pipeline = Gst.parse_launch(
        f'filesrc location="{video}" ! decodebin ! identity eos-after={FRAMES + 1} ! '
        f'detect name=d policy=sync threads=1 engine={engine} model="{model}" ! fakesink')
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        120 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()
    stats = pipeline.get_by_name("d").get_property("stats")
    pipeline.set_state(Gst.State.NULL)
    return stats.get_value("fps")


# ---- client and server, pickles between ----

class PythonImage(ctypes.Structure):
    _fields_ = [("image_num", ctypes.c_int), ("width", ctypes.c_int * 32),
                ("height", ctypes.c_int * 32), ("frame", ctypes.c_char_p * 32)]


class Box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_float) for name in "xywh"]


class Object(ctypes.Structure):
    _fields_ = [("bbox", Box), ("classes", ctypes.c_int),
                ("prob", ctypes.POINTER(ctypes.c_float)), ("attribute", ctypes.c_int),
                ("a", ctypes.c_int * 7)]


class Objects(ctypes.Structure):
    _fields_ = [("object", Object * 128), ("object_num", ctypes.c_int), ("test", ctypes.c_int * 7)]


def open_library(path: str, config: str):
    library = ctypes.CDLL(path)
    library.Detect_new.restype = ctypes.c_void_p
    library.Detect_Init.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.Detect_Run.argtypes = [ctypes.c_void_p, PythonImage]
    library.Detect_Run.restype = Objects
    detector = library.Detect_new()
    assert library.Detect_Init(detector, config.encode()) == 0, f"{config} was refused"
    return library, detector


def ask_library(library, detector, picture: numpy.ndarray) -> list:
    image = PythonImage()
    image.image_num = 1
    image.height[0], image.width[0] = picture.shape[:2]
    image.frame[0] = picture.ctypes.data_as(ctypes.c_char_p)
    found = library.Detect_Run(detector, image)
    return [((o.bbox.x, o.bbox.y, o.bbox.w, o.bbox.h), o.classes, o.prob[0])
            for o in itertools.islice(found.object, found.object_num)]


def serve(path: str, config: str) -> None:
    library, detector = open_library(path, config)
    with Listener(("localhost", 0)) as listener:
        print(listener.address[1], flush=True)
        with listener.accept() as connection:
            while True:
                try:
                    received = pickle.loads(connection.recv())
                except EOFError:
                    return
                found = ask_library(library, detector, received[0]["image"])
                connection.send(pickle.dumps([{"frame_num": 1, "det_output": found}]))


def client_and_server(library: Path, model: Path, video: Path) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        engine = "opencv" if onnxruntime is None else "onnxruntime"
        config.write(f"model: {model}\nengine: {engine}\nthreads: 1\n")
        config.flush()
        with subprocess.Popen([sys.executable, __file__, "--serve", str(library), config.name],
                              stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            with Client(("localhost", int(server.stdout.readline()))) as client:
                def look(picture):
                    client.send(pickle.dumps([{"frame_num": 1, "image": picture}]))
                    return pickle.loads(client.recv())
                return rate(map(look, frames(video)))


# ---- the table ----

def ways(model: Path, video: Path, library: Path) -> Dict[str, Optional[Callable[[], float]]]:
    has_ort = onnxruntime is not None
    return {
        "ONNX Runtime alone, no video": has_ort and (lambda: bare(model, video)),
        "decodebin ! detect, ONNX Runtime":
            has_ort and (lambda: element("onnxruntime", model, video)),
        "loop in Python, ONNX Runtime": has_ort and (lambda: loop_onnxruntime(model, video)),
        "client and server in Python, pickles, libDetect.so":
            library.exists() and (lambda: client_and_server(library, model, video)),
        "decodebin ! detect, OpenCV": lambda: element("opencv", model, video),
        "loop in Python, OpenCV's DNN": lambda: loop_opencv(model, video),
    }


def main() -> None:
    build = Path(os.environ["DETECT_BUILD"])
    if "--table" not in sys.argv:
        subprocess.run([build / "tests/bench/bench-paint", "--machine"], check=True)
    assets = Path(os.environ.get("DETECT_ASSETS", "/nonexistent"))
    model, video = assets / "models/yolox_nano.onnx", assets / "media/video/pedestrians.mp4"
    print(f"\n### compare: yolox_nano, one thread, {FRAMES} frames of a 960 × 540 H.264 file\n")
    print("| what | frames/s, median | min | max | over `detect` of the same engine |")
    print("|---|--:|--:|--:|--:|")
    if not (model.exists() and video.exists()):
        print("| all | skipped: no such model or video | | | |")
        return
    Gst.init(None)
    measured: Dict[str, List[float]] = {}
    table = ways(model, video, build / "src/libDetect.so")
    for _ in range(RUNS):
        for name, way in table.items():
            if way:
                measured.setdefault(name, []).append(way())
    for name in table:
        if name not in measured:
            print(f"| {name} | skipped: not there | | | |")
            continue
        fps = measured[name]
        own = "decodebin ! detect, " + ("OpenCV" if "OpenCV" in name else "ONNX Runtime")
        ratio = statistics.median(fps) / statistics.median(measured[own]) if own in measured else 0
        print(f"| {name} | {statistics.median(fps):.1f} | {min(fps):.1f} | {max(fps):.1f} | "
              f"{f'{ratio:.2f}×' if ratio else ''} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:4])
    else:
        main()
