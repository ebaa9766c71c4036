# RUN: %python %s
"""Gradient, of each operator that has one, against differences of the operator's results. Half of the cases run in
gradient_shapes.py."""
import math

import numpy as np
import onnx
from harness import OPSET, Case, Const, main
from onnx import helper
from onnx.reference import ReferenceEvaluator

DOMAIN = "ai.onnx.preview.training"
random = np.random.default_rng(0)


def real(*shape, low=-2.0, high=2.0):
    """Different numbers, so that no two that are compared are near each other."""
    count = int(np.prod(shape))
    return (low + (high - low) * (random.permutation(count) + random.uniform(0.3, 0.7, count)) / max(count, 1)).reshape(shape)


def positive(*shape):
    return real(*shape, low=0.3, high=2.5)


def number(value):
    return Const(np.array(value), "float64")


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def values_of(inputs):
    return {f"x{i}": x.array if isinstance(x, Const) else np.asarray(x) for i, x in enumerate(inputs) if x is not None}


def evaluator(nodes, inputs, results):
    """The sum of sin(2 * r + 1) over all results r, as a function of the inputs."""
    if callable(nodes):
        return lambda feeds: np.sin(2 * nodes(*feeds.values()) + 1).sum()
    ports = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), None)
             for name, x in values_of(inputs).items()]
    graph = helper.make_graph(nodes, "f", ports, [onnx.ValueInfoProto(name=r) for r in results])
    model = ReferenceEvaluator(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)]))

    def evaluate(feeds):
        return sum(np.sin(2 * np.asarray(r, np.float64) + 1).sum() for r in model.run(None, feeds))
    return evaluate


def differences(evaluate, feeds, name, h=2e-4):
    """Of fourth order, by each element of one input."""
    x, result = feeds[name], np.zeros(feeds[name].shape)
    for at in np.ndindex(x.shape):
        def moved(by):
            shifted = x.copy()
            shifted[at] += by
            return evaluate({**feeds, name: shifted})
        result[at] = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h)
    return result


