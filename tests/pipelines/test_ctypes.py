# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scripts of the older library run as they are, by ctypes over libDetect.so."""
import contextlib
import ctypes
import json
import os
import pickle
import socket
import subprocess
import tempfile
from multiprocessing.connection import Client
from pathlib import Path
from typing import Callable, Iterator, Tuple

import cv2
import numpy as np

import flat
from common import asset, build_folder, checked, command
from flat import numpy_2
from marks import Skip, cases, sanitized

SCRIPT = flat.TOP / "tests" / "data" / "old-ctypes.py"
PYTHON = "/usr/bin/python3"
EXPORTED = ["Detect_Init", "Detect_LastError", "Detect_Layout", "Detect_Limits", "Detect_Run",
            "Detect_RunBatch", "Detect_delete", "Detect_new", "getInfo"]
THREE = "[ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]"
TWO = "[ctypes.c_void_p, ctypes.c_char_p]"


@contextlib.contextmanager
def application(script: str) -> Iterator[Path]:
    """Folders as the old scripts expect them; the script runs in the one given."""
    with tempfile.TemporaryDirectory() as top:
        root = Path(top)
        for folder in ("application/python", "application/lib", "weights"):
            (root / folder).mkdir(parents=True)
        (root / "application/lib/libDetect.so").symlink_to(build_folder() / "src" / "libDetect.so")
        (root / "weights/canned.null").write_text(flat.CANNED)
        (root / "weights/DetectConfig.yaml").write_text("model: canned.null\nthreshold: 0.3\n")
        picture = np.zeros((flat.SIDE, flat.SIDE, 3), np.uint8)
        cv2.imwrite(str(root / "application/python/ship.png"), picture)
        np.save(root / "application/python/ship.npy", picture)
        (root / "application/python/script.py").write_text(script)
        yield root / "application/python"


def run_script(script: str, picture: str = "ship.png", **env: str) -> subprocess.CompletedProcess:
    with application(script) as folder:
        # The build's folders are not where an installation's would be.
        libraries = str(build_folder() / "src")
        return subprocess.run([PYTHON, "script.py", picture], cwd=folder, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "LD_LIBRARY_PATH": libraries, **env})


def answer(done: subprocess.CompletedProcess) -> dict:
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[:2] == ["-----Information------", f"width: {flat.SIDE}, height: {flat.SIDE}"]
    return json.loads(lines[-1])


def check(result: list) -> None:
    assert len(result) == len(flat.FOUND), result
    for found, wanted in zip(result, flat.FOUND):
        assert np.allclose(found, wanted, atol=1e-2), (found, wanted)


def with_init(argtypes: str, call: str) -> str:
    """The script with one form of describing and calling Detect_Init."""
    text = SCRIPT.read_text()
    described = f"lib.Detect_Init.argtypes = {THREE}"
    assert described in text and "lib.Detect_Init(det, config)" in text
    text = text.replace(described, argtypes and f"lib.Detect_Init.argtypes = {argtypes}")
    return text.replace("lib.Detect_Init(det, config)", f"lib.Detect_Init({call})")


FORMS = {
    "two described, two given": (TWO, "det, config"),
    "three described, three given": (THREE, "det, config, len(config)"),
    "two described, three given": (TWO, "det, config, -1"),
    "none described, two given": ("", "det, config"),
    "none described, three given": ("", "det, config, 0"),
}


@cases(*FORMS)
def test_forms(form: str):
    """Every form that gets past Python itself."""
    check(answer(run_script(with_init(*FORMS[form])))["result"])


def test_form_python_refuses():
    """Described with three and called with two: no library ever sees the call."""
    done = run_script(SCRIPT.read_text())
    assert done.returncode == 1
    assert "TypeError: this function takes at least 3 arguments (2 given)" in done.stdout


def test_form_of_the_score():
    """prob[0] and prob.contents.value read it; POINTER(c_float)(prob) makes ctypes
    read the address as a number, whatever the library, as docs/python.md says."""
    script = with_init(TWO, "det, config")
    wrapped = script.replace("prob = object[i].prob ", "prob = POINTER(c_float)(object[i].prob) ")
    assert wrapped != script
    scores = [found[5] for found in answer(run_script(wrapped))["result"]]
    assert scores != [wanted[5] for wanted in flat.FOUND]
    check(answer(run_script(script.replace("prob.contents.value", "prob[0]")))["result"])


