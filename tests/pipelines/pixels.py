# SPDX-License-Identifier: LGPL-2.1-or-later
"""One picture in every raw video format, made with numpy alone.

A picture is held as 4:2:0 planes, BT.601, limited range; the other YUV formats
repeat or keep its samples, RGB is computed from it. So all formats show the
same picture, up to rounding.
"""
from typing import Callable, Dict, List, NamedTuple

import numpy as np

from common import Frame

GARBAGE = 0xA5  # what padding holds, so that reading it shows


class Picture(NamedTuple):
    y: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @property
    def height(self) -> int:
        return self.y.shape[0]

    @property
    def width(self) -> int:
        return self.y.shape[1]

    def grey(self) -> "Picture":
        return Picture(self.y, np.full_like(self.u, 128), np.full_like(self.v, 128))


def to_bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def halve(plane: np.ndarray) -> np.ndarray:
    """Means of 2x2 samples; the last row and column stand twice if need be."""
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]) / 4


def from_bgr(image: np.ndarray) -> Picture:
    b, g, r = (image[:, :, i].astype(np.float64) for i in range(3))
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    return Picture(to_bytes(16 + luma * 219 / 255),
                   to_bytes(128 + halve((b - luma) / 1.772) * 224 / 255),
                   to_bytes(128 + halve((r - luma) / 1.402) * 224 / 255))


def to_rgb(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Full-size BT.601 planes of limited range as height x width x RGB."""
    luma = (y.astype(np.float64) - 16) * 255 / 219
    blue, red = ((plane.astype(np.float64) - 128) * 255 / 224 for plane in (u, v))
    green = -(0.114 * 1.772 * blue + 0.299 * 1.402 * red) / 0.587
    return to_bytes(np.stack([luma + 1.402 * red, luma + green, luma + 1.772 * blue], axis=2))


def interleave(*planes: np.ndarray) -> np.ndarray:
    return np.stack(planes, axis=2).reshape(planes[0].shape[0], -1)


def tall(picture: Picture) -> List[np.ndarray]:
    """Chroma planes with a row for each row of luma."""
    return [np.repeat(plane, 2, axis=0)[:picture.height] for plane in picture[1:]]


def full(picture: Picture) -> List[np.ndarray]:
    """Chroma planes with a sample for each of luma."""
    return [np.repeat(plane, 2, axis=1)[:, :picture.width] for plane in tall(picture)]


def quarter(picture: Picture) -> List[np.ndarray]:
    """Chroma planes with a sample for four of luma, on every row."""
    planes = []
    for plane in tall(picture):
        even = np.pad(plane, ((0, 0), (0, plane.shape[1] % 2)), mode="edge").astype(int)
        planes.append(((even[:, 0::2] + even[:, 1::2] + 1) // 2).astype(np.uint8))
    return planes


def packed(picture: Picture, order: str) -> List[np.ndarray]:
    y = np.pad(picture.y, ((0, 0), (0, picture.width % 2)), mode="edge")
    u, v = tall(picture)
    samples = {"y": iter((y[:, 0::2], y[:, 1::2])), "u": iter((u,)), "v": iter((v,))}
    return [interleave(*(next(samples[letter]) for letter in order))]


def words(planes: List[np.ndarray], shift: int) -> List[np.ndarray]:
    """8-bit samples as 16-bit ones, little-endian, as rows of bytes."""
    return [(plane.astype("<u2") << shift).view(np.uint8) for plane in planes]


def rgb(picture: Picture, order: str) -> List[np.ndarray]:
    colors = to_rgb(picture.y, *full(picture))
    filler = np.full(picture.y.shape, GARBAGE, np.uint8)  # alpha is not looked at
    return [interleave(*(filler if letter in "xA" else colors[:, :, "RGB".index(letter)]
                         for letter in order))]


def grey(picture: Picture) -> np.ndarray:
    """GRAY8 spans 0..255 unless its caps say otherwise."""
    return to_bytes((picture.y.astype(np.float64) - 16) * 255 / 219)


def _layouts() -> Dict[str, Callable[[Picture], List[np.ndarray]]]:
    layouts: Dict[str, Callable[[Picture], List[np.ndarray]]] = {
        "I420": lambda p: [p.y, p.u, p.v],
        "YV12": lambda p: [p.y, p.v, p.u],
        "NV12": lambda p: [p.y, interleave(p.u, p.v)],
        "NV21": lambda p: [p.y, interleave(p.v, p.u)],
        "NV16": lambda p: [p.y, interleave(*tall(p))],
        "YUY2": lambda p: packed(p, "yuyv"),
        "UYVY": lambda p: packed(p, "uyvy"),
        "Y42B": lambda p: [p.y, *tall(p)],
        "Y444": lambda p: [p.y, *full(p)],
        "GRAY8": lambda p: [grey(p)],
        "I420_10LE": lambda p: words([p.y, p.u, p.v], 2),
        "P010_10LE": lambda p: words([p.y, interleave(p.u, p.v)], 8),
    }
    for order in ("RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA", "ARGB", "ABGR"):
        layouts[order] = lambda p, order=order: rgb(p, order)
    return layouts


# What `detect` reads as it is ...
FORMATS = _layouts()
# ... and some of what it has converted first.
CONVERTED: Dict[str, Callable[[Picture], List[np.ndarray]]] = {
    "A420": lambda p: [p.y, p.u, p.v, np.full_like(p.y, GARBAGE)],
    "Y41B": lambda p: [p.y, *quarter(p)],
    "I422_10LE": lambda p: words([p.y, *tall(p)], 2),
    "Y444_10LE": lambda p: words([p.y, *full(p)], 2),
    "GRAY16_LE": lambda p: words([grey(p)], 8),
    "ARGB64": lambda p: words(rgb(p, "ARGB"), 8),
}


def is_grey(name: str) -> bool:
    return name.startswith("GRAY")


def frame(name: str, picture: Picture, padding: int = 32) -> Frame:
    """A picture in a format, each row followed by bytes that belong to no pixel."""
    data, offsets, strides = bytearray(), [], []
    for rows in {**FORMATS, **CONVERTED}[name](picture):
        stride = (rows.shape[1] + 3) // 4 * 4 + padding
        plane = np.full((rows.shape[0], stride), GARBAGE, np.uint8)
        plane[:, :rows.shape[1]] = rows
        offsets.append(len(data))
        strides.append(stride)
        data += plane.tobytes()
    yuv = not is_grey(name) and "RGB" not in name and "BGR" not in name
    return Frame(name, picture.width, picture.height, bytes(data), offsets, strides,
                 "bt601" if yuv else "")