def case(op, inputs, by=None, nodes=None, results=1, tolerance=2e-8, reference=None, name="", open="sizes", also=(), **attributes):
    """`by` numbers the inputs to differentiate by: all floats that are no Const, if absent.
    `reference`: nodes that compute the same, or a function."""
    if by is None:
        by = [i for i, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    outputs = [f"r{i}" for i in range(results)]
    forward = nodes or [node(op, ["" if x is None else f"x{i}" for i, x in enumerate(inputs)], outputs, **attributes)]
    smooth = []
    for r in outputs:
        smooth += [node("Mul", [r, "two"], [r + "_2"]), node("Add", [r + "_2", "one"], [r + "_3"]), node("Sin", [r + "_3"], [r + "_4"]),
                   node("ReduceSum", [r + "_4"], [r + "_s"], keepdims=0)]
    smooth.append(node("Sum", [r + "_s" for r in outputs], ["loss"]))
    numbers = [node("Constant", [], [n], value=onnx.numpy_helper.from_array(np.array(v, np.float64))) for n, v in (("one", 1), ("two", 2))]
    xs = [f"x{i}" for i in by]
    zs = [f"x{i}" for i, x in enumerate(inputs) if x is not None and i not in by]
    gradient = node("Gradient", xs + zs, [f"y{i}" for i in range(len(by))], domain=DOMAIN, xs=xs, y="loss",
                    **({"zs": zs} if zs else {}))

    def expect(*given):
        function = evaluator(reference or forward, given, outputs)
        feeds = values_of(given)
        return [differences(function, feeds, x) for x in xs]
    shapes = ",".join("x".join(map(str, np.shape(x.array if isinstance(x, Const) else x))) for x in inputs if x is not None)
    text = name or f"{op} {shapes} " + " ".join(f"{k}={v}" for k, v in attributes.items())
    return Case("Gradient", inputs, nodes=[*forward, *numbers, *smooth, gradient], outputs=len(by), name=f"Gradient of {text}",
                domain=DOMAIN, expect=expect, tolerance=tolerance, open=open, also=also)


erf = np.vectorize(math.erf)  # the evaluator's is of floats
UNARY = ("Abs Asinh Atan Ceil Cos Cosh Exp Floor HardSwish Mish Neg Relu Round Sigmoid Sign Sin Sinh "
         "Softplus Softsign Swish Tanh Elu Selu Celu LeakyRelu HardSigmoid ThresholdedRelu Identity").split()
INSIDE = "Acos Asin Atanh Tan".split()
POSITIVE = "Log Reciprocal Sqrt".split()

elementwise = [
    *[case(op, [real(3, 4)]) for op in UNARY],
    *[case(op, [real(3, 4, low=-0.8, high=0.8)]) for op in INSIDE],
    *[case(op, [positive(3, 4)]) for op in POSITIVE],
    case("Acosh", [real(3, 4, low=1.3, high=3)]),
    case("Erf", [real(3, 4)], reference=erf), case("Gelu", [real(3, 4)], reference=lambda x: x * (1 + erf(x / np.sqrt(2))) / 2),
    case("Gelu", [real(3, 4)], approximate="tanh"),
    # Same shapes; each operand repeated; both; a scalar.
    *[case(op, [real(*a), positive(*b)]) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min")
      for a, b in (((2, 3), (2, 3)), ((2, 3, 4), (4,)), ((3, 1), (2, 1, 4)), ((), (2, 3)), ((2, 3), ()))],
    *[case(op, [positive(*a), positive(*b)]) for op in ("Add", "Mul", "Div", "Max") for a, b in (((3, 1), (2, 3, 4)), ((2, 3), (2, 3)))],
    # Open extents of which the run shows which is repeated.
    case("Mul", [real(2, 3), real(2, 3)], name="Mul repeated in the run", open="each",
         also=[[real(1, 3), real(4, 3)], [real(4, 1), real(1, 3)], [real(1, 1), real(1, 1)], [real(3, 0), real(1, 1)]]),
    case("Add", [real(3), real(2, 3)], name="Add repeated in the run", open="each", also=[[real(1), real(4, 5)], [real(5), real(4, 1)]]),
    case("Pow", [positive(3, 4), real(4)]), case("Pow", [real(3, 4), number(2)]), case("Pow", [positive(2, 3), Const(np.array(3, np.int64))]),
    case("PRelu", [real(3, 4), positive(4)]),
    case("Mod", [real(3, 4), positive(4)], fmod=1),
    case("Where", [random.integers(0, 2, (3, 1)).astype(bool), real(3, 4), real(4)]),
    case("Clip", [real(3, 4), number(-0.7), number(0.9)]), case("Clip", [real(3, 4), None, number(0.9)]),
    case("Sum", [real(3, 4), real(4), real(3, 1)]), case("Mean", [real(3, 4), real(3, 4)]),
    case("Max", [real(3, 4), real(4), real(3, 1)]),
    case("Mul", [real(5)], nodes=[node("Mul", ["x0", "x0"], ["r0"])], name="a square"),
]

linear = [
    *[case("MatMul", [real(*a), real(*b)]) for a, b in (
        ((2, 3), (3, 4)), ((2, 2, 3), (3, 2)), ((2, 2, 3), (2, 3, 2)), ((2, 1, 2, 3), (2, 3, 2)), ((2, 3), (2, 3, 2)), ((3,), (3,)),
        ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 3)))],
    *[case("Gemm", [real(*a), real(*b), real(*c)], transA=ta, transB=tb, alpha=0.5, beta=2.0) for a, b, c, ta, tb in (
        ((2, 3), (3, 4), (4,), 0, 0), ((3, 2), (4, 3), (2, 1), 1, 1), ((2, 3), (4, 3), (), 0, 1))],
    case("Gemm", [real(2, 3), real(3, 4)]),
    *[case("Einsum", [real(*a), real(*b)], equation=e) for a, b, e in (
        ((2, 3), (3, 4), "ij,jk->ik"), ((2, 3, 2), (2, 4, 2), "bid,bjd->bij"), ((2, 3), (4,), "ij,k->k"), ((2, 3), (3, 2), "ij,jk"))],
    case("Attention", [real(1, 2, 3, 2), real(1, 2, 4, 2), real(1, 2, 4, 2)], tolerance=1e-6),
    case("Attention", [real(1, 4, 2, 2), real(1, 2, 2, 2), real(1, 2, 2, 2)], is_causal=1, tolerance=1e-6),
    case("Attention", [real(1, 2, 2, 2), real(1, 2, 3, 2), real(1, 2, 3, 2), real(2, 3)], softcap=1.5, tolerance=1e-6),
]

