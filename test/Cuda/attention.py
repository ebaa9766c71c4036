# RUN: %python %s
"""Attention by blocks of queries, in several orders: like NumPy."""
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


def check(heads, shared, m, n, depth, columns, mask=None, causal=False, open_dims=False):
    shapes = {"q": [2, heads, m, depth], "k": [2, heads // shared, n, depth], "v": [2, heads // shared, n, columns]}
    if mask is not None:
        shapes["mask"] = list(mask.shape)
    dims = {name: [2, s[1], f"s{i}", s[3]] if open_dims and name != "mask" else s
            for i, (name, s) in enumerate(shapes.items())}
    graph = helper.make_graph(
        [helper.make_node("Attention", list(shapes), ["y"], is_causal=int(causal))], "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, s) for name, s in dims.items()],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    compiled = emulator.compile(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=11))
    values = [mask if name == "mask" else random.standard_normal(s).astype(np.float32) for name, s in shapes.items()]
    expected = reference(*(x.astype(np.float64) for x in values[:3]), mask, causal)
    for schedule in range(3):
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        y, = compiled.run(values)
        error = np.abs(y - expected).max() / np.abs(expected).max()
        assert y.shape == expected.shape and error <= 3e-6, (shapes, causal, schedule, error)


check(4, 1, 20, 70, 64, 64)
check(4, 2, 17, 17, 20, 33, causal=True)
check(2, 2, 3, 65, 7, 5, open_dims=True)
check(1, 1, 5, 40, 256, 250, causal=True)
hidden = np.where(random.random((2, 1, 1, 70)) < 0.5, 0, -np.inf).astype(np.float32)
hidden[:, :, :, :40] = -np.inf  # all of the first keys: there is no greatest score yet
check(4, 4, 9, 70, 16, 16, mask=hidden)
