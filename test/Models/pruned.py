# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
"""A model without heads and neurons equals the one in which the products after them
have zeros in their place: each form that exporters write, with and without biases, with
fixed and open sizes. None is left alone."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1:]
HEADS, DEPTH, WIDTH, GROUPS = 4, 8, 32, 2
BATCH, LENGTH = 2, 5
FEED = 20
NEURONS = {0: [0, 7, 19], 1: [3, 4]}
REMOVED = {0: [1], 1: [0, 3], 2: [2], 3: [0, 1, 2], 4: [0, 1], 5: [3]}


class Net:
    """Nodes and weights of a stack of attention layers, a form each."""

    def __init__(self, bias, masked):
        self.random = np.random.default_rng(0)
        self.bias, self.masked = bias, masked
        self.nodes, self.weights, self.count = [], [], 0

    def const(self, array):
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"t{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{op}_{self.count}", **attributes))
        return names[0] if outputs == 1 else names

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32) / 6

    def linear(self, x, weight):
        bias = self.normal(weight.shape[1])
        y = self.node("MatMul", x, self.const(weight))
        return self.node("Add", y, self.const(bias)) if self.bias else y

    def split_heads(self, x, heads=HEADS):
        y = self.node("Reshape", x, self.const(np.array([0, 0, heads, DEPTH])))
        return self.node("Transpose", y, perm=[0, 2, 1, 3])

    def attend(self, q, k, v):
        scores = self.node("MatMul", q, self.node("Transpose", k, perm=[0, 1, 3, 2]))
        scaled = self.node("Mul", scores, self.const(np.float32(DEPTH**-0.5)))
        weights = self.node("Softmax", scaled, axis=-1)
        y = self.node("Transpose", self.node("MatMul", weights, v), perm=[0, 2, 1, 3])
        return self.node("Reshape", y, self.const(np.array([0, 0, HEADS * DEPTH])))

    def project(self, x, layer):
        weight = self.normal(HEADS * DEPTH, WIDTH)
        if self.masked:
            for head in REMOVED[layer]:
                weight[head * DEPTH:(head + 1) * DEPTH] = 0
        return self.linear(x, weight)

    def separate(self, x):
        q, k, v = (self.split_heads(self.linear(x, self.normal(WIDTH, HEADS * DEPTH))) for _ in range(3))
        return self.attend(q, k, v)

    def fused_split(self, x):
        packed = self.linear(x, self.normal(WIDTH, 3 * HEADS * DEPTH))
        parts = self.node("Split", packed, self.const(np.array([HEADS * DEPTH] * 3)), outputs=3, axis=2)
        return self.attend(*map(self.split_heads, parts))

    def fused_gather(self, x):
        packed = self.linear(x, self.normal(WIDTH, 3 * HEADS * DEPTH))
        y = self.node("Reshape", packed, self.const(np.array([0, 0, 3, HEADS, DEPTH])))
        y = self.node("Transpose", y, perm=[2, 0, 3, 1, 4])
        return self.attend(*(self.node("Gather", y, self.const(np.array(i)), axis=0) for i in range(3)))

    def interleaved(self, x):
        """Queries, keys and values of one head side by side, cut out by slices."""
        packed = self.linear(x, self.normal(WIDTH, 3 * HEADS * DEPTH))
        y = self.node("Reshape", packed, self.const(np.array([0, 0, HEADS, 3 * DEPTH])))
        y = self.node("Transpose", y, perm=[0, 2, 1, 3])
        cut = [self.node("Slice", y, self.const(np.array([i * DEPTH])), self.const(np.array([(i + 1) * DEPTH])),
                         self.const(np.array([3]))) for i in range(3)]
        return self.attend(*cut)

    def grouped(self, x):
        q = self.split_heads(self.linear(x, self.normal(WIDTH, HEADS * DEPTH)))
        pair = []
        for _ in range(2):
            y = self.split_heads(self.linear(x, self.normal(WIDTH, GROUPS * DEPTH)), GROUPS)
            y = self.node("Unsqueeze", y, self.const(np.array([2])))
            shape = self.node("Shape", y)
            ones = self.const(np.array([1, 1, HEADS // GROUPS, 1, 1]))
            y = self.node("Expand", y, self.node("Mul", shape, ones))
            pair.append(self.node("Reshape", y, self.const(np.array([0, HEADS, -1, DEPTH]))))
        return self.attend(q, *pair)

    def gemm(self, x):
        """One batch of rows; weights are transposed."""
        flat = self.node("Reshape", x, self.const(np.array([-1, WIDTH])))
        shape = self.node("Shape", x)
        sizes = self.node("Concat", self.node("Slice", shape, self.const(np.array([0])), self.const(np.array([2]))),
                          self.const(np.array([HEADS, DEPTH])), axis=0)
        parts = []
        for _ in range(3):
            inputs = [flat, self.const(self.normal(HEADS * DEPTH, WIDTH))]
            inputs += [self.const(self.normal(HEADS * DEPTH))] if self.bias else []
            y = self.node("Reshape", self.node("Gemm", *inputs, transB=1), sizes)
            parts.append(self.node("Transpose", y, perm=[0, 2, 1, 3]))
        return self.attend(*parts)

    def down(self, x, layer):
        weight = self.normal(FEED, WIDTH)
        if self.masked:
            weight[NEURONS[layer]] = 0
        return self.linear(x, weight)

    def feed_forward(self, x):
        return self.down(self.node("Relu", self.linear(x, self.normal(WIDTH, FEED))), 0)

    def gated(self, x):
        gate = self.linear(x, self.normal(WIDTH, FEED))
        gate = self.node("Mul", gate, self.node("Sigmoid", gate))
        return self.down(self.node("Mul", gate, self.linear(x, self.normal(WIDTH, FEED))), 1)

    def save(self, path, dims):
        x = "x"
        forms = [self.separate, self.fused_split, self.fused_gather, self.interleaved, self.grouped, self.gemm]
        for layer, form in enumerate(forms):
            x = self.node("Add", x, self.project(form(x), layer))
        for form in (self.feed_forward, self.gated):
            x = self.node("Add", x, form(x))
        self.nodes.append(helper.make_node("Identity", [x], ["y"], name="y"))
        shape = [*dims, WIDTH]
        graph = helper.make_graph(self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def path(*names):
    return os.path.join(folder, *names)


def compile_and_run(model, out, *arguments):
    done = subprocess.run([tool, "compile", model, "-o", out, "--verbose", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run([tool, "run", out, "--inputs", path("x.npz"), "--output", out + ".npz"],
                         capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return np.load(out + ".npz")["y"], done.stderr


with open(path("recipe.json"), "w", encoding="utf-8") as file:
    heads = [f"{layer}:{head}" for layer, heads in REMOVED.items() for head in heads]
    neurons = [f"{layer}:{neuron}" for layer, neurons in NEURONS.items() for neuron in neurons]
    json.dump({"prune": [{"heads": {"remove": heads, "refit": "never"}},
                         {"neurons": {"remove": neurons, "refit": "never"}}]}, file)
np.savez(path("x.npz"), x=np.random.default_rng(1).standard_normal((BATCH, LENGTH, WIDTH)).astype(np.float32))
for bias in (True, False):
    for dims in ([BATCH, LENGTH], ["batch", LENGTH], ["batch", "seq"]):
        Net(bias, masked=True).save(path("masked.onnx"), dims)
        Net(bias, masked=False).save(path("model.onnx"), dims)
        expected, _ = compile_and_run(path("masked.onnx"), path("masked"))
        actual, said = compile_and_run(path("model.onnx"), path("pruned"), "--recipe", path("recipe.json"))
        for layer, gone in REMOVED.items():
            text = f"layer {layer}: {len(gone)} of {HEADS} heads removed"
            assert text in said, (bias, dims, text, said)
        for layer, gone in NEURONS.items():
            text = f"layer {layer}: {len(gone)} of {FEED} neurons removed"
            assert text in said, (bias, dims, text, said)
        error = np.abs(actual - expected).max() / np.abs(expected).max()
        assert error <= 1e-6, (bias, dims, error)
