# `compile --recipe --calib --report`: heads are scored on samples, the least are
# removed, the rest is refitted if that helps on other samples; all is in the report.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %graphopt-opt %t
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

tool, opt, folder = sys.argv[1:]
HEADS, DEPTH, WIDTH, LAYERS = 4, 4, 16, 2
random = np.random.default_rng(0)
weights, nodes = {}, []


def path(*names):
    return os.path.join(folder, *names)


def const(name, array):
    weights[name] = np.asarray(array)
    return name


def node(op, *inputs, name, **attributes):
    nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
    return name


def model():
    """Head 1 of layer 0 adds little; values of head 3 of layer 1 are those of head 2."""
    x = "x"
    const("heads", np.array([0, 0, HEADS, DEPTH]))
    const("merged", np.array([0, 0, WIDTH]))
    for layer in range(LAYERS):
        parts = []
        for part in "qkv":
            weight = random.standard_normal((WIDTH, WIDTH)).astype(np.float32) / 4
            if layer == 1:
                weight[:, 12:] = weight[:, 8:12]
            y = node("MatMul", x, const(f"{layer}.{part}.w", weight), name=f"{layer}/{part}/MatMul")
            y = node("Reshape", y, "heads", name=f"{layer}/{part}/Reshape")
            parts.append(node("Transpose", y, name=f"{layer}/{part}/Transpose",
                              perm=[0, 2, 3, 1] if part == "k" else [0, 2, 1, 3]))
        y = node("MatMul", parts[0], parts[1], name=f"{layer}/scores")
        y = node("Softmax", y, name=f"{layer}/softmax", axis=-1)
        y = node("MatMul", y, parts[2], name=f"{layer}/context")
        y = node("Transpose", y, name=f"{layer}/back", perm=[0, 2, 1, 3])
        y = node("Reshape", y, "merged", name=f"{layer}/merge")
        weight = random.standard_normal((WIDTH, WIDTH)).astype(np.float32) / 4
        if layer == 0:
            weight[4:8] *= 0.001
        y = node("MatMul", y, const(f"{layer}.o.w", weight), name=f"{layer}/o/MatMul")
        x = node("Add", x, y, name=f"{layer}/residual")
    shape = ["batch", "seq", WIDTH]
    graph = helper.make_graph(
        nodes, "heads", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def run(*command, fails=False):
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (command, done)
    return done


def compile_with(recipe, *arguments, fails=False):
    recipe.setdefault("timing", {"rounds": 0})
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump(recipe, file)
    done = run(tool, "compile", path("model.onnx"), "-o", path("out"), "--recipe", path("recipe.json"),
               "--report", path("report.json"), *arguments, fails=fails)
    if fails:
        return done.stderr
    with open(path("report.json"), encoding="utf-8") as file:
        return json.load(file)


net = model()
onnx.save(net, path("model.onnx"))
samples = [random.standard_normal((2, 5 + i % 3, WIDTH)).astype(np.float32) for i in range(20)]
for part, chosen in {"calib": samples[:12], "select": samples[12:16], "eval": samples[16:]}.items():
    os.mkdir(path(part))
    for i, x in enumerate(chosen):
        np.savez(path(part, f"{i}.npz"), x=x)
DATA = ["--calib", path("calib"), "--select", path("select"), "--eval", path("eval")]

# Scores are the norms of what heads add, by another implementation.
net.graph.output.extend(helper.make_tensor_value_info(f"{i}/merge", TensorProto.FLOAT, None) for i in range(LAYERS))
outputs = [ReferenceEvaluator(net).run(None, {"x": x}) for x in samples]
report = compile_with({"prune": [{"heads": {"count": 1}}], "timing": {"rounds": 3, "samples": 2}}, *DATA)
step, = report["steps"]
for layer in step["layers"]:
    rows = np.concatenate([y[1 + layer["layer"]].reshape(-1, HEADS, DEPTH) for y in outputs[:12]])
    weight = weights[f"{layer['layer']}.o.w"].reshape(HEADS, DEPTH, WIDTH)
    added = np.einsum("rhd,hdn->rhn", rows.astype(np.float64), weight)
    np.testing.assert_allclose(layer["scores"], np.sqrt((added**2).sum(2).mean(0)), rtol=1e-4)
assert [layer["removed"] for layer in step["layers"]] == [[1], []], step
head = 4 * DEPTH * WIDTH
bias = WIDTH if step["refit"]["used"] else 0  # which the projection did not have
assert step["parameters_before"] - step["parameters_after"] == head - bias and step["removed"] == 1, step
assert report["samples"] == {"calibrate": 12, "select": 4, "evaluate": 4}
cosine = report["outputs"]["1/residual"]["cosine"]
assert 0.9999 < cosine["low"] <= cosine["mean"] <= cosine["high"] <= 1, cosine

# Size, cost and time of the original and of what the step made of it.
before, after = report["models"]
assert [before["parameters"], after["parameters"]] == [step["parameters_before"], step["parameters_after"]]
assert after["p"] == after["parameters"] / before["parameters"] == step["p"] and before["table_parameters"] == 0
lengths = np.array([x.shape[1] for x in samples[16:]])


def macs(heads):
    """Of the mean sample, two sequences, with so many heads in all layers together."""
    products = 4 * 2 * lengths * WIDTH * DEPTH * heads
    return (products + 2 * 2 * lengths**2 * DEPTH * heads).mean()


np.testing.assert_allclose([before["macs"], after["macs"]], [macs(2 * HEADS), macs(2 * HEADS - 1)])
np.testing.assert_allclose(after["macs_ratio"], 1 - 1 / (2 * HEADS))
assert after["weight_bytes"] < before["weight_bytes"] < before["library_bytes"]
assert after["peak_bytes"] == after["weight_bytes"] + after["workspace_bytes"] > 0
assert after["outputs"] == report["outputs"] and "outputs" not in before
timing = report["timing"]
assert timing["rounds"] == 3 and timing["samples"] == 2 and timing["clock"] == "cpu", timing
control = timing["control"]
noise = max(abs(1 - control["alpha"]), abs(1 - control["alpha_median"]))
assert abs(control["noise"] - noise) < 1e-9, control
assert before["alpha"] == 1 and abs(after["alpha"] - after["ms"] / before["ms"]) < 1e-9, (before, after)
assert after["gain"] != "faster" or after["alpha"] < 1 - noise, (after, control)
assert after["gain"] != "slower" or after["alpha"] > 1 + noise, (after, control)
np.testing.assert_allclose(after["ns_per_parameter"], after["ms"] * 1e6 / after["parameters"])

# What the model says now is what the report says of it.
run(tool, "run", path("out"), "--inputs", path("eval", "0.npz"), "--output", path("y.npz"))
y, original = np.load(path("y.npz"))["1/residual"], outputs[16][0]
near = (y * original).sum(-1) / np.linalg.norm(y, axis=-1) / np.linalg.norm(original, axis=-1)
assert abs(near.mean() - cosine["mean"]) < 1e-3

# The twin of a head makes up for it: leave-one-out with refit sees it, and the refit wins.
report = compile_with({"prune": [{"heads": {"count": 2, "score": "leave-one-out-refit"}}]}, *DATA)
step, = report["steps"]
assert "timing" not in report and "alpha" not in report["models"][0], report  # no rounds
assert step["layers"][0]["removed"] == [1] and step["layers"][1]["removed"] in ([2], [3]), step
assert step["refit"]["used"] and step["refit"]["cosine_with"] > step["refit"]["cosine_without"], step
assert report["outputs"]["1/residual"]["cosine"]["mean"] > 0.99999, report["outputs"]
# An accuracy floor takes what it allows, and no layer's last one.
floor = compile_with({"prune": [{"heads": {"min_cosine": 0.9999, "refit": "never"}}]}, *DATA)["steps"][0]
assert floor["layers"][0]["removed"] == [1] and floor["removed"] < 6, floor
# With none kept, the layer is gone: its residual is left.
none = compile_with({"prune": [{"heads": {"remove": [f"0:{i}" for i in range(HEADS)], "refit": "never"}}]}, *DATA)
assert none["steps"][0]["parameters_after"] == HEADS * head, none

# Whole layers: the cosine of input and output, by another implementation, or what outputs lose.
layers = {"layers": {"count": 1}}
step, = compile_with({"prune": [layers]}, *DATA)["steps"]
streams = [[y[0], x] for x, y in zip(samples[:12], outputs)]  # the last layer's output, the first one's input
net.graph.output.append(helper.make_tensor_value_info("0/residual", TensorProto.FLOAT, None))
middles = [ReferenceEvaluator(net).run(["0/residual"], {"x": x})[0] for x in samples[:12]]


def mean_cosine(pairs):
    cosines = [(x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1) for x, y in pairs]
    return np.concatenate([c.ravel() for c in cosines]).mean()


expected = [1 - mean_cosine([(x, m) for (_, x), m in zip(streams, middles)]),
            1 - mean_cosine([(m, y) for (y, _), m in zip(streams, middles)])]
np.testing.assert_allclose([layer["scores"][0] for layer in step["layers"]], expected, rtol=1e-4)
least = int(np.argmin(expected))
assert [layer["removed"] for layer in step["layers"]][least] == [0] and step["removed"] == 1, step
for unit in ("block", "layer"):
    step, = compile_with({"prune": [{"layers": {"count": 1, "score": "leave-one-out", "unit": unit}}]}, *DATA)["steps"]
    assert step["parameters_after"] == HEADS * head and len(step["layers"]) == 2, step
losses = [layer["scores"][0] for layer in step["layers"]]
report = compile_with({"prune": [{"layers": {"min_cosine": 1 - (losses[0] + losses[1]) / 2}}]}, *DATA)
assert report["steps"][0]["removed"] in (0, 1), report

# The pass alone, from a file of statistics.
run(tool, "statistics", path("model.onnx"), "--calib", path("calib"), "--blocks", "-o", path("b"))
done = run(opt, path("model.onnx"), "--graph-eliminate-dead-nodes", "--graph-fuse-attention", "--graph-prune-layers="
           f"count=1 statistics={path('b.json')}", "-o", path("pruned.mlir"))
assert f"layer {least} removed" in done.stderr, done.stderr
done = run(opt, path("model.onnx"), "--graph-eliminate-dead-nodes", "--graph-fuse-attention", "--graph-prune-layers="
           f"count=1 unit=layer statistics={path('s0.json')}", "-o", path("no.mlir"), fails=True)
assert "s0.json" in done.stderr, done.stderr
run(tool, "statistics", path("model.onnx"), "--calib", path("calib"), "--gram", "-o", path("s"))
done = run(opt, path("model.onnx"), "--graph-eliminate-dead-nodes", "--graph-fuse-attention", "--graph-prune-heads="
           f"count=1 refit=always statistics={path('s.json')}", "-o", path("pruned.mlir"))
assert "layer 0: 1 of 4 heads removed: 1" in done.stderr, done.stderr
nodes.clear()
onnx.save(model(), path("other.onnx"))
done = run(opt, path("other.onnx"), "--graph-eliminate-dead-nodes", "--graph-fuse-attention", "--graph-prune-heads="
           f"count=1 refit=always statistics={path('s.json')}", "-o", path("no.mlir"), fails=True)
assert "has statistics of another model" in done.stderr, done.stderr

# Mistakes.
error = compile_with({"prune": [{"heads": {"count": 1, "scores": 1}}]}, *DATA, fails=True)
assert "recipe.json': prune[0].heads.scores is unknown" in error, error
error = compile_with({"prune": [{"layers": {"count": 1, "refit": "never"}}]}, *DATA, fails=True)
assert "prune[0].layers.refit is unknown" in error, error
error = compile_with({"prune": [{"heads": {"count": 1}}]}, "--calib", path("calib"), "--eval", path("calib"), fails=True)
assert error.count("0.npz' and '") == 1 and "hold the same sample" in error, error
error = compile_with({"prune": [{"heads": {"count": 1}}]}, fails=True)
assert "samples or a file of statistics are needed" in error, error
error = compile_with({"prune": [{"heads": {"remove": ["7:0"]}}]}, *DATA, fails=True)
assert "'7:0': that layer is left alone, or not there" in error, error
