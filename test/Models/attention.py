# RUN: %python %s
"""Attention in the forms that exporters write: each becomes one op, whatever the
order of its nodes, and what is something else does not; onnxruntime gives the
same numbers. All forms are in one model, each with an output, and weights and
nodes of its own."""
import os
import re
import subprocess
import sys
import tempfile

import models
import nets
import numpy as np
import onnx

HEADS, DEPTH = 4, 8
WIDTH = HEADS * DEPTH
SCALE = DEPTH ** -0.5
FLOAT, BOOL, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.BOOL, onnx.TensorProto.INT64
LOWEST = float(np.finfo(np.float32).min)


class Form(nets.Net):
    """Parts of attention; a form is made of some of them."""

    def __init__(self, batch, length):
        super().__init__("attention")
        self.batch, self.length = batch, length
        self.form, self.bias = "", False
        self.x = self.input("x", [batch, length, WIDTH])
        self.memory = self.input("memory", [batch, 7, WIDTH])
        self.padding = self.input("padding", [batch, length], np.int64)
        self.past = self.input("past", [batch, HEADS, 6, DEPTH])

    def node(self, op, inputs, name=None, **others):
        kind = "softmax" if op == "Softmax" else f"{op}_{len(self.nodes)}"
        return super().node(op, inputs, name or f"{self.form}/{kind}", **others)

    def add(self, lhs, rhs):
        return self.node("Add", [lhs, rhs])

    def mul(self, lhs, rhs):
        return self.node("Mul", [lhs, rhs])

    def div(self, lhs, rhs):
        return self.node("Div", [lhs, rhs])

    def matmul(self, lhs, rhs):
        return self.node("MatMul", [lhs, rhs])

    def einsum(self, equation, *inputs):
        return self.node("Einsum", inputs, equation=equation)

    def transpose(self, x, *order):
        return self.node("Transpose", [x], perm=order)

    def reshape(self, x, *dims):
        return self.node("Reshape", [x, self.ints(*dims)])

    def unsqueeze(self, x, *axes):
        return self.node("Unsqueeze", [x, self.ints(*axes)])

    def softmax(self, x, axis=-1):
        return self.node("Softmax", [x], axis=axis)

    def size(self, x, axis):
        """An extent as a tensor of one element."""
        return self.node("Gather", [self.node("Shape", [x]), self.ints(axis)])

    def project(self, x=None, heads=HEADS, depth=DEPTH):
        return self.linear(x or self.x, WIDTH, heads * depth, self.bias)

    def rows(self, x=None, heads=HEADS, depth=DEPTH):
        """[batch, length, heads, depth]"""
        return self.reshape(self.project(x, heads, depth), 0, 0, heads, depth)

    def split(self, x=None, heads=HEADS, depth=DEPTH):
        """[batch, heads, length, depth]"""
        return self.transpose(self.rows(x, heads, depth), 0, 2, 1, 3)

    def split_transposed(self, x=None):
        """[batch, heads, depth, length]"""
        return self.transpose(self.rows(x), 0, 2, 3, 1)

    def scores(self, memory=None):
        return self.mul(self.matmul(self.split(), self.split_transposed(memory)), self.constant(SCALE))

    def weigh(self, scores, memory=None):
        return self.merge(self.matmul(self.softmax(scores), self.split(memory)))

    def merge(self, x):
        return self.reshape(self.transpose(x, 0, 2, 1, 3), 0, 0, -1)

    def packed(self):
        """[batch, length, 3 * width]"""
        return self.linear(self.x, WIDTH, 3 * WIDTH, self.bias)

    def keep(self):
        """Which keys are no padding: [batch, 1, 1, length]"""
        return self.unsqueeze(self.node("Cast", [self.padding], to=BOOL), 1, 2)

    def range(self):
        size = self.node("Squeeze", [self.size(self.x, 1)])
        return self.node("Range", [self.constant(0, np.int64), size, self.constant(1, np.int64)])

    def causal(self):
        """[length, length]"""
        places = self.range()
        return self.node("LessOrEqual", [self.unsqueeze(places, 0), self.unsqueeze(places, 1)])

    def square(self, value, dtype=np.float32):
        """[length, length] of one number"""
        size = self.size(self.x, 1)
        shape = self.node("Concat", [size, size], axis=0)
        return self.node("Expand", [self.constant(value, dtype), shape])


# Each function gives an output of [batch, length, width]. `why` is what the
# compiler says of those that are no attention.
FORMS = {}


def form(function=None, why=None):
    if function is None:
        return lambda function: form(function, why)
    FORMS[function.__name__] = (function, why)
    return function


# ------------------------------------------------------------- projections

