# RUN: %python %s
"""Gradient of whole graphs: which tensors it names, at what values it is taken, gradients of gradients."""
import numpy as np
from gradient import DOMAIN, differences, evaluator, node, number, positive, real, values_of
from harness import Case, Const, main


def gradient(xs, y, inputs, outputs, zs=()):
    return node("Gradient", list(inputs), list(outputs), domain=DOMAIN, xs=list(xs), y=y, **({"zs": list(zs)} if zs else {}))


def case(name, inputs, nodes, expect, outputs=1, **settings):
    return Case("Gradient", inputs, nodes=nodes, outputs=outputs, name=name, domain=DOMAIN, expect=expect, tolerance=1e-12, **settings)


product = [node("Mul", ["x0", "x1"], ["p"]), node("Tanh", ["p"], ["t"])]


def slope(p):
    return 1 - np.tanh(p) ** 2


named = [
    case("by inputs", [real(3), real(3)], [*product, gradient(["x0", "x1"], "t", ["x0", "x1"], ["y0", "y1"])],
         lambda a, b: [slope(a * b) * b, slope(a * b) * a], 2),
    case("by what is computed", [real(3), real(3)], [*product, gradient(["p"], "t", ["p"], ["y0"])], lambda a, b: [slope(a * b)]),
    case("by a weight", [real(3), Const(real(3), "float64")], [*product, gradient(["x1"], "t", ["x1", "x0"], ["y0"], ["x0"])],
         lambda a, b: [slope(a * b) * a]),
    case("in front of what it names", [real(3), real(3)], [gradient(["x0"], "t", ["x0", "x1"], ["y0"], ["x1"]), *product],
         lambda a, b: [slope(a * b) * b]),
    case("one result not wanted", [real(3), real(3)], [*product, gradient(["x0", "x1"], "t", ["x0", "x1"], ["", "y0"])],
         lambda a, b: [slope(a * b) * a]),
    case("of a tensor by itself", [real(3)], [gradient(["x0"], "x0", ["x0"], ["y0"])], lambda a: [np.ones(3)]),
    case("by what it does not depend on", [real(3), real(2)], [node("Sin", ["x0"], ["s"]), gradient(["x0", "x1"], "s", ["x0", "x1"], ["y0", "y1"])],
         lambda a, b: [np.cos(a), np.zeros(2)], 2),
    case("through integers", [real(3)], [node("Cast", ["x0"], ["i"], to=7), node("Cast", ["i"], ["r"], to=11), node("Mul", ["x0", "r"], ["m"]),
                                         gradient(["x0"], "m", ["x0"], ["y0"])], lambda a: [np.trunc(a)]),
    case("of two that share a part", [real(3), real(3)], [*product, node("Add", ["t", "p"], ["s"]), gradient(["x0"], "s", ["x0"], ["y0"]),
                                                          gradient(["x0"], "t", ["x0"], ["y1"])],
         lambda a, b: [(slope(a * b) + 1) * b, slope(a * b) * b], 2),
]

elsewhere = [
    case("at other values", [real(3), real(3), real(3), real(3)], [*product, gradient(["x0", "x1"], "t", ["x2", "x3"], ["y0", "y1"])],
         lambda a, b, c, d: [slope(c * d) * d, slope(c * d) * c], 2),
    case("at one value for both", [real(3), real(3), real(3)], [*product, gradient(["x0", "x1"], "t", ["x2", "x2"], ["y0", "y1"])],
         lambda a, b, c: [slope(c * c) * c] * 2, 2),
    case("at each other's values", [real(3), real(3)], [*product, gradient(["x0", "x1"], "t", ["x1", "x0"], ["y0", "y1"])],
         lambda a, b: [slope(a * b) * a, slope(a * b) * b], 2),
    case("at another shape", [real(3), real(3), real(2, 4), real(4)], [*product, gradient(["x0"], "t", ["x2", "x3"], ["y0"], ["x1"])],
         lambda a, b, c, d: [slope(c * d) * d]),
    case("at another value of what is computed", [real(3), real(3), real(3)], [*product, gradient(["p"], "t", ["x2"], ["y0"])],
         lambda a, b, c: [slope(c)]),
    case("at a value that is computed of another", [real(3), real(3)],
         [node("Exp", ["x0"], ["e"]), node("Mul", ["x1", "e"], ["m"]), gradient(["x0", "x1"], "m", ["x0", "e"], ["y0", "y1"])],
         lambda a, b: [np.exp(a) ** 2, np.exp(a)], 2),
]

