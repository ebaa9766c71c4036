"""How a random graph gets one more operator: one function a family, which picks
operands and attributes that ONNX allows. Where it cannot tell, the reference decides."""
import numpy as np
import onnx
from generator import ROUNDING, scale
from onnx import TensorProto, helper

FUNCTIONS = []  # each as often as it is to be chosen


def operator(weight=1):
    def register(function):
        FUNCTIONS.extend([function] * weight)
        return function
    return register


def exists(g, op):
    """Whether the operator is part of the graph's opset."""
    try:
        return onnx.defs.get_schema(op, g.opset).since_version <= g.opset
    except onnx.defs.SchemaError:
        return False


def axis_of(g, value):
    axis = g.random.randrange(value.rank)
    return axis - value.rank if g.chance(0.3) else axis


def some_axes(g, value):
    axes = sorted(g.random.sample(range(value.rank), g.random.randint(1, value.rank)))
    return [a - value.rank if g.chance(0.2) else a for a in axes]


# --------------------------------------------------------------- element-wise

UNARY = ("Abs Neg Relu Sigmoid Tanh Exp Log Sqrt Reciprocal Erf Floor Ceil Round Sign Sin Cos Tan Asin Acos Atan "
         "Sinh Cosh Asinh Acosh Atanh Softplus Softsign HardSwish Mish Gelu").split()


def may_step(value, op):
    """Whether rounding could take an element across a step of the function, and not be seen in the twin."""
    array, noise = value.array.astype(np.float64), 4 * np.abs(value.array.astype(np.float64) - value.twin)
    step = {"Floor": np.rint, "Ceil": np.rint, "Round": lambda x: np.floor(x) + 0.5, "Sign": np.zeros_like}.get(op)
    return step is not None and bool(((noise > 0) & (np.abs(array - step(array)) <= noise)).any())


@operator(6)
def unary(g):
    op = g.random.choice(UNARY)
    x = g.floats()
    if exists(g, op) and not may_step(x, op):
        g.node(op, [x], exact=op in ("Abs", "Neg", "Relu", "Floor", "Ceil", "Round", "Sign"))


def is_near(value, edge):
    """Whether rounding could take an element's magnitude across the edge, from which on a function jumps."""
    array, twin = np.abs(value.array.astype(np.float64)), np.abs(value.twin.astype(np.float64))
    return bool((np.abs(array - edge) <= 4 * np.abs(array - twin) + ROUNDING[value.dtype.name] * edge).any())


@operator(2)
def parametrized(g):
    op = g.among("LeakyRelu", "Elu", "Selu", "Celu", "HardSigmoid", "ThresholdedRelu", "Shrink", "Swish")
    names = {"LeakyRelu": ["alpha"], "Elu": ["alpha"], "Selu": ["alpha", "gamma"], "Celu": ["alpha"],
             "HardSigmoid": ["alpha", "beta"], "ThresholdedRelu": ["alpha"], "Shrink": ["bias", "lambd"],
             "Swish": ["alpha"]}[op]
    if not exists(g, op):
        return
    x = g.floats()
    attributes = {name: round(g.random.uniform(0.1, 1.5), 2) for name in names if g.chance(0.7)}
    edge = {"ThresholdedRelu": attributes.get("alpha", 1.0), "Shrink": attributes.get("lambd", 0.5)}.get(op)
    if edge is None or not is_near(x, edge):
        g.node(op, [x], **attributes)


def may_vanish(value):
    """Whether rounding could make 0 of an element: not seen in the quotient of two that vanish together."""
    return value.array.size and np.abs(value.array).min() <= ROUNDING[value.dtype.name] * scale(value.array)


def is_constant(value, axes):
    """Whether numbers along the axes are alike but for rounding: less their mean, they are nothing else."""
    spread = np.ptp(value.array.astype(np.float64), axis=tuple(axes)) if value.array.size else np.ones(1)
    alike = spread <= 4 * ROUNDING[value.dtype.name] * scale(value.array)
    return np.prod([value.shape[axis] for axis in axes]) > 1 and bool(alike.any())


