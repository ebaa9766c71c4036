# Small weights: what rounding loses is made up for as NumPy finds.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
import os
import sys

import numpy as np
from onnx import helper

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
from two_products import bias, compile_recipe, first, read_samples, save, second, write_case


def compile_with(step):
    return compile_recipe({"quantize": step}, "--emit=graph", out="graph")


write_case()
seen = read_samples("calib")

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


def compensate(weights, inputs, group, fit, ends):
    weights = weights.astype(np.float64).copy()
    gram = np.cov(inputs.astype(np.float64).T, bias=True)
    gram += 0.01 * np.trace(gram) / len(gram) * np.eye(len(gram))
    for k in range(len(weights)):
        if k % group == 0:
            grids = [fit(column) for column in weights[k:k + group].T]
        for column, (scale, zero) in enumerate(grids):
            before = weights[k, column]
            weights[k, column] = (np.clip(np.rint(before / scale) + zero, *ends) - zero) * scale
            if k + 1 < len(weights):
                weights[k + 1:, column] += np.linalg.solve(
                    gram[k + 1:, k + 1:], gram[k + 1:, k] * (before - weights[k, column]))
    return weights


low_bits = {"scheme": "weight-only", "weights": "u4", "group": GROUP, "bias_correction": "never", "min_sqnr": 0}
losses = {}
for second_order in (False, True):
    report = compile_with({**low_bits, "second_order": second_order})
    losses[second_order] = {layer["name"]: layer["isolated"]["sqnr_db"] for layer in report["audit"]["layers"]}
assert losses[True]["up"] > losses[False]["up"] + 3, losses
inputs = read_samples("eval")


def check_loss(ours, weights):
    missed = (inputs - seen.mean(0)) @ (first - weights)  # the bias makes up for the mean
    reference = 10 * np.log10(((inputs @ first)**2).sum() / (missed**2).sum())
    assert abs(ours - reference) < 0.1, (ours, reference)


check_loss(losses[True]["up"], compensate(first, seen, GROUP, fit_grid, (0, 15)))

# The same for 8 bits, with one grid an output, if it is better on the samples to select with.
report = compile_with({"scheme": "weight-only", "bias_correction": "never"})
step = report["steps"][0]
assert step["second_order"] and step["select"]["sqnr_db"] > step["without_second_order"]["sqnr_db"] + 3, step
loss, = (layer["isolated"]["sqnr_db"] for layer in report["audit"]["layers"] if layer["name"] == "up")
check_loss(loss, compensate(first, seen, len(first), lambda column: (np.abs(column).max() / 127, 0), (-127, 127)))

# Biases make up for what a coarse grid loses of the mean, here of numbers that are no classes.
save("values.onnx", [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
                     helper.make_node("Relu", ["h"], ["r"]),
                     helper.make_node("Gemm", ["r", "second", "bias"], ["z"], name="down", transB=1),
                     helper.make_node("Relu", ["z"], ["y"])], first=first, second=second, bias=bias)
report = compile_recipe({"quantize": {**low_bits, "second_order": False, "bias_correction": "auto"}}, "--emit=graph",
                        out="graph", model="values.onnx")
step = report["steps"][0]
assert step["bias_corrected"] and step["select"]["sqnr_db"] > step["without_bias_correction"]["sqnr_db"], step

