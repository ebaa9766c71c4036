# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
"""A model without heads and neurons equals the one in which the products after them
have zeros in their place: each form that exporters write, with and without biases, with
fixed and open sizes, with shapes as constants and computed as tracing writes them. None
is left alone. The forms of one model have an output each; onnxruntime runs what is
written as ONNX, the compiled library the most open of the models."""
import itertools
import json
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1:]
HEADS, DEPTH, GROUPS, FEED = 4, 8, 2, 20
WIDTH = HEADS * DEPTH
BATCH, LENGTH, MEMORY = 2, 5, 7
FORMS, NEURONS = {}, {}  # what is removed of each


def form(*removed, table=FORMS):
    def add(function):
        table[function.__name__] = (function, list(removed))
        return function
    return add


def neurons(*removed):
    return form(*removed, table=NEURONS)


class Net:
    """Nodes and weights; every method gives the name of a value."""

    def __init__(self, bias, raw, masked):
        self.random = np.random.default_rng(0)
        self.bias, self.raw, self.masked = bias, raw, masked
        self.nodes, self.weights, self.shared = [], [], None

    def const(self, array, dtype=None):
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def ints(self, *values):
        return self.const(values, np.int64)

    def node(self, op, *inputs, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{op}_{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def normal(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32) / 6

    def size(self, x, axis):
        return self.node("Gather", self.node("Shape", x), self.const(axis, np.int64), axis=0)

    def reshape(self, x, *dims):
        """A dim of 0 is that of x. Traced models compute all of them."""
        if not self.raw or not any(dim == 0 for dim in dims):
            return self.node("Reshape", x, self.ints(*dims))
        return self.computed(x, *(self.size(x, i) if dim == 0 else dim for i, dim in enumerate(dims)))

    def computed(self, x, *dims):
        parts = [self.node("Unsqueeze", dim if isinstance(dim, str) else self.const(dim, np.int64), self.ints(0))
                 for dim in dims]
        return self.node("Reshape", x, self.node("Concat", *parts, axis=0))

    def transpose(self, x, *order):
        return self.node("Transpose", x, perm=order)

    def linear(self, x, weight):
        bias = self.normal(weight.shape[1])
        y = self.node("MatMul", x, self.const(weight))
        return self.node("Add", y, self.const(bias)) if self.bias else y

    def project(self, x="x", heads=HEADS):
        return self.linear(x, self.normal(WIDTH, heads * DEPTH))

    def packed(self, x="x", parts=3):
        return self.linear(x, self.normal(WIDTH, parts * WIDTH))

    def heads(self, x, heads=HEADS):
        """[batch, heads, length, depth]"""
        return self.transpose(self.reshape(x, 0, 0, heads, DEPTH), 0, 2, 1, 3)

    def scores(self, q, k):
        product = self.node("MatMul", q, self.transpose(k, 0, 1, 3, 2))
        return self.node("Mul", product, self.const(np.float32(DEPTH**-0.5)))

    def weigh(self, scores, v):
        return self.merge(self.node("MatMul", self.node("Softmax", scores, axis=-1), v))

    def merge(self, x):
        x = self.transpose(x, 0, 2, 1, 3)
        return self.computed(x, self.size(x, 0), self.size(x, 1), WIDTH) if self.raw else self.reshape(x, 0, 0, WIDTH)

    def attend(self, q, k, v, change=lambda scores: scores):
        return self.weigh(change(self.scores(q, k)), v)

    def three(self):
        return [self.heads(self.project()) for _ in range(3)]

    def places(self):
        """Distances between queries and keys, [length, length]."""
        places = self.node("Range", self.const(0, np.int64), self.size("x", 1), self.const(1, np.int64))
        return self.node("Abs", self.node("Sub", self.node("Unsqueeze", places, self.ints(0)),
                                          self.node("Unsqueeze", places, self.ints(1))))

    def relative_bias(self):
        """A row of heads for each distance, as in T5: [1, heads, length, length]."""
        table = self.const(self.normal(4, HEADS) * 6)
        rows = self.node("Gather", table, self.node("Min", self.places(), self.const(3, np.int64)))
        return self.node("Unsqueeze", self.transpose(rows, 2, 0, 1), self.ints(0))

    def add(self, lhs, rhs):
        return self.node("Add", lhs, rhs)

    # ------------------------------------------------------------ projections

    @form(1)
    def separate(self):
        return self.attend(*self.three())

    @form(0, 3)
    def gemm(self):
        """Rows of all batches; weights are transposed."""
        parts = []
        for _ in range(3):
            inputs = [self.reshape("x", -1, WIDTH), self.const(self.normal(WIDTH, WIDTH))]
            inputs += [self.const(self.normal(WIDTH))] if self.bias else []
            y = self.computed(self.node("Gemm", *inputs, transB=1), self.size("x", 0), self.size("x", 1), HEADS, DEPTH)
            parts.append(self.transpose(y, 0, 2, 1, 3))
        return self.attend(*parts)

    @form(2)
    def fused_split(self):
        parts = self.node("Split", self.packed(), self.ints(*[WIDTH] * 3), outputs=3, axis=2)
        return self.attend(*map(self.heads, parts))

    @form(0, 1, 2)
    def fused_sliced(self):
        y = self.packed()
        return self.attend(*(self.heads(self.node("Slice", y, self.ints(i * WIDTH), self.ints((i + 1) * WIDTH),
                                                  self.ints(2))) for i in range(3)))

    def fused(self):
        return self.transpose(self.reshape(self.packed(), 0, 0, 3, HEADS, DEPTH), 2, 0, 3, 1, 4)

    @form(3)
    def fused_gathered(self):
        y = self.fused()
        return self.attend(*(self.node("Gather", y, self.const(i, np.int64), axis=0) for i in range(3)))

    @form(0)
    def fused_unbound(self):
        parts = self.node("Split", self.fused(), self.ints(1, 1, 1), outputs=3, axis=0)
        return self.attend(*(self.node("Squeeze", part, self.ints(0)) for part in parts))

    @form(1, 2)
    def interleaved(self):
        """Queries, keys and values of one head side by side."""
        y = self.transpose(self.reshape(self.packed(), 0, 0, HEADS, 3 * DEPTH), 0, 2, 1, 3)
        return self.attend(*(self.node("Slice", y, self.ints(i * DEPTH), self.ints((i + 1) * DEPTH), self.ints(3))
                             for i in range(3)))

    @form(2)
    def keys_and_values_fused(self):
        pair = self.node("Split", self.packed(parts=2), self.ints(WIDTH, WIDTH), outputs=2, axis=2)
        return self.attend(self.heads(self.project()), *map(self.heads, pair))

    @form(1)
    def cross(self):
        return self.attend(self.heads(self.project()), *(self.heads(self.project("memory")) for _ in range(2)))

    # ------------------------------------------------------ ONNX's Attention

    @form(3)
    def op(self):
        return self.node("Attention", *(self.project() for _ in range(3)), q_num_heads=HEADS, kv_num_heads=HEADS)

    @form(0, 2)
    def op_fused(self):
        parts = self.node("Split", self.packed(), self.ints(*[WIDTH] * 3), outputs=3, axis=2)
        return self.node("Attention", *parts, q_num_heads=HEADS, kv_num_heads=HEADS, is_causal=1)

    @form(1)
    def op_of_heads(self):
        return self.merge(self.node("Attention", *self.three()))

    @form(0, 1)
    def op_grouped(self):
        pair = (self.project(heads=GROUPS) for _ in range(2))
        return self.node("Attention", self.project(), *pair, q_num_heads=HEADS, kv_num_heads=GROUPS)

    @form(1)
    def op_with_mask(self):
        return self.node("Attention", *(self.project() for _ in range(3)), self.relative_bias(),
                         q_num_heads=HEADS, kv_num_heads=HEADS)

    # ------------------------------------------------- ONNX Runtime's attention

    @form(2)
    def contrib(self):
        inputs = ["x", self.const(self.normal(WIDTH, 3 * WIDTH))]
        inputs += [self.const(self.normal(3 * WIDTH))] if self.bias else []
        return self.node("Attention", *inputs, num_heads=HEADS, domain="com.microsoft")

    @form(0, 3)
    def contrib_multi_head(self):
        inputs = [self.project() for _ in range(3)] + ([self.const(self.normal(3 * WIDTH))] if self.bias else [])
        return self.node("MultiHeadAttention", *inputs, num_heads=HEADS, domain="com.microsoft")

    @form(0, 1)
    def contrib_grouped(self):
        inputs = [self.project(), *(self.project(heads=GROUPS) for _ in range(2)), "", "",
                  self.const([LENGTH - 1] * BATCH, np.int32), self.const(LENGTH, np.int32),
                  *(self.const(self.normal(16, DEPTH // 2)) for _ in range(2))]
        return self.node("GroupQueryAttention", *inputs, num_heads=HEADS, kv_num_heads=GROUPS, do_rotary=1,
                         domain="com.microsoft")

    # ----------------------------------------------------------------- groups

    @form(2, 3)
    def grouped(self):
        def repeat(x):
            y = self.node("Unsqueeze", x, self.ints(2))
            shape = self.node("Mul", self.node("Shape", y), self.ints(1, 1, HEADS // GROUPS, 1, 1))
            y = self.node("Expand", y, shape)
            return self.computed(y, self.size(x, 0), HEADS, self.size(x, 2), DEPTH)
        pair = (repeat(self.heads(self.project(heads=GROUPS), GROUPS)) for _ in range(2))
        return self.attend(self.heads(self.project()), *pair)

    @form(1, 2)
    def one_key_for_all(self):
        pair = (self.heads(self.project(heads=1), 1) for _ in range(2))
        return self.attend(self.heads(self.project()), *pair)

    # ------------------------------------------------- masks, biases, rotation

    @form(0)
    def relative(self):
        bias = self.relative_bias()
        return self.attend(*self.three(), lambda scores: self.add(scores, bias))

    @form(1)
    def relative_of_two_layers(self):
        self.shared = self.relative_bias()
        return self.attend(*self.three(), lambda scores: self.add(scores, self.shared))

    @form(0, 2)
    def relative_of_two_layers_again(self):
        return self.attend(*self.three(), lambda scores: self.add(scores, self.shared))

    @form(2)
    def slopes(self):
        """As ALiBi adds them."""
        far = self.node("Cast", self.places(), to=TensorProto.FLOAT)
        far = self.node("Mul", far, self.const(-self.normal(HEADS, 1, 1)))
        return self.attend(*self.three(), lambda scores: self.add(scores, far))

    @form(3)
    def bias_from_outside(self):
        return self.attend(*self.three(), lambda scores: self.add(scores, "bias"))

    @form(1)
    def masked_and_added(self):
        keep = self.node("Unsqueeze", self.node("Cast", "padding", to=TensorProto.BOOL), self.ints(1, 2))
        far = self.node("Where", keep, self.const(np.float32(0)), self.const(np.float32(-1e9)))
        return self.attend(*self.three(), lambda scores: self.add(scores, far))

    @form(3)
    def masked_by_where(self):
        keep = self.node("Unsqueeze", self.node("Cast", "padding", to=TensorProto.BOOL), self.ints(1, 2))
        return self.attend(*self.three(), lambda scores: self.node("Where", keep, scores, self.const(np.float32(-np.inf))))

    def rotate(self, x):
        half = DEPTH // 2
        low, high = (self.node("Slice", x, self.ints(i * half), self.ints((i + 1) * half), self.ints(3)) for i in range(2))
        turned = self.node("Concat", self.node("Neg", high), low, axis=-1)
        places = self.node("Range", self.const(0, np.int64), self.size("x", 1), self.const(1, np.int64))
        table = [self.const(self.normal(16, DEPTH)) for _ in range(2)]
        cos, sin = (self.node("Gather", rows, places) for rows in table)
        return self.add(self.node("Mul", x, cos), self.node("Mul", turned, sin))

    @form(0)
    def rotated(self):
        q, k, v = self.three()
        return self.attend(self.rotate(q), self.rotate(k), v)

    @form(2)
    def queries_and_keys_normalized(self):
        def norm(x):
            mean = self.node("ReduceMean", self.node("Mul", x, x), self.ints(-1))
            root = self.node("Sqrt", self.add(mean, self.const(np.float32(1e-5))))
            return self.node("Mul", self.node("Div", x, root), self.const(self.normal(DEPTH)))
        q, k, v = self.three()
        return self.attend(norm(q), norm(k), v)

    # ------------------------------------------------------ heads and batches

    @form(1, 3)
    def batch_and_heads_joined(self):
        def joined(x):
            return self.computed(x, -1, self.size(x, 2), DEPTH)
        q, k, v = map(joined, self.three())
        scores = self.node("Mul", self.node("MatMul", q, self.transpose(k, 0, 2, 1)), self.const(np.float32(DEPTH**-0.5)))
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), v)
        return self.merge(self.computed(mixed, -1, HEADS, self.size("x", 1), DEPTH))

    @form(2)
    def length_first(self):
        """As PyTorch's MultiheadAttention is traced: a size is batch times heads."""
        batch, length = self.size("x", 0), self.size("x", 1)
        joined = self.node("Mul", batch, self.const(HEADS, np.int64))

        def heads():
            x = self.transpose(self.project(), 1, 0, 2)
            return self.transpose(self.computed(x, length, joined, DEPTH), 1, 0, 2)
        q, k, v = heads(), heads(), heads()
        q = self.node("Mul", q, self.const(np.float32(DEPTH**-0.5)))
        weights = self.node("Softmax", self.node("MatMul", q, self.transpose(k, 0, 2, 1)), axis=-1)
        mixed = self.transpose(self.node("MatMul", weights, v), 1, 0, 2)
        return self.transpose(self.computed(mixed, length, batch, WIDTH), 1, 0, 2)

    # ---------------------------------------------------------------- neurons

    def up(self):
        return self.linear("x", self.normal(WIDTH, FEED))

    @neurons(0, 7, 19)
    def feed_forward(self):
        return self.node("Relu", self.up())

    @neurons(1, 2)
    def gelu(self):
        h = self.up()
        erf = self.add(self.node("Erf", self.node("Div", h, self.const(np.float32(2**0.5)))), self.const(np.float32(1)))
        return self.node("Mul", self.node("Mul", h, erf), self.const(np.float32(0.5)))

    @neurons(3, 4)
    def gated(self):
        gate = self.up()
        return self.node("Mul", self.node("Mul", gate, self.node("Sigmoid", gate)), self.up())

    @neurons(5)
    def gate_and_up_fused(self):
        gate, up = self.node("Split", self.linear("x", self.normal(WIDTH, 2 * FEED)), self.ints(FEED, FEED), outputs=2,
                             axis=2)
        return self.node("Mul", self.node("Sigmoid", gate), up)

    @neurons(9, 10)
    def gemm_of_rows(self):
        inputs = [self.reshape("x", -1, WIDTH), self.const(self.normal(FEED, WIDTH))]
        inputs += [self.const(self.normal(FEED))] if self.bias else []
        h = self.node("Tanh", self.node("Gemm", *inputs, transB=1))
        return self.computed(h, self.size("x", 0), self.size("x", 1), FEED)

    # ------------------------------------------------------------------ whole

    def build(self, path, batch, length):
        outputs = []
        for table, rows, size in ((FORMS, WIDTH, DEPTH), (NEURONS, FEED, 1)):
            for name, (function, removed) in table.items():
                y = function(self)
                weight = self.normal(rows, WIDTH)
                for unit in removed if self.masked else []:
                    weight[unit * size:(unit + 1) * size] = 0
                y = self.linear(y, weight)
                self.nodes.append(helper.make_node("Identity", [y], [name], name=name))
                outputs.append(value(name, [batch, length, WIDTH]))
        inputs = [value("x", [batch, length, WIDTH]), value("memory", [batch, MEMORY, WIDTH]),
                  value("bias", [1, HEADS, length, length]), value("padding", [batch, length], TensorProto.INT64)]
        graph = helper.make_graph(self.nodes, "net", inputs, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23), helper.make_opsetid("com.microsoft", 1)],
                                  ir_version=10)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def value(name, dims, dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, dims)


def path(*names):
    return os.path.join(folder, *names)


def call(*arguments):
    done = subprocess.run([tool, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def write_recipe():
    heads = [f"{layer}:{head}" for layer, (_, gone) in enumerate(FORMS.values()) for head in gone]
    feed = [f"{layer}:{neuron}" for layer, (_, gone) in enumerate(NEURONS.values()) for neuron in gone]
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({"prune": [{"heads": {"remove": heads, "refit": "never"}},
                             {"neurons": {"remove": feed, "refit": "never"}}]}, file)


def check_told(said, what):
    for table, kind, count in ((FORMS, "heads", HEADS), (NEURONS, "neurons", FEED)):
        for layer, (name, (_, gone)) in enumerate(table.items()):
            text = f"layer {layer}: {len(gone)} of {count} {kind} removed"
            assert text in said, f"{what}: {name} is left alone:\n{said}"


def check_equal(actual, expected, what):
    for name in [*FORMS, *NEURONS]:
        error = np.abs(actual[name] - expected[name]).max() / np.abs(expected[name]).max()
        assert error <= 1e-6, (what, name, error)


def write_and_run(model, *arguments):
    said = call("compile", model, "--emit=onnx", "-o", path("written"), "--verbose", *arguments)
    session = onnxruntime.InferenceSession(path("written", os.path.basename(model)))
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, INPUTS))), said


def compile_and_run(model, *arguments):
    out = path("library-" + os.path.basename(model))
    said = call("compile", model, "-o", out, "--verbose", *arguments)
    call("run", out, "--inputs", path("x.npz"), "--output", out + ".npz")
    return np.load(out + ".npz"), said


random = np.random.default_rng(1)
INPUTS = {name: random.standard_normal(shape).astype(np.float32) for name, shape in
          (("x", (BATCH, LENGTH, WIDTH)), ("memory", (BATCH, MEMORY, WIDTH)), ("bias", (1, HEADS, LENGTH, LENGTH)))}
INPUTS["padding"] = np.array([[1] * LENGTH, [1] * 3 + [0] * (LENGTH - 3)])
write_recipe()
np.savez(path("x.npz"), **INPUTS)
for sizes in ((BATCH, LENGTH), ("batch", LENGTH), ("batch", "length")):
    for bias, raw in itertools.product((True, False), repeat=2):
        what = f"sizes {sizes}, {bias=}, {raw=}"
        Net(bias, raw, masked=True).build(path("masked.onnx"), *sizes)
        Net(bias, raw, masked=False).build(path("model.onnx"), *sizes)
        for run in (write_and_run, compile_and_run) if bias and raw and sizes[1] == "length" else (write_and_run,):
            expected, _ = run(path("masked.onnx"))
            actual, said = run(path("model.onnx"), "--recipe", path("recipe.json"))
            check_told(said, what)
            check_equal(actual, expected, what)
