#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a TFLite model of one rectifier: make-tflite.py FILE.

A FlatBuffer is tables of offsets that point forward; here each table is followed by
what it points to. The slots are those of TensorFlow Lite's schema.fbs."""
import struct
import sys
from typing import Dict, List, Union

FLOAT32, RELU, VERSION = 0, 19, 3


class Table:
    """slot -> (struct format, number), or something that is written apart."""
    def __init__(self, slots: Dict[int, object]):
        self.slots = slots


Value = Union[Table, str, List[int], List[Table]]


class Writer:
    def __init__(self) -> None:
        self.out = bytearray()

    def align(self, size: int = 4) -> None:
        while len(self.out) % size:
            self.out.append(0)

    def offset(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.out, at, target - at)

    def put(self, value: Value) -> int:
        """Where it begins."""
        self.align()
        if isinstance(value, Table):
            return self.put_table(value)
        start = len(self.out)
        if isinstance(value, str):
            self.out += struct.pack("<I", len(value)) + value.encode() + b"\0"
        elif value and isinstance(value[0], Table):
            self.out += struct.pack("<I", len(value)) + bytes(4 * len(value))
            for i, each in enumerate(value):
                self.offset(start + 4 + 4 * i, self.put(each))
        else:
            self.out += struct.pack(f"<I{len(value)}i", len(value), *value)
        return start

    def put_table(self, table: Table) -> int:
        n_slots = max(table.slots, default=-1) + 1
        vtable = len(self.out)
        self.out += struct.pack("<HH", 4 + 2 * n_slots, 4 + 4 * n_slots) + bytes(2 * n_slots)
        self.align()
        start = len(self.out)
        self.out += struct.pack("<i", start - vtable) + bytes(4 * n_slots)
        for slot, value in table.slots.items():
            at = start + 4 + 4 * slot
            struct.pack_into("<H", self.out, vtable + 4 + 2 * slot, at - start)
            if isinstance(value, tuple):
                struct.pack_into("<" + value[0], self.out, at, value[1])
            else:
                self.offset(at, self.put(value))
        return start


def tensor(name: str) -> Table:
    return Table({0: [1, 4, 4, 3], 1: ("b", FLOAT32), 2: ("I", 0), 3: name})


def main() -> None:
    operator = Table({0: ("I", 0), 1: [0], 2: [1]})
    graph = Table({0: [tensor("picture"), tensor("shown")], 1: [0], 2: [1], 3: [operator],
                   4: "tiny"})
    code = Table({0: ("b", RELU), 2: ("i", 1), 3: ("i", RELU)})
    model = Table({0: ("I", VERSION), 1: [code], 2: [graph], 4: [Table({})]})
    writer = Writer()
    writer.out += bytes(4) + b"TFL3"
    writer.offset(0, writer.put(model))
    with open(sys.argv[1], "wb") as file:
        file.write(writer.out)


if __name__ == "__main__":
    main()
