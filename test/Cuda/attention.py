# RUN: %python %s
"""Attention by blocks of queries, also by tensor cores, in several orders: like NumPy."""
import os

import emulator
import numpy as np
from onnx import TensorProto, helper

random = np.random.default_rng(0)


def reference(q, k, v, mask, causal):
    shared = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, shared, 1), np.repeat(v, shared, 1)
    score = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    if mask is not None:
        score = score + mask
    if causal:
        m, n = score.shape[-2:]
        score = np.where(np.arange(n) <= np.arange(m)[:, None], score, -np.inf)
    weight = np.exp(score - score.max(-1, keepdims=True))
    return weight / weight.sum(-1, keepdims=True) @ v


def check(heads, shared, m, n, depth, columns, mask=None, causal=False, open_dims=False, precision="f32",
          kind=TensorProto.FLOAT, tolerance=3e-6):
    numpy_kind = helper.tensor_dtype_to_np_dtype(kind)
    shapes = {"q": [2, heads, m, depth], "k": [2, heads // shared, n, depth], "v": [2, heads // shared, n, columns]}
    if mask is not None:
        shapes["mask"] = list(mask.shape)
    dims = {name: [2, s[1], f"s{i}", s[3]] if open_dims and name != "mask" else s
            for i, (name, s) in enumerate(shapes.items())}
    graph = helper.make_graph(
        [helper.make_node("Attention", list(shapes), ["y"], is_causal=int(causal))], "g",
        [helper.make_tensor_value_info(name, kind, s) for name, s in dims.items()],
        [helper.make_tensor_value_info("y", kind, None)])
    compiled = emulator.compile(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11),
                                precision=precision)
    values = [(mask if name == "mask" else random.standard_normal(s)).astype(numpy_kind) for name, s in shapes.items()]
    expected = reference(*(x.astype(np.float64) for x in values[:3]), mask, causal)
    for schedule in range(3):
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        y, = compiled.run(values)
        error = np.abs(y - expected).max() / np.abs(expected).max()
        assert y.shape == expected.shape and error <= tolerance, (shapes, causal, precision, schedule, error)


check(4, 1, 20, 70, 64, 64)
check(4, 2, 17, 17, 20, 33, causal=True)
check(2, 2, 3, 65, 7, 5, open_dims=True)
check(1, 1, 5, 40, 256, 250, causal=True)
hidden = np.where(random.random((2, 1, 1, 70)) < 0.5, 0, -np.inf).astype(np.float32)
hidden[:, :, :, :40] = -np.inf  # all of the first keys: there is no greatest score yet
check(4, 4, 9, 70, 16, 16, mask=hidden)

# Tensor cores: sizes that fill no fragment, queries of several blocks, open ones, few.
for precision, kind, tolerance in (("f16", TensorProto.FLOAT, 3e-3), ("bf16", TensorProto.FLOAT, 2e-2),
                                   ("f32", TensorProto.FLOAT16, 3e-3), ("f32", TensorProto.BFLOAT16, 2e-2)):
    options = {"precision": precision, "kind": kind, "tolerance": tolerance}
    check(4, 1, 20, 70, 64, 64, **options)
    check(4, 2, 70, 70, 20, 33, causal=True, **options)
    check(2, 2, 9, 129, 7, 5, open_dims=True, **options)
    check(2, 1, 12, 40, 128, 120, causal=True, **options)
    check(4, 4, 9, 70, 16, 16, mask=hidden, **options)
    check(2, 1, 3, 40, 32, 32, **options)