@operator(7)
def binary(g):
    op = g.among("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mean", "Sum", "PRelu")
    x = g.floats() if g.chance(0.8) else g.any_value(lambda v: v.dtype == np.int64, g.data(g.shape(), np.int64))
    if x.dtype.kind == "i" and op in ("Div", "Pow", "Mean", "PRelu", "Sum"):
        op = "Mul"
    shape = g.partner(x)
    y = g.any_value(lambda v: v.dtype == x.dtype and v.shape == x.shape, g.data(shape, x.dtype))
    if op == "PRelu":
        y = g.leaf(g.data(shape, x.dtype))
    pair = [y, x] if g.chance(0.4) and op != "PRelu" else [x, y]
    if op == "Div" and may_vanish(pair[1]):
        return
    g.node(op, pair + ([g.leaf(g.data(shape, x.dtype))] if op in ("Max", "Sum", "Mean") and g.chance(0.3) else []))


@operator(2)
def compare(g):
    op = g.among("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual")
    x = g.floats() if g.chance(0.6) else g.any_value(lambda v: v.dtype == np.int64, g.data(g.shape(), np.int64))
    g.node(op, [x, g.leaf(g.data(g.partner(x), x.dtype))])


@operator()
def logic(g):
    op = g.among("And", "Or", "Xor", "Not")
    x = g.any_value(lambda v: v.dtype == bool, g.data(g.shape(), bool))
    g.node(op, [x] if op == "Not" else [x, g.leaf(g.data(g.partner(x), bool))])


@operator()
def integer(g):
    dtype = g.among(np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64, np.int16)
    x = g.any_value(lambda v: v.dtype == dtype, g.data(g.shape(), dtype))
    op = g.among("BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitShift", "Mod", "Div", "Add", "Sub", "Mul", "Max", "Min")
    if not exists(g, op) or op == "BitShift" and x.dtype.kind != "u":
        return
    y = g.data(g.partner(x), dtype)
    if op in ("Mod", "Div"):
        y = np.where(y == 0, 3, y).astype(dtype)
    if op == "Div":
        x = g.leaf(np.abs(x.array).astype(dtype)) if x.dtype.kind == "i" else x
        y = np.abs(y).astype(dtype)
    g.node(op, [x, g.leaf(y % 8 if op == "BitShift" else y)],
           direction=g.among("LEFT", "RIGHT") if op == "BitShift" else None)


@operator(2)
def where(g):
    x = g.floats()
    condition = g.any_value(lambda v: v.dtype == bool and v.shape == x.shape, g.data(g.partner(x), bool))
    g.node("Where", [condition, x, g.leaf(g.data(g.partner(x), x.dtype))], exact=True)


@operator(2)
def clip(g):
    x = g.floats()
    low = g.constant(g.random.uniform(-1, 0), x.dtype) if g.chance(0.8) else None
    high = g.constant(g.random.uniform(0, 1), x.dtype) if g.chance(0.8) else None
    g.node("Clip", [x, low, high] if high else [x, low] if low else [x], exact=True)


def may_jump(value, to):
    """Whether rounding could make another integer of an element, or a 0 of what is none, and not be seen in the twin."""
    array, twin = value.array.astype(np.float64), value.twin.astype(np.float64)
    if to in (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE):
        return False
    nearest = 0 if to == TensorProto.BOOL else np.rint(array)
    noise = 4 * np.abs(array - twin)
    return bool(((noise > 0) & (np.abs(array - nearest) <= noise)).any())


@operator(2)
def cast(g):
    x = g.any_value()
    to = g.among(TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT64,
                 TensorProto.INT32, TensorProto.INT8, TensorProto.BOOL)
    if x is None or (x.dtype.kind == "f" and (may_jump(x, to) or to == TensorProto.INT8 and scale(x.array) > 120)):
        return
    g.node("Cast", [x], to=to)


# ------------------------------------------------------------- sums and norms

