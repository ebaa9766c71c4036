# A recipe quantizes a model: the integers and scales that are written are those that
# NumPy finds, and so are the model's outputs; what destroys a model is an error.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
import os
import sys

import numpy as np
from onnx import TensorProto, helper

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
from two_products import (bias, compile_recipe, first, path, read_onnx, read_samples, result, save, second,
                          write_case)


def compile_with(step, *arguments, fails=False, out="out", more=None):
    """What the report says of the step; of a failure, what is said of it."""
    return compile_recipe({"quantize": step, **(more or {})}, *arguments, fails=fails, out=out)


def written(step):
    """The node that makes each tensor, the constants, and the report."""
    report = compile_with(step, "--emit=onnx", "--opset=21", out="onnx")
    return (*read_onnx("onnx")[1:], report)


def product(nodes, kind):
    return next(node for node in nodes.values() if node.op_type == kind)


def network(x, up, down, rounded):
    hidden = np.maximum(rounded(x) @ up, 0)
    return rounded(hidden) @ down.T + bias


def per_output(weights, axis):
    scale = (np.abs(weights).max(axis, keepdims=True) / 127).astype(np.float32)
    return np.rint(weights / scale), scale


x = write_case()
seen = read_samples("calib")
expected = network(x, first, second, lambda x: x)

# Rows: the largest magnitude of each is 127.
plain = {"smooth": "none", "bias_correction": "never", "second_order": False}
report = compile_with({"scheme": "int8-dynamic", **plain}, "--emit=shared")


def by_rows(x):
    scale = np.abs(x).max(-1, keepdims=True) / np.float32(127)
    return np.rint(x / scale) * scale


up, up_scale = per_output(first, 0)
down, down_scale = per_output(second, 1)
np.testing.assert_allclose(result("out"), network(x, up * up_scale, down * down_scale, by_rows), rtol=1e-3, atol=2e-2)
audit = report["audit"]
assert audit["verdict"] == "expected" and {layer["name"] for layer in audit["layers"]} == {"up", "down"}, audit
assert all(layer["isolated"]["sqnr_db"] > 20 for layer in audit["layers"]), audit
assert abs(report["steps"][0]["select"]["sqnr_db"] - report["outputs"]["y"]["sqnr_db"]) < 1.5, report

# From the least to the greatest number of each, and 0 is one of the steps.
def by_ranges(x):
    low, high = np.minimum(x.min(-1, keepdims=True), 0), np.maximum(x.max(-1, keepdims=True), 0)
    scale = (high - low) / np.float32(255)
    zero = np.rint(-low / scale)
    return (np.clip(np.rint(x / scale) + zero, 0, 255) - zero) * scale


by_magnitude = report["outputs"]["y"]["sqnr_db"]
report = compile_with({"scheme": "int8-dynamic", "zero_points": True, **plain}, "--emit=shared")
np.testing.assert_allclose(result("out"), network(x, up * up_scale, down * down_scale, by_ranges), rtol=1e-3, atol=2e-2)
assert report["outputs"]["y"]["sqnr_db"] > by_magnitude + 1, (report["outputs"], by_magnitude)

# One grid: what all samples have, cut as the calibrator says.
def byte_grid(low, high):
    low, high = min(low, 0), max(high, 0)
    scale = np.float32((high - low) / 255)
    return scale, int(np.rint(-low / scale))


def on_grid(values, grid):
    scale, zero = grid
    return (np.clip(np.rint(values / scale) + zero, 0, 255) - zero) * scale


def squared_error(grid):
    return ((on_grid(seen, grid) - seen)**2).sum()


