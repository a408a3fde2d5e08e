# SPDX-License-Identifier: LGPL-2.1-or-later
"""The flat interface, as Python has it; models of canned answers."""
import contextlib
import ctypes
import os
import sys
import tempfile
from pathlib import Path
from typing import Iterator

from common import build_folder
from marks import Skip

TOP = Path(__file__).resolve().parents[2]
SIDE = 128
# 64 x 64, boxes in two cells: on a picture of 128 x 128 a dog and a cat.
CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;6;84
data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5
[metadata]
names={0: 'cat', 1: 'dog'}
"""
# x, y, w, h, class, score
FOUND = [(48, 32, 64, 32, 1, 0.75), (8, 8, 20, 40, 0, 0.5)]


class PythonImage(ctypes.Structure):
    _fields_ = [("image_num", ctypes.c_int), ("width", ctypes.c_int * 32),
                ("height", ctypes.c_int * 32), ("frame", ctypes.c_char_p * 32)]


class cv_box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_float) for name in "xywh"]


class cv_object(ctypes.Structure):
    _fields_ = [("bbox", cv_box), ("classes", ctypes.c_int),
                ("prob", ctypes.POINTER(ctypes.c_float)), ("attribute", ctypes.c_int),
                ("a", ctypes.c_int * 7)]


class cv_object_list(ctypes.Structure):
    _fields_ = [("object", cv_object * 128), ("object_num", ctypes.c_int),
                ("test", ctypes.c_int * 7)]


def load() -> ctypes.CDLL:
    """libDetect.so with its functions described, as docs/python.md says."""
    library = ctypes.CDLL(str(build_folder() / "src" / "libDetect.so"))
    handle = ctypes.c_void_p
    library.Detect_new.restype = handle
    library.Detect_Init.argtypes = [handle, ctypes.c_char_p]
    library.Detect_Run.argtypes = [handle, PythonImage]
    library.Detect_Run.restype = cv_object_list
    library.Detect_RunBatch.argtypes = [handle, ctypes.POINTER(PythonImage),
                                        ctypes.POINTER(cv_object_list), ctypes.c_int]
    library.Detect_delete.argtypes = [handle]
    library.Detect_delete.restype = None
    library.Detect_LastError.restype = ctypes.c_char_p
    library.Detect_Layout.restype = ctypes.c_char_p
    return library


def python_module():
    """detect.py of the source tree over the library of the build."""
    os.environ["DETECT_LIBRARY"] = str(build_folder() / "src" / "libdetect.so.0")
    sys.path.insert(0, str(TOP / "python"))
    import detect  # pylint: disable=import-outside-toplevel
    return detect


def numpy_2() -> str:
    """The folder that has NumPy 2; tests/run.sh fetches it where it can."""
    folder = build_folder() / "numpy2"
    if not folder.exists():
        raise Skip("NumPy 2 is not there")
    return str(folder)


@contextlib.contextmanager
def canned(behaviour: str = "") -> Iterator[Path]:
    """A model that always sees the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "canned.null"
        path.write_text(CANNED + behaviour)
        yield path
