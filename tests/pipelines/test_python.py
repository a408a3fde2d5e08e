# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python module detect."""
import array
import ctypes
import functools
import gc
import os
import pickle
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, List

import cv2
import numpy as np

import flat
from common import asset, checked, command
from marks import cases, sanitized, timeout
from samples import people

detect = flat.python_module()
BLACK = np.zeros((flat.SIDE, flat.SIDE, 3), np.uint8)
SLOW = "[behaviour]\ndelay-ms=200\n"


def tell(found: "detect.Detections") -> list:
    return [(item.label, item.class_id, round(item.score, 4),
             tuple(round(side, 2) for side in item.box)) for item in found]


CANNED = [("dog", 1, 0.75, (48, 32, 112, 64)), ("cat", 0, 0.5, (8, 8, 28, 48))]


def refused(call: Callable[[], object], kind: type, *words: str) -> None:
    try:
        result = call()
    except kind as error:
        assert all(word in str(error) for word in words), (str(error), words)
    else:
        raise AssertionError(f"{result} instead of {kind.__name__} with {words}")


@sanitized
def test_objects():
    with flat.canned() as model, detect.Detector(model) as detector:
        found = detector.run(BLACK)
        assert tell(found) == CANNED
        assert (found.width, found.height) == (flat.SIDE, flat.SIDE)
        assert set(found.times_us) == {"preprocess", "inference", "decode"}
        dog = found[0]
        assert (dog.box.width, dog.box.height) == (64, 32)
        assert dog.landmarks == () and dog.track_id is None
        assert detector.labels == ["cat", "dog"]
        assert (detector.model, detector.engine, detector.decoder) == (model.name, "null", "yolov8")
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.width == flat.SIDE


def test_options():
    """In the types that Python has for them."""
    with flat.canned() as model:
        for options, labels in (
                ({"threshold": 0.6}, ["dog"]),
                ({"threshold": np.float32(0.6)}, ["dog"]),
                ({"classes": ["cat"]}, ["cat"]),
                ({"classes": "cat,dog"}, ["dog", "cat"]),
                ({"class_thresholds": {"dog": 0.9}}, ["cat"]),
                ({"min_size": (40, 0)}, ["dog"]),
                ({"max_detections": 1, "class_agnostic": True, "labels": None}, ["dog"])):
            with detect.Detector(os.fspath(model), **options) as detector:
                assert [item.label for item in detector.run(BLACK)] == labels, options


def test_config():
    with flat.canned() as model:
        config = model.with_name("detect.yaml")
        config.write_text("model: canned.null\nthreshold: 0.6\n")
        with detect.Detector(config=config) as detector:
            assert len(detector.run(BLACK)) == 1
        with detect.Detector(config=config, threshold=0.1) as detector:
            assert len(detector.run(BLACK)) == 2


def test_landmarks():
    model = asset("models/face_detection_yunet_2023mar.onnx")
    picture = cv2.imread(str(asset("media/photos/astronaut.png")))
    with detect.Detector(model, threshold=0.5) as detector:
        face, = detector.run(picture)
    assert len(face.landmarks) == 5
    right_eye, left_eye, nose = face.landmarks[:3]
    assert face.box.x0 < right_eye.x < nose.x < left_eye.x < face.box.x1
    assert face.box.y0 < right_eye.y < nose.y < face.box.y1


# ---- pictures ----


def padded(picture: np.ndarray) -> np.ndarray:
    """The same picture inside a larger one."""
    height, width = picture.shape[:2]
    room = np.full((height + 4, width + 9, *picture.shape[2:]), 255, np.uint8)
    room[2:-2, 4:-5] = picture
    return room[2:-2, 4:-5]


def forms(picture: np.ndarray) -> "Iterator[tuple[str, object, dict]]":
    """One picture in every form; what is found must be the same."""
    height, width = picture.shape[:2]
    alpha = np.dstack([picture, np.full((height, width), 9, np.uint8)])
    rows = padded(picture)
    stride = rows.strides[0]
    lines = np.ascontiguousarray(rows.base[2:-2]).reshape(-1)[12:]
    yield "contiguous", np.ascontiguousarray(picture), {}
    yield "said to be BGR", picture, {"format": "BGR"}
    yield "RGB", np.ascontiguousarray(picture[:, :, ::-1]), {"format": "RGB"}
    yield "RGB as a view", picture[:, :, ::-1], {"format": "RGB"}
    yield "BGRA", alpha, {}
    yield "RGBA", np.ascontiguousarray(alpha[:, :, [2, 1, 0, 3]]), {"format": "RGBA"}
    yield "inside another", rows, {}
    yield "upside down twice", np.ascontiguousarray(picture[::-1])[::-1], {}
    yield "columns first", np.asfortranarray(picture), {}
    yield "mirrored twice", np.ascontiguousarray(picture[:, ::-1])[:, ::-1], {}
    yield "read only", np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.shape), {}
    yield "memoryview", memoryview(picture), {}
    yield "bytes", picture.tobytes(), {"size": (width, height)}
    yield "bytearray", bytearray(picture.tobytes()), {"size": (width, height), "format": "BGR"}
    yield "array", array.array("B", picture.tobytes()), {"size": (width, height)}
    yield "bytes with gaps", lines.tobytes(), {"size": (width, height), "stride": stride}


