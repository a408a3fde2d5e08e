#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the tiny models that the test of the ONNX Runtime engine uses:
make-ort-models.py FOLDER.

Each holds one thing that an engine may stumble over; the C test says what comes out.
"""
import sys
from pathlib import Path
from typing import Dict, List, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import convert_model_to_external_data

TYPES = {
    "float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
    "float64": TensorProto.DOUBLE, "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8, "int32": TensorProto.INT32,
    "int64": TensorProto.INT64, "bool": TensorProto.BOOL,
}
node = helper.make_node


def tensor(name: str, shape, kind: int = TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name: str, values, kind=np.float32):
    return numpy_helper.from_array(np.array(values, kind), name)


def model(nodes: List, inputs: Sequence, outputs: Sequence, weights: Sequence = (),
          opset: int = 14, ir: int = 7, domain: str = "") -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    made = helper.make_model(graph, opset_imports=opsets)
    made.ir_version = ir
    return made


def types() -> onnx.ModelProto:
    """Every type through a graph unchanged; outputs listed backwards."""
    return model([node("Identity", [f"in_{t}"], [f"out_{t}"]) for t in TYPES],
                 [tensor(f"in_{t}", [2, 3], kind) for t, kind in TYPES.items()],
                 [tensor(f"out_{t}", [2, 3], kind)
                  for t, kind in reversed(list(TYPES.items()))])


def doubled(shape, out_shape) -> onnx.ModelProto:
    return model([node("Mul", ["x", "two"], ["y"])], [tensor("x", shape)],
                 [tensor("y", out_shape)], [weight("two", [2])])


def unsaid() -> onnx.ModelProto:
    """An output of which the file tells the name only."""
    made = doubled([2, 3], None)
    made.graph.output[0].ClearField("type")
    return made


def convolution(ir: int) -> onnx.ModelProto:
    """Convolution, normalisation, rectifier: what an optimiser makes one of, unless
    the weights may change. They are listed as inputs, as old exports do."""
    random = np.random.default_rng(1)
    shapes = {"w": (4, 3, 3, 3), "scale": (4,), "bias": (4,), "mean": (4,), "var": (4,)}
    weights = [weight(name, random.uniform(0.5, 1.5, shape))
               for name, shape in shapes.items()]
    made = model([node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3]),
                  node("BatchNormalization", ["c", "scale", "bias", "mean", "var"], ["n"]),
                  node("Relu", ["n"], ["y"])],
                 [tensor(name, shape) for name, shape in shapes.items()],
                 [tensor("y", [1, 4, 6, 6])], weights, opset=9, ir=ir)
    made.graph.input.insert(2, tensor("x", [1, 3, 8, 8]))
    return made


def nonzero(shape) -> onnx.ModelProto:
    """Its output is as long as the input has values, whatever the file says."""
    return model([node("NonZero", ["x"], ["y"])], [tensor("x", [1, 4])],
                 [tensor("y", shape, TensorProto.INT64)])


def same_twice() -> onnx.ModelProto:
    """Outputs that are one value, the input itself, and a weight."""
    return model([node("Add", ["x", "one"], ["sum"]), node("Identity", ["sum"], ["again"]),
                  node("Identity", ["x"], ["same"]), node("Identity", ["one"], ["fixed"])],
                 [tensor("x", [1, 4])],
                 [tensor(name, [1, 4]) for name in ("again", "sum", "fixed", "same")],
                 [weight("one", [[1, 1, 1, 1]])])


def one_node(operator: str, inputs: Sequence, outputs: Sequence, domain: str = "",
             **options) -> onnx.ModelProto:
    return model([node(operator, [i.name for i in inputs], [o.name for o in outputs],
                       name="the-node", domain=domain)], inputs, outputs,
                 domain=domain, **options)


def sequence() -> onnx.ModelProto:
    output = helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, [1, 4])
    return model([node("SequenceConstruct", ["x"], ["y"])], [tensor("x", [1, 4])], [output])


def models() -> Dict[str, onnx.ModelProto]:
    four, line = [1, 4], [tensor("y", [1, 4])]
    return {
        "types": types(),
        "doubled": doubled([1, 3, 16, 16], [1, 3, 16, 16]),
        "open": doubled(["n", 3], ["n", 3]),
        "unsaid": unsaid(),
        "weights": convolution(ir=7),
        "weights_ir3": convolution(ir=3),
        "short": nonzero([2, 2]),
        "unsure": nonzero([2, 4]),
        "same_twice": same_twice(),
        "strings": one_node("Identity", [tensor("x", four, TensorProto.STRING)],
                            [tensor("y", four, TensorProto.STRING)]),
        "sequence": sequence(),
        "deep": one_node("Identity", [tensor("x", [1] * 9)], [tensor("y", [1] * 9)]),
        "many": model([node("Relu", ["x"], [f"y{i}"]) for i in range(17)],
                      [tensor("x", four)], [tensor(f"y{i}", four) for i in range(17)]),
        "unknown_operator": one_node("Fooify", [tensor("x", four)], line),
        "custom_operator": one_node("Fooify", [tensor("x", four)], line, "org.example"),
        "no_kernel": one_node("Relu", [tensor("x", four, TensorProto.INT16)],
                              [tensor("y", four, TensorProto.INT16)]),
        "future_opset": one_node("Relu", [tensor("x", four)], line, opset=999),
        "future_ir": one_node("Relu", [tensor("x", four)], line, ir=999),
        "loose_end": model([node("Add", ["x", "nowhere"], ["y"])], [tensor("x", four)], line),
        "out_of_range": one_node("Gather", [tensor("x", [4]), tensor("i", [1], TensorProto.INT64)],
                                 [tensor("y", [1])]),
        "misfit": model([node("Reshape", ["x", "shape"], ["y"], name="the-node")],
                        [tensor("x", ["n", 4])], [tensor("y", ["a", "b"])],
                        [weight("shape", [3, 3], np.int64)]),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in models().items():
        onnx.save(made, str(folder / f"{name}.onnx"))
    apart = convolution(ir=7)
    convert_model_to_external_data(apart, location="weights_apart.data", size_threshold=0)
    onnx.save(apart, str(folder / "weights_apart.onnx"))


if __name__ == "__main__":
    main()
