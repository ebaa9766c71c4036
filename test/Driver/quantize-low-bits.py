# Weights of 4 bits: what rounding loses is made up for as NumPy finds.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1:]
random = np.random.default_rng(0)
WIDTH, HIDDEN, OUT = 32, 48, 8
first = random.standard_normal((WIDTH, HIDDEN)).astype(np.float32)
second = random.standard_normal((OUT, HIDDEN)).astype(np.float32)
bias = random.standard_normal(OUT).astype(np.float32)
mixing = random.standard_normal((WIDTH // 2, WIDTH))  # inputs depend on each other
mixing[:, 3] *= 20  # and one is much larger


def path(*names):
    return os.path.join(folder, *names)


def run(*command, fails=False):
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (command, done)
    return done


def sample(rows):
    return (random.standard_normal((rows, WIDTH // 2)) @ mixing
            + random.standard_normal((rows, WIDTH)) / 8 + 1).astype(np.float32)


def compile_with(step, *arguments, fails=False, out="out", more=None):
    """What the report says of the step; of a failure, what is said of it."""
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({"quantize": step, "timing": {"rounds": 0}, **(more or {})}, file)
    done = run(tool, "compile", path("model.onnx"), "-o", path(out), "--recipe", path("recipe.json"),
               "--calib", path("calib"), "--select", path("select"), "--eval", path("eval"),
               "--report", path("report.json"), *arguments, fails=fails)
    if fails:
        return done.stderr
    with open(path("report.json"), encoding="utf-8") as file:
        return json.load(file)


nodes = [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
         helper.make_node("Relu", ["h"], ["r"], name="relu"),
         helper.make_node("Gemm", ["r", "second", "bias"], ["y"], name="down", transB=1)]
graph = helper.make_graph(nodes, "two", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", OUT])],
                          [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second"),
                           numpy_helper.from_array(bias, "bias")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path("model.onnx"))
for split, count in (("calib", 10), ("select", 3), ("eval", 4)):
    os.mkdir(path(split))
    for i in range(count):
        np.savez(path(split, f"{i}.npz"), x=sample(40))
seen = np.concatenate([np.load(path("calib", f"{i}.npz"))["x"] for i in range(10)])

# What rounding to 4 bits loses is made up for by the inputs behind, which are fitted
# anew after each; the groups' grids are those of what their weights are by then.
GROUP = 16


def fit_grid(group):
    best = (np.inf, None)
    low, high = min(group.min(), 0), max(group.max(), 0)
    for percent in range(100, 69, -3):
        scale = np.float32((high - low) * percent / 100 / 15)
        zero = np.clip(np.rint(-low * percent / 100 / scale), 0, 15)
        near = (np.clip(np.rint(group / scale) + zero, 0, 15) - zero) * scale
        best = min(best, (((near - group)**2).sum(), (scale, zero)), key=lambda item: item[0])
    return best[1]


def compensate(weights, inputs):
    weights = weights.astype(np.float64).copy()
    gram = np.cov(inputs.astype(np.float64).T, bias=True)
    gram += 0.01 * np.trace(gram) / len(gram) * np.eye(len(gram))
    integers = np.zeros(weights.shape)
    for k in range(len(weights)):
        if k % GROUP == 0:
            grids = [fit_grid(column) for column in weights[k:k + GROUP].T]
        for column, (scale, zero) in enumerate(grids):
            before = weights[k, column]
            integers[k, column] = np.clip(np.rint(before / scale) + zero, 0, 15)
            weights[k, column] = (integers[k, column] - zero) * scale
            if k + 1 < len(weights):
                weights[k + 1:, column] += np.linalg.solve(
                    gram[k + 1:, k + 1:], gram[k + 1:, k] * (before - weights[k, column]))
    return integers, weights


low_bits = {"scheme": "weight-only", "weights": "u4", "group": GROUP, "bias_correction": "never", "min_sqnr": 0}
losses = {}
for second_order in (False, True):
    report = compile_with({**low_bits, "second_order": second_order}, "--emit=graph", out="graph")
    losses[second_order] = {layer["name"]: layer["isolated"]["sqnr_db"] for layer in report["audit"]["layers"]}
assert losses[True]["up"] > losses[False]["up"] + 3, losses
integers, weights = compensate(first, seen)
inputs = np.concatenate([np.load(path("eval", f"{i}.npz"))["x"] for i in range(4)])
ours = losses[True]["up"]
missed = (inputs - seen.mean(0)) @ (first - weights)  # the bias makes up for the mean
reference = 10 * np.log10(((inputs @ first)**2).sum() / (missed**2).sum())
assert abs(ours - reference) < 0.1, (ours, reference)

# Biases make up for what a coarse grid loses of the mean.
report = compile_with({**low_bits, "second_order": False, "bias_correction": "auto"}, "--emit=graph", out="graph")
step = report["steps"][0]
assert step["bias_corrected"] and step["select"]["sqnr_db"] > step["without_bias_correction"]["sqnr_db"], step