@form
def separate(net):
    return net.weigh(net.scores())


@form
def keys_transposed_twice(net):
    keys = net.transpose(net.split(), 0, 1, 3, 2)
    return net.weigh(net.div(net.matmul(net.split(), keys), net.constant(DEPTH ** 0.5)))


@form
def gemms(net):
    def project():
        flat = net.reshape(net.x, -1, WIDTH)
        y = net.node("Gemm", [flat, net.weight(WIDTH, WIDTH, scale=WIDTH ** -0.5), net.weight(WIDTH, scale=0.1)])
        shape = net.node("Concat", [net.node("Shape", [net.x], start=0, end=2), net.ints(HEADS, DEPTH)], axis=0)
        return net.transpose(net.node("Reshape", [y, shape]), 0, 2, 1, 3)
    q, k, v = project(), project(), project()
    scores = net.mul(net.matmul(q, net.transpose(k, 0, 1, 3, 2)), net.constant([SCALE]))
    return net.merge(net.matmul(net.softmax(scores), v))


@form
def packed_and_split(net):
    parts = net.node("Split", [net.packed()], outputs=3, axis=2, num_outputs=3)
    q, k, v = (net.transpose(net.reshape(p, 0, 0, HEADS, DEPTH), 0, 2, 1, 3) for p in parts)
    scores = net.matmul(net.mul(q, net.constant(SCALE)), net.transpose(k, 0, 1, 3, 2))
    return net.merge(net.matmul(net.softmax(scores), v))


@form
def packed_and_gathered(net):
    packed = net.transpose(net.reshape(net.packed(), 0, 0, 3, HEADS, DEPTH), 2, 0, 3, 1, 4)
    q, k, v = (net.node("Gather", [packed, net.constant(i, np.int64)], axis=0) for i in range(3))
    scores = net.mul(net.matmul(q, net.transpose(k, 0, 1, 3, 2)), net.constant(SCALE))
    return net.merge(net.matmul(net.softmax(scores), v))


@form
def packed_and_sliced(net):
    packed = net.transpose(net.reshape(net.packed(), 0, 0, 3, HEADS, DEPTH), 2, 0, 3, 1, 4)
    parts = [net.node("Slice", [packed, net.ints(i), net.ints(i + 1), net.ints(0)]) for i in range(3)]
    q, k, v = (net.node("Squeeze", [p, net.ints(0)]) for p in parts)
    half = net.constant([SCALE ** 0.5])
    # As PyTorch's scaled_dot_product_attention is exported.
    flat = net.transpose(net.node("Reshape", [k, net.node("Concat", [
        net.ints(-1), net.node("Shape", [k], start=2, end=4)], axis=0)]), 0, 2, 1)
    shape = net.node("Concat", [net.node("Shape", [k], start=0, end=2), net.node("Shape", [k], start=3, end=4),
                                net.node("Shape", [k], start=2, end=3)], axis=0)
    keys = net.node("Reshape", [flat, shape])
    scores = net.matmul(net.mul(q, half), net.mul(keys, half))
    return net.merge(net.matmul(net.softmax(scores), v))


@form
def cross(net):
    return net.weigh(net.scores(net.memory), net.memory)


@form
def other_depth_of_values(net):
    return net.linear(net.merge(net.matmul(net.softmax(net.scores()), net.split(depth=5))), HEADS * 5, WIDTH)


@form
def with_past(net):
    keys = net.node("Concat", [net.past, net.split()], axis=2)
    values = net.node("Concat", [net.past, net.split()], axis=2)
    net.output(keys, "present_key", [net.batch, HEADS, "total", DEPTH])
    scores = net.mul(net.matmul(net.split(), net.transpose(keys, 0, 1, 3, 2)), net.constant(SCALE))
    return net.merge(net.matmul(net.softmax(scores), values))


# ----------------------------------------------------------------- products

@form
def einsums_of_heads(net):
    scores = net.mul(net.einsum("bhid,bhjd->bhij", net.split(), net.split()), net.constant(SCALE))
    return net.merge(net.einsum("bhij,bhjd->bhid", net.softmax(scores), net.split()))


@form
def einsums_of_rows(net):
    scores = net.mul(net.einsum("bihd,bjhd->bhij", net.rows(), net.rows()), net.constant(SCALE))
    return net.reshape(net.einsum("bhij,bjhd->bihd", net.softmax(scores), net.rows()), 0, 0, WIDTH)


@form
def einsum_with_keys_first(net):
    scores = net.einsum("bjhd,bihd->bhij", net.rows(), net.mul(net.rows(), net.constant(SCALE)))
    return net.reshape(net.einsum("bjhd,bhij->bihd", net.rows(), net.softmax(scores)), 0, 0, WIDTH)


