# What a choice of numbers is judged by: labels as far as they can tell, else the classes of
# outputs that have some, else the noise.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
import os
import sys

import numpy as np
from onnx import helper

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
from two_products import bias, compile_recipe, first, path, save, second, write_case

dynamic = {"scheme": "int8-dynamic", "bias_correction": "never", "second_order": False, "tables": "float"}


def step_of(step, model="model.onnx", **more):
    return compile_recipe({"quantize": {**dynamic, **step}, **more}, "--emit=shared", model=model)["steps"][0]


def per_output(weights, axis):
    scale = np.abs(weights).max(axis, keepdims=True) / np.float32(127)
    return np.rint(weights / scale) * scale


def by_rows(x):
    scale = np.abs(x).max(-1, keepdims=True) / np.float32(127)
    return np.rint(x / scale) * scale


def network(x, up, down, rounded):
    return rounded(np.maximum(rounded(x) @ up, 0)) @ down.T + bias


def log_softmax(x):
    x = x.astype(np.float64) - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


write_case()
selected = {name: np.load(path("select", name))["x"] for name in os.listdir(path("select"))}
bytes_of = lambda x: network(x, per_output(first, 0), per_output(second, 1), by_rows)

# Logits: the divergence of their softmaxes, in the mean of the rows.
step = step_of({})
plain = next(row for row in step["smooth_tried"] if row["smooth"] == 0)
seen = np.concatenate(list(selected.values()))
before, after = log_softmax(network(seen, first, second, lambda x: x)), log_softmax(bytes_of(seen))
expected = (np.exp(before) * (before - after)).sum(-1).mean()
assert abs(plain["divergence"] / expected - 1) < 0.05, (plain, expected)
best = min(step["smooth_tried"], key=lambda row: row["divergence"])
assert step["judge"] == "classes" and step["smooth"] == best["smooth"] > 0, step

# Neither an activation behind the last product nor a softmax along another dimension is of classes.
nodes = [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
         helper.make_node("Gemm", ["h", "second", "bias"], ["z"], name="down", transB=1)]
for last, judge in ((helper.make_node("Relu", ["z"], ["y"]), "sqnr"),
                    (helper.make_node("Softmax", ["z"], ["y"], axis=0), "sqnr"),
                    (helper.make_node("Softmax", ["z"], ["y"], axis=1), "classes"),
                    (helper.make_node("Unsqueeze", ["z", "axes"], ["y"]), "classes")):
    save("last.onnx", [*nodes, last], first=first, second=second, bias=bias, axes=np.array([0]))
    step = step_of({"min_sqnr": 0}, model="last.onnx")
    assert step["judge"] == judge, (last, step)
    assert all(("divergence" in row) == (judge == "classes") for row in step["smooth_tried"]), step
    if judge == "sqnr":
        assert step["smooth"] == max(step["smooth_tried"], key=lambda row: row["sqnr_db"])["smooth"], step

# Labels that nothing but the plain bytes get right: of the few rows that change, where they decide, and of
# all rows, where so few may be chance.
def label(all_rows):
    for name, x in selected.items():
        plain = bytes_of(x).argmax(-1)
        counts = all_rows | (plain != network(x, first, second, lambda x: x).argmax(-1))
        np.savez(path("select", name), x=x, labels=np.where(counts, plain, -1).astype(np.float32))


for name in os.listdir(path("eval")):
    x = np.load(path("eval", name))["x"]
    np.savez(path("eval", name), x=x, labels=np.zeros(len(x), np.float32))
for all_rows in (False, True):
    label(all_rows)
    step = step_of({}, metric={"kind": "accuracy"})
    plain = next(row for row in step["smooth_tried"] if row["smooth"] == 0)
    assert step["judge"] == "metric" and plain["metric"] == 1, step
    assert step["smooth"] == (best["smooth"] if all_rows else 0), step
