# RUN: %python %s %graphopt %t
"""Products of quantized matrices, in the forms that exporters write, are products of bytes on a
CPU that has them, and equal ONNX's reference whatever this machine has, on older CPUs, too."""
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys

import graphopt
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TOOL, FOLDER = sys.argv[1:3]
TYPES = {"u8": np.uint8, "s8": np.int8}
LEFT = {**TYPES, "token": np.int8}  # "token": each row has its own scale, made at run time
ROWS, DEPTH, COLUMNS = 7, 39, 21


def random_bytes(rng, kind, *shape):
    limits = np.iinfo(TYPES[kind])
    return rng.integers(limits.min, limits.max + 1, shape, dtype=TYPES[kind])


def add_form(graph, prefix, x, lhs, rhs, per_column, zeros, form):
    """Input `x` is quantized, multiplied by quantized weights, and a bias added."""
    rng = np.random.default_rng(7)
    turned = form in ("Gemm", "Transpose")
    zero_w = random_bytes(rng, rhs, COLUMNS) if per_column else np.array(3, TYPES[rhs])
    constants = {
        "w": random_bytes(rng, rhs, *((COLUMNS, DEPTH) if turned else (DEPTH, COLUMNS))),
        "sw": np.float32(rng.uniform(0.005, 0.02, COLUMNS)) if per_column else np.float32(0.01),
        "zw": zero_w if zeros else np.zeros_like(zero_w),
        "zx": np.array({"u8": 131, "s8": -5, "token": 0}[lhs] if zeros else 0, LEFT[lhs]),
        "bias": np.float32(rng.standard_normal(COLUMNS)),
    }
    if lhs == "token":
        constants.update(tiny=np.float32(1e-20), inverse=np.float32(1 / 127), last=np.array([-1]))
        del constants["zx"]
    else:
        constants["sx"] = np.float32(0.03)
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), prefix + name)
                             for name, value in constants.items())

    def node(op, inputs, output, **attributes):
        names = [name if name == x else prefix + name for name in inputs]
        graph.node.append(helper.make_node(op, names, [prefix + output], **attributes))
    if lhs == "token":
        node("Abs", [x], "xa")
        node("ReduceMax", ["xa", "last"], "xm")
        node("Max", ["xm", "tiny"], "xt")
        node("Mul", ["xt", "inverse"], "sx")
        node("QuantizeLinear", [x, "sx"], "xq", axis=-1, block_size=DEPTH, output_dtype=TensorProto.INT8)
        node("DequantizeLinear", ["xq", "sx"], "xf", axis=-1, block_size=DEPTH)
    else:
        node("QuantizeLinear", [x, "sx", "zx"], "xq")
        node("DequantizeLinear", ["xq", "sx", "zx"], "xf")
    node("DequantizeLinear", ["w", "sw", "zw"], "wf", axis=0 if turned else 1)
    if form == "Gemm":
        node("Gemm", ["xf", "wf", "bias"], "y", transB=1)
    else:
        if form == "Transpose":
            node("Transpose", ["wf"], "wt", perm=[1, 0])
        node("MatMul", ["xf", "wt" if turned else "wf"], "p")
        node("Add", ["p", "bias"], "y")
    rows = "n" if x == "open" else ROWS
    graph.output.append(helper.make_tensor_value_info(prefix + "y", TensorProto.FLOAT, [rows, COLUMNS]))


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
graph = helper.make_graph([], "quantized", [
    helper.make_tensor_value_info("fixed", TensorProto.FLOAT, [ROWS, DEPTH]),
    helper.make_tensor_value_info("open", TensorProto.FLOAT, ["n", DEPTH])], [])
forms = list(itertools.product(("fixed", "open"), LEFT, TYPES, (False, True), (False, True),
                               ("MatMul", "Transpose", "Gemm")))
for i, form in enumerate(forms):
    add_form(graph, f"f{i}_", *form)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
path = os.path.join(FOLDER, "quantized.onnx")
onnx.save(model, path)

x = np.float32(np.random.default_rng(1).normal(0, 2, (ROWS, DEPTH)))
x[3] = 0
feeds = {"fixed": x, "open": x[:5]}
reference = ReferenceEvaluator(model).run(None, feeds)
problems = []
for cpu in ["host"] + ["x86-64-v3"] * (platform.machine() == "x86_64"):
    for form, got, expected in zip(forms, graphopt.compile(path, cpu=cpu)(**feeds).values(), reference):
        error = np.abs(got - expected).max() / np.abs(expected).max()
        if not error < 2e-6:
            problems.append(f"{cpu} {form}: {error}")
subprocess.run([TOOL, "compile", path, "-o", FOLDER, "--cpu=cascadelake", "--emit=graph", "--quiet"],
               check=True, timeout=100)
with open(os.path.join(FOLDER, "quantized.graph.mlir")) as file:
    text = file.read()
# Unsigned weights are multiplied by 16 bits.
for rows in (ROWS, "?"):
    products = len(re.findall(rf"graph.matmul .* : tensor<{re.escape(str(rows))}x{DEPTH}x(ui8>, tensor<{DEPTH}x{COLUMNS}xi8|i16>, tensor<{DEPTH}x{COLUMNS}xui8)>", text))
    if products != len(forms) // 2:
        problems.append(f"{products} of {len(forms) // 2} products of bytes with {rows} rows")
print("\n".join(problems) or f"{len(forms)} forms")
sys.exit(bool(problems))