IMAGE, LINE = (2, 2, 5, 4), (2, 3, 7)


def conv(op, inputs, **settings):
    """What is open is the batch and the image; also of other sizes, with other remainders of the strides."""
    spatial = inputs[0].ndim - 2
    others = [real(3, inputs[0].shape[1], *[size + more for size in inputs[0].shape[2:]]) for more in (1, 2)]
    return case(op, inputs, open=[["n", None, *"hw"[:spatial]], *[[None] * x.ndim for x in inputs[1:]]],
                also=[[other, *inputs[1:]] for other in others], **settings)


windows = [
    conv("Conv", [real(2, 2, 4, 4), real(3, 2, 3, 3), real(3)]),
    conv("Conv", [real(*LINE), real(2, 3, 3), real(2)], pads=[1, 2]),
    conv("Conv", [real(*LINE), real(2, 3, 3)], strides=[2], pads=[1, 0]),
    conv("Conv", [real(*LINE), real(2, 3, 2)], strides=[3], dilations=[2]),
    conv("Conv", [real(*IMAGE), real(2, 1, 2, 3)], group=2, strides=[2, 1], pads=[0, 1, 1, 1]),
    conv("Conv", [real(1, 4, 4, 3), real(6, 2, 2, 2)], group=2, dilations=[2, 1]),
    *[conv("Conv", [real(1, 2, 5, 4), real(2, 2, 3, 2)], auto_pad=a, strides=[2, 2]) for a in ("SAME_UPPER", "SAME_LOWER", "VALID")],
    conv("Conv", [real(2, 2, 3, 3), real(2, 2, 3, 3)], pads=[3, 3, 3, 3]),
    conv("ConvTranspose", [real(2, 2, 3), real(2, 3, 3), real(3)]),
    conv("ConvTranspose", [real(1, 2, 3, 2), real(2, 2, 2, 3)], strides=[2, 1], pads=[1, 0, 0, 1]),
    conv("ConvTranspose", [real(1, 4, 3), real(4, 2, 2)], strides=[2], group=2, output_padding=[1], reference=[
        node("Split", ["x0"], ["a0", "a1"], axis=1, num_outputs=2), node("Split", ["x1"], ["b0", "b1"], axis=0, num_outputs=2),
        *[node("ConvTranspose", [f"a{i}", f"b{i}"], [f"c{i}"], strides=[2], output_padding=[1]) for i in range(2)],
        node("Concat", ["c0", "c1"], ["r0"], axis=1)]),
    *[case("MaxPool", [real(*IMAGE)], kernel_shape=[2, 3], strides=[2, 1], pads=[1, 1, 0, 1], ceil_mode=c) for c in (0, 1)],
    case("MaxPool", [real(*LINE)], kernel_shape=[3], auto_pad="SAME_UPPER", strides=[2]),
    *[case("AveragePool", [real(*IMAGE)], kernel_shape=[2, 3], strides=[2, 1], pads=[1, 1, 0, 1], count_include_pad=i) for i in (0, 1)],
    # The evaluator divides by the whole window, whatever is beyond the image.
    case("AveragePool", [real(*LINE)], kernel_shape=[3], strides=[3], ceil_mode=1, open="none", reference=[
        node("Constant", [], ["pads"], value_ints=[0, 0, 0, 0, 0, 2]), node("Pad", ["x0", "pads"], ["padded"]),
        node("AveragePool", ["padded"], ["a"], kernel_shape=[3], strides=[3]),
        node("Constant", [], ["f"], value=onnx.numpy_helper.from_array(np.array([1.0, 1, 3]))), node("Mul", ["a", "f"], ["r0"])]),
    *[case("AveragePool", [real(*LINE)], kernel_shape=[4], strides=[3], auto_pad=a) for a in ("SAME_UPPER", "SAME_LOWER")],
    case("LpPool", [real(*LINE)], kernel_shape=[3], strides=[2], p=2),
    *[case(op, [real(2, 3, 2, 2)]) for op in ("GlobalAveragePool", "GlobalMaxPool")],
]