@operator(4)
def reduce(g):
    op = g.among("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                 "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp")
    x = g.floats(least=1)
    if op in ("ReduceMax", "ReduceMin", "ReduceMean") and x.array.size == 0:
        return
    axes = some_axes(g, x) if g.chance(0.85) else None
    keep = g.among(0, 1, None)
    if g.opset >= (13 if op == "ReduceSum" else 18):
        g.node(op, [x] + ([g.ints(axes)] if axes else []), keepdims=keep)
    else:
        g.node(op, [x], axes=axes, keepdims=keep)


@operator()
def arg(g):
    x = g.floats(least=1)
    g.node(g.among("ArgMax", "ArgMin"), [x], axis=axis_of(g, x), keepdims=g.among(0, 1),
           select_last_index=g.among(0, 1, None))


@operator(2)
def softmax(g):
    x = g.floats(least=1)
    op = g.among("Softmax", "Softmax", "LogSoftmax")
    # The reference takes the logarithm of the quotient, of which little is left where it is small.
    if op == "LogSoftmax" and scale(x.array) > 40:
        op = "Softmax"
    g.node(op, [x], axis=axis_of(g, x))


@operator(2)
def layer_normalization(g):
    if not exists(g, "LayerNormalization"):
        return
    x = g.floats(least=2)
    axis = g.random.randrange(1, x.rank)
    shape = x.shape[axis:]
    if is_constant(x, range(axis, x.rank)):
        return
    g.node("LayerNormalization", [x, g.leaf(g.data(shape, x.dtype))] +
           ([g.leaf(g.data(shape, x.dtype))] if g.chance(0.7) else []), axis=axis, epsilon=g.among(1e-5, 1e-2))


@operator()
def rms_normalization(g):
    if exists(g, "RMSNormalization"):
        x = g.floats(least=2)
        axis = g.random.randrange(1, x.rank)
        g.node("RMSNormalization", [x, g.leaf(g.data(x.shape[axis:], x.dtype))], axis=axis)


@operator()
def batch_normalization(g):
    if g.opset < 14:  # the reference takes the batch's own mean there
        return
    x = g.floats(least=2)
    c = x.shape[1]
    g.node("BatchNormalization", [x, g.leaf(g.data(c, x.dtype)), g.leaf(g.data(c, x.dtype)),
                                  g.leaf(g.data(c, x.dtype)), g.leaf(np.abs(g.data(c, x.dtype)) + np.dtype(x.dtype).type(0.5))])


@operator()
def instance_normalization(g):
    x = g.floats(least=3)
    c = x.shape[1]
    if is_constant(x, range(2, x.rank)):
        return
    g.node("InstanceNormalization", [x, g.leaf(g.data(c, x.dtype)), g.leaf(g.data(c, x.dtype))], epsilon=1e-2)


@operator()
def cum_sum(g):
    x = g.floats(least=1)
    g.node("CumSum", [x, g.constant(axis_of(g, x), np.int64)], exclusive=g.among(0, 1), reverse=g.among(0, 1))


# ---------------------------------------------------------------- products

@operator(5)
def matmul(g):
    x = g.floats(least=1)
    k, n = x.shape[-1], g.size(40)
    batch = g.partner(x)[:-2] if g.chance(0.3) and x.rank > 2 else ()
    right = (k,) if g.chance(0.1) else batch + (k, n)
    product = g.node("MatMul", [x, g.leaf(g.data(right, x.dtype))])
    if product and product[0].rank and g.chance(0.5):  # what follows is fused
        g.node("Add", [product[0], g.leaf(g.data(product[0].shape[-1:], x.dtype))])


@operator(2)
def product_of_two(g):
    x = g.floats(least=2)
    y = g.any_value(lambda v: v.dtype == x.dtype and v.rank == x.rank and v.shape[:-2] == x.shape[:-2])
    if y is None or y.rank < 2 or y.dtype != x.dtype:
        return
    turned = y
    if y.shape[-2] != x.shape[-1]:
        order = list(range(y.rank))
        order[-2:] = order[-1], order[-2]
        result = g.node("Transpose", [y], perm=order, exact=True)
        if not result or result[0].shape[-2] != x.shape[-1]:
            return
        turned = result[0]
    g.node("MatMul", [x, turned])


@operator(3)
def gemm(g):
    x = g.floats(rank=2)
    trans_a, trans_b = g.among(0, 1), g.among(0, 1)
    m, k = x.shape[::-1] if trans_a else x.shape
    n = g.size(40)
    c = [g.leaf(g.data(g.among((n,), (1, n), (m, 1), (m, n), ()), x.dtype))] if g.chance(0.7) else []
    g.node("Gemm", [x, g.leaf(g.data((n, k) if trans_b else (k, n), x.dtype))] + c, transA=trans_a, transB=trans_b,
           alpha=g.among(1.0, 0.5, None), beta=g.among(1.0, 2.0, None))


@operator()
def einsum(g):
    x = g.floats(rank=3)
    b, i, j = x.shape
    equation, shape = g.among(("bij,bjk->bik", (b, j, g.size())), ("bij,kj->bik", (g.size(), j)),
                              ("bij,bij->bi", (b, i, j)), ("bij,j->b", (j,)), ("bij,bkj->bik", (b, g.size(), j)))
    g.node("Einsum", [x, g.leaf(g.data(shape, x.dtype))], equation=equation)


def fits(x, kernel, dilations, pads):
    """Whether a window has room: sizes of less are disputed."""
    count = len(kernel)
    return all(extent + pads[d] + pads[d + count] > (kernel[d] - 1) * dilations[d]
               for d, extent in enumerate(x.shape[2:]))


@operator(4)
def conv(g):
    spatial = g.among(1, 2, 2, 2, 3)
    x = g.floats(rank=spatial + 2)
    channels = x.shape[1]
    if not channels or 0 in x.shape:
        return
    group = g.among(1, 1, 1, channels, g.among(*[d for d in range(1, channels + 1) if channels % d == 0]))
    kernel = [g.random.randint(1, 4) for _ in range(spatial)]
    dilations = [g.among(1, 1, 2) for _ in range(spatial)]
    outs = group * g.random.randint(1, 3) if group > 1 else g.random.randint(1, 20)
    weight = g.leaf(g.data([outs, channels // group] + kernel, x.dtype), constant=g.chance(0.8))
    attributes = {"auto_pad": g.among("SAME_UPPER", "SAME_LOWER", "VALID")} if g.chance(0.25) else {
        "pads": [g.random.randint(0, 2) for _ in range(2 * spatial)]}
    if not fits(x, kernel, dilations, attributes.get("pads", [0] * 2 * spatial)):
        return
    result = g.node("Conv", [x, weight] + ([g.leaf(g.data(outs, x.dtype))] if g.chance(0.6) else []), group=group,
                    strides=[g.among(1, 1, 2, 3) for _ in range(spatial)], dilations=dilations, **attributes)
    if result and g.chance(0.5):
        g.node(g.among("Relu", "Sigmoid", "HardSwish") if g.opset >= 14 else "Relu", result)


@operator()
def conv_transpose(g):
    spatial = g.among(1, 2, 2, 3)
    x = g.floats(rank=spatial + 2)
    channels = x.shape[1]
    if not channels or 0 in x.shape:
        return
    group = g.among(1, 1, channels)
    strides = [g.among(1, 2, 3) for _ in range(spatial)]
    g.node("ConvTranspose", [x, g.leaf(g.data([channels, g.random.randint(1, 4)] +
                                              [g.random.randint(1, 4) for _ in range(spatial)], x.dtype), fixed=True)],
           group=group, strides=strides, pads=[g.among(0, 0, 1) for _ in range(2 * spatial)],
           output_padding=[g.random.randrange(s) for s in strides] if g.chance(0.3) else None)


@operator(2)
def pool(g):
    spatial = g.among(1, 2, 2, 3)
    x = g.floats(rank=spatial + 2)
    if 0 in x.shape:
        return
    op = g.among("MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool")
    if op.startswith("Global"):
        if op != "GlobalMaxPool" or spatial == 2:  # the reference's result has another rank
            g.node(op, [x], exact=op == "GlobalMaxPool")
        return
    kernel = [g.random.randint(1, 4) for _ in range(spatial)]
    attributes = {"kernel_shape": kernel, "strides": [g.among(1, 2) for _ in range(spatial)],
                  "pads": [g.random.randrange(k) for k in kernel * 2], "ceil_mode": g.among(0, 0, 1)}
    if op == "MaxPool" and max(attributes["strides"]) == 1:  # the reference's size is wrong with pads
        attributes["pads"] = [0] * (2 * spatial)
    if not fits(x, kernel, [1] * spatial, attributes["pads"]):
        return
    if op == "LpPool":
        if g.opset < 18:
            return
        # The reference is an average times the kernel's size: too much where a window leaves the padding.
        attributes |= {"p": g.among(1, 2), "ceil_mode": 0}
    if op == "AveragePool":
        attributes["count_include_pad"] = g.among(0, 1)
    g.node(op, [x], exact=op == "MaxPool", **attributes)
