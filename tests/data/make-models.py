#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the tiny models that tests use: make-models.py FOLDER [--stamp FILE].

Each is a real ONNX graph of a few hundred bytes: convolutions without weight, whose
bias is what every cell of the grid says, so the same object comes out wherever one
looks, and suppression leaves one of it.
"""
import argparse
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 96
STRIDES = (8, 16, 32)
NAMES = "{0: 'cat', 1: 'dog'}"
BOX = (40, 24, 32, 16)  # x0 24, y0 16, x1 56, y1 32


def picture(kind: int = TensorProto.FLOAT, shape: Sequence = (1, 3, SIDE, SIDE)):
    return helper.make_tensor_value_info("images", kind, shape)


def finish(nodes: List, weights: List, inputs: List, outputs: List,
           metadata: Optional[Dict[str, str]] = None) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
    model.ir_version = 6
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return model


def cells_model(values: Sequence[float], transpose: bool, repeat: int = 1,
                kind: int = TensorProto.FLOAT, shape: Sequence = (1, 3, SIDE, SIDE),
                out_shape: Optional[Sequence] = None, name: str = "output0",
                metadata: Optional[Dict[str, str]] = None) -> onnx.ModelProto:
    """Every cell of the three levels says values: [1,columns,cells], or with
    transpose [1,cells,columns]."""
    columns = len(values)
    weights = [
        numpy_helper.from_array(np.zeros((columns, 3, 1, 1), np.float32), "w"),
        numpy_helper.from_array(np.array(values, np.float32), "b"),
        numpy_helper.from_array(np.array([1, columns, -1], np.int64), "shape")]
    nodes, parts, source = [], [], "images"
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [source], ["cast"], to=TensorProto.FLOAT))
        source = "cast"
    for stride in STRIDES * repeat:
        part = f"level{len(parts)}"
        nodes.append(helper.make_node("Conv", [source, "w", "b"], [f"{part}c"],
                                      kernel_shape=[1, 1], strides=[stride, stride]))
        nodes.append(helper.make_node("Reshape", [f"{part}c", "shape"], [part]))
        parts.append(part)
    nodes.append(helper.make_node("Concat", parts, ["all" if transpose else name], axis=2))
    cells = repeat * sum((SIDE // s) ** 2 for s in STRIDES)
    if transpose:
        nodes.append(helper.make_node("Transpose", ["all"], [name], perm=[0, 2, 1]))
    fixed = [1, cells, columns] if transpose else [1, columns, cells]
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, out_shape or fixed)
    return finish(nodes, weights, [picture(kind, shape)], [output], metadata)


def scores(classes: int, score: float) -> List[float]:
    return [score if c == 1 else 0.0 for c in range(classes)]


def yolov8(classes: int = 80, **options) -> onnx.ModelProto:
    return cells_model([*BOX, *scores(classes, 0.75)], False, **options)


def weights_as_inputs() -> onnx.ModelProto:
    model = yolov8()
    for weight in model.graph.initializer:
        model.graph.input.append(
            helper.make_tensor_value_info(weight.name, weight.data_type, weight.dims))
    return model


def with_operator(operator: str) -> onnx.ModelProto:
    """A graph that merely names an operator, for rules that look at headers."""
    model = yolov8()
    model.graph.node.append(helper.make_node(operator, ["output0"], ["unused"]))
    return model


def unknown() -> onnx.ModelProto:
    weights = [numpy_helper.from_array(np.zeros((512, 3, 1, 1), np.float32), "w"),
               numpy_helper.from_array(np.array([1, 512], np.int64), "shape")]
    nodes = [helper.make_node("Conv", ["images", "w"], ["c"], kernel_shape=[1, 1]),
             helper.make_node("GlobalAveragePool", ["c"], ["mean"]),
             helper.make_node("Reshape", ["mean", "shape"], ["embedding"])]
    return finish(nodes, weights, [picture()], [
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 512])])


def string_input() -> onnx.ModelProto:
    shape = [1, 84, 84]
    return finish([helper.make_node("Identity", ["text"], ["same"])], [],
                  [helper.make_tensor_value_info("text", TensorProto.STRING,
                                                 [1, 3, SIDE, SIDE])],
                  [helper.make_tensor_value_info("same", TensorProto.STRING, shape)])


def models() -> Dict[str, onnx.ModelProto]:
    return {
        "yolov8": yolov8(),
        "yolov8_two": yolov8(2, metadata={"names": NAMES, "task": "detect"}),
        "yolov8_open": yolov8(shape=("batch", 3, "height", "width"),
                              out_shape=("batch", 84, "n"),
                              metadata={"imgsz": f"[{SIDE}, {SIDE}]"}),
        "yolov8_half": yolov8(kind=TensorProto.FLOAT16),
        "yolov8_bytes": yolov8(kind=TensorProto.UINT8),
        "yolov5": cells_model([*BOX, 0.9, *scores(80, 0.5)], True, repeat=3),
        # exp (1) × stride wide, half a cell in: the same shape in every cell.
        "yolox": cells_model([0.5, 0.5, 1, 1, 0.9, *scores(80, 0.5)], True,
                             name="output"),
        "yolox_as_yolov5": cells_model([0.5, 0.5, 1, 1, 0.9, *scores(80, 0.5)], True,
                                       repeat=3),
        "weights_as_inputs": weights_as_inputs(),
        "quantized": with_operator("DynamicQuantizeLinear"),
        "nms": with_operator("NonMaxSuppression"),
        "unknown": unknown(),
        "string": string_input(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stamp", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, model in models().items():
        (arguments.folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    if arguments.stamp:
        arguments.stamp.touch()


if __name__ == "__main__":
    main()
