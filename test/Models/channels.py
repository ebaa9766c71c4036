# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
"""A network without channels equals the one in which the convolutions and products that
read them have zeros in their place: residual groups, depthwise and grouped
convolutions, gates, concatenations, flattening, fixed and open sizes. Where a channel
has a twin, the refit makes up for it."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1:]
# By layer: the first convolution of each set of channels, in the model's order.
REMOVED = {0: [0, 5], 1: [2, 3], 2: [1], 3: [7], 4: [0, 1], 5: [3], 6: [0, 2]}
COUNTS = {0: 8, 1: 12, 2: 4, 3: 8, 4: 8, 5: 6, 6: 4}


class Net:
    def __init__(self, masked):
        self.random = np.random.default_rng(0)
        self.masked = masked
        self.nodes, self.weights = [], []

    def const(self, array):
        self.weights.append(numpy_helper.from_array(np.asarray(array), f"c{len(self.weights)}"))
        return self.weights[-1].name

    def node(self, op, *inputs, **attributes):
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32) / 4

    def conv(self, x, outputs, inputs, kernel=1, groups=1, gone=(), bias=True, **attributes):
        """`gone`: channels of the input that other channels must do without."""
        weight = self.normal(outputs, inputs // groups, kernel, kernel)
        if self.masked and gone:
            weight[:, list(gone)] = 0
        pads = [kernel // 2] * 4
        more = [self.const(self.normal(outputs))] if bias else []
        return self.node("Conv", x, self.const(weight), *more, group=groups, pads=pads, **attributes)

    def norm(self, x, channels):
        values = [self.const(np.abs(self.normal(channels)) + 0.5) for _ in range(4)]
        return self.node("BatchNormalization", x, *values)

    def residual(self, x):
        y = self.node("Relu", self.norm(self.conv(x, 12, 8, gone=REMOVED[0], bias=False), 12))
        y = self.node("HardSwish", self.conv(y, 12, 12, 3, groups=12))
        return self.node("Relu", self.node("Add", x, self.conv(y, 8, 12, gone=REMOVED[1])))

    def gate(self, x):
        y = self.node("GlobalAveragePool", x)
        y = self.node("Relu", self.conv(y, 4, 8, gone=REMOVED[0]))
        y = self.node("HardSigmoid", self.conv(y, 8, 4, gone=REMOVED[2]))
        return self.node("Mul", x, y)

    def parts(self, x):
        """Two convolutions side by side; the second has groups of two channels behind it."""
        y = self.conv(x, 8, 8, 3, gone=REMOVED[0])
        z = self.conv(x, 8, 8, gone=REMOVED[0])
        z = self.conv(z, 4, 8, groups=4)
        gone = [*REMOVED[3], *(8 + c // 2 for c in REMOVED[4][:1])]
        joined = self.node("Concat", self.node("MaxPool", y, kernel_shape=[3, 3], pads=[1] * 4), z, axis=1)
        return self.conv(joined, 6, 12, gone=gone)

    def head(self, x, dims):
        y = self.node("Resize", x, "", self.const(np.array([1, 1, 2, 2], np.float32)))
        y = self.conv(y, 4, 6, gone=REMOVED[5], strides=[2, 2])
        y = self.node("Flatten", y)
        size = dims[0] * dims[1]
        weight = self.normal(4 * size, 3)
        if self.masked:
            for channel in REMOVED[6]:
                weight[channel * size:(channel + 1) * size] = 0
        return self.node("Gemm", y, self.const(weight), self.const(self.normal(3)))

    def save(self, path, batch):
        x = self.conv("x", 8, 3, 3)
        y = self.head(self.parts(self.gate(self.residual(x))), (6, 6))
        self.nodes.append(helper.make_node("Identity", [y], ["y"], name="y"))
        graph = helper.make_graph(
            self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 6, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 3])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def path(*names):
    return os.path.join(folder, *names)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def compile_and_run(model, out, *arguments):
    said = run(tool, "compile", model, "-o", out, "--verbose", *arguments)
    run(tool, "run", out, "--inputs", path("x.npz"), "--output", out + ".npz")
    return np.load(out + ".npz")["y"], said


def write_recipe(**step):
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({"prune": [{"channels": step}]}, file)
    return ["--recipe", path("recipe.json")]


random = np.random.default_rng(1)
np.savez(path("x.npz"), x=random.standard_normal((2, 3, 6, 6)).astype(np.float32))
given = write_recipe(remove=[f"{layer}:{c}" for layer, gone in REMOVED.items() for c in gone], refit="never")
for batch in (2, "batch"):
    Net(masked=True).save(path("masked.onnx"), batch)
    Net(masked=False).save(path("model.onnx"), batch)
    expected, _ = compile_and_run(path("masked.onnx"), path("masked"))
    actual, said = compile_and_run(path("model.onnx"), path("pruned"), *given)
    for layer, gone in REMOVED.items():
        text = f"layer {layer}: {len(gone)} of {COUNTS[layer]} channels removed"
        assert text in said, (batch, text, said)
    assert "left alone" not in said, said
    error = np.abs(actual - expected).max() / np.abs(expected).max()
    assert error <= 1e-6, (batch, error)

# The first convolution's channels come in pairs: half of them can go for nothing.
net = Net(masked=False)
weight, bias = net.normal(8, 3, 3, 3), net.normal(8)
weight[4:], bias[4:] = weight[:4], bias[:4]
y = net.node("Conv", "x", net.const(weight), net.const(bias), pads=[1] * 4)
y = net.conv(net.node("Relu", y), 5, 8, 3, bias=False)
net.nodes.append(helper.make_node("Identity", [y], ["y"], name="y"))
shape = ["batch", None, 6, 6]
onnx.save(helper.make_model(helper.make_graph(
    net.nodes, "twins", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 6, 6])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 5, 6, 6])], net.weights),
    opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path("twins.onnx"))
os.mkdir(path("samples"))
for i in range(20):
    np.savez(path("samples", f"{i}.npz"), x=random.standard_normal((1, 3, 6, 6)).astype(np.float32))
for score in ("weights", "activation", "leave-one-out-refit"):
    recipe = write_recipe(remove=[f"0:{c}" for c in range(4)], ridge=1e-6) if score == "weights" else \
        write_recipe(count=1, score=score, align=1, ridge=1e-6)
    compile_and_run(path("twins.onnx"), path("out"), *recipe, "--calib", path("samples"), "--report", path("r.json"))
    with open(path("r.json"), encoding="utf-8") as file:
        report = json.load(file)
    step, = report["steps"]
    assert step["refit"]["used"] and step["refit"]["cosine_with"] > max(step["refit"]["cosine_without"], 0.9999), step
    assert step["removed"] == (4 if score == "weights" else 1), step
    assert step["left_alone"][0]["reason"] == "it is an output of the model", step
