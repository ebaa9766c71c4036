# RUN: %python %s %graphopt %t.tmp
"""Weights of 2 to 8 bits, few or many, are written as they were read."""
import os
import shutil
import subprocess
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TOOL, FOLDER = sys.argv[1:3]
LIMITS = {"int2": (-2, 2), "uint2": (0, 4), "int4": (-8, 8), "uint4": (0, 16),
          "float4_e2m1fn": (-4, 5), "float8_e4m3fn": (-9, 10), "float8_e5m2fnuz": (-9, 10)}

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
rng = np.random.default_rng(3)
graph = helper.make_graph([], "g", [], [])
weights = {}
for kind, (low, high) in LIMITS.items():
    for rows, columns in ((5, 3), (63, 33)):
        name = f"{kind}_{rows}"
        weights[name] = rng.integers(low, high, (rows, columns)).astype(getattr(ml_dtypes, kind))
        graph.initializer.append(numpy_helper.from_array(weights[name], name))
        graph.initializer.append(numpy_helper.from_array(np.float32(rng.uniform(0.1, 1, columns)), name + "_s"))
        graph.input.append(helper.make_tensor_value_info(name + "_x", TensorProto.FLOAT, ["n", rows]))
        graph.output.append(helper.make_tensor_value_info(name + "_y", TensorProto.FLOAT, ["n", columns]))
        graph.node.append(helper.make_node("DequantizeLinear", [name, name + "_s"], [name + "_f"], axis=1))
        graph.node.append(helper.make_node("MatMul", [name + "_x", name + "_f"], [name + "_y"]))
path = os.path.join(FOLDER, "few.onnx")
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)], ir_version=13), path)
out = os.path.join(FOLDER, "out")
subprocess.run([TOOL, "compile", path, "-o", out, "--emit=onnx", "--quiet"], check=True, timeout=100)
written = {i.name: i for i in onnx.load(os.path.join(out, "few.onnx")).graph.initializer}
problems = []
for name, expected in weights.items():
    array = numpy_helper.to_array(written[name]) if name in written else None
    if array is None or array.dtype != expected.dtype or (array.astype(np.float32) != expected.astype(np.float32)).any():
        problems.append(f"{name}: {None if array is None else (array.dtype, array)}")
print("\n".join(problems) or "ok")
sys.exit(bool(problems))
