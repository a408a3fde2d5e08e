#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes what fuzzers begin with: make-corpus.py FOLDER MODELS [--stamp FILE].

FOLDER gets a folder for each target. MODELS holds the models that make-models.py
writes.
"""
import json
import pickle
import shutil
import struct
import sys
from pathlib import Path
from typing import Dict

import cv2
import numpy as np
from onnx import TensorProto, helper

Files = Dict[str, bytes]

PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def texts(**files: str) -> Files:
    return {name.replace("_", "-"): text.encode() for name, text in files.items()}


# ---- pickle: each kind of message in each protocol, as Python and the numpy at hand
# pickle them, and in the words of the other numpy

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


def make_pickle() -> Files:
    files = {}
    for name, message in MESSAGES.items():
        for protocol in range(2, 6):
            data = pickle.dumps(message, protocol)
            files[f"{name}-{protocol}"] = data
            files[f"{name}-{protocol}-twice"] = pickle.dumps(data, protocol)
            files[f"{name}-{protocol}-other"] = other_numpy(data)
    return files


# ---- texts

def make_config() -> Files:
    return texts(
        common="model: yolov8.onnx\nlabels: coco.txt\nthreshold: 0.4\niou-threshold: 0.5\n"
               "class-agnostic: true\nmax-detections: 20\n",
        model="engine: opencv\ndecoder: yolov8\ninput-size: 640x480\nlayout: nchw\n"
              "color-order: bgr\nmean: [1, 2.5, 3]\nscale: 0.0039\nresize-mode: letterbox\n"
              "pad-value: 114\nthreads: 2\n",
        classes="classes: [person, 3, 'traffic light']\nclass-thresholds:\n  person: 0.5\n"
                "  dog: 0.25\nmin-size: 10x10\nmax-size: 500x500\n",
        labels_list="labels:\n- person\n- &a 'bicycle'\n- *a\n- \"\\u00e9\\0\"\n",
        labels_map="labels: {1: bicycle, 0: person}\n",
        kept="classes: [cat, 1, 'traffic light']\nclass-thresholds: {cat: 0.5, dog: 0.25}\n",
        element="policy: async\nparallel: 2\ninterval: 3\nmax-fps: 12.5\nenabled: false\n"
                "max-age: 5\non-error: pass\ntimeout-ms: 500\noverlay: true\n"
                "overlay-labels: name\nline-width: 3\nfont: Sans 12\npost-messages: true\n"
                "tiles: 2x2\ntile-overlap: 0.2\nspin: true\ntune: false\n"
                "region: objects\nregion-classes: person\n",
        region="region: 0.1,0.1 0.9,0.1 0.5,0.9\n",
        region_box="region: 10,20,300,200\n",
        labels_wrong="labels: {[0]: a}\n",
        labels_nested="labels: {0: [a]}\n",
        labels_words="labels: [a, [b]]\n",
        broken="threshold: [0.4\nmodel: {a: b}\n? [x]\n: y\n",
        unknown="treshold: 0.4\n",
        empty="# nothing\n---\n...\n")


def make_mounts() -> Files:
    return texts(
        all="address: 127.0.0.1\nport: 8554\nauth: digest\nusers:\n  ann: secret\n"
            "tls-certificate: server.pem\ntls-key: /etc/key.pem\nmulticast-interface: eth0\n"
            "mounts:\n  /door:\n    input: rtsp://camera/stream\n    codec: h264\n"
            "    bitrate: 1500\n    size: 640x360\n    transports: [tcp, udp, multicast]\n"
            "    multicast: 239.255.42.1\n    multicast-port: 5000\n    threshold: 0.5\n"
            "    classes: [person, dog]\n  /: {input: x}\n",
        least="mounts: {/a: {input: rtsp://x, codec: mjpeg}, /b: {input: '/dev/null'}}\n",
        twice="port: 1\nport: 2\n",
        unknown="mount: {}\n",
        kinds="mounts: [a]\n",
        texts="address: [a]\n",
        users="users: {ann: [x]}\n",
        multicast="mounts: {/a: {input: 'rtsp://x', transports: multicast}}\n")


def make_labels() -> Files:
    return {**texts(
        lines="person\nbicycle\n\ntraffic light\n",
        dos="person\r\nbicycle\r\n\r\n",
        yaml_list="path: x\nnames: [person, 'bi cycle', \"\\xe9\"]\nnc: 3\n",
        yaml_map="names:\n  0: person\n  1: bicycle\n",
        yaml_holes="names: {0: a, 2: b, 2: c}\n",
        python_dict="{0: 'person', 1: \"it's\", 2: 'it\\'s'}",
        python_list="['person', 'bicycle']",
        python_far="{65535: 'far'}",
        blank="\n \n\t\n",
        wide="x" * 70000 + "\n" + "é" * 100 + "\n"),
        "mark": b"\xef\xbb\xbfperson\n", "latin1": b"caf\xe9\n", "nul": b"a\0b\nc\n"}


def make_import() -> Files:
    frame = {"schema": 1, "input": "a.mp4", "frame": 3, "pts": 0.12, "width": 320, "height": 240,
             "model": "yolov8.onnx", "age": 0,
             "inference": {"frame": 3, "pts": 0.12, "start": "2026-01-01T10:00:00.5Z"},
             "ms": {"preprocess": 1.5, "inference": 20, "decode": 0.25},
             "objects": [{"label": "person", "class_id": 0, "score": 0.9, "track_id": 4,
                          "box": [10, 20, 110, 220], "box_normalized": [0.03, 0.08, 0.34, 0.92],
                          "landmarks": [[15, 30], [20, 30]],
                          "landmarks_normalized": [[0.05, 0.1]]},
                         {"label": "face \u00e9 \U0001f600", "score": 0.5, "parent_id": 0,
                          "box": [0, 0, 1, 1]}]}
    later = dict(frame, age=1, pts=0.16, frame=4, ms=None)
    stray = {"objects": [{"box_normalized": [0, 0, 1, 1], "parent_id": 7}]}
    latin = b'{"objects":[{"box_normalized":[0,0,1,1],"label":"caf\xe9"}]}\n'
    return {"latin1": latin, **texts(
        stray=json.dumps(stray),
        line=json.dumps(frame) + "\n",
        lines="\n".join(json.dumps(each) for each in (later, frame, {"objects": []})),
        utf8=json.dumps(frame, ensure_ascii=False),
        least='{"objects":[{"box_normalized":[0,0,1,1]}]}\n\n\r\n',
        huge='{"pts":1e308,"frame":-5,"age":1e300,"objects":[{"box":[-1e99,0,1e99,1],'
             '"score":9}],"width":1e9,"height":1}\n',
        kinds='{"objects":{},"pts":[1],"frame":"7","age":null,"ms":3}\n[1]\n7\nnull\n"x"\n',
        broken='{"objects":[{"box":[1,2,3]}]}\n{"a":"\\ud800"}\n{"a":1\n/* */\n',
        deep="[" * 20 + "]" * 20 + "\n")}


# ---- models

CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;84;84
fill=0
data=0;3.5;1;4.5
[metadata]
names={0: 'person'}
[behaviour]
fault=none
"""
DARKNET = "[net]\nwidth=416\nheight = 416\nchannels=3\n[convolutional]\nfilters=16\n"
OPENVINO = """<?xml version="1.0"?>
<net name="m" version="11"><layers>
<layer id="0" name="images" type="Parameter" version="opset1">
<data shape="1,3,64,64" element_type="f32"/>
<output><port id="0" precision="FP32" names="images"><dim>1</dim></port></output></layer>
<layer id="1" name="c" type="Const"><output><port id="0"/></output></layer>
<layer id="2" name="m" type="Multiply"><output><port id="2" names="output0,x"/></output></layer>
<layer id="3" name="r" type="Result">
<input><port id="0" precision="FP32"><dim>1</dim><dim>84</dim><dim>84</dim></port></input></layer>
</layers><edges>
<edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>
<edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
<edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>
</edges><rt_info><model_info><labels value="person traffic_light"/></model_info></rt_info>
</net>
"""