reductions = [
    *[case(f"Reduce{kind}", [(positive if kind == "LogSum" else real)(2, 3, 2), Const([axis])], keepdims=keep)
      for kind in "L1 L2 LogSum LogSumExp Max Mean Min Prod Sum SumSquare".split() for axis, keep in ((1, 0), (-1, 1))],
    *[case(f"Reduce{kind}", [real(2, 3)], keepdims=0) for kind in "Max Mean Prod Sum".split()],
    case("ReduceProd", [np.array([[1.0, 0, 2], [0, 3, 0]]), Const([1])]),
    case("ReduceL2", [np.array([[1.0, 0, 2], [3, 3, 0]]), Const([1])]),
    case("ReduceMean", [real(2, 3, 2), Const([0, 2])]),
    *[case("CumSum", [real(3, 4), Const(np.array(1))], exclusive=e, reverse=r) for e, r in ((0, 0), (1, 1))],
    case("TopK", [real(3, 5), Const([2])], by=[0], nodes=[node("TopK", ["x0", "x1"], ["r0", "i"])]),
]

normalizations = [
    *[case(op, [real(2, 3, 4)], axis=axis) for op in ("Softmax", "LogSoftmax") for axis in (1, -1)],
    case("LpNormalization", [real(3, 4)], axis=1, p=2),
    case("LpNormalization", [real(3, 4)], axis=1, p=1, reference=[  # the evaluator takes no magnitudes
        node("Constant", [], ["axis"], value_ints=[1]), node("Abs", ["x0"], ["a"]), node("ReduceL1", ["a", "axis"], ["s"]), node("Div", ["x0", "s"], ["r0"])]),
    # The evaluator keeps doubles whatever it is told, and takes no other number.
    case("LayerNormalization", [real(2, 3, 4), positive(4), real(4)], stash_type=11,
         reference=[node("LayerNormalization", ["x0", "x1", "x2"], ["r0"])]),
    case("LayerNormalization", [real(2, 3, 4), positive(3, 4)], axis=1, stash_type=11,
         reference=[node("LayerNormalization", ["x0", "x1"], ["r0"], axis=1)]),
    case("RMSNormalization", [real(2, 3, 4), positive(4)]),
    case("BatchNormalization", [real(2, 3, 4), positive(3), real(3), real(3), positive(3)]),
    case("BatchNormalization", [real(3, 2, 4), positive(2), real(2), real(2), positive(2)], by=[0, 1, 2], name="BatchNormalization in training",
         nodes=[node("BatchNormalization", [f"x{i}" for i in range(5)], ["r0", "m", "v"], training_mode=1)], tolerance=1e-6),
    case("InstanceNormalization", [real(2, 3, 4), positive(3), real(3)], tolerance=1e-6),
    case("GroupNormalization", [real(2, 4, 3), positive(4), real(4)], num_groups=2, stash_type=11, tolerance=1e-6),
    *[case("LRN", [real(5, 5, 2, 1)], size=size, alpha=0.5, beta=0.6, bias=1.5, tolerance=1e-6) for size in (3, 4)],
]

labels = random.integers(0, 4, (5,))
losses = [
    *[case("SoftmaxCrossEntropyLoss", [real(5, 4), labels], reduction=r) for r in ("mean", "sum", "none")],
    case("SoftmaxCrossEntropyLoss", [real(5, 4), labels, positive(4)], by=[0, 2], ignore_index=1),
    case("SoftmaxCrossEntropyLoss", [real(2, 3, 2), random.integers(0, 3, (2, 2))]),
    *[case("NegativeLogLikelihoodLoss", [real(5, 4), labels], reduction=r) for r in ("mean", "sum")],
]