def joined(net, x):
    """[batch * heads, length, depth]"""
    last = net.node("Shape", [x], start=2, end=4)
    return net.node("Reshape", [x, net.node("Concat", [net.ints(-1), last], axis=0)])


def parted(net, x):
    """[batch * heads, m, n] to [batch, heads, m, n]"""
    last = net.node("Shape", [x], start=1, end=3)
    return net.node("Reshape", [x, net.node("Concat", [net.ints(-1, HEADS), last], axis=0)])


@form
def batch_and_heads_joined(net):
    q, k, v = (joined(net, net.split()) for _ in range(3))
    scores = net.matmul(net.mul(q, net.constant(SCALE)), net.transpose(k, 0, 2, 1))
    return net.merge(parted(net, net.matmul(net.softmax(scores), v)))


@form
def joined_but_for_the_mask(net):
    q, k, v = (joined(net, net.split()) for _ in range(3))
    scores = net.matmul(net.mul(q, net.constant(SCALE)), net.transpose(k, 0, 2, 1))
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(LOWEST)])
    scores = joined(net, net.add(parted(net, scores), far))
    return net.merge(parted(net, net.matmul(net.softmax(scores), v)))


@form
def length_first(net):
    """As in PyTorch's MultiheadAttention."""
    def heads():
        x = net.transpose(net.project(net.x), 1, 0, 2)
        shape = net.node("Concat", [net.size(net.x, 1), net.ints(-1, DEPTH)], axis=0)
        return net.transpose(net.node("Reshape", [x, shape]), 1, 0, 2)
    q, k, v = heads(), heads(), heads()
    scores = net.matmul(net.mul(q, net.constant(SCALE)), net.transpose(k, 0, 2, 1))
    mixed = net.transpose(net.matmul(net.softmax(scores), v), 1, 0, 2)
    shape = net.node("Concat", [net.size(net.x, 1), net.size(net.x, 0), net.ints(WIDTH)], axis=0)
    return net.transpose(net.node("Reshape", [mixed, shape]), 1, 0, 2)


@form
def one_head(net):
    q, k, v = (net.project() for _ in range(3))
    scores = net.div(net.matmul(q, net.transpose(k, 0, 2, 1)), net.constant(WIDTH ** 0.5))
    return net.matmul(net.softmax(scores), v)


@form
def softmax_of_rows(net):
    scores = net.scores()
    shape = net.node("Shape", [scores])
    flat = net.node("Reshape", [scores, net.node("Concat", [net.ints(-1), net.size(scores, 3)], axis=0)])
    weights = net.node("Reshape", [net.softmax(flat), shape])
    return net.merge(net.matmul(weights, net.split()))


# -------------------------------------------------------------------- scale

@form
def scaled_on_both_sides(net):
    half = net.constant(SCALE ** 0.5)
    return net.weigh(net.matmul(net.mul(net.split(), half), net.mul(half, net.split_transposed())))


@form
def scaled_before_heads(net):
    q = net.transpose(net.reshape(net.mul(net.project(), net.constant(SCALE)), 0, 0, HEADS, DEPTH), 0, 2, 1, 3)
    return net.weigh(net.matmul(q, net.split_transposed()))


@form
def not_scaled(net):
    return net.weigh(net.matmul(net.split(), net.split_transposed()))


@form
def scale_is_computed(net):
    q = net.split()
    root = net.node("Sqrt", [net.node("Cast", [net.size(q, 3)], to=FLOAT)])
    return net.weigh(net.div(net.matmul(q, net.split_transposed()), root))


@form
def scale_is_learned(net):
    q, k = net.split(), net.split_transposed()
    factor = net.node("ReduceMean", [net.node("Abs", [net.past])], keepdims=0)
    return net.weigh(net.mul(net.matmul(q, k), factor))


@form
def scaled_after_the_mask(net):
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(LOWEST)])
    return net.weigh(net.mul(net.add(net.matmul(net.split(), net.split_transposed()), far), net.constant(SCALE)))


@form
def capped(net):
    cap = net.constant(5)
    scores = net.mul(net.node("Tanh", [net.div(net.scores(), cap)]), cap)
    return net.weigh(net.node("Where", [net.keep(), scores, net.constant(LOWEST)]))


# -------------------------------------------------------------------- masks

@form
def mask_of_keys(net):
    far = net.node("Sub", [net.constant(1), net.node("Cast", [net.keep()], to=FLOAT)])
    return net.weigh(net.add(net.scores(), net.mul(far, net.constant(-10000))))


