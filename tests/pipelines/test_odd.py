# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that are odd: damaged, of rare forms, of sizes nobody expects. Each ends as
its row says, and shows what another reader (OpenCV, FFmpeg) sees in it."""
import ctypes
import os
import re
import struct
import subprocess
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import cv2
import numpy as np

import samples
from cliruns import (NOTHING, call, cut, difference, folder, packet_times, parse,
                     write_exif, write_video)
from common import ELEMENT, Detection, asset, far_from, launch, match
from marks import cases, sanitized, timeout

PICTURES = (".jpg", ".png")
# A head without what it describes, or the other way round: decodebin may also wait for
# pads that never come.
DAMAGED = "the file may be damaged|no progress for 5 seconds"
CUT = "the file is cut off"


class Odd(NamedTuple):
    n_lines: Optional[int] = 1  # None: one at least
    says: str = ""     # a pattern in its one line of error; the exit status is 1 then
    like: str = ""     # the whole picture that it was made of
    # Mean difference from what others read, of 255. Each has its own way with inks, with
    # damaged places, and with the finer colours that no JPEG or H.264 picture keeps.
    pixels: float = 4
    launch: bool = False  # decodebin in gst-launch-1.0 takes it to its end, or fails by itself


ODD = {
    "exif/Landscape_6.jpg": Odd(),
    "exif/Portrait_1.jpg": Odd(),
    "exif/Portrait_6.jpg": Odd(like="exif/Portrait_1.jpg"),
    "odd/bikes_vp8.webm": Odd(100, like="video/bikes.mp4", launch=True),
    "odd/bus_1px_high.png": Odd(launch=True),
    "odd/bus_1px_wide.png": Odd(launch=True),
    "odd/bus_1x1.png": Odd(launch=True),
    "odd/bus_641x427.jpg": Odd(),
    "odd/bus_gray.jpg": Odd(like="photos/bus.jpg"),
    "odd/bus_truncated.jpg": Odd(1, CUT, launch=True),
    "odd/camera_gray.png": Odd(),
    "odd/dog_bitflips.jpg": Odd(pixels=15, launch=True),
    "odd/empty.jpg": Odd(0, "no data; name a picture or a video"),
    "odd/hamilton_rot90.mp4": Odd(65),
    "odd/hopper.jpg": Odd(),
    "odd/hopper_16bit_qtables.jpg": Odd(),
    "odd/hopper_gray.jpg": Odd(like="odd/hopper.jpg", launch=True),
    "odd/hopper_orientation_6.jpg": Odd(like="odd/hopper.jpg"),
    "odd/junk_jpeg_header.jpg": Odd(launch=True),
    "odd/noise.jpg": Odd(0, "name a picture or a video", launch=True),
    "odd/ped.m3u8": Odd(180, like="video/pedestrians.mp4"),
    "odd/ped_0.m4s": Odd(0, DAMAGED),
    "odd/ped_1.m4s": Odd(0, DAMAGED),
    "odd/ped_2.m4s": Odd(0, DAMAGED),
    "odd/ped_init.mp4": Odd(0, DAMAGED),
    "odd/pedestrians_641x361_444.mkv": Odd(87, like="video/pedestrians.mp4", launch=True),
    "odd/pedestrians_interlaced_576i.ts": Odd(None, launch=True),
    # Not with gst-launch-1.0: about one time in twenty, decodebin waits there for
    # ever for its missing header, whatever comes behind it.
    "odd/pedestrians_truncated.mp4": Odd(0, CUT),
    "odd/pedestrians_varres.ts": Odd(180),
    "odd/pil_sample_cmyk.jpg": Odd(pixels=20, launch=True),
    "odd/truncated_jpeg.jpg": Odd(1, CUT),
    "odd/vtest_mjpeg.avi": Odd(30),
    "odd/zidane_alpha.png": Odd(like="photos/zidane.jpg", launch=True),
}


def first_frame(path: Path, place: str) -> Optional[np.ndarray]:
    """What another reader sees: upright, BGR."""
    if path.suffix in PICTURES:
        return cv2.imread(str(path))
    still = Path(place) / "first.png"
    subprocess.run(["ffmpeg", "-v", "quiet", "-y", "-i", path, "-frames:v", "1", still],
                   stdin=subprocess.DEVNULL, timeout=60)
    return cv2.imread(str(still)) if still.exists() else None


def check(path: Path, row: Odd, place: str) -> None:
    """One run of the program ends as the row says."""
    done = call("-q", "--timeout", "5", "--every", "50", *NOTHING, "--json", "-", "-o",
                f"{place}/out/", path, timeout=60)
    assert done.status == (1 if row.says else 0), done
    assert len(done.err.splitlines()) == done.status and re.search(row.says, done.err), done
    if row.says:
        assert done.errors[0].startswith(f"gst-detect-1.0: {path}: "), done
    found = parse(done.out)
    assert len(found) == row.n_lines or (row.n_lines is None and found), len(found)
    outputs = os.listdir(f"{place}/out")
    assert len(outputs) == (len(found) > 0), outputs
    if not found:
        return
    out = Path(place) / "out" / outputs[0]
    seen, shown = first_frame(path, place), first_frame(out, place)
    assert (found[0]["width"], found[0]["height"]) == seen.shape[1::-1], seen.shape
    if path.suffix not in PICTURES:
        assert len(packet_times(out)) == len(found)
        shown = shown[:seen.shape[0], :seen.shape[1]]  # encoders want even sizes
    assert difference(shown, seen) < row.pixels


def test_every_file_has_a_row():
    for name in ("odd", "exif"):
        here = {f"{name}/{each}" for each in os.listdir(asset(f"media/{name}"))}
        rows = {each for each in ODD if each.startswith(f"{name}/")}
        assert here == rows, here ^ rows


@cases(*ODD)
def test_file(name: str):
    with folder() as place:
        check(asset(f"media/{name}"), ODD[name], place)


def read_objects(line: dict) -> List[Detection]:
    return [Detection(each["label"], each["class_id"], each["score"],
                      tuple(each["box_normalized"])) for each in line["objects"]]


def first_lines(model: Path, paths: List[Path]) -> Dict[str, List[Detection]]:
    """What is found in the first frame of each, in one run."""
    done = call("-q", "-m", model, "--threshold", "0.35", "--every", "1000", "--json", "-",
                *paths, timeout=110)
    assert done.status in (0, 1), done
    found = {}
    for line in parse(done.out):
        found.setdefault(line["input"], read_objects(line))
    return found


def compare(found: List[Detection], wanted: List[Detection]) -> str:
    """What is wrong with objects that should be the same, or nothing."""
    pairs, missing, extra = match(wanted, found, 0.6)
    lost = far_from(0.35, missing + extra, 0.25)
    wrong = [each for each in pairs if each.score_difference > 0.2]
    return f"{lost} {wrong}" if lost or wrong else ""


@timeout(180)
def test_objects():
    """A real detector finds in an odd file what it finds in the whole, upright one."""
    model = asset("models/yolox_nano.onnx")
    with folder() as place:
        stills = {}
        for name, row in ODD.items():
            if row.n_lines != 0:
                stills[name] = Path(place) / f"{len(stills)}.png"
                whole = asset(f"media/{row.like or name}")
                assert cv2.imwrite(str(stills[name]), first_frame(whole, place))
        paths = {name: asset(f"media/{name}") for name in stills}
        found = first_lines(model, [*paths.values(), *stills.values()])
        wrong = {name: compare(found[str(paths[name])], found[str(stills[name])])
                 for name in stills}
        print("# objects", sum(len(found[str(path)]) for path in paths.values()))
    assert sum(map(len, found.values())) > 100
    assert not any(wrong.values()), {name: text for name, text in wrong.items() if text}


@cases(*(name for name, row in ODD.items() if row.launch))
@sanitized
@timeout(200)
def test_launch(name: str):
    """Whatever a decoder makes of a file, the element ends with it."""
    path = asset(f"media/{name}")
    source = f"filesrc location={path} ! decodebin ! videorate max-rate=1 "
    plain = launch(f"{source} ! fakesink")
    done = launch(f"{source} ! {ELEMENT} overlay=true ! fakesink", timeout=180)
    assert (done.returncode == 0) == (plain.returncode == 0), done.stdout
    assert not re.search(r"CRITICAL|Sanitizer|runtime error", done.stdout), done.stdout
    assert "GstDetect" not in done.stdout, done.stdout


# ---- the same with nothing but the repository ----


def small() -> np.ndarray:
    return cv2.resize(samples.people(), (384, 288), interpolation=cv2.INTER_AREA)


def write(path: Path, image: np.ndarray, *options: int) -> None:
    assert cv2.imwrite(str(path), image, list(options))


def write_grey(path: Path) -> None:
    write(path, cv2.cvtColor(small(), cv2.COLOR_BGR2GRAY))


def write_alpha(path: Path) -> None:
    image = cv2.cvtColor(small(), cv2.COLOR_BGR2BGRA)
    image[:, :, 3] = 128
    write(path, image)


def write_deep(path: Path) -> None:
    """Grey: pngdec of GStreamer 1.22 shuffles the colours of 16 bits for everybody."""
    write(path, cv2.cvtColor(small(), cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257)


def write_progressive(path: Path) -> None:
    write(path, small(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 3)


def write_odd_size(path: Path) -> None:
    write(path, small()[:287, :383])


def write_row(path: Path) -> None:
    write(path, small()[:1])


def write_column(path: Path) -> None:
    write(path, small()[:, :1])


def write_pixel(path: Path) -> None:
    write(path, small()[:1, :1])


def write_cmyk(path: Path) -> None:
    """As printers' programs write it; no library of Python's here does."""
    jpeg = ctypes.CDLL("libturbojpeg.so.0")
    jpeg.tjInitCompress.restype = ctypes.c_void_p
    pixels = np.dstack([255 - small()[:, :, ::-1], np.zeros((288, 384), np.uint8)])
    pixels = np.ascontiguousarray(255 - pixels)  # Adobe's are inverted
    out, size = ctypes.POINTER(ctypes.c_ubyte)(), ctypes.c_ulong()
    cmyk, full = 11, 0
    assert jpeg.tjCompress2(ctypes.c_void_p(jpeg.tjInitCompress()), pixels.ctypes.data_as(
        ctypes.c_void_p), 384, 0, 288, cmyk, ctypes.byref(out), ctypes.byref(size), full, 90,
        0) == 0
    path.write_bytes(ctypes.string_at(out, size.value))


def write_turned(path: Path) -> None:
    write_exif(path, cv2.rotate(small(), cv2.ROTATE_90_COUNTERCLOCKWISE), 6)


def write_junk_behind_header(path: Path) -> None:
    """Application segments that say nothing, among them one of the greatest length."""
    write(path, small())
    data = path.read_bytes()
    junk = b"".join(b"\xff" + bytes([0xe0 + i]) + struct.pack(">H", n) + bytes(n - 2)
                    for i, n in ((3, 2), (13, 65535), (15, 500)))
    path.write_bytes(data[:2] + junk + data[2:])


def write_flipped(path: Path) -> None:
    """Bits changed in the middle of what the header describes."""
    write(path, small(), cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
    data = bytearray(path.read_bytes())
    chance = np.random.default_rng(3)
    for at in chance.integers(len(data) // 2, len(data) - 100, 5):
        if 0xff not in data[at - 1:at + 2] and data[at] != 0xfe:
            data[at] ^= 1
    path.write_bytes(data)


def write_cut(path: Path) -> None:
    write(path, small())
    cut(path, 0.6)


def write_empty(path: Path) -> None:
    path.touch()


def write_noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(4000))


def encoder(*words: str) -> Callable[[Path], None]:
    """Writes two seconds of a test picture, ten frames each."""
    return lambda path: write_video(path, 20, *words) and None


def write_parts(path: Path) -> None:
    """A list, a head and segments that are nothing without it."""
    write_video(path, 20, "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", "-an",
                "-hls_time", "1", "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename",
                "head.mp4", "-hls_segment_filename", str(path.parent / "part%d.m4s"))


def write_part(path: Path) -> None:
    write_parts(path.parent / "list.m3u8")


def write_headless(path: Path) -> None:
    write_video(path, 20, "-c:v", "mpeg4")
    cut(path, 0.6)


class Made(NamedTuple):
    write: Callable[[Path], None]
    row: Odd = Odd()


X264 = ("-c:v", "libx264", "-an")
MADE = {
    "alpha.png": Made(write_alpha),
    "cmyk.jpg": Made(write_cmyk, Odd(pixels=12)),
    "column.png": Made(write_column),
    "cut.jpg": Made(write_cut, Odd(1, CUT)),
    "deep.png": Made(write_deep),
    "empty.jpg": Made(write_empty, Odd(0, "no data; name a picture or a video")),
    "flipped.jpg": Made(write_flipped),
    "grey.jpg": Made(write_grey),
    "grey.png": Made(write_grey),
    "headless.mp4": Made(write_headless, Odd(0, CUT)),
    "interlaced.ts": Made(encoder("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1",
                                  "-an"), Odd(None, pixels=8)),
    "junk.jpg": Made(write_junk_behind_header),
    "list.m3u8": Made(write_parts, Odd(20)),
    "mjpeg.avi": Made(encoder("-c:v", "mjpeg", "-an"), Odd(20)),
    "noise.jpg": Made(write_noise, Odd(0, "name a picture or a video")),
    "odd-size.jpg": Made(write_odd_size),
    "part1.m4s": Made(write_part, Odd(0, DAMAGED)),
    "pixel.png": Made(write_pixel),
    "progressive.jpg": Made(write_progressive),
    "row.png": Made(write_row),
    "turned.jpg": Made(write_turned),
    "vp8.webm": Made(encoder("-c:v", "libvpx", "-b:v", "1M", "-an"), Odd(20)),
    "yuv444.mkv": Made(encoder(*X264, "-pix_fmt", "yuv444p"), Odd(20, pixels=6)),
}


@cases(*MADE)
def test_made(name: str):
    with folder() as place:
        path = Path(place) / name
        MADE[name].write(path)
        check(path, MADE[name].row, place)