def test_forms():
    picture = people()
    with detect.Detector() as detector:
        wanted = tell(detector.run(picture))
        assert wanted
        for name, image, how in forms(picture):
            assert tell(detector.run(image, **how)) == wanted, name


def test_grey_and_yuv():
    grey = cv2.cvtColor(people(), cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    flat_chroma = np.full(height // 2 * width, 128, np.uint8)
    with detect.Detector() as detector:
        wanted = tell(detector.run(np.dstack([grey, grey, grey])))
        assert wanted
        assert tell(detector.run(grey)) == wanted
        assert tell(detector.run(grey[:, :, np.newaxis])) == wanted
        assert tell(detector.run(padded(grey))) == wanted
        for name in ("NV12", "I420"):
            image = grey.tobytes() + flat_chroma.tobytes()
            found = detector.run(image, size=(width, height), format=name, full_range=True)
            assert tell(found) == wanted, name
        # Grey is 0..255 unless it is said otherwise.
        assert tell(detector.run(grey, full_range=False)) != wanted


BAD_PICTURES = {
    "nothing": (None, {}, TypeError, "NoneType"),
    "text": ("picture.jpg", {}, TypeError, "str"),
    "plain bytes": (b"123", {}, ValueError, "size=(width, height)"),
    "too few bytes": (b"123", {"size": (2, 2)}, detect.DetectError, "12 bytes, and 3 are there"),
    "no width": (b"123", {"size": (0, 1)}, detect.DetectError, "0x1"),
    "negative": (b"123", {"size": (-7, 1)}, detect.DetectError, "sides from 1"),
    "huge": (b"123", {"size": (2**70, 2**70)}, detect.DetectError, "sides from 1"),
    "negative stride": (b"123", {"size": (1, 1), "stride": -3}, detect.DetectError, "stride"),
    "huge stride": (b"123", {"size": (1, 1), "stride": 2**40}, detect.DetectError, "stride"),
    "unknown format": (BLACK, {"format": "v210"}, ValueError, "BGRA"),
    "wrong format": (BLACK, {"format": "BGRA"}, ValueError, "3 channels"),
    "planar format": (BLACK, {"format": "NV12"}, ValueError, "size="),
    "stride of an array": (BLACK, {"stride": 3}, ValueError, "plain bytes"),
    "matrix": (BLACK, {"matrix": "bt2100"}, ValueError, "bt709"),
    "floats": (BLACK.astype(np.float32), {}, TypeError, "uint8"),
    "signed": (BLACK.astype(np.int8), {}, TypeError, "uint8"),
    "two channels": (BLACK[:, :, :2], {}, ValueError, "2 channels"),
    "batch": (BLACK[np.newaxis], {}, ValueError, "4 dimensions"),
    "no rows": (BLACK[:0], {}, (ValueError, detect.DetectError), ""),
    "no columns": (BLACK[:, :0], {}, (ValueError, detect.DetectError), ""),
    "sparse bytes": (memoryview(bytes(24))[::2], {"size": (2, 2)}, ValueError, "gaps"),
    "too wide": (np.zeros((1, 70000, 3), np.uint8), {}, detect.DetectError, "70000x1"),
}


def test_bad_pictures():
    with flat.canned() as model, detect.Detector(model) as detector:
        for name, (image, how, kind, words) in BAD_PICTURES.items():
            print(name)
            refused(functools.partial(detector.run, image, **how), kind, words)
            refused(functools.partial(detector.run_batch, [image], **how), kind, words)
        assert tell(detector.run(BLACK)) == CANNED


def test_memory_is_given_back():
    """A picture belongs to its owner again, also when it was refused."""
    pixels = bytearray(BLACK.tobytes())
    with flat.canned() as model, detect.Detector(model) as detector:
        detector.run(pixels, size=(flat.SIDE, flat.SIDE))
        refused(lambda: detector.run(pixels, size=(999, 999)), detect.DetectError)
        refused(lambda: detector.run_batch([pixels, None], size=(1, 1)), TypeError)
        refused(lambda: detector.run(pixels), ValueError)
    pixels.append(0)  # BufferError while it is lent


# ---- errors ----


def test_errors():
    make = detect.Detector
    with flat.canned() as model:
        refused(lambda: make("no/such.onnx"), detect.DetectError, "no/such.onnx", "check model=")
        refused(lambda: make(model, treshold=1), detect.DetectError, "did you mean 'threshold'?")
        refused(lambda: make(model, threshold=2), detect.DetectError, "threshold")
        refused(lambda: make(model, classes=["dgo"]), detect.DetectError, "did you mean 'dog'?")
        refused(lambda: make(config="no.yaml"), detect.DetectError, "no.yaml")
        refused(lambda: make(f"{model}\0.onnx"), ValueError, "null byte")
        broken = model.with_name("broken.onnx")
        broken.write_bytes(b"onnx?")
        refused(lambda: make(broken), detect.DetectError, "broken.onnx")
        try:
            make("no/such.onnx")
        except detect.DetectError as error:
            assert error.code == 1  # DET_ERROR_NOT_FOUND
    with flat.canned("[behaviour]\nfault=error\nafter=1\n") as model, make(model) as detector:
        refused(lambda: detector.run(BLACK), detect.DetectError, "its file says so")
        refused(lambda: detector.run_batch([BLACK] * 9), detect.DetectError, "image 0")


def test_batch():
    sizes = list(range(60, 100))
    pictures = (np.zeros((side, side, 3), np.uint8) for side in sizes)
    with flat.canned() as model, detect.Detector(model) as detector:
        found = detector.run_batch(pictures)
        assert [each.width for each in found] == sizes
        assert all(len(each) == 2 for each in found)
        assert detector.run_batch([]) == []
        wrong = [BLACK] * 5 + [np.zeros((1, 70000, 3), np.uint8)]
        refused(lambda: detector.run_batch(wrong), detect.DetectError, "image 5: ", "70000x1")


def test_close():
    with flat.canned() as model:
        detector = detect.Detector(model)
        detector.close()
        detector.close()
        refused(lambda: detector.run(BLACK), ValueError, "closed")
        refused(lambda: detector.labels, ValueError, "closed")


@timeout(60)
def test_close_under_way():
    """What runs when it is closed still ends well."""
    with flat.canned(SLOW) as model:
        detector = detect.Detector(model)
    results: List[list] = []
    thread = threading.Thread(target=lambda: results.append(detector.run(BLACK)))
    thread.start()
    detector.close()
    thread.join()
    assert not results or tell(results[0]) == CANNED  # or it came too late


def test_fork():
    """An error in the child, not a wait for workers that stayed behind."""
    with flat.canned() as model, detect.Detector(model) as detector:
        detector.run(BLACK)
        child = os.fork()
        if child == 0:
            try:
                detector.run(BLACK)
                os._exit(1)
            except detect.DetectError as error:
                os._exit(0 if "forked" in str(error) else 2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ---- threads and memory ----


@timeout(60)
def test_threads_overlap():
    """Four threads are in the engine together: the times they spent there are more
    than the time that went by."""
    start = threading.Barrier(5)
    spent: List[int] = []
    with flat.canned(SLOW) as model, detect.Detector(model) as detector:

        def run() -> None:
            start.wait()
            spent.append(detector.run(BLACK).times_us["inference"])

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        start.wait()
        begin = time.monotonic()
        for thread in threads:
            thread.join()
        passed = time.monotonic() - begin
    assert len(spent) == 4 and sum(spent) / 1e6 > passed, (spent, passed)


@sanitized
def test_threads_share():
    """One detector, many threads, pictures of their own."""
    wrong: List[object] = []
    with flat.canned() as model, detect.Detector(model) as detector:

        def run(side: int) -> None:
            picture = np.zeros((side, side, 3), np.uint8)
            for _ in range(50):
                found = detector.run(picture)
                if found.width != side or len(found) != 2:
                    wrong.append(found)

        threads = [threading.Thread(target=run, args=(64 + i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong, wrong


def resident() -> int:
    """KiB this process holds."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def work(detector: "detect.Detector", times: int) -> None:
    for _ in range(times):
        detector.run(BLACK)
        detector.run(BLACK[::-1, ::-1])
        for _ in range(8):
            refused(lambda: detector.run(b"1", size=(9, 9)), detect.DetectError)


@timeout(240)
def test_memory_is_flat():
    with flat.canned() as model:
        with detect.Detector(model) as detector:
            work(detector, 200)
            gc.collect()
            before = resident()
            work(detector, 2000)
        for _ in range(200):
            with detect.Detector(model) as detector:
                detector.run_batch([BLACK] * 5)
        gc.collect()
        grown = resident() - before
    print(f"# {grown} KiB more after 2,000 runs and 200 detectors")
    assert grown < 1024, grown  # a leaked result a run would be twice as much


# ---- the library under it ----

LAYOUT = """
#include <detect/detect.h>
#include <stddef.h>
#include <stdio.h>
#define SIZE(type) printf ("%s %zu\\n", #type, sizeof (type))
#define AT(type, field) \\
  printf ("%s.%s %zu %zu\\n", #type, #field, offsetof (type, field), \\
      sizeof (((type *) 0)->field))
int main (void) {
"""
STRUCTURES = ("_GError", "_DetBox", "_DetPoint", "_DetFrame", "_DetObject", "_DetDetections")


def test_layout():
    """The structures are laid out as a C compiler does it."""
    text, wanted = LAYOUT, []
    for name in STRUCTURES:
        structure = getattr(detect, name)
        text += f"SIZE ({name[1:]});\n"
        wanted.append(f"{name[1:]} {ctypes.sizeof(structure)}")
        for field, _ in structure._fields_:
            place = getattr(structure, field)
            text += f"AT ({name[1:]}, {field});\n"
            wanted.append(f"{name[1:]}.{field} {place.offset} {place.size}")
    flags = checked(["pkg-config", "--cflags", "glib-2.0"]).split()
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "layout.c", Path(folder) / "layout"
        source.write_text(text + "return 0; }\n")
        checked(["cc", f"-I{flat.TOP}/src", *flags, source, "-o", program])
        assert checked([program]).splitlines() == wanted


def test_numbers():
    """What the module repeats of the headers."""
    def value(header: str, name: str) -> str:
        text = (flat.TOP / "src" / "detect" / header).read_text()
        return text.split(f"#define {name} ")[1].split("\n")[0]

    assert value("version.h", "DET_API_VERSION") == str(detect.API_VERSION)
    assert value("frame.h", "DET_FRAME_MAX_PLANES") == str(detect.MAX_PLANES)
    assert value("detections.h", "DET_MAX_LANDMARKS") == str(detect.MAX_LANDMARKS)


SCRIPT = """
import sys
sys.modules["numpy"] = None
import detect
with detect.Detector(sys.argv[1]) as detector:
    found = detector.run(bytes(128 * 128 * 3), size=(128, 128))
    assert [item.label for item in found] == ["dog", "cat"], found
    many = detector.run_batch([bytearray(64 * 64)] * 4, size=(64, 64), format="GRAY8")
    assert len(many) == 4 and len(many[3]) == 2
    try:
        detector.run(b"")
    except ValueError as error:
        print(error)
"""


def pythons() -> List[str]:
    """Every version that is installed."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    system = [shutil.which(f"python3.{minor}", path="/usr/bin:/usr/local/bin")
              for minor in range(6, 20)]
    return [path for path in system if path] + [str(path)
                                                for path in versions.glob("3.*/bin/python3")]


@timeout(240)
def test_versions():
    """Without NumPy, on every Python there is."""
    with flat.canned() as model:
        for python in pythons():
            done = subprocess.run([python, "-c", SCRIPT, str(model)], text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env={**os.environ, "PYTHONPATH": str(flat.TOP / "python")})
            assert done.returncode == 0 and "size=(width, height)" in done.stdout, \
                f"{python}: {done.stdout}"


def test_numpy_2():
    script = """
import sys, numpy, detect
assert numpy.__version__.startswith("2."), numpy.__version__
picture = numpy.zeros((128, 128, 3), numpy.uint8)
with detect.Detector(sys.argv[1], threshold=numpy.float32(0.6)) as detector:
    for image in (picture, picture[::-1, ::-1], picture[:, :, 0], picture.tobytes()):
        how = {"size": (128, 128)} if isinstance(image, bytes) else {}
        assert [item.label for item in detector.run(image, **how)] == ["dog"]
"""
    with flat.canned() as model:
        checked(["/usr/bin/python3", "-c", script, model], env={
            "PYTHONPATH": f"{flat.numpy_2()}:{flat.TOP}/python"})


@cases("missing", "foreign", "older")
def test_library(case: str):
    """One line says what to do when the library is not there, or is another's."""
    library, words = {
        "missing": ("no/libdetect.so.0", "no/libdetect.so.0 cannot be used"),
        "foreign": ("libc.so.6", "undefined symbol: det_api_version"),
        "older": (os.environ["DETECT_LIBRARY"], "this module is for version 99"),
    }[case]
    with tempfile.TemporaryDirectory() as folder:
        text = (flat.TOP / "python" / "detect.py").read_text()
        if case == "older":
            text = text.replace("API_VERSION = 1 ", "API_VERSION = 99 ")
        (Path(folder) / "detect.py").write_text(text)
        done = command(["/usr/bin/python3", "-c", "import detect"],
                       env={"PYTHONPATH": folder, "DETECT_LIBRARY": library})
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("ImportError: ") and words in last, done.stdout
