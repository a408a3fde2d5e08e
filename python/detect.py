# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds objects in pictures.

    import cv2, detect

    with detect.Detector("yolov8n.onnx", threshold=0.4) as detector:
        for thing in detector.run(cv2.imread("street.jpg")):
            print(thing.label, thing.score, thing.box)

A binding of libdetect by ctypes: nothing is compiled, and NumPy is not needed
(anything with Python's buffer protocol is a picture). The library is looked for
beside this file's installation, then where the system looks for libraries;
DETECT_LIBRARY names it otherwise.

Any number of threads may use one Detector: the interpreter runs on while the
library works, and the library keeps what each call needs.
"""
import ctypes
import os
import sysconfig
import threading
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

__all__ = ["Box", "Detections", "DetectError", "Detector", "Object", "Point"]

API_VERSION = 1  # DET_API_VERSION in detect/version.h
LIBRARY = "libdetect.so.0"

# ---- what is found ----


class Box(NamedTuple):
    """Where an object is, in pixels of the picture; x1 and y1 lie just outside."""
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0


class Point(NamedTuple):
    """A place in pixels of the picture; it may lie outside."""
    x: float
    y: float


class Object(NamedTuple):
    """One object. label is None where the model's classes have no names, track_id
    where nobody follows objects; landmarks are in the model's order."""
    label: Optional[str]
    score: float
    box: Box
    class_id: int
    landmarks: Tuple[Point, ...] = ()
    track_id: Optional[int] = None


class Detections(List[Object]):
    """The objects of one picture, best score first; the size their boxes refer to;
    and how long it took: microseconds in preprocess, inference and decode."""

    def __init__(self, objects: Iterable[Object] = (), width: int = 0, height: int = 0,
                 times_us: Optional[Dict[str, int]] = None):
        super().__init__(objects)
        self.width = width
        self.height = height
        self.times_us = times_us or {}


class DetectError(Exception):
    """What the library says went wrong. code is one of DetError in
    detect/error.h."""

    def __init__(self, message: str, code: int = 0):
        super().__init__(message)
        self.code = code


# ---- the library's structures, as detect/*.h has them ----

MAX_PLANES = 3
MAX_LANDMARKS = 17
STAGES = ("preprocess", "inference", "decode")
MATRICES = ("bt601", "bt709", "bt2020")


class _GError(ctypes.Structure):
    _fields_ = [("domain", ctypes.c_uint32), ("code", ctypes.c_int),
                ("message", ctypes.c_char_p)]


class _DetFrame(ctypes.Structure):
    _fields_ = [("format", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
                ("plane", ctypes.c_void_p * MAX_PLANES), ("stride", ctypes.c_int * MAX_PLANES),
                ("matrix", ctypes.c_int), ("full_range", ctypes.c_int),
                ("source_width", ctypes.c_int), ("source_height", ctypes.c_int)]


class _DetBox(ctypes.Structure):
    _fields_ = [(name, ctypes.c_float) for name in ("x0", "y0", "x1", "y1")]


class _DetPoint(ctypes.Structure):
    _fields_ = [("x", ctypes.c_float), ("y", ctypes.c_float)]


class _DetObject(ctypes.Structure):
    _fields_ = [("box", _DetBox), ("score", ctypes.c_float), ("class_id", ctypes.c_int),
                ("track_id", ctypes.c_int), ("label", ctypes.c_char_p), ("part", ctypes.c_int),
                ("n_landmarks", ctypes.c_int), ("landmarks", _DetPoint * MAX_LANDMARKS)]


class _DetDetections(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int), ("height", ctypes.c_int),
                ("stage_us", ctypes.c_int64 * len(STAGES)), ("n_objects", ctypes.c_uint),
                ("objects", ctypes.POINTER(_DetObject))]


_Found = ctypes.POINTER(_DetDetections)
_Error = ctypes.POINTER(ctypes.POINTER(_GError))
_FUNCTIONS = {
    "det_api_version": (ctypes.c_int,),
    "det_options_new": (ctypes.c_void_p,),
    "det_options_free": (None, ctypes.c_void_p),
    "det_options_set_by_name": (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p,
                                ctypes.c_char_p, _Error),
    "det_detector_new": (ctypes.c_void_p, ctypes.c_void_p, _Error),
    "det_detector_ref": (ctypes.c_void_p, ctypes.c_void_p),
    "det_detector_unref": (None, ctypes.c_void_p),
    "det_detector_get_model": (ctypes.c_void_p, ctypes.c_void_p),
    "det_detector_run": (_Found, ctypes.c_void_p, ctypes.POINTER(_DetFrame), _Error),
    "det_detector_run_batch": (ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_DetFrame),
                               ctypes.c_uint, ctypes.POINTER(_Found), _Error),
    "det_detections_unref": (None, _Found),
    "det_frame_init_packed": (None, ctypes.POINTER(_DetFrame), ctypes.c_int, ctypes.c_int,
                              ctypes.c_int, ctypes.c_int, ctypes.c_void_p),
    "det_frame_init_buffer": (ctypes.c_int, ctypes.POINTER(_DetFrame), ctypes.c_int,
                              ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p,
                              ctypes.c_size_t, _Error),
    "det_model_get_id": (ctypes.c_char_p, ctypes.c_void_p),
    "det_model_get_engine": (ctypes.c_char_p, ctypes.c_void_p),
    "det_model_get_decoder": (ctypes.c_char_p, ctypes.c_void_p),
    "det_model_get_n_classes": (ctypes.c_int, ctypes.c_void_p),
    "det_model_get_label": (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int),
    "det_pixel_format_from_name": (ctypes.c_int, ctypes.c_char_p),
    "g_error_free": (None, ctypes.POINTER(_GError)),
}