cube = [node("Mul", ["x0", "x0"], ["s"]), node("Mul", ["s", "x0"], ["c"])]
orders = [
    case("of the second order", [real(3)], [*cube, gradient(["x0"], "c", ["x0"], ["d"]), gradient(["x0"], "d", ["x0"], ["y0"])], lambda x: [6 * x]),
    case("of the third order", [real(3)], [*cube, gradient(["x0"], "c", ["x0"], ["d"]), gradient(["x0"], "d", ["x0"], ["e"]),
                                           gradient(["x0"], "e", ["x0"], ["y0"])], lambda x: [np.full(3, 6.0)]),
    case("of the second order by two", [real(3), real(3)],
         [*product, gradient(["x0"], "t", ["x0"], ["d"]), gradient(["x0", "x1"], "d", ["x0", "x1"], ["y0", "y1"])],
         lambda a, b: [-2 * np.tanh(a * b) * slope(a * b) * b * b, slope(a * b) * (1 - 2 * np.tanh(a * b) * a * b)], 2),
]


def curvature(op, x, *others, **attributes):
    """The derivative of a gradient's sum of sines, for a function that is bent by itself."""
    names = ["x0"] + [f"x{i + 1}" if other is not None else "" for i, other in enumerate(others)]
    forward = [node(op, names, ["r"], **attributes), node("Sin", ["r"], ["r0"])]

    def expect(*given):
        total, feeds = evaluator(forward, given, ["r0"]), values_of(given)

        def inner(feeds):
            return np.sin(2 * differences(total, feeds, "x0", h=1e-3) + 1).sum()
        return [differences(inner, feeds, "x0", h=1e-3)]
    sums = []
    for r, loss in (("r0", "loss"), ("d", "bent")):
        sums += [node("Mul", [r, "two"], [r + "_2"]), node("Add", [r + "_2", "one"], [r + "_3"]), node("Sin", [r + "_3"], [loss])]
    numbers = [node("Cast", [n], [name], to=11) for n, name in ((f"x{1 + len(others)}", "one"), (f"x{2 + len(others)}", "two"))]
    nodes = [*numbers, *forward, *sums[:3], gradient(["x0"], "loss", ["x0"], ["d"]), *sums[3:], gradient(["x0"], "bent", ["x0"], ["y0"])]
    text = " ".join(f"{k}={v}" for k, v in attributes.items())
    return Case("Gradient", [x, *others, number(1), number(2)], nodes=nodes, domain=DOMAIN, expect=expect, tolerance=2e-6,
                name=f"of the second order of {op} {text}", open=[["a", "b", "c"][:x.ndim] if op != "Conv" else [None, None, "c"]] + [None] * (2 + len(others)))


bent = [
    curvature("MatMul", real(2, 2), number(real(2, 3))), curvature("Softmax", real(2, 3)), curvature("LogSoftmax", real(2, 3)),
    curvature("Sigmoid", real(4)), curvature("Sqrt", positive(4)), curvature("Pow", positive(4), number(1.7)), curvature("Gelu", real(4), approximate="tanh"),
    curvature("Conv", real(1, 1, 6), number(real(2, 1, 2)), strides=[2]), curvature("MaxPool", real(1, 1, 6), kernel_shape=[2]),
    curvature("AveragePool", real(1, 1, 6), kernel_shape=[3], pads=[1, 0]),
    curvature("ReduceL2", real(2, 3), Const([1])), curvature("ReduceLogSumExp", real(2, 3), Const([1])), curvature("ReduceMax", real(2, 3), Const([1])),
    curvature("Gather", real(3, 2), Const([2, 0, 2])), curvature("Slice", real(5), Const([3]), Const([0]), Const([0]), Const([-2])),
    curvature("Pad", real(4), Const([1, 2]), mode="reflect"), curvature("InstanceNormalization", real(1, 2, 4), number([1.0, 2.0]), number([0.5, 0.0])),
    curvature("BatchNormalization", real(2, 2, 2), number([1.0, 2.0]), number([0.5, 0.0]), number([0.1, 0.2]), number([1.0, 2.0])),
]

if __name__ == "__main__":
    main(named + elsewhere + orders + bent)