def with_sizes() -> bytes:
    """A model that wants more than the picture."""
    tensor = helper.make_tensor_value_info
    inputs = [tensor("images", TensorProto.FLOAT, [1, 3, "h", "w"]),
              tensor("orig_target_sizes", TensorProto.INT64, ["n", 2]),
              tensor("im_shape", TensorProto.FLOAT, [1, 2]),
              tensor("scale_factor", TensorProto.DOUBLE, [2])]
    outputs = [tensor("labels", TensorProto.INT64, [1, 9]),
               tensor("boxes", TensorProto.FLOAT, [1, 9, 4]),
               tensor("scores", TensorProto.FLOAT16, [1, 9])]
    nodes = [helper.make_node("Identity", ["images"], [each.name]) for each in outputs]
    return helper.make_model(helper.make_graph(nodes, "g", inputs, outputs)).SerializeToString()


def make_recognition(models: Path) -> Files:
    return {**{path.name: path.read_bytes() for path in models.glob("*.onnx")},
            "sizes.onnx": with_sizes(),
            **texts(canned=CANNED, darknet=DARKNET, openvino=OPENVINO)}


# ---- numbers

N_DECODERS = 25
WILD = [0.9, 0.25, np.nan, np.inf, -np.inf, 3e38, 1e-40, -1, 0, 40, 1]