def test_untyped_handle():
    """A handle that nobody has said is a pointer."""
    script = with_init(TWO, "det, config")
    for line in ("lib.Detect_new.argtypes = []", "lib.Detect_new.restype = ctypes.c_void_p"):
        assert line in script
        script = script.replace(line, "")
    check(answer(run_script(script))["result"])


def test_numpy_2():
    script = with_init(TWO, "det, config")
    script = script.replace("import cv2", "").replace("cv2.imread", "np.load")
    found = answer(run_script(script, "ship.npy", PYTHONPATH=numpy_2()))
    assert found["numpy"].startswith("2."), found["numpy"]
    check(found["result"])


# ---- the old Python servers ----


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def server(name: str, **env: str) -> Iterator[Tuple[int, Callable[[str], None]]]:
    """One of the old servers: its port, and how to wait for a line it prints."""
    calls = with_init(TWO, "det, config").split("img = cv2.imread")[0]
    port = free_port()
    if env:
        calls = calls.replace("import cv2", "")
    with application(calls + (flat.TOP / "tests/data" / name).read_text()) as folder:
        process = subprocess.Popen(
            [PYTHON, "-u", "script.py", str(port)], cwd=folder, text=True, stdout=subprocess.PIPE,
            env={**os.environ, "LD_LIBRARY_PATH": str(build_folder() / "src"), **env})

        def wait_for(words: str) -> None:
            assert any(words in line for line in process.stdout), f"it never printed {words}"

        try:
            yield port, wait_for
        finally:
            process.kill()
            process.communicate()


def ask(client: Client, question: object) -> object:
    """Pickled twice, there and back, as the old clients do it."""
    client.send(pickle.dumps(question))
    return pickle.loads(client.recv())


@cases("NumPy 1", "NumPy 2")
def test_old_server(version: str):
    """One picture, a folder's list of them, and a client after one that left. The
    client has the system's NumPy."""
    picture = np.zeros((flat.SIDE, flat.SIDE, 3), np.uint8)
    env = {"PYTHONPATH": numpy_2()} if version == "NumPy 2" else {}
    with server("old-server.py", **env) as (port, wait_for):
        wait_for("Connecting")
        for n_pictures in (1, 3, 40):
            with Client(("localhost", port)) as client:
                found, = ask(client, [{"frame_num": i + 1, "image": picture, "time": "0"}
                                      for i in range(n_pictures)])
                assert found["frame_num"] == 1
                check(found["det_output"])
            wait_for("Reset Sever")


def test_old_video_server():
    """Frames as JPEG, one after the other."""
    picture = np.zeros((flat.SIDE, flat.SIDE, 3), np.uint8)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    with server("old-video-server.py") as (port, wait_for):
        wait_for("Connecting")
        with Client(("localhost", port)) as client:
            for number in range(1, 20):
                found = ask(client, {"frame_num": number, "image": encoded})
                assert found["frame_num"] == number
                check(found["det_output"])


# ---- what else the library says ----


def test_failed_init():
    """A script that does not look finds nothing. It can ask why, and is told."""
    script = with_init(TWO, "det, b'no/such.yaml'").replace(
        "sys.stdout.flush()", "lib.Detect_LastError.restype = c_char_p\n"
        "print(lib.Detect_LastError().decode())")
    lines = run_script(script).stdout.splitlines()
    said = [line for line in lines if line.startswith("libDetect: ")]
    assert len(said) == 2, lines  # once each, though three frames were looked at
    assert "no/such.yaml" in said[0] and "no model is loaded; call Detect_Init() first" in said[1]
    assert said[1] == f"libDetect: {lines[-2]}"
    assert json.loads(lines[-1])["result"] == []


