#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes what a fuzzer begins with: make-corpus.py FOLDER.

One file for each kind of message in each protocol, as Python and the numpy at hand
pickle them, and in the words of the other numpy.
"""
import pickle
import sys
from pathlib import Path

import numpy as np

PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
MESSAGES = {
    "folder": [{"frame_num": i + 1, "image": PICTURE, "time": "20260101000000"}
               for i in range(2)],
    "frame": {"frame_num": np.int64(7), "image": PICTURE.reshape(-1, 1)},
    "plain": [None, True, -1, 1 << 40, 2.5, "text", b"\x00\xff", bytearray(b"ab"), (), (1, 2)],
    "columns": {"image": np.asfortranarray(PICTURE[:, :, 0])},
    "floats": {"image": PICTURE.astype(np.float32), "scale": np.float64(0.5)},
}


def other_numpy(data: bytes) -> bytes:
    """Module paths of the other major version; lengths are in the byte before."""
    old, new = ((b"numpy.core", b"numpy._core") if b"numpy.core" in data
                else (b"numpy._core", b"numpy.core"))
    step = len(new) - len(old)
    parts = data.split(old)
    for i in range(len(parts) - 1):
        if parts[i] and parts[i][-2:-1] == b"\x8c":
            parts[i] = parts[i][:-1] + bytes([parts[i][-1] + step])
    return new.join(parts)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in MESSAGES.items():
        for protocol in range(2, 6):
            data = pickle.dumps(message, protocol)
            (folder / f"{name}-{protocol}").write_bytes(data)
            (folder / f"{name}-{protocol}-twice").write_bytes(pickle.dumps(data, protocol))
            (folder / f"{name}-{protocol}-other").write_bytes(other_numpy(data))


if __name__ == "__main__":
    main()
