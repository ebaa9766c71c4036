# RUN: %python %s
"""Norms and activations in the forms that exporters write: each becomes one op, with fixed
and open sizes, and what is something else does not; onnxruntime gives the same numbers, and
reads what is written as ONNX. All forms are in one model, each with an output."""
import os
import subprocess
import sys
import tempfile

import models
import nets
import numpy as np
import onnx
import onnxruntime

WIDTH = 24
FORMS = {}  # with the op that each becomes, None for others


def form(op):
    def add(function):
        FORMS[function.__name__] = (function, op)
        return function
    return add


class Form(nets.Net):
    def __init__(self, batch, length):
        super().__init__("norms")
        self.form = ""
        self.given = self.x = self.input("x", [batch, length, WIDTH])

    def node(self, op, inputs, name=None, **others):
        return super().node(op, inputs, name or f"{self.form}/{op}_{len(self.nodes)}", **others)

    def binary(self, op, lhs, rhs):
        lhs, rhs = (self.constant(v) if isinstance(v, (int, float)) else v for v in (lhs, rhs))
        return self.node(op, [lhs, rhs])

    def mul(self, lhs, rhs):
        return self.binary("Mul", lhs, rhs)

    def add(self, lhs, rhs):
        return self.binary("Add", lhs, rhs)

    def div(self, lhs, rhs):
        return self.binary("Div", lhs, rhs)

    def mean(self, x, *axes):
        return self.node("ReduceMean", [x, self.ints(*(axes or [-1]))])

    def square(self, x):
        return self.binary("Pow", x, 2)

    def root(self, x, epsilon=1e-5):
        return self.node("Sqrt", [self.add(x, epsilon)])

    def row(self):
        return self.weight(WIDTH, scale=1)

    def centered(self):
        return self.binary("Sub", self.x, self.mean(self.x))


LAYER, RMS = "graph.layer_normalization ", "graph.rms_normalization "


@form(LAYER)
def layer(net):
    d = net.centered()
    return net.add(net.mul(net.div(d, net.root(net.mean(net.square(d)))), net.row()), net.row())


@form(LAYER)
def layer_of_two_differences(net):
    n = net.div(net.centered(), net.root(net.mean(net.square(net.centered()))))
    return net.add(net.row(), net.mul(net.row(), n))


@form(LAYER)
def layer_with_reciprocal(net):
    d = net.centered()
    n = net.mul(net.node("Reciprocal", [net.root(net.mean(net.mul(d, d)))]), d)
    return net.mul(n, net.row())


@form(LAYER)
def layer_alone(net):
    d = net.centered()
    return net.div(d, net.root(net.mean(net.square(d)), 1e-3))