def make_decoders() -> Files:
    """The decoder, no changes of its shapes, values; then some changes."""
    plain = np.array([40, 30, 20, 10, 0.9, 0.8, 1], np.float32).tobytes()
    wild = np.array(WILD, np.float32).tobytes()
    files = {}
    for i in range(N_DECODERS):
        files[f"{i}-plain"] = bytes([i, 0]) + plain
        files[f"{i}-wild"] = bytes([i, 0]) + wild
        # The first output's second dim is open, its type float16.
        files[f"{i}-open"] = bytes([i, 2, 0, 0, 1, 0, 0, 0, 9, 2, 3, 1]) + wild
        # The input takes any size, which the metadata tell.
        files[f"{i}-any"] = bytes([i, 3, 170, 0, 2, 0, 170, 0, 3, 0, 220, 7]) + plain
    return files


def make_frames() -> Files:
    """Form, sides, order and padding of the input, mean and scale; then two frames:
    format, sides, matrix, range, a source size or not, and the planes' paddings."""
    files = {}
    for i in range(22):
        spec = struct.pack("<5B6f", i * 12 % 256, i + i % 2 * 128, 32 + i, 40 - i, 114, 0, 127.5, 255,
                           1, 1 / 255, 2)
        frame = bytes([i, 2 * i, 33 - i, i, i, 0, i * 16 % 256, 255, 17])
        scaled = bytes([i, 15, 7, i, i, 1, 64, 1, 200, 0, 48, 33, 0])
        files[f"{i}"] = spec + frame + scaled + bytes(range(0, 256, 5))
    return files


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data


def make_meta() -> Files:
    """As the format's version 1 has it."""
    header = struct.pack("<QQIQii4q", 7, 5, 2, 80, 320, 240, 1, 2, 3, 4)
    cat = (struct.pack("<5f3i", 0.25, 0.5, 0.75, 1, 0.875, 3, -1, -1) + string("cat") +
           struct.pack("<B2f", 1, 0.5, 0.75))
    part = struct.pack("<5f3iIB", 0, 0, 0.1, 0.1, 0.5, 4, 9, 0, 0xffffffff, 0)
    far = struct.pack("<5f3i", -1e30, -3e38, 3e38, 1e30, 7, -1 << 31, 5, 1 << 30)
    return {
        "objects": header + string("model") + struct.pack("<I", 2) + cat + part,
        "latin1": header + struct.pack("<I4sI", 4, b"caf\xe9", 0),
        "nothing": header + struct.pack("<II", 0xffffffff, 0),
        "far": header + string("") + struct.pack("<I", 1) + far + string("\u00e9") + b"\0"}


# ---- the server

def oriented(jpeg: bytes, orientation: int) -> bytes:
    """With EXIF's orientation behind the first marker."""
    tiff = b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0) + bytes(4)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def framed(*messages: bytes) -> bytes:
    return b"".join(struct.pack(">i", len(each)) + each for each in messages)


def make_server() -> Files:
    color = np.kron(PICTURE, np.ones((8, 8, 1), np.uint8))
    jpeg = cv2.imencode(".jpg", color)[1].tobytes()
    files = {
        "hands": b"H" + framed(b"", b"#CHALLENGE#" + bytes(20), b"#WELCOME#"),
        "hands-sha": b"H" + framed(b"", b"#CHALLENGE#{sha256}" + bytes(40), b"#WELCOME#"),
        "hands-short": b"H" + framed(b"", b"#CHALLENGE#" + bytes(3)),
        "hands-bare": b"H" + framed(b"", b"#CHALLENGE#"),
        "hands-cut": b"H" + framed(b"", b"#C"),
        "hands-long": b"H\xff\xff\xff\xff" + bytes(7) + b"\x10" + bytes(16),
        "jpeg": jpeg,
        "jpeg-grey": cv2.imencode(".jpg", color[:, :, 0])[1].tobytes(),
        "png": cv2.imencode(".png", color)[1].tobytes(),
        "png-alpha": cv2.imencode(".png", np.dstack([color, color[:, :, 0]]))[1].tobytes(),
        "pickled-jpeg": b"P" + pickle.dumps({"image": jpeg}, 3)}
    for i in range(1, 9):
        files[f"jpeg-{i}"] = oriented(jpeg, i)
    files.update({f"pickled-{name}": b"P" + data for name, data in make_pickle().items()
                  if "-twice" not in name})
    files["pickled-picture"] = b"P" + pickle.dumps({"image": PICTURE}, 3)
    return files


def main() -> None:
    folder, models = Path(sys.argv[1]), Path(sys.argv[2])
    made = {"config": make_config(), "decoders": make_decoders(), "frames": make_frames(),
            "import": make_import(), "labels": make_labels(), "meta": make_meta(),
            "mounts": make_mounts(), "pickle": make_pickle(),
            "recognition": make_recognition(models), "server": make_server()}
    for target, files in made.items():
        shutil.rmtree(folder / target, ignore_errors=True)
        (folder / target).mkdir(parents=True)
        for name, data in files.items():
            (folder / target / name).write_bytes(data)
    if sys.argv[3:4] == ["--stamp"]:
        Path(sys.argv[4]).touch()


if __name__ == "__main__":
    main()
