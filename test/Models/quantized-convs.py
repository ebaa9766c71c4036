# RUN: %python %s %graphopt %t
"""A quantized network of convolutions reads and stores bytes, one kernel a convolution, and equals
ONNX's reference to the bit: scales are powers of two, so that all is exact but what is rounded."""
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
SIZE = 15
random = np.random.default_rng(3)
nodes, constants = [], []


def constant(name, array):
    constants.append(numpy_helper.from_array(np.asarray(array), name))
    return name


def node(op, inputs, output, **attributes):
    nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
    return output


def quantize(x, name, power, zero):
    """`x` on a grid and back, as exporters write what is stored."""
    grid = [constant(f"{name}_s", np.float32(2.0 ** power)), constant(f"{name}_z", np.uint8(zero))]
    return node("DequantizeLinear", [node("QuantizeLinear", [x, *grid], f"{name}_q"), *grid], f"{name}_f")


def conv(x, power, name, filters, channels, kernel, group=1, **attributes):
    """`power` is that of the scale of `x`."""
    scales = np.float32(2.0 ** random.integers(-9, -6, filters))
    w = random.integers(-127, 128, (filters, channels // group, kernel, kernel), dtype=np.int8)
    b = random.integers(-4000, 4000, filters, dtype=np.int32)
    inputs = [x]
    for part, array, scale in (("w", w, scales), ("b", b, np.float32(scales * 2.0 ** power))):
        stored = [constant(f"{name}_{part}", array), constant(f"{name}_{part}s", scale),
                  constant(f"{name}_{part}z", np.zeros(filters, array.dtype))]
        inputs.append(node("DequantizeLinear", stored, f"{name}_{part}f", axis=0))
    pad = kernel // 2
    return node("Conv", inputs, f"{name}_y", kernel_shape=[kernel] * 2, pads=[pad] * 4, group=group, **attributes)


x = quantize("x", "x", -5, 120)
x = node("Relu", [conv(x, -5, "first", 20, 3, 3)], "first_r")
pooled = quantize(node("MaxPool", [x], "pool_y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), "pool", -4, 0)
deep = quantize(conv(pooled, -4, "deep", 20, 20, 3, group=20), "deep", -3, 110)
left = quantize(conv(deep, -3, "left", 36, 20, 1), "left", -2, 100)
right = quantize(conv(pooled, -4, "right", 36, 20, 1), "right", -2, 140)
both = quantize(node("Relu", [node("Add", [left, right], "sum")], "sum_r"), "both", -2, 0)
twice = quantize(conv(both, -2, "twice", 36, 36, 3), "twice", 1, 128)
quantize(node("Add", [twice, both], "last"), "last", 1, 110)

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
graph = helper.make_graph(
    nodes, "quantized", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
    [helper.make_tensor_value_info("last_q", TensorProto.UINT8, [1, 36, 8, 8])], constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
path = os.path.join(FOLDER, "quantized.onnx")
onnx.save(model, path)

problems = []
image = np.float32(random.normal(0, 2, (1, 3, SIZE, SIZE)))
expected, = ReferenceEvaluator(model).run(None, {"x": image})
if len(np.unique(expected)) < 50:
    problems.append("the network gives too few different bytes to tell anything")
for cpu in ["host"] + ["x86-64-v3"] * (platform.machine() == "x86_64"):
    got = graphopt.compile(path, cpu=cpu)(x=image)
    if not np.array_equal(got, expected):
        problems.append(f"{cpu}: {(got != expected).sum()} of {expected.size} bytes differ")

# CPUs that add up four products, or two of 16 bits.
for cpu, together, element in (("cascadelake", 4, "i8"), ("x86-64-v3", 2, "i(?:8|16)")):
    subprocess.run([TOOL, "compile", path, "-o", FOLDER, f"--cpu={cpu}", "--emit=kernel", "--quiet"],
                   check=True, timeout=100)
    with open(os.path.join(FOLDER, "quantized.kernel.mlir")) as file:
        text = file.read()
    kernels = re.findall(r"kernel\.(?:depthwise_)?conv ins\(.*", text)
    narrow = [line for line in kernels if re.search(rf"ins\(\S+ \S+ : tensor<[0-9x]+x{element}>, .* outs\(\S+ : tensor<[0-9x]+x{element}>\)", line)]
    if len(kernels) != 5 or len(narrow) != 5:
        problems.append(f"{cpu}: {len(narrow)} of {len(kernels)} kernels read and store bytes, not 5")
    if text.count(f"interleave = {together}") != 4:
        problems.append(f"{cpu}: {text.count(f'interleave = {together}')} convolutions, not 4, add up {together} products at a time")
print("\n".join(problems) or "equal")
sys.exit(bool(problems))
