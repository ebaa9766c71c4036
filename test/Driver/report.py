# RUN: %python %s %graphopt %t.tmp
"""The counts of `graphopt report`, against numbers worked out by hand."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TOOL, FOLDER = sys.argv[1:3]
os.makedirs(FOLDER, exist_ok=True)
failures = []


def report(nodes, inputs, outputs, weights=(), *flags, opset=21):
    """The JSON and the text of a model; weights are shapes or arrays."""
    initializers = [numpy_helper.from_array(w if isinstance(w, np.ndarray) else np.ones(w, np.float32), name)
                    for name, w in dict(weights).items()]
    ports = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in values.items()]
             for values in (inputs, outputs)]
    graph = helper.make_graph(nodes, "g", *ports, initializers)
    path, out = os.path.join(FOLDER, "model.onnx"), os.path.join(FOLDER, "report.json")
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10), path)
    done = subprocess.run([TOOL, "report", path, "--json", out, *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    with open(out, encoding="utf-8") as file:
        return json.load(file), done.stdout


def expect(what, actual, expected):
    if actual != expected:
        failures.append(f"{what}: {actual}, expected {expected}")


node = helper.make_node

# A convolution with bias, Relu, a depthwise one with stride 2, all in a row.
r, text = report([node("Conv", ["x", "w", "b"], ["y"], name="a/conv", pads=[1, 1, 1, 1]),
                  node("Relu", ["y"], ["z"], name="a/relu"),
                  node("Conv", ["z", "v"], ["o"], name="b/conv", group=8, strides=[2, 2])],
                 {"x": [1, 3, 16, 16]}, {"o": [1, 8, 7, 7]}, {"w": (8, 3, 3, 3), "b": (8,), "v": (8, 1, 3, 3)})
expect("opset", r["opset"], 21)
expect("inputs", r["inputs"], [{"name": "x", "type": "float [1, 3, 16, 16]"}])
expect("parameters", r["parameters"], 8 * 27 + 8 + 8 * 9)
expect("weights", r["weight_bytes"], 4 * r["parameters"])
first, second = 16 * 16 * 8 * 27, 7 * 7 * 8 * 9
expect("macs", r["macs"], first + second)
expect("nodes", [(n["name"], n["macs"], n["parameters"]) for n in r["nodes"]],
       [("a/conv", first, 224), ("b/conv", second, 72), ("a/relu", 0, 0)])
expect("operators", [(n["name"], n["ops"], n["macs"]) for n in r["operators"]],
       [("conv", 2, first + second), ("unary Relu", 1, 0)])
image = 4 * 8 * 16 * 16
expect("results", r["result_bytes"], 2 * image + 4 * 8 * 49)
# The input, and what Relu reads and gives.
expect("peak", r["peak_bytes"], 4 * 3 * 256 + 2 * image)
expect("text", ["parameters 296" in text, "MACs 58.8 k" in text, "By node, 3 of 3" in text], [True] * 3)

# The same by the first part of the name.
r, text = report([node("Conv", ["x", "w"], ["y"], name="/a/b/conv"), node("Relu", ["y"], ["o"], name="/a/relu")],
                 {"x": [1, 3, 16, 16]}, {"o": [1, 8, 16, 16]}, {"w": (8, 3, 1, 1)}, "--depth=1", "--top=0")
expect("groups", [(n["name"], n["ops"], n["macs"], n["operators"]) for n in r["nodes"]],
       [("/a", 2, 256 * 24, "conv, unary Relu")])
expect("top", "By node" in text, False)

# Formulas of what stays open, numbers of what does not.
attention = [node("Gemm", ["r", "w", "b"], ["g"], name="gemm", transB=1),
             node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("MatMul", ["x", "t"], ["s"], name="scores"),
             node("Softmax", ["s"], ["p"]), node("MatMul", ["p", "x"], ["o"], name="sum")]
ports = {"x": ["batch", "seq", 8], "r": [2, 8]}, {"o": ["batch", "seq", 8], "g": [2, 5]}, {"w": (5, 8), "b": (5,)}
r, text = report(attention, *ports)
expect("formula", {n["name"]: n["macs"] for n in r["nodes"] if n["macs"]},
       {"gemm": 80, "scores": "8*batch*seq*seq", "sum": "8*batch*seq*seq"})
expect("sum of formulas", r["macs"], "16*batch*seq*seq + 80")
expect("open peak", [r["peak_bytes"], "--shape" in text], [None, True])
r, _ = report(attention, *ports, "--shape", "x=2x3x8")
expect("fixed", r["macs"], 2 * 2 * 3 * 3 * 8 + 80)

# A size that is clamped.
r, _ = report([node("Slice", ["x", "from", "to"], ["o"], name="slice")], {"x": ["n", 2]}, {"o": ["m", 2]},
              {"from": np.array([3]), "to": np.array([2**31])})
expect("clamped", r["nodes"][0]["result_bytes"], "8*max(n - 3, 0)")

# Sequences, transposed convolutions, einsum; quantized weights are parameters, shapes are not.
r, _ = report([node("LSTM", ["x", "w", "r"], ["y"], name="lstm", hidden_size=4),
               node("Reshape", ["y", "shape"], ["z"]),
               node("ConvTranspose", ["z", "t"], ["c"], name="up", strides=[2], group=2),
               node("Einsum", ["m", "n"], ["e"], name="einsum", equation="ij,jk->ik"),
               node("DequantizeLinear", ["q", "scale"], ["d"]), node("MatMul", ["m", "d"], ["f"], name="matmul")],
              {"x": [5, 2, 3], "m": [6, 7], "n": [7, 8]},
              {"c": [2, 6, 11], "e": [6, 8], "f": [6, 9]},
              {"w": (1, 16, 3), "r": (1, 16, 4), "shape": np.array([2, 4, 5]), "t": (4, 3, 3),
               "q": np.ones((7, 9), np.int8), "scale": np.array(0.1, np.float32)})
expect("kinds", {n["name"]: n["macs"] for n in r["nodes"] if n["macs"]},
       {"lstm": 5 * 2 * 16 * 7, "up": 2 * 5 * 4 * 3 * 3, "einsum": 6 * 7 * 8, "matmul": 6 * 7 * 9})
expect("parameters", r["parameters"], 16 * 3 + 16 * 4 + 36 + 63)

# Sequences and optional values have no size; what reads them has.
path = os.path.join(FOLDER, "sequences.json")
subprocess.run([TOOL, "report", os.path.join(os.path.dirname(__file__), "Inputs", "sequences.onnxtxt"), "--json", path],
               check=True, timeout=60)
with open(path, encoding="utf-8") as file:
    r = json.load(file)
expect("sequences", [[p["type"] for p in r[side]] for side in ("inputs", "outputs")],
       [["sequence of float [?, 2]", "int64 []", "optional float [2]"],
        ["sequence of float [?, 2]", "float [K, 2]", "optional float [2]", "optional sequence of float [?, 2]", "bool []"]])

# What is wrong with a model is told as the compiler tells it.
with open(os.path.join(FOLDER, "bad.onnxtxt"), "w", encoding="utf-8") as file:
    file.write('<ir_version: 10, opset_import: ["" : 21]>\ng (float[2] x) => (float[2] y) { y = Nonsense(x) }\n')
done = subprocess.run([TOOL, "report", os.path.join(FOLDER, "bad.onnxtxt")], capture_output=True, text=True, timeout=60)
expect("unsupported", [done.returncode, "unsupported operators in 1 node" in done.stderr, done.stdout], [2, True, ""])
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
