# RUN: rm -rf %t && mkdir %t && %python %s %graphopt %t
"""Whatever is merged, split, moved or made a loop: each node that computes
something is named by `bench --per-node`, with fixed and with open sizes."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(3)
nodes, weights = [], []
BRANCHES = {"Tanh_branch", "Softplus_branch"}  # of which one runs
# What needs no code: another view of the same memory, or the input as it is.
NO_CODE = {"Constant", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"}


def weight(*shape):
    name = f"w{len(weights)}"
    weights.append(numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name))
    return name


def ints(*values):
    name = f"i{len(weights)}"
    weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name


def add(op, *inputs, outputs=1, **attributes):
    name = f"{op}_{len(nodes)}"
    results = [f"{name}_{i}" for i in range(outputs)]
    nodes.append(helper.make_node(op, list(inputs), results, name, **attributes))
    return results[0] if outputs == 1 else results


def image_part(x):
    x = add("Conv", x, weight(16, 3, 3, 3), weight(16), strides=[2, 2], pads=[1, 1, 1, 1])
    x = add("HardSwish", x)
    y = add("Conv", x, weight(16, 1, 3, 3), group=16, pads=[1, 1, 1, 1])
    # A scale that the run computes.
    gate = add("Sigmoid", add("Conv", add("GlobalAveragePool", y), weight(16, 16, 1, 1)))
    y = add("Relu", add("Mul", y, gate))
    y = add("Conv", y, weight(16, 16, 3, 3), weight(16), pads=[1, 1, 1, 1])
    x = add("Add", x, y)
    x = add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = add("Resize", x, "", "", ints(1, 16, 12, 12), mode="linear")
    x = add("ConvTranspose", x, weight(16, 8, 2, 2), strides=[2, 2])
    x = add("AveragePool", x, kernel_shape=[3, 3], strides=[3, 3])
    return add("Flatten", x)


def sequence_part(x):
    q, k, v = (add("Add", add("MatMul", x, weight(32, 32)), weight(32)) for _ in range(3))
    scores = add("Div", add("MatMul", q, add("Transpose", k, perm=[0, 2, 1])), weight(1))
    x = add("Add", x, add("MatMul", add("Softmax", scores, axis=-1), v))
    x = add("LayerNormalization", x, weight(32), weight(32), axis=-1)
    # GELU, as exporters write it.
    y = add("MatMul", x, weight(32, 64))
    gelu = add("Mul", y, add("Add", add("Erf", add("Div", y, weight(1))), weight(1)))
    x = add("Gemm", add("Reshape", gelu, ints(-1, 64)), weight(64, 32))
    x = add("Reshape", x, ints(1, -1, 32))
    # RMS normalization: a few elements.
    root = add("Sqrt", add("Add", add("ReduceMean", add("Mul", x, x), ints(-1)), weight(1)))
    x = add("Mul", x, add("Reciprocal", root))
    x = add("Einsum", x, weight(32, 4, 8), equation="bsd,dhk->bshk")
    x = add("Transpose", x, perm=[0, 2, 1, 3])
    x = add("Reshape", x, ints(1, -1, 32))
    return add("CumSum", x, ints(1))


def control_part(x):
    total = add("ReduceSum", x, keepdims=0)
    branches = [helper.make_graph([helper.make_node(op, [x], [f"{op}_result"], f"{op}_branch")], op, [],
                                  [helper.make_tensor_value_info(f"{op}_result", TensorProto.FLOAT, None)])
                for op in ("Tanh", "Softplus")]
    return add("If", add("Greater", total, weight()), then_branch=branches[0], else_branch=branches[1])


def make_model(sequence):
    nodes.clear()
    weights.clear()
    picture = image_part("image")
    words = add("Gather", weight(50, 32), "words")
    words = control_part(sequence_part(words))
    last, _ = add("TopK", add("ReduceMax", words, ints(1), keepdims=0), ints(4), outputs=2)
    both = add("Concat", last, add("Slice", picture, ints(0), ints(40), ints(1), ints(3)), axis=1)
    nodes.append(helper.make_node("Pad", [both, ints(0, 1, 0, 1)], ["y"], "Pad_last"))
    graph = helper.make_graph(
        nodes, "all", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 24, 24]),
                       helper.make_tensor_value_info("words", TensorProto.INT64, [1, sequence])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def names(graph):
    """Of what computes something, the bodies of control flow included."""
    for node in graph.node:
        if node.op_type not in NO_CODE:
            yield node.name
        for attribute in node.attribute:
            yield from names(attribute.g)


def told(tool, folder, model, *flags):
    path = os.path.join(folder, "all.onnx")
    onnx.save(model, path)
    np.savez(os.path.join(folder, "in.npz"), image=random.standard_normal((1, 3, 24, 24)).astype(np.float32),
             words=np.arange(9).reshape(1, 9))
    subprocess.run([tool, "compile", path, "-o", folder, "--profile", "--quiet", *flags], check=True, timeout=100)
    report = os.path.join(folder, "report.json")
    subprocess.run([tool, "bench", folder, "--inputs", os.path.join(folder, "in.npz"), "--ms=1", "--per-node",
                    "--json", report, "--quiet"], check=True, timeout=100)
    with open(report, encoding="utf-8") as file:
        profile = json.load(file)["profile"]
    assert profile["calls"] and all(call["nodes"] for call in profile["calls"]), profile
    return {*profile["unattributed_nodes"], *(node for call in profile["calls"] for node in call["nodes"])}


tool, folder = sys.argv[1:]
for sequence, *flags in (9,), ("length", "--weights=file"):
    model = make_model(sequence)
    found, wanted = told(tool, folder, model, *flags), set(names(model.graph))
    missing = wanted - BRANCHES - found
    assert not missing, f"sequence {sequence}: missing {sorted(missing)}"
    assert len(BRANCHES & found) == 1, BRANCHES & found
    assert not {"all.onnx", *(w.name for w in weights)} & found, found
