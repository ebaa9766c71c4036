# RUN: %python %s
"""Reductions by warps and blocks, softmaxes and norms in one kernel, in several orders: like NumPy."""
import os

import emulator
import numpy as np
import onnx.parser
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)


def check(node, shape, expected, tolerance=2e-6, kind=TensorProto.FLOAT, open_dims=False, **attributes):
    dims = [f"d{i}" for i in range(len(shape))] if open_dims else shape
    graph = helper.make_graph(
        [helper.make_node(node, ["x"], ["y"], **attributes)], "g", [helper.make_tensor_value_info("x", kind, dims)],
        [helper.make_tensor_value_info("y", kind, None)])
    compiled = emulator.compile(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10))
    numpy_kind = helper.tensor_dtype_to_np_dtype(kind)
    x = (random.standard_normal(shape) * (1 if np.dtype(numpy_kind).kind == "f" else 1000)).astype(numpy_kind)
    wanted = np.asarray(expected(x.astype(np.float64)), np.float64)
    for schedule in range(3):
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        y, = compiled.run([x])
        error = np.abs(y - wanted).max() / max(np.abs(wanted).max(), 1e-30) if y.size else 0
        assert y.size == wanted.size and error <= tolerance, (node, shape, schedule, error)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


for shape in [3, 40], [9, 1], [2, 5, 257], [1, 3000], [0, 7]:
    check("ReduceSum", shape, lambda x: x.sum())  # a block for all
    for open_dims in False, True:
        check("Softmax", shape, softmax, axis=-1, open_dims=open_dims)
        check("ReduceMax", shape, lambda x: x.max(-1), axes=[-1], keepdims=0, open_dims=open_dims)
check("ReduceSum", [7, 0], lambda x: x.sum())  # sums of nothing
check("ReduceL2", [5, 1500], lambda x: np.sqrt((x * x).sum(-1)), axes=[-1], keepdims=0)
check("ReduceMean", [4, 6, 8], lambda x: x.mean((1, 2)), axes=[1, 2], keepdims=0)
check("ReduceSumSquare", [1, 200, 200, 3], lambda x: (x * x).sum((1, 2)), axes=[1, 2], keepdims=0)  # few, of many numbers
check("ReduceMax", [6, 100], lambda x: x.max(-1), 0, TensorProto.INT64, axes=[-1], keepdims=0)
check("ReduceProd", [6, 9], lambda x: x.prod(-1), axes=[-1], keepdims=0, tolerance=1e-5)
check("ReduceMin", [6, 100], lambda x: x.min(-1), 1e-15, TensorProto.DOUBLE, axes=[-1], keepdims=0)


def norm(x):
    centered = x - x.mean(-1, keepdims=True)
    return centered / np.sqrt((centered * centered).mean(-1, keepdims=True) + 1e-5)


def check_chain(shape, open_dims):
    """What stands before and behind a norm and a softmax comes into their kernel; what they read is used again."""
    width = shape[-1]
    dims = ",".join(f"d{i}" for i in range(len(shape) - 1)) if open_dims else ",".join(map(str, shape[:-1]))
    model = onnx.parser.parse_model(f"""
        <ir_version: 10, opset_import: ["" : 21]>
        chain (float[{dims},{width}] x, float[{dims},{width}] r, float[{width}] s, float[{width}] b)
              => (float[{dims},{width}] y, float[{dims},{width}] z, float[{dims},1] m)
        {{ a = Add (x, r)
           n = LayerNormalization <axis = -1> (a, s, b)
           y = Relu (n)
           z = LogSoftmax <axis = -1> (y)
           m = ReduceMin <keepdims = 1> (z, axis) }}""")
    model.graph.initializer.append(numpy_helper.from_array(np.array([-1]), "axis"))
    x, r = (random.standard_normal(shape).astype(np.float32) for _ in range(2))
    s, b = (random.standard_normal(width).astype(np.float32) for _ in range(2))
    y = np.maximum(norm((x + r).astype(np.float64)) * s + b, 0)
    z = np.log(softmax(y))
    kernels = []
    compiled = emulator.compile(model, kernels=kernels)
    assert len(kernels) == 1, kernels
    for schedule in range(3):
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        for actual, wanted in zip(compiled.run([x, r, s, b]), (y, z, z.min(-1, keepdims=True))):
            assert actual.shape == wanted.shape
            assert not y.size or np.abs(actual - wanted).max() <= 1e-5 * np.abs(wanted).max(), (shape, schedule)


for open_dims in False, True:
    check_chain([12, 64], open_dims)
    check_chain([2, 3, 33], open_dims)
    check_chain([3, 1500], open_dims)
check_chain([0, 5], True)
check_chain([9, 1], False)