@form(LAYER)
def layer_of_two_dims(net):
    x = net.node("Reshape", [net.x, net.ints(0, -1, 4, WIDTH // 4)])
    d = net.binary("Sub", x, net.mean(x, 2, 3))
    n = net.div(d, net.root(net.mean(net.square(d), 3, 2)))
    n = net.add(net.mul(n, net.weight(4, WIDTH // 4, scale=1)), net.weight(4, WIDTH // 4, scale=1))
    return net.node("Reshape", [n, net.ints(0, -1, WIDTH)])


@form(RMS)
def rms(net):
    return net.mul(net.div(net.x, net.root(net.mean(net.square(net.x)))), net.row())


@form(RMS)
def rms_with_reciprocal(net):
    inverse = net.node("Reciprocal", [net.root(net.mean(net.mul(net.x, net.x)))])
    return net.mul(net.row(), net.mul(net.x, inverse))


@form(RMS)
def rms_with_power(net):
    return net.mul(net.mul(net.binary("Pow", net.add(net.mean(net.square(net.x)), 1e-6), -0.5), net.x), net.row())


@form(None)
def divided_by_the_deviation(net):
    """Epsilon is added to the root."""
    d = net.centered()
    return net.div(d, net.add(net.node("Sqrt", [net.mean(net.square(d))]), 1e-2))


GELU, TANH, SWISH = "graph.unary  Gelu ", "graph.unary  GeluTanh ", "graph.unary  Swish "


def erf(net, x):
    return net.add(net.node("Erf", [net.div(x, 2 ** 0.5)]), 1)


@form(GELU)
def gelu(net):
    return net.mul(net.mul(net.x, erf(net, net.x)), 0.5)


@form(GELU)
def gelu_with_half_first(net):
    return net.mul(net.mul(0.5, net.x), net.add(1, net.node("Erf", [net.mul(2 ** -0.5, net.x)])))


@form(GELU)
def gelu_with_half_last(net):
    return net.mul(net.x, net.mul(erf(net, net.x), 0.5))


@form(TANH)
def gelu_tanh(net):
    cube = net.binary("Pow", net.x, 3)
    t = net.node("Tanh", [net.mul((2 / np.pi) ** 0.5, net.add(net.x, net.mul(0.044715, cube)))])
    return net.mul(net.mul(0.5, net.x), net.add(1, t))


@form(TANH)
def gelu_tanh_factored(net):
    square = net.mul(net.x, net.x)
    u = net.mul(net.mul(net.x, 0.7978845608), net.add(1, net.mul(square, 0.044715)))
    return net.mul(net.mul(net.x, net.add(net.node("Tanh", [u]), 1)), 0.5)


@form(SWISH)
def silu(net):
    return net.mul(net.x, net.node("Sigmoid", [net.x]))


@form(SWISH)
def silu_written_out(net):
    return net.div(net.x, net.add(1, net.node("Exp", [net.node("Neg", [net.x])])))


@form(None)
def another_error_function(net):
    return net.mul(net.mul(net.x, net.add(net.node("Erf", [net.x]), 1)), 0.5)


def build(batch, length):
    net = Form(batch, length)
    for net.form, (make, _) in FORMS.items():
        net.x = net.mul(net.given, net.row())  # equal parts of two forms would be one
        net.node("Identity", [make(net)], name=f"{net.form}_y")
        net.outputs.append(onnx.helper.make_tensor_value_info(f"{net.form}_y", onnx.TensorProto.FLOAT,
                                                              [batch, length, WIDTH]))
    return net.model()


def compile_to(kind, made, folder):
    path = os.path.join(folder, "forms.onnx")
    onnx.save(made, path)
    tool = os.path.join(models.BUILD, "bin", "graphopt")
    done = subprocess.run([tool, "compile", path, f"--emit={kind}", "-o", os.path.join(folder, "out"), "--verbose"],
                          capture_output=True, text=True, timeout=models.TIMEOUT_S)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stderr


def check_found(made):
    with tempfile.TemporaryDirectory() as folder:
        said = compile_to("graph", made, folder)
        with open(os.path.join(folder, "out", "forms.graph.mlir"), encoding="utf-8") as file:
            text = file.read()
    good = True
    for op in (LAYER, RMS, GELU, TANH, SWISH):
        wanted, found = sum(op == other for _, other in FORMS.values()), text.count(op)
        if found != wanted:
            print(f"{found} of {wanted} found:{op}")
            good = False
    for node, what in (("divided_by_the_deviation", "a normalization"), ("another_error_function", "GELU")):
        if not any(node in line and f"is not computed as {what}" in line for line in said.splitlines()):
            print(f"nothing said of {node}: {said}")
            good = False
    return good


def check_written(made, inputs):
    """onnxruntime gives the same for the model and what it is written as."""
    with tempfile.TemporaryDirectory() as folder:
        compile_to("onnx", made, folder)
        written = onnx.load(os.path.join(folder, "out", "forms.onnx"))
    onnx.checker.check_model(written, full_check=True)
    kinds = [node.op_type for node in written.graph.node]
    for name, op in (("LayerNormalization", LAYER), ("RMSNormalization", RMS), ("Gelu", GELU)):
        if kinds.count(name) < sum(op == other for _, other in FORMS.values()):
            print(f"{kinds.count(name)} {name} are written")
            return False
    given, expected = (onnxruntime.InferenceSession(model.SerializeToString()).run(None, inputs)
                       for model in (written, made))
    worst = max(np.abs(a - b).max() for a, b in zip(given, expected))
    print(f"written: error {worst:.1e}")
    return worst < 2e-5


good = True
random = np.random.default_rng(1)
for batch, length, sizes in ((2, 5, [(2, 5)] * 2), ("batch", "length", [(2, 5), (1, 1), (3, 17)])):
    made = build(batch, length)
    samples = [{"x": random.standard_normal((*size, WIDTH)).astype(np.float32)} for size in sizes]
    good &= check_found(made)
    good &= check_written(made, samples[0])
    good &= nets.check(made, samples, what=f"{batch} x {length}")
sys.exit(not good)