def test_layout():
    """ctypes lays the structures out as the library has them."""
    lines = []
    for structure in (flat.PythonImage, flat.cv_box, flat.cv_object, flat.cv_object_list):
        name = structure.__name__
        lines.append(f"{name} {ctypes.sizeof(structure)}")
        for field, _ in structure._fields_:
            place = getattr(structure, field)
            lines.append(f"{name}.{field} {place.offset} {place.size}")
    assert flat.load().Detect_Layout().decode().splitlines() == lines


def test_limits():
    batch, objects = ctypes.c_int(), ctypes.c_int()
    flat.load().Detect_Limits(ctypes.byref(batch), ctypes.byref(objects))
    assert (batch.value, objects.value) == (32, 128)


def test_limits_in_the_header():
    """As the old scripts look for them."""
    try:
        import CppHeaderParser  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise Skip("CppHeaderParser is not there") from error
    defines = CppHeaderParser.CppHeader(str(flat.TOP / "src/detect/ctypes-abi.h")).defines
    for word, value in (("BATCH_SIZE", 32), ("OBJECT_NUM", 128)):
        assert [int(h.split(" ")[-1]) for h in defines if word in h] == [value], defines


@sanitized
def test_batch():
    library = flat.load()
    pictures = [bytes(side * side * 3) for side in range(flat.SIDE - 31, flat.SIDE + 1)]
    image = flat.PythonImage(image_num=32)
    for i, pixels in enumerate(pictures):
        image.width[i] = image.height[i] = flat.SIDE - 31 + i
        image.frame[i] = pixels
    out = (flat.cv_object_list * 32)()
    det = library.Detect_new()
    with flat.canned() as model:
        config = model.with_suffix(".yaml")
        config.write_text("model: canned.null\n")
        assert library.Detect_Init(det, bytes(config)) == 0, library.Detect_LastError()
    assert library.Detect_RunBatch(det, image, out, 32) == 0, library.Detect_LastError()
    for side, found in zip(image.width, out):
        assert found.object_num == 2
        assert abs(found.object[0].bbox.x - 48 * side / flat.SIDE) < 0.01
        assert found.object[0].prob.contents.value == 0.75
    assert library.Detect_RunBatch(det, image, out, 31) < 0
    assert b"room for 31 lists" in library.Detect_LastError()
    library.Detect_delete(det)


def test_real_model():
    """The flat interface and the module see the same on photographs."""
    detect = flat.python_module()
    library = flat.load()
    model = asset("models/yolox_nano.onnx")
    det = library.Detect_new()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "DetectConfig.yaml"
        config.write_text(f"model: {model}\nthreshold: 0.4\n")
        assert library.Detect_Init(det, bytes(config)) == 0, library.Detect_LastError()
    with detect.Detector(model, threshold=0.4) as detector:
        for name in ("bus.jpg", "dog.jpg", "horses.jpg"):
            picture = np.ascontiguousarray(cv2.imread(str(asset(f"media/photos/{name}"))))
            image = flat.PythonImage(image_num=1)
            image.height[0], image.width[0] = picture.shape[:2]
            image.frame[0] = picture.ctypes.data_as(ctypes.c_char_p)
            found = library.Detect_Run(det, image)
            wanted = detector.run(picture)
            assert found.object_num == len(wanted) > 0, name
            for item, same in zip(found.object, wanted):
                assert (item.classes, item.prob[0]) == (same.class_id, same.score)
                assert np.allclose([item.bbox.x, item.bbox.y, item.bbox.w, item.bbox.h],
                                   [*same.box[:2], same.box.width, same.box.height], atol=1e-3)


def exported(library: Path) -> "list[str]":
    text = checked(["nm", "-D", "--defined-only", "--format=posix", library])
    return [line.split()[0] for line in text.splitlines()]


def test_names_are_nowhere_else():
    """A process that loads the plugin must not export a getInfo."""
    build = build_folder()
    # A build that counts lines exports one name of the counter's.
    own = [name for name in exported(build / "src/libDetect.so")
           if not name.startswith("_") and name != "mangle_path"]
    assert sorted(own) == EXPORTED
    for library in ("src/libdetect.so.0", "gst/libgstdetect.so"):
        assert not {*exported(build / library)} & {*EXPORTED}, library
    needed = command(["ldd", build / "gst/libgstdetect.so"]).stdout
    assert "libDetect.so" not in needed
