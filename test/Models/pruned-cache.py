# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
"""Heads whose keys and values are inputs and outputs of the model, as a cache is, go only if
the recipe says so. The cache loses them, too: given what is left of it, outputs are those of
the model with zeros in the place of the heads. Samples keep the whole cache."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

tool, folder = sys.argv[1:]
HEADS, GROUPS, DEPTH, LENGTH, PAST = 6, 3, 4, 3, 5
WIDTH, GONE = HEADS * DEPTH, 1
KEPT = [group for group in range(GROUPS) if group != GONE]


def path(*names):
    return os.path.join(folder, *names)


def build(name, masked, batch):
    random = np.random.default_rng(0)
    nodes, weights = [], []

    def const(array):
        weights.append(numpy_helper.from_array(array, f"c{len(weights)}"))
        return weights[-1].name

    def node(op, *inputs, outputs=None, **attributes):
        outputs = outputs or [f"t{len(nodes)}"]
        nodes.append(helper.make_node(op, inputs, outputs, name=f"{op}_{len(nodes)}", **attributes))
        return outputs[0]

    def project(heads):
        weight = random.standard_normal((WIDTH, heads * DEPTH)).astype(np.float32) / 5
        y = node("Reshape", node("MatMul", "x", const(weight)), const(np.array([0, 0, heads, DEPTH])))
        return node("Transpose", y, perm=[0, 2, 1, 3])

    q, k, v = project(HEADS), project(GROUPS), project(GROUPS)
    k = node("Concat", "past_key", k, outputs=["present_key"], axis=2)
    v = node("Concat", "past_value", v, outputs=["present_value"], axis=2)
    y = node("Reshape", node("Transpose", node("Attention", q, k, v), perm=[0, 2, 1, 3]), const(np.array([0, 0, WIDTH])))
    weight = random.standard_normal((WIDTH, WIDTH)).astype(np.float32) / 5
    if masked:
        size = HEADS // GROUPS * DEPTH
        weight[GONE * size:(GONE + 1) * size] = 0
    node("Add", node("MatMul", y, const(weight)), "x", outputs=["y"])

    def port(name, *dims):
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [batch, *dims])
    graph = helper.make_graph(
        nodes, "cached",
        [port("x", LENGTH, WIDTH), *(port(f"past_{name}", GROUPS, "past", DEPTH) for name in ("key", "value"))],
        [port("y", LENGTH, WIDTH), *(port(f"present_{name}", GROUPS, "total", DEPTH) for name in ("key", "value"))],
        weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    onnx.checker.check_model(model)
    onnx.save(model, path(name))


def compile_model(name, out, recipe=None, *arguments):
    if recipe is not None:
        with open(path("recipe.json"), "w", encoding="utf-8") as file:
            json.dump({"prune": [{"heads": recipe}]}, file)
        arguments = ["--recipe", path("recipe.json"), *arguments]
    done = subprocess.run([tool, "compile", path(name), "-o", path(out), "--verbose", *arguments],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def run(out, inputs):
    np.savez(path("inputs.npz"), **inputs)
    subprocess.run([tool, "run", path(out), "--inputs", path("inputs.npz"), "--output", path("outputs.npz")], check=True)
    return np.load(path("outputs.npz"))


def sample(seed, batch=2):
    random = np.random.default_rng(seed)
    shapes = {"x": (batch, LENGTH, WIDTH), "past_key": (batch, GROUPS, PAST, DEPTH), "past_value": (batch, GROUPS, PAST, DEPTH)}
    return {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


os.makedirs(path("samples"))
for seed in range(10):
    np.savez(path("samples", f"{seed}.npz"), **sample(seed + 1))
for batch in (2, "batch"):
    build("model.onnx", False, batch)
    build("masked.onnx", True, batch)
    said = compile_model("model.onnx", "left-alone", {"count": 2, "score": "weights", "refit": "never"})
    assert "heads left alone: it comes from an input of the model" in said or "it is an output of the model" in said, said

    inputs = sample(0)
    compile_model("masked.onnx", "masked")
    expected = run("masked", inputs)
    said = compile_model("model.onnx", "pruned", {"remove": [f"0:{GONE * HEADS // GROUPS}"], "refit": "never", "change_interface": True},
                         "--calib", path("samples"), "--report", path("report.json"))
    assert "layer 0: 2 of 6 heads removed: 2, 3" in said, said
    actual = run("pruned", {name: value[:, KEPT] if name != "x" else value for name, value in inputs.items()})
    for name in ("y", "present_key", "present_value"):
        wanted = expected[name] if name == "y" else expected[name][:, KEPT]
        error = np.abs(actual[name] - wanted).max() / np.abs(wanted).max()
        assert actual[name].shape == wanted.shape and error <= 1e-6, (batch, name, error)
    with open(path("report.json"), encoding="utf-8") as file:
        assert list(json.load(file)["outputs"]) == ["y"]
