# RUN: %python %s %t
"""Sums of the largest products of bytes are exact on all CPUs of this architecture: none saturates."""
import itertools
import os
import platform
import sys

import graphopt
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = sys.argv[1]
TYPES = {"uint8": (255, 0), "int8": (-128, 127)}
DEPTHS = (1, 2, 3, 130)
ROWS, COLUMNS = 5, 19
SIDE, FILTERS = 7, 12
CONVS = ((3, 1), (8, 1), (12, 3), (12, 12))  # channels, groups
CPUS = ["host"] + (["x86-64-v2", "x86-64-v3"] if platform.machine() == "x86_64" else [])

inputs, outputs, nodes, weights, feeds, expected = [], [], [], [], {}, {}
for left, right, depth in itertools.product(TYPES, TYPES, DEPTHS):
    name = f"{left}_{right}_{depth}"
    x = np.resize(np.array(TYPES[left], left), (ROWS, depth))
    x[1:3] = TYPES[left][0]
    w = np.full((depth, COLUMNS), TYPES[right][0], right)
    w[:, 7] = TYPES[right][1]
    dtype = helper.np_dtype_to_tensor_dtype(x.dtype)
    inputs.append(helper.make_tensor_value_info("x" + name, dtype, ["n", depth]))
    outputs.append(helper.make_tensor_value_info("y" + name, TensorProto.INT32, ["n", COLUMNS]))
    weights.append(numpy_helper.from_array(w, "w" + name))
    nodes.append(helper.make_node("MatMulInteger", ["x" + name, "w" + name], ["y" + name]))
    feeds["x" + name] = x
    expected["y" + name] = x.astype(np.int32) @ w.astype(np.int32)
for left, right, (channels, groups) in itertools.product(TYPES, TYPES, CONVS):
    name = f"{left}_{right}_conv{channels}_{groups}"
    x = np.full((1, channels, SIDE, SIDE), TYPES[left][0], left)
    x[..., SIDE // 2, :] = TYPES[left][1]
    w = np.full((FILTERS, channels // groups, 3, 3), TYPES[right][0], right)
    w[-1] = TYPES[right][1]
    dtype = helper.np_dtype_to_tensor_dtype(x.dtype)
    inputs.append(helper.make_tensor_value_info("x" + name, dtype, x.shape))
    outputs.append(helper.make_tensor_value_info("y" + name, TensorProto.INT32, [1, FILTERS, SIDE, SIDE]))
    weights.append(numpy_helper.from_array(w, "w" + name))
    nodes.append(helper.make_node("ConvInteger", ["x" + name, "w" + name], ["y" + name], group=groups,
                                  pads=[1, 1, 1, 1]))
    feeds["x" + name] = x
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x.astype(np.int32), ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    windows = windows.reshape(groups, channels // groups, SIDE, SIDE, 3, 3)
    parts = w.astype(np.int32).reshape(groups, FILTERS // groups, channels // groups, 3, 3)
    expected["y" + name] = np.einsum("gcyxij,gfcij->gfyx", windows, parts).reshape(1, FILTERS, SIDE, SIDE)

os.makedirs(FOLDER, exist_ok=True)
path = os.path.join(FOLDER, "extremes.onnx")
graph = helper.make_graph(nodes, "extremes", inputs, outputs, weights)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
problems = []
for cpu in CPUS:
    got = graphopt.compile(path, cpu=cpu)(**feeds)
    problems += [f"{cpu} {name}: {got[name]}, not {value}" for name, value in expected.items()
                 if not np.array_equal(got[name], value)]
print("\n".join(problems) or f"{len(expected)} products and convolutions, {len(CPUS)} CPUs")
sys.exit(bool(problems))
