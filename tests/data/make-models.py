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


def redness() -> onnx.ModelProto:
    """The score is the red of the cell's first pixel."""
    model = yolov8(1)
    weight = np.zeros((5, 3, 1, 1), np.float32)
    weight[4, 0] = 1
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(weight, "w"))
    model.graph.initializer[1].CopyFrom(
        numpy_helper.from_array(np.array([*BOX, 0], np.float32), "b"))
    return model


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


def renamed(model: onnx.ModelProto, old: str, new: str) -> onnx.ModelProto:
    """The same model with a tensor under another name."""
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]
    for value in (*model.graph.input, *model.graph.output):
        value.name = new if value.name == old else value.name
    return model


def with_output(model: onnx.ModelProto, nodes: List, name: str, shape: Sequence,
                kind: int = TensorProto.FLOAT, first: bool = False) -> onnx.ModelProto:
    """The same model with one more output."""
    model.graph.node.extend(nodes)
    outputs = list(model.graph.output)
    more = helper.make_tensor_value_info(name, kind, shape)
    del model.graph.output[:]
    model.graph.output.extend([more, *outputs] if first else [*outputs, more])
    return model


def attention() -> onnx.ModelProto:
    """Two results multiplied, beside the way to the output."""
    model = yolov8()
    return with_output(model, [helper.make_node("MatMul", ["level0c", "level0c"], ["square"])],
                       "square", [1, 84, SIDE // 8, SIDE // 8])


def segmentation() -> onnx.ModelProto:
    """Mask coefficients behind the classes, prototypes beside."""
    model = cells_model([*BOX, *scores(2, 0.75), *[0.0] * 32], False,
                        metadata={"names": NAMES, "task": "segment"})
    model.graph.initializer.append(
        numpy_helper.from_array(np.zeros((32, 3, 4, 4), np.float32), "protos"))
    node = helper.make_node("Conv", ["images", "protos"], ["output1"], kernel_shape=[4, 4],
                            strides=[4, 4])
    return with_output(model, [node], "output1", [1, 32, SIDE // 4, SIDE // 4], first=True)


def half_output() -> onnx.ModelProto:
    model = renamed(yolov8(5), "output0", "wide")
    del model.graph.output[:]
    node = helper.make_node("Cast", ["wide"], ["output0"], to=TensorProto.FLOAT16)
    cells = sum((SIDE // s) ** 2 for s in STRIDES)
    return with_output(model, [node], "output0", [1, 9, cells], TensorProto.FLOAT16)


def channels_last() -> onnx.ModelProto:
    """As exports of TensorFlow have it: bytes, channels last."""
    model = renamed(yolov8(5), "images", "planar")
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([
        helper.make_node("Cast", ["serving_input"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["float"], ["planar"], perm=[0, 3, 1, 2]), *nodes])
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info(
        "serving_input", TensorProto.UINT8, [1, SIDE, SIDE, 3]))
    return model


def two_at_once() -> onnx.ModelProto:
    model = cells_model([*BOX, *scores(80, 0.75)], False, shape=(2, 3, SIDE, SIDE),
                        out_shape=(2, 84, sum((SIDE // s) ** 2 for s in STRIDES)))
    for weight in model.graph.initializer:
        if weight.name == "shape":
            weight.CopyFrom(numpy_helper.from_array(np.array([2, 84, -1], np.int64), "shape"))
    return model


def detr() -> onnx.ModelProto:
    """Fractions and logits, the boxes first."""
    model = cells_model([0.4, 0.25, 0.3, 0.2], True, name="pred_boxes")
    logits = cells_model([-9.0, 1.0, -9.0, -9.0, -9.0], True, name="logits")
    for node in logits.graph.node:
        node.output[:] = [n if n == "logits" else f"l_{n}" for n in node.output]
        node.input[:] = [n if n == "images" else f"l_{n}" for n in node.input]
    for weight in logits.graph.initializer:
        weight.name = f"l_{weight.name}"
    model.graph.node.extend(logits.graph.node)
    model.graph.initializer.extend(logits.graph.initializer)
    model.graph.output.extend(logits.graph.output)
    return model


def strangers() -> Dict[str, onnx.ModelProto]:
    """What other people's tools might export: names, orders, types and numbers of
    classes of all kinds."""
    return {
        "one_class": renamed(yolov8(1), "output0", "dets"),
        "five_classes": renamed(yolov8(5), "images", "input_tensor"),
        "many_classes": yolov8(365),
        "yolov5_five": cells_model([*BOX, 0.9, *scores(5, 0.5)], True, repeat=3, name="out"),
        "end2end": cells_model([24, 16, 56, 32, 0.75, 1], True,
                               metadata={"end2end": "True", "names": NAMES}),
        "segmentation": segmentation(),
        "half_output": half_output(),
        "channels_last": channels_last(),
        "two_at_once": two_at_once(),
        "detr": detr(),
    }


def models() -> Dict[str, onnx.ModelProto]:
    return {
        **strangers(),
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
        "redness": redness(),
        "weights_as_inputs": weights_as_inputs(),
        "attention": attention(),
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
