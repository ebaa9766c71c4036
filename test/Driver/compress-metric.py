# A recipe's metric of labels, and budgets of it and of time.
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
WIDTH, NEURONS, USELESS = 4, 32, 16
random = np.random.default_rng(0)
first = random.standard_normal((WIDTH, NEURONS)).astype(np.float32)
second = random.standard_normal((NEURONS, WIDTH)).astype(np.float32)
second[:USELESS] = 0
samples = [random.standard_normal((2, 3 + i % 3, WIDTH)).astype(np.float32) for i in range(20)]


def path(*names):
    return os.path.join(folder, *names)


def layer(x):
    return np.maximum(x @ first, 0) @ second


def write(part, chosen, labeled):
    os.makedirs(path(part))
    for i, x in enumerate(chosen):
        np.savez(path(part, f"{i}.npz"), x=x, **({"labels": np.float32([i % 3])} if labeled else {}))


def compile_with(heads, *arguments, metric=None, fails=False):
    recipe = {"prune": [{"neurons": {"align": 1, "refit": "never", **heads}}], "timing": {"rounds": 0}}
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({**recipe, "metric": metric} if metric else recipe, file)
    done = subprocess.run([tool, "compile", path("model.onnx"), "-o", path("out"), "--recipe", path("recipe.json"), "--report",
                           path("report.json"), *arguments], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done
    if fails:
        return done.stderr
    with open(path("report.json"), encoding="utf-8") as file:
        return json.load(file)


def ranks(values):
    return [sum((other < value) + (other <= value) for other in values) for value in values]


def spearman(chosen):
    """Of the labels and the likeness of the means of a sample's two sequences."""
    pooled = [layer(x.astype(np.float64)).mean(1) for x in chosen]
    likeness = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pooled]
    return np.corrcoef(ranks(likeness), ranks([i % 3 for i in range(len(chosen))]))[0, 1]


nodes = [helper.make_node("MatMul", ["x", "first"], ["h"], name="first"),
         helper.make_node("Relu", ["h"], ["r"], name="relu"),
         helper.make_node("MatMul", ["r", "second"], ["y"], name="second")]
ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "seq", WIDTH]) for name in "xy"]
graph = helper.make_graph(nodes, "neurons", ports[:1], ports[1:],
                          [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path("model.onnx"))
write("calib", samples[:8], labeled=False)
write("select", samples[8:14], labeled=True)
write("eval", samples[14:], labeled=True)
write("plain", samples[14:], labeled=False)
DATA = ["--calib", path("calib"), "--select", path("select"), "--eval", path("eval")]

# As many as the metric allows: at least those that do nothing.
TASK = {"kind": "spearman", "output": "y"}
report = compile_with({"max_metric_drop": 1e-9}, *DATA, metric=TASK)
assert USELESS <= report["steps"][0]["removed"] < NEURONS, report["steps"]
before, after = (model["metric"] for model in report["models"])
assert before["kind"] == "spearman" and before["labels"] == 6, before
np.testing.assert_allclose(before["value"]["mean"], spearman(samples[14:]), atol=1e-6)
assert before["value"]["low"] <= before["value"]["mean"] <= before["value"]["high"], before
assert before["difference"] == {"mean": 0, "low": 0, "high": 0}, before
np.testing.assert_allclose(after["difference"]["mean"], after["value"]["mean"] - before["value"]["mean"], atol=1e-12)

# What the model itself does not reach leaves it alone.
assert spearman(samples[8:14]) < 0.999
assert compile_with({"min_metric": 0.999}, *DATA, metric=TASK)["steps"][0]["removed"] == 0

# Any time is enough; none is.
assert compile_with({"latency_ms": 1e6}, *DATA)["steps"][0]["removed"] == 0
error = compile_with({"alpha": 1e-6}, *DATA, fails=True)
assert "alpha 0.000001 cannot be reached: without all that may go it is" in error, error

# Mistakes.
error = compile_with({"min_metric": 0.5}, *DATA, fails=True)
assert "the recipe has no metric" in error, error
error = compile_with({"count": 1}, *DATA[:4], "--eval", path("plain"), metric=TASK, fails=True)
assert "plain" in error and "metric: the sample has no 'labels'" in error, error
error = compile_with({"count": 1}, *DATA, metric={"kind": "accuracy"}, fails=True)
assert "metric of output 'y': there are 1 labels, but" in error, error
error = compile_with({"count": 1}, *DATA, metric={"output": "z"}, fails=True)
assert "metric: the model has no output 'z'" in error, error