def _places() -> Iterator[str]:
    """Where the library may be, the most likely first."""
    if os.environ.get("DETECT_LIBRARY"):
        yield os.environ["DETECT_LIBRARY"]
        return
    for folder in list(Path(__file__).resolve().parents)[:5]:
        for name in ("", sysconfig.get_config_var("MULTIARCH") or ""):
            if (folder / name / LIBRARY).exists():
                yield str(folder / name / LIBRARY)
    yield LIBRARY


def _load() -> ctypes.CDLL:
    path = next(_places())
    try:
        library = ctypes.CDLL(path)
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (AttributeError, OSError) as error:
        raise ImportError(f"{path} cannot be used ({error}); install libdetect of this "
                          "version, or let DETECT_LIBRARY name it") from error
    if library.det_api_version() != API_VERSION:
        raise ImportError(f"{path} has version {library.det_api_version()} of the interface, "
                          f"and this module is for version {API_VERSION}; install them together")
    return library


_library = _load()


class _Call:
    """Room for the error of one call."""

    def __init__(self) -> None:
        self.error = ctypes.POINTER(_GError)()
        self.place = ctypes.byref(self.error)

    def failure(self) -> DetectError:
        message = self.error.contents.message.decode("utf-8", "replace")
        failure = DetectError(message, self.error.contents.code)
        _library.g_error_free(self.error)
        return failure


# ---- pictures ----


class _PyBuffer(ctypes.Structure):
    """Py_buffer: what an object with the buffer protocol lends of its memory."""
    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int),
                ("ndim", ctypes.c_int), ("format", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
                ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
                ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)), ("internal", ctypes.c_void_p)]


_SHAPED = 0x1c  # PyBUF_RECORDS_RO: with shape, strides and format, read-only will do
_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, ctypes.POINTER(_PyBuffer), ctypes.c_int]
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = [ctypes.POINTER(_PyBuffer)]
_release_buffer.restype = None

# By the number of channels: what cv2 makes, and what else has as many bytes a pixel.
_FORMATS = {
    1: ("GRAY8",),
    3: ("BGR", "RGB"),
    4: ("BGRA", "BGRx", "RGBA", "RGBx", "ARGB", "xRGB", "ABGR", "xBGR"),
}


def _find_format(name: str) -> int:
    found = _library.det_pixel_format_from_name(name.encode())
    if found == 0:
        raise ValueError(f"format={name!r} is not read; take a name such as BGR, RGB, BGRA, "
                         "GRAY8, I420 or NV12")
    return found


class _Layout(NamedTuple):
    """What a picture's bytes are, as far as they do not say it themselves."""
    size: Optional[Tuple[int, int]]
    stride: int
    format: Optional[str]
    matrix: str
    full_range: Optional[bool]

    def range(self, name: str) -> int:
        return int(name == "GRAY8" if self.full_range is None else self.full_range)