shapes = [
    case("Transpose", [real(2, 3, 4)], perm=[1, 2, 0]),
    case("Reshape", [real(2, 6), Const([3, -1])], also=[[real(5, 6), None]]),
    case("Flatten", [real(2, 3, 2)], axis=1),
    case("Concat", [real(2, 3), real(2, 1), real(2, 4)], axis=1),
    case("Squeeze", [real(1, 3, 1), Const([0])]), case("Unsqueeze", [real(3, 2), Const([1, 3])]),
    case("Expand", [real(3, 1), Const([2, 1, 4])]), case("Expand", [real(2, 3), Const([2, 3])]),
    case("Tile", [real(2, 3), Const([2, 3])]),
    case("Split", [real(5, 2), Const([2, 3])], results=2, axis=0),
    case("Split", [real(4, 2)], nodes=[node("Split", ["x0"], ["a", "r0"], num_outputs=2)], name="Split, one part"),
    *[case("Trilu", [real(3, 4)], upper=u) for u in (0, 1)],
    *[case("Slice", [real(5, 4), *map(Const, bounds)]) for bounds in (
        ([1], [4], [0]), ([1, 0], [100, -1], [0, 1]), ([-3], [-1], [0]), ([0], [5], [0], [2]), ([-1], [-100], [0], [-1]), ([4, 3], [0, 0], [0, 1], [-2, -3]),
        ([3], [1], [0]))],
    case("Slice", [real(5, 4), np.array([1]), np.array([4]), Const([0])], also=[[real(5, 4), np.array([-3]), np.array([100]), None]]),
    *[case("Pad", [real(3, 4), Const([1, 0, 2, 1]), number(0.5)], mode=m) for m in ("constant", "edge", "reflect", "wrap")],
    case("Pad", [real(3, 4), Const([1, -1, -2, 1]), real()], name="Pad that crops, by its value, too", reference=[
        node("Constant", [], ["from"], value_ints=[0, 1]), node("Constant", [], ["to"], value_ints=[1, 4]), node("Constant", [], ["pads"], value_ints=[1, 0, 0, 1]),
        node("Slice", ["x0", "from", "to"], ["kept"]), node("Pad", ["kept", "pads", "x2"], ["r0"])]),
    case("Pad", [real(3, 4), Const([1, 2]), None, Const([1])], mode="edge"),
    case("Compress", [real(4, 3), np.array([True, False, True])], axis=0),
    case("ReverseSequence", [real(4, 3), np.array([1, 4, 2])], batch_axis=1, time_axis=0),
    *[case("Gather", [real(4, 3, 2), random.integers(-3, 3, (2, 3))], axis=axis) for axis in (0, 1)],
    case("Gather", [real(4, 3), np.array(2)], axis=0),
    case("GatherElements", [real(4, 3), random.integers(-4, 4, (2, 3))], axis=0),
    case("GatherND", [real(4, 3, 2), random.integers(0, 3, (5, 2))], open=[["a", "b", "c"], ["d", None]]), case("GatherND", [real(2, 3, 2), random.integers(0, 3, (2, 4, 1))], batch_dims=1, open=[["a", "b", "c"], ["a", "d", None]]),
    case("ScatterElements", [real(4, 3), np.array([[0, 2, 1]]), real(1, 3)], axis=0),
    case("ScatterElements", [real(4, 3), np.array([[0, 0, 1]]), real(1, 3)], axis=1, reduction="add"),
    case("ScatterND", [real(4, 3), np.array([[3], [1]]), real(2, 3)]), case("ScatterND", [real(4, 3), np.array([[1], [1]]), real(2, 3)], reduction="add"),
    case("DepthToSpace", [real(1, 4, 2, 3)], blocksize=2),
]

if __name__ == "__main__":
    main(elementwise + linear + windows)