def entropy_grid():
    """Cuts at which 128 levels tell most of 1024 bins of magnitudes."""
    limit = 2.0 ** np.ceil(np.log2(np.abs(seen).max()))
    counts = np.histogram(np.abs(seen), 1024, (0, limit))[0].astype(float)
    largest, best = np.abs(seen).max(), (np.inf, None)
    used = int(largest / limit * 1024) + 1
    for end in range(128, used + 1, 8):
        p = counts[:end].copy()
        p[-1] += counts[end:].sum()
        q = np.zeros(end)
        for level in np.array_split(np.arange(end), 128) if end % 128 == 0 else [
                np.arange(i * end // 128, (i + 1) * end // 128) for i in range(128)]:
            full = level[counts[level] > 0]
            if len(full):
                q[full] = counts[level].sum() / len(full)
        p, q = p / p.sum(), q / q.sum()
        divergence = (p[p > 0] * np.log(p[p > 0] / np.maximum(q[p > 0], 1e-9))).sum()
        best = min(best, (divergence, end / 1024 * limit))
    return byte_grid(max(seen.min(), -best[1]), min(seen.max(), best[1]))


cut = np.percentile(seen, [0.25, 99.75])
best_cut = min((byte_grid(seen.min() * share, seen.max() * share) for share in np.linspace(0.1, 1, 91)),
               key=squared_error)
for calibrator, grid in (("minmax", byte_grid(seen.min(), seen.max())), ("percentile", byte_grid(*cut)),
                         ("mse", best_cut), ("entropy", entropy_grid())):
    made, tensors, _ = written({"scheme": "int8-static", "calibrator": calibrator, "percentile": 99.5, "min_sqnr": 0,
                                **plain})
    read = made[product(made, "MatMul").input[0]]
    assert read.op_type == "DequantizeLinear" and made[read.input[0]].op_type == "QuantizeLinear", read
    scale, zero = tensors[read.input[1]], tensors[read.input[2]]
    assert zero.dtype == np.uint8, zero
    if calibrator == "mse":  # the errors are flat around the best
        assert squared_error((scale, int(zero))) < 1.02 * squared_error(grid), (scale, zero, grid)
    else:
        tolerance = 1e-6 if calibrator == "minmax" else 2e-2
        assert abs(scale / grid[0] - 1) < tolerance and abs(int(zero) - grid[1]) <= (calibrator != "minmax"), (
            calibrator, scale, zero, grid)
    weights = made[product(made, "MatMul").input[1]]
    np.testing.assert_array_equal(tensors[weights.input[0]], up)
    np.testing.assert_allclose(tensors[weights.input[1]], up_scale[0], rtol=1e-6)

# 16 signed bits, whose range is that of the samples.
def by_words(x):
    scale, zero = byte_grid(*ranges.pop(0))
    step = np.float32(max(zero, 255 - zero) * scale / 32767)
    return np.clip(np.rint(x / step), -32768, 32767) * step


ranges = [(values.min(), values.max()) for values in (seen, np.maximum(seen @ first, 0))]
report = compile_with({"scheme": "int16-static", **plain}, "--emit=shared")
np.testing.assert_allclose(result("out"), network(x, up * up_scale, down * down_scale, by_words), rtol=1e-3, atol=2e-2)
made, tensors, _ = written({"scheme": "int16-static", **plain})
read = made[product(made, "MatMul").input[0]]
words = made[read.input[0]]
assert words.op_type == "QuantizeLinear" and read.op_type == "DequantizeLinear" and len(words.input) == 2, words
assert {a.name: a.i for a in words.attribute}["output_dtype"] == TensorProto.INT16, words
assert abs(tensors[read.input[1]] * 32767 / np.abs(seen).max() - 1) < 1e-2, tensors[read.input[1]]

# The large channel gives way to its weights, as is best for the classes of y.
made, tensors, report = written({"scheme": "int8-dynamic", "bias_correction": "never", "second_order": False})
step = report["steps"][0]
tried = {row["smooth"]: row["divergence"] for row in step["smooth_tried"]}
assert sorted(tried) == [0, 0.5, 0.6, 0.7, 0.8, 0.9] and tried[step["smooth"]] == min(tried.values()), step
assert step["judge"] == "classes" and step["smooth"] > 0 and min(tried.values()) < tried[0] / 1.2, tried
alpha = step["smooth"]
scale = np.abs(seen).max(0)**alpha / np.abs(first).max(1)**(1 - alpha)
factors = next(tensors[name] for node in made.values() if node.op_type == "Mul" and "x" in node.input
               for name in node.input if name in tensors)
np.testing.assert_allclose(factors, 1 / scale, rtol=1e-4)
weights = made[product(made, "MatMul").input[1]]
smooth, smooth_scale = per_output(first * scale[:, None], 0)
assert (np.abs(tensors[weights.input[0]] - smooth) <= 1).all() and (tensors[weights.input[0]] == smooth).mean() > 0.99

# bf16 on both sides.
report = compile_with({"scheme": "bf16"}, "--emit=shared")
assert report["outputs"]["y"]["sqnr_db"] > 40 and report["audit"]["verdict"] == "pass", report["outputs"]

# Weights of f16: nothing else is rounded. They are what the library and the model that is written have.
report = compile_with({"scheme": "f16", **plain}, "--emit=shared")
np.testing.assert_allclose(result("out"), network(x, first.astype(np.float16).astype(np.float32),
                                                  second.astype(np.float16).astype(np.float32), lambda x: x), rtol=1e-4, atol=1e-3)
assert report["outputs"]["y"]["sqnr_db"] > 55, report["outputs"]
made, tensors, _ = written({"scheme": "f16", **plain})
for kind, expected in (("MatMul", first), ("Gemm", second)):
    widen = made[product(made, kind).input[1]]
    assert widen.op_type == "Cast" and tensors[widen.input[0]].dtype == np.float16, (kind, widen)
    np.testing.assert_array_equal(tensors[widen.input[0]], expected.astype(np.float16))

# The most sensitive input of static ones by rows instead, with the same weights.
floor = {"scheme": "int8-static", **plain, "mixed": 1, "min_sqnr": 0}
whole = compile_with(floor, "--emit=shared")["steps"][0]["select"]["sqnr_db"]
floor["min_sqnr"] = whole + 0.5
report = compile_with({**floor, "mixed_scheme": "int8-dynamic"}, "--emit=shared")
step, measured = report["steps"][0], report["outputs"]["y"]["sqnr_db"]
assert sorted(layer["scheme"] for layer in step["layers"]) == ["int8-dynamic", "int8-static"] and not step["left_alone"], step
assert step["select"]["sqnr_db"] > whole + 0.5 and abs(measured - step["select"]["sqnr_db"]) < 2, (whole, step, measured)
by_row = min(step["layers"], key=lambda layer: layer["alone"]["divergence"])
assert by_row["scheme"] == "int8-static", step

# What a model must not lose. The worst one is kept if it may be.
floor = {"scheme": "weight-only", **plain, "scale_per": "tensor", "min_sqnr": 42}
error = compile_with(floor, "--emit=shared", out="none", fails=True)
assert "error: quantizing: the model is destroyed: " in error and "the worst layer is 'down', " in error, error
assert not os.path.exists(path("none")), os.listdir(path("none"))
report = compile_with({**floor, "mixed": 1}, "--emit=shared")
kept = [layer["nodes"] for layer in report["steps"][0]["layers"] if layer["scheme"] == "float"]
assert kept == [["down"]] and report["steps"][0]["select"]["sqnr_db"] >= 42, report["steps"]
error = compile_with({**floor, "min_sqnr": 0, "min_top1": 1.0}, "--emit=shared", out="none", fails=True)
assert "of the greatest elements are the same (at least 100.0%)" in error, error

# Neurons go first, then numbers become small.
report = compile_with({"scheme": "int8-dynamic"}, "--emit=shared",
                      more={"prune": [{"neurons": {"ratio": 0.34, "min_per_layer": 1}}]})
assert [step["pass"] for step in report["steps"]] == ["neurons", "quantize"], report["steps"]
assert report["models"][-1]["p"] < 0.8, report["models"]

# A scale behind a product is part of the weights that go on a grid: what is compared
# has it on both sides.
save("scaled.onnx", [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
                     helper.make_node("Mul", ["h", "scale"], ["y"], name="scale")],
     first=first, scale=np.linspace(2, 5, first.shape[1], dtype=np.float32))
report = compile_recipe({"quantize": {"scheme": "int8-dynamic", **plain}}, "--emit=shared", model="scaled.onnx")
loss, = (layer["isolated"]["sqnr_db"] for layer in report["audit"]["layers"])
assert abs(loss - report["outputs"]["y"]["sqnr_db"]) < 1, report["audit"]

# Mistakes.
for step, what in (({"scheme": "int9"}, "quantize.scheme is none of int8-dynamic, int8-static, int16-static, weight-only, bf16, f16, float"),
                   ({"weights": "u4"}, "quantize.weights has 4 bits, which needs the scheme weight-only"),
                   ({"smooth": 2}, "quantize.smooth is none of auto, none, and a number of 0 to 1"),
                   ({"smooth": 0.5, "calibrator": "mse"}, "quantize.smooth goes with the calibrator minmax only"),
                   ({"mixed_scheme": "int8-dynamic"},
                    "quantize.mixed_scheme is neither float nor, with the scheme int8-static, int8-dynamic"),
                   ({"override": {"up": "best"}}, "quantize.override.up is no scheme and not float"),
                   ({"float": ["left"]}, "float: the model has no product 'left' with constant weights"),
                   ({"max_metric_drop": 0.1}, "max_metric_drop needs a metric")):
    error = compile_with(step, "--emit=shared", fails=True)
    assert what in error, (step, error)