@form
def mask_first(net):
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(-np.inf)])
    return net.weigh(net.add(far, net.scores()))


@form
def mask_subtracted(net):
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(1e9)])
    return net.weigh(net.node("Sub", [net.scores(), far]))


@form
def bias_of_heads_and_mask(net):
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(LOWEST)])
    bias = net.mul(net.square(0.3), net.weight(HEADS, 1, 1, scale=1))
    return net.weigh(net.add(net.add(net.scores(), bias), far))


@form
def where_infinite(net):
    return net.weigh(net.node("Where", [net.keep(), net.scores(), net.constant(-np.inf)]))


@form
def where_lowest_inverted(net):
    return net.weigh(net.node("Where", [net.node("Not", [net.keep()]), net.constant(LOWEST), net.scores()]))


@form
def where_low(net):
    return net.weigh(net.node("Where", [net.keep(), net.scores(), net.constant(-1e4)]))


@form
def causal_and_padding(net):
    keep = net.node("And", [net.causal(), net.keep()])
    return net.weigh(net.node("Where", [keep, net.scores(), net.constant(-np.inf)]))


@form
def causal_and_padding_added(net):
    keep = net.node("And", [net.causal(), net.keep()])
    return net.weigh(net.add(net.scores(), net.node("Where", [keep, net.constant(0), net.constant(LOWEST)])))


@form
def causal_by_trilu(net):
    far = net.node("Trilu", [net.square(-np.inf), net.constant(1, np.int64)], upper=1)
    return net.weigh(net.add(net.scores(), net.unsqueeze(far, 0, 1)))


@form
def causal_by_lower_ones(net):
    keep = net.node("Cast", [net.node("Trilu", [net.square(1)], upper=0)], to=BOOL)
    return net.weigh(net.node("Where", [keep, net.scores(), net.constant(-1e4)]))


# ------------------------------------------------------------------ softmax

@form
def softmax_written_out(net):
    scores = net.scores()
    difference = net.node("Sub", [scores, net.node("ReduceMax", [scores, net.ints(-1)])])
    exp = net.node("Exp", [difference])
    weights = net.div(exp, net.node("ReduceSum", [exp, net.ints(3)]))
    return net.merge(net.matmul(weights, net.split()))


@form
def softmax_with_reciprocal(net):
    scores = net.scores()
    top = net.unsqueeze(net.node("ReduceMax", [scores, net.ints(3)], keepdims=0), 3)
    exp = net.node("Exp", [net.node("Sub", [scores, top])])
    weights = net.mul(net.node("Reciprocal", [net.node("ReduceSum", [exp, net.ints(-1)])]), exp)
    return net.merge(net.matmul(weights, net.split()))


@form
def rows_without_keys_are_zeros(net):
    """As PyTorch's scaled_dot_product_attention with a mask of booleans."""
    weights = net.softmax(net.node("Where", [net.keep(), net.scores(), net.constant(-np.inf)]))
    weights = net.node("Where", [net.node("IsNaN", [weights]), net.constant(0), weights])
    return net.merge(net.matmul(weights, net.split()))


@form
def dropout(net):
    weights = net.node("Dropout", [net.softmax(net.scores())])
    return net.merge(net.matmul(weights, net.split()))


# ----------------------------------------------------------- grouped queries

def grouped(net, repeat, heads=2):
    k, v = repeat(net.split(heads=heads)), repeat(net.split(heads=heads))
    scores = net.mul(net.matmul(net.split(), net.transpose(k, 0, 1, 3, 2)), net.constant(SCALE))
    return net.merge(net.matmul(net.softmax(scores), v))


