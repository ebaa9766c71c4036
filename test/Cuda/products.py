# RUN: %python %s
"""Products by tiles, of few rows and by tensor cores, for sizes that fill no tile: like NumPy."""
import os

import emulator
import numpy as np
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(0)


def model(x, w, kind, constant, open_dims):
    """x * w + bias, rectified."""
    shape = [f"d{i}" for i in range(len(x))] if open_dims else x
    weight = (random.standard_normal(w) / np.sqrt(max(w[-2], 1))).astype(np.float32)
    bias = random.standard_normal(w[-1]).astype(np.float32)
    inputs, initializers = [helper.make_tensor_value_info("x", kind, shape)], []
    numpy_kind = helper.tensor_dtype_to_np_dtype(kind)
    if constant:
        initializers.append(numpy_helper.from_array(weight.astype(numpy_kind), "w"))
    else:
        inputs.append(helper.make_tensor_value_info("w", kind, [f"e{i}" for i in range(len(w))] if open_dims else w))
    initializers.append(numpy_helper.from_array(bias.astype(numpy_kind), "bias"))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["product"]), helper.make_node("Add", ["product", "bias"], ["sum"]),
             helper.make_node("Relu", ["sum"], ["y"])]
    graph = helper.make_graph(nodes, "g", inputs, [helper.make_tensor_value_info("y", kind, None)], initializers)
    return (helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), weight, bias)


def check(x, w, tolerance, precision="f32", kind=TensorProto.FLOAT, constant=True, open_dims=False, schedules=2,
          **options):
    proto, weight, bias = model(x, w, kind, constant, open_dims)
    compiled = emulator.compile(proto, precision=precision, **options)
    numpy_kind = helper.tensor_dtype_to_np_dtype(kind)
    value = random.standard_normal(x).astype(numpy_kind)
    inputs = [value] if constant else [value, weight.astype(numpy_kind)]
    expected = np.maximum(value.astype(np.float64) @ weight.astype(numpy_kind).astype(np.float64) +
                          bias.astype(numpy_kind), 0)
    for schedule in range(schedules):
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        y, = compiled.run(inputs)
        error = np.abs(y - expected).max() / max(np.abs(expected).max(), 1e-30) if y.size else 0
        assert y.shape == expected.shape and error <= tolerance, (x, w, precision, schedule, error)


F32 = 2e-6
check([256, 40], [40, 256], F32)              # some of the depth is left, of no tile's sides
check([64, 2048], [2048, 48], F32)            # by parts of the depth
check([70, 33], [33, 45], F32)                # no two neighbours are read at once
check([1, 100], [100, 70], F32)               # few rows
check([3, 257], [257, 64], F32)
check([2, 3, 40, 32], [2, 1, 32, 24], F32)    # batches, one of the right side's for all
check([2, 3, 9, 16], [16, 12], F32)           # batches that are rows
check([33, 20], [20, 36], F32, constant=False, open_dims=True)
check([4, 20], [20, 36], F32, constant=False, open_dims=True)
check([2, 5, 0], [2, 0, 7], F32, constant=False, open_dims=True)   # sums of nothing
check([2, 11, 0], [2, 0, 7], F32, constant=False, open_dims=True)
check([2, 0, 5], [2, 5, 7], F32, constant=False, open_dims=True)   # nothing
check([1, 1, 1], [1, 1, 1], F32, constant=False, open_dims=True)
for precision, tolerance in ("tf32", 2e-3), ("f16", 2e-3), ("bf16", 1e-2):
    check([128, 64], [64, 128], tolerance, precision)
    check([70, 39], [39, 45], tolerance, precision)
    check([9, 40], [40, 20], tolerance, precision)
    check([2, 3, 17, 24], [2, 1, 24, 20], tolerance, precision)
    check([33, 20], [20, 36], tolerance, precision, constant=False, open_dims=True)
    check([2, 11, 0], [2, 0, 7], tolerance, precision, constant=False, open_dims=True)
for kind, tolerance in (TensorProto.FLOAT16, 2e-3), (TensorProto.BFLOAT16, 1e-2):
    check([65, 72], [72, 40], tolerance, kind=kind)    # copied past the registers
    check([65, 72], [72, 40], tolerance, kind=kind, sm=75)
    check([65, 264], [264, 72], tolerance, kind=kind, sm=90)    # four warps multiply what lies in shared memory
    check([65, 264], [264, 72], tolerance, kind=kind, sm=90, capability=100)    # by PTX, which has none of it
    check([2, 3, 133, 136], [2, 1, 136, 136], tolerance, kind=kind, constant=False, open_dims=True, sm="80,90")
    check([2, 3, 33, 136], [2, 1, 136, 72], tolerance, kind=kind, constant=False, open_dims=True)
    check([500, 40], [40, 512], tolerance, kind=kind, sm=87, schedules=1)  # great tiles: of this GPU a block each
    check([19, 21], [21, 23], tolerance, kind=kind)
    check([2, 33, 1024], [1024, 72], tolerance, kind=kind)    # by parts of the depth
    check([2, 33, 1024], [1024, 72], tolerance, kind=kind, sm=90)
    check([2, 40], [40, 24], tolerance, kind=kind)