class _Picture:
    """A picture's memory on loan, and the library's view of it."""

    def __init__(self, image: Any, layout: _Layout):
        self.frame = _DetFrame()
        self.buffer = _PyBuffer()
        if layout.matrix not in MATRICES:
            raise ValueError(f"matrix={layout.matrix!r}; take one of {', '.join(MATRICES)}")
        _get_buffer(image, ctypes.byref(self.buffer), _SHAPED)
        try:
            if not layout.size and not self._has_whole_rows():
                self._copy(image)
            name = self._view_bytes(image, layout, layout.size) if layout.size else \
                self._view_shaped(layout)
        except BaseException:
            self.release()
            raise
        self.frame.matrix = MATRICES.index(layout.matrix)
        self.frame.full_range = layout.range(name)

    def release(self) -> None:
        _release_buffer(ctypes.byref(self.buffer))

    def _copy(self, image: Any) -> None:
        """Lends the same pixels without gaps between columns."""
        shape = self.buffer.shape[:self.buffer.ndim]
        pixels = memoryview(image).tobytes()
        self.release()
        self.buffer = _PyBuffer()
        if 0 in shape:  # a cast cannot have it, and it is refused anyway
            raise ValueError(f"a picture of shape {tuple(shape)} has no pixels")
        copy = memoryview(pixels).cast("B", shape)
        _get_buffer(copy, ctypes.byref(self.buffer), _SHAPED)

    def _has_whole_rows(self) -> bool:
        """Are the bytes of a row one after the other?"""
        buffer = self.buffer
        if (buffer.format or b"B") not in (b"B", b"<B", b"=B", b"@B"):
            raise TypeError(f"the samples are of type {buffer.format.decode()!r}; pictures have "
                            "unsigned bytes (numpy.uint8)")
        if buffer.ndim not in (2, 3):
            raise ValueError(f"the shape has {buffer.ndim} dimensions; expected height x width, or "
                             "height x width x channels, or size=(width, height) for plain bytes")
        if self._channels() not in _FORMATS:
            raise ValueError(f"{self._channels()} channels; expected 1, 3 or 4")
        strides = buffer.strides[:buffer.ndim]
        return abs(strides[0]) < 2**31 and strides[1] == self._channels() and strides[-1] == 1

    def _channels(self) -> int:
        return self.buffer.shape[2] if self.buffer.ndim == 3 else 1

    def _view_shaped(self, layout: _Layout) -> str:
        names = _FORMATS[self._channels()]
        name = layout.format or names[0]
        if name not in names:
            _find_format(name)
            raise ValueError(f"format={name!r} does not have {self._channels()} channels of a "
                             f"byte; take one of {', '.join(names)}, or say size=(width, height)")
        if layout.stride:
            raise ValueError("stride= is for plain bytes with size=; an array has its own strides")
        height, width = self.buffer.shape[:2]
        _library.det_frame_init_packed(self.frame, _find_format(name), min(width, 2**31 - 1),
                                       min(height, 2**31 - 1), self.buffer.strides[0],
                                       self.buffer.buf)
        return name

    def _view_bytes(self, image: Any, layout: _Layout, size: Tuple[int, int]) -> str:
        if not memoryview(image).c_contiguous:
            raise ValueError("with size= the bytes must follow each other without gaps")
        name = layout.format or "BGR"
        width, height = size
        call = _Call()
        limit = 2**31 - 1
        if not _library.det_frame_init_buffer(
                self.frame, _find_format(name), max(-1, min(width, limit)),
                max(-1, min(height, limit)), max(-1, min(layout.stride, limit)),
                self.buffer.buf, self.buffer.len, call.place):
            raise call.failure()
        return name


# ---- detectors ----