@form
def groups_expanded(net):
    def repeat(x):
        x = net.unsqueeze(x, 2)
        x = net.node("Expand", [x, net.ints(1, 1, HEADS // 2, 1, 1)])
        shape = net.node("Concat", [net.size(x, 0), net.ints(HEADS), net.size(x, 3), net.ints(DEPTH)], axis=0)
        return net.node("Reshape", [x, shape])
    return grouped(net, repeat)


@form
def groups_tiled(net):
    def repeat(x):
        x = net.node("Tile", [net.unsqueeze(x, 2), net.ints(1, 1, HEADS // 2, 1, 1)])
        return net.reshape(x, 0, HEADS, -1, DEPTH)
    return grouped(net, repeat)


@form
def one_head_of_keys(net):
    return grouped(net, lambda x: x, heads=1)


@form
def groups_as_a_dimension(net):
    q = net.reshape(net.split(), 0, 2, 2, -1, DEPTH)
    k, v = (net.unsqueeze(net.split(heads=2), 2) for _ in range(2))
    scores = net.mul(net.matmul(q, net.transpose(k, 0, 1, 2, 4, 3)), net.constant(SCALE))
    mixed = net.matmul(net.softmax(scores), v)
    return net.merge(net.reshape(mixed, 0, HEADS, -1, DEPTH))


# ------------------------------------------------- what is something else

@form(why="its weights are used elsewhere, too")
def weights_are_an_output(net):
    weights = net.softmax(net.scores())
    net.output(weights, "weights", [net.batch, HEADS, net.length, net.length])
    return net.merge(net.matmul(weights, net.split()))


@form(why="its scores are used elsewhere, too")
def scores_are_an_output(net):
    scores = net.scores()
    net.output(scores, "scores", [net.batch, HEADS, net.length, net.length])
    return net.weigh(scores)


@form(why="some of its weights are replaced")
def weights_masked(net):
    weights = net.node("Where", [net.keep(), net.softmax(net.scores()), net.constant(0)])
    return net.merge(net.matmul(weights, net.split()))


@form(why="its softmax is not along the last dimension")
def softmax_along_queries(net):
    return net.merge(net.matmul(net.softmax(net.scores(), axis=2), net.split()))


@form(why="queries, keys and values have no common batch and heads")
def keys_of_all_batches(net):
    scores = net.matmul(net.split(), net.weight(HEADS, DEPTH, 10, scale=1))
    return net.merge(net.matmul(net.softmax(scores), net.weight(HEADS, 10, DEPTH)))


@form(why="a mask gives scores a value that counts")
def filled_with_a_score(net):
    return net.weigh(net.node("Where", [net.keep(), net.scores(), net.constant(-1)]))


@form(why="its scores are masked before they are capped")
def masked_and_capped(net):
    far = net.node("Where", [net.keep(), net.constant(0), net.constant(-1e9)])
    return net.weigh(net.mul(net.node("Tanh", [net.add(net.scores(), far)]), net.constant(5)))


# --------------------------------------------------------------------- runs

def model(batch, length, first_bias):
    """Every other form has biases in its projections."""
    net = Form(batch, length)
    for number, (net.form, (make, _)) in enumerate(FORMS.items()):
        net.bias = (number % 2 == 0) == first_bias
        y = make(net)
        net.node("Identity", [y], name=f"{net.form}_y")
        net.outputs.append(onnx.helper.make_tensor_value_info(f"{net.form}_y", FLOAT, [batch, length, WIDTH]))
    return net.model()


def check_found(made, what):
    """Compares what the compiler makes and says of each form with what it should."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "forms.onnx")
        onnx.save(made, path)
        tool = os.path.join(models.BUILD, "bin", "graphopt")
        done = subprocess.run([tool, "compile", path, "--emit=graph", "-o", folder, "--verbose"],
                              capture_output=True, text=True, timeout=models.TIMEOUT_S)
        if done.returncode:
            sys.exit(done.stderr)
        with open(os.path.join(folder, "forms.graph.mlir"), encoding="utf-8") as file:
            found = file.read().count("= graph.attention ")
    said = dict(re.findall(r"node '(\w+)/\w+': is not computed as attention: (.*)", done.stderr + done.stdout))
    wanted = {name: why for name, (_, why) in FORMS.items() if why}
    good = said == wanted and found == len(FORMS) - len(wanted)
    print(f"{what}: {found} of {len(FORMS) - len(wanted)} found")
    for name in sorted(said.keys() | wanted.keys()):
        if said.get(name) != wanted.get(name):
            print(f"  {name}: said {said.get(name)!r}, expected {wanted.get(name)!r}")
    return good


def sample(batch, length, random=np.random.default_rng(2)):
    padding = np.ones((batch, length), np.int64)
    padding[0, length - length // 3:] = 0
    padding[2:] = 0  # then the scores decide, or what fills them
    x, memory, past = (random.standard_normal(shape).astype(np.float32) for shape in (
        (batch, length, WIDTH), (batch, 7, WIDTH), (batch, HEADS, 6, DEPTH)))
    return {"x": x, "memory": memory, "padding": padding, "past": past}


def main(*runs):
    """Each run: what it is, a batch and a length, fixed or open, whether the first
    form has biases, and sizes."""
    good = True
    for what, batch, length, first_bias, sizes in runs:
        made = model(batch, length, first_bias)
        good &= check_found(made, what)
        good &= nets.check(made, [sample(*size) for size in sizes], what=what)
    sys.exit(not good)


if __name__ == "__main__":
    main(("fixed", 2, 10, True, [(2, 10)] * 2), ("open batch", "batch", 10, False, [(2, 10), (3, 10)]))