def _text(name: str, value: Any) -> bytes:
    """An option's value as a configuration file has it."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, dict):
        value = ",".join(f"{key}:{number}" for key, number in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        value = ("x" if name.endswith("-size") else ",").join(map(str, value))
    text = os.fsencode(value if isinstance(value, (str, bytes, os.PathLike)) else str(value))
    if b"\0" in text:  # C would see the part before it
        raise ValueError(f"{name}: {text!r} has a null byte in it")
    return text


def _read(found: Any) -> Detections:
    """Copies a result, and frees it."""
    try:
        result = found.contents
        objects = []
        for item in result.objects[:result.n_objects]:
            box = item.box
            points = item.landmarks[:item.n_landmarks]
            objects.append(Object(
                None if item.label is None else item.label.decode("utf-8", "replace"), item.score,
                Box(box.x0, box.y0, box.x1, box.y1), item.class_id,
                tuple(Point(point.x, point.y) for point in points),
                None if item.track_id < 0 else item.track_id))
        return Detections(objects, result.width, result.height,
                          dict(zip(STAGES, result.stage_us)))
    finally:
        _library.det_detections_unref(found)


class Detector:
    """A model, ready to run.

    Options are those of the option reference, with '_' for '-', such as
    threshold=0.4, classes=["person", "car"], input_size=(640, 640), engine="opencv",
    config="detect.yaml". Without a model it is OpenCV's own people detector.
    Detectors of one model share it in memory.

    Raises DetectError when the model or an option does not do; the message says
    what would.
    """

    def __init__(self, model: Any = None, **options: Any):
        self._handle: Optional[int] = None
        self._lock = threading.Lock()
        call = _Call()
        settings = _library.det_options_new()
        try:
            for key, value in {"model": model, **options}.items():
                name = key.replace("_", "-")
                if value is not None and not _library.det_options_set_by_name(
                        settings, name.encode(), _text(name, value), call.place):
                    raise call.failure()
            self._handle = _library.det_detector_new(settings, call.place)
        finally:
            _library.det_options_free(settings)
        if not self._handle:
            raise call.failure()

    # pylint: disable=redefined-builtin
    def run(self, image: Any, size: Optional[Tuple[int, int]] = None, stride: int = 0,
            format: Optional[str] = None, matrix: str = "bt601",
            full_range: Optional[bool] = None) -> Detections:
        """What is on a picture.

        image is an array of unsigned bytes: height x width x 3 (BGR, as cv2 has
        it), x 4 (BGRA), or height x width (grey); any strides. format says other
        orders, such as "RGB". Or image is bytes with size=(width, height), in any
        format the library reads, such as "NV12", with stride bytes from one row to
        the next (0: no gaps). matrix and full_range say what YUV numbers mean; grey
        is taken as 0..255.

        Raises DetectError, or TypeError and ValueError for what is no picture.
        """
        layout = _Layout(size, stride, format, matrix, full_range)
        return self._run([image], layout, self._run_one)[0]

    def run_batch(self, images: Iterable[Any], size: Optional[Tuple[int, int]] = None,
                  stride: int = 0, format: Optional[str] = None,
                  matrix: str = "bt601", full_range: Optional[bool] = None) -> List[Detections]:
        """What is on each of several pictures, which run several at a time; the
        other arguments are as for run() and hold for all. It fails as a whole."""
        layout = _Layout(size, stride, format, matrix, full_range)
        return self._run(images, layout, self._run_all)

    # pylint: enable=redefined-builtin

    def _run(self, images: Iterable[Any], layout: _Layout, run: Any) -> List[Detections]:
        pictures: List[_Picture] = []
        handle = self._borrow()
        try:
            for image in images:
                pictures.append(_Picture(image, layout))
            return run(handle, [picture.frame for picture in pictures])
        finally:
            for picture in pictures:
                picture.release()
            _library.det_detector_unref(handle)

    @staticmethod
    def _run_one(handle: int, frames: List[_DetFrame]) -> List[Detections]:
        call = _Call()
        found = _library.det_detector_run(handle, frames[0], call.place)
        if not found:
            raise call.failure()
        return [_read(found)]

    @staticmethod
    def _run_all(handle: int, frames: List[_DetFrame]) -> List[Detections]:
        call = _Call()
        count = len(frames)
        found = (_Found * count)()
        if not _library.det_detector_run_batch(handle, (_DetFrame * count)(*frames), count, found,
                                               call.place):
            raise call.failure()
        return [_read(each) for each in found]

    def _borrow(self) -> int:
        """The handle, which close() in another thread then leaves alone."""
        with self._lock:
            if not self._handle:
                raise ValueError("the detector is closed")
            return _library.det_detector_ref(self._handle)

    def _ask(self, question: str, *arguments: Any) -> Any:
        handle = self._borrow()
        try:
            answer = getattr(_library, question)(_library.det_detector_get_model(handle),
                                                 *arguments)
            return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        finally:
            _library.det_detector_unref(handle)

    @property
    def model(self) -> str:
        """The model file's name, "people" for the one built in."""
        return self._ask("det_model_get_id")

    @property
    def engine(self) -> str:
        """What runs the model."""
        return self._ask("det_model_get_engine")

    @property
    def decoder(self) -> str:
        """The family the model was recognised as."""
        return self._ask("det_model_get_decoder")

    @property
    def labels(self) -> List[Optional[str]]:
        """The names of the classes, by class id."""
        return [self._ask("det_model_get_label", class_id)
                for class_id in range(self._ask("det_model_get_n_classes"))]

    def close(self) -> None:
        """Frees the model, unless others use it. Runs in other threads still end."""
        with self._lock:
            handle, self._handle = self._handle, None
        _library.det_detector_unref(handle)

    def __enter__(self) -> "Detector":
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and _library:
            self.close()
