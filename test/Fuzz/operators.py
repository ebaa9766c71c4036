"""How a random graph gets one more operator: one function a family, which picks
operands and attributes that ONNX allows. Where it cannot tell, the reference decides."""
import numpy as np
import onnx
from onnx import TensorProto, helper

FUNCTIONS = []


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


@operator(6)
def unary(g):
    op = g.random.choice(UNARY)
    if exists(g, op):
        g.node(op, [g.floats()], exact=op in ("Abs", "Neg", "Relu", "Floor", "Ceil", "Round", "Sign"))


@operator(2)
def parametrized(g):
    op = g.among("LeakyRelu", "Elu", "Selu", "Celu", "HardSigmoid", "ThresholdedRelu", "Shrink", "Swish")
    names = {"LeakyRelu": ["alpha"], "Elu": ["alpha"], "Selu": ["alpha", "gamma"], "Celu": ["alpha"],
             "HardSigmoid": ["alpha", "beta"], "ThresholdedRelu": ["alpha"], "Shrink": ["bias", "lambd"],
             "Swish": ["alpha"]}[op]
    if exists(g, op):
        g.node(op, [g.floats()], **{name: round(g.random.uniform(0.1, 1.5), 2) for name in names if g.chance(0.7)})


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


@operator(2)
def cast(g):
    x = g.any_value()
    to = g.among(TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT64,
                 TensorProto.INT32, TensorProto.INT8, TensorProto.BOOL)
    if x is not None and not (x.dtype.kind == "f" and to == TensorProto.INT8 and np.max(np.abs(x.array), initial=0) > 120):
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
    g.node(g.among("Softmax", "Softmax", "LogSoftmax"), [x], axis=axis_of(g, x))


@operator(2)
def layer_normalization(g):
    if not exists(g, "LayerNormalization"):
        return
    x = g.floats(least=2)
    axis = g.random.randrange(1, x.rank)
    shape = x.shape[axis:]
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
    if not fits(x, kernel, [1] * spatial, attributes["pads"]):
        return
    if op == "LpPool":
        if g.opset < 18:
            return
        attributes["p"] = g.among(1, 2)
    if op == "AveragePool":
        attributes["count_include_pad"] = g.among(0, 1)
    g.node(op, [x], exact=op == "MaxPool", **attributes)


# ------------------------------------------------------------------- movement

@operator(3)
def transpose(g):
    x = g.any_value(lambda v: v.rank > 1, g.data(g.shape(3)))
    order = list(range(x.rank))
    g.random.shuffle(order)
    g.node("Transpose", [x], exact=True, perm=order if g.chance(0.9) else None)


@operator(3)
def reshape(g):
    x = g.any_value()
    if x is None or x.array.size == 0:
        return
    left, sizes = x.array.size, []
    while left > 1 and len(sizes) < 4:
        divisors = [d for d in range(1, left + 1) if left % d == 0]
        sizes.append(g.random.choice(divisors) if len(sizes) < 3 else left)
        left //= sizes[-1]
    if left > 1:
        sizes.append(left)
    g.random.shuffle(sizes)
    if sizes and g.chance(0.5):
        sizes[g.random.randrange(len(sizes))] = -1
    g.node("Reshape", [x, g.ints(sizes)], exact=True)


@operator()
def flatten(g):
    x = g.any_value()
    if x is not None:
        g.node("Flatten", [x], exact=True, axis=g.random.randint(0, x.rank))


@operator(2)
def squeeze(g):
    x = g.any_value(lambda v: 1 in v.shape, g.data((1, 3, 1)))
    axes = [i for i, extent in enumerate(x.shape) if extent == 1 and g.chance(0.7)]
    if axes:
        g.node("Squeeze", [x, g.ints(axes)], exact=True)


@operator(2)
def unsqueeze(g):
    x = g.any_value(lambda v: v.rank < 4, g.data(g.shape(2)))
    g.node("Unsqueeze", [x, g.ints([g.random.randint(0, x.rank)])], exact=True)


@operator(3)
def slice_(g):
    x = g.any_value(lambda v: v.rank > 0, g.data(g.shape(2)))
    axes = sorted(g.random.sample(range(x.rank), g.random.randint(1, x.rank)))
    starts, ends, steps = [], [], []
    for axis in axes:
        step = g.among(1, 1, 1, 2, -1, -2)
        starts.append(g.random.randint(-3, 3) if step > 0 else g.among(-1, 100, 2))
        ends.append(g.among(100, 2 ** 62, -1, x.shape[axis]) if step > 0 else g.among(-100, 0, -(2 ** 62)))
        steps.append(step)
    g.node("Slice", [x, g.ints(starts), g.ints(ends), g.ints(axes), g.ints(steps)], exact=True)


@operator(3)
def concat(g):
    x = g.any_value(lambda v: v.rank > 0, g.data(g.shape(2)))
    axis = axis_of(g, x)
    def fits(v):
        return (v.dtype == x.dtype and v.rank == x.rank and
                all(a == b for d, (a, b) in enumerate(zip(v.shape, x.shape)) if d != axis % x.rank))
    shape = list(x.shape)
    shape[axis] = g.size()
    parts = [x, g.any_value(fits, g.data(shape, x.dtype)), g.leaf(g.data(shape, x.dtype))][:g.among(1, 2, 2, 3)]
    g.random.shuffle(parts)
    g.node("Concat", parts, exact=True, axis=axis)


@operator(2)
def split(g):
    x = g.any_value(lambda v: v.rank > 0, g.data(g.shape(2)))
    axis = axis_of(g, x)
    extent = x.shape[axis]
    if extent > 1:
        first = g.random.randint(0, extent)
        g.node("Split", [x, g.ints([first, extent - first])], outputs=2, exact=True, axis=axis)


@operator(2)
def pad(g):
    x = g.floats(least=1)
    mode = g.among("constant", "constant", "reflect", "edge")
    low = -1 if mode == "constant" and min(x.shape, default=0) > 2 else 0
    pads = [g.random.randint(low, 2) for _ in range(2 * x.rank)]
    if mode == "reflect" and any(extent < 3 for extent in x.shape):
        return
    g.node("Pad", [x, g.ints(pads)] + ([g.constant(1.5, x.dtype)] if mode == "constant" and g.chance(0.5) else []),
           exact=True, mode=mode)


@operator(2)
def expand(g):
    x = g.any_value()
    if x is not None:
        shape = [g.size() if extent == 1 else g.among(1, extent) for extent in x.shape]
        g.node("Expand", [x, g.ints([g.size()] * (g.chance(0.3)) + shape)], exact=True)


@operator()
def tile(g):
    x = g.any_value(lambda v: v.rank > 0, g.data(g.shape(2)))
    g.node("Tile", [x, g.ints([g.among(1, 2, 3) for _ in x.shape])], exact=True)


@operator(3)
def gather(g):
    x = g.any_value(lambda v: v.rank > 0 and 0 not in v.shape, g.data((3, 4)))
    axis = axis_of(g, x)
    extent = x.shape[axis]
    indices = g.numbers.integers(-extent, extent, g.shape(g.among(0, 1, 2))).astype(g.among(np.int64, np.int32))
    g.node("Gather", [x, g.leaf(indices)], exact=True, axis=axis)


@operator()
def gather_elements(g):
    x = g.any_value(lambda v: v.rank > 0 and 0 not in v.shape, g.data((3, 4)))
    axis = axis_of(g, x)
    shape = list(x.shape)
    shape[axis] = g.random.randint(1, 5)
    indices = g.numbers.integers(-x.shape[axis], x.shape[axis], shape)
    g.node("GatherElements", [x, g.leaf(indices)], exact=True, axis=axis)


@operator()
def scatter_nd(g):
    x = g.floats(least=1)
    if 0 in x.shape:
        return
    depth, count = g.random.randint(1, x.rank), g.random.randint(1, 3)
    indices = np.stack([g.numbers.permutation(max(count, extent))[:count] % extent for extent in x.shape[:depth]], -1)
    if len({tuple(i) for i in indices.tolist()}) == count:
        g.node("ScatterND", [x, g.leaf(indices.astype(np.int64), fixed=True),
                             g.leaf(g.data((count,) + x.shape[depth:], x.dtype))],
               reduction=g.among("add", "mul", None) if g.opset >= 16 else None)


@operator()
def depth_space(g):
    x = g.floats(rank=4)
    block = 2
    if 0 in x.shape:
        return
    if x.shape[1] % 4 == 0:
        g.node("DepthToSpace", [x], exact=True, blocksize=block, mode=g.among("DCR", "CRD"))
    elif x.shape[2] % 2 == 0 and x.shape[3] % 2 == 0:
        g.node("SpaceToDepth", [x], exact=True, blocksize=block)


@operator()
def resize(g):
    x = g.floats(rank=4)
    if 0 in x.shape:
        return
    scales = [1.0, 1.0, g.among(0.5, 1.5, 2.0, 3.0), g.among(0.6, 1.0, 2.0)]
    mode = g.among("nearest", "linear", "cubic")
    g.node("Resize", [x, None, g.constant(scales, np.float32)], mode=mode, coordinate_transformation_mode=g.among(
        "half_pixel", "asymmetric", "align_corners"), nearest_mode=g.among(
            "round_prefer_floor", "floor", "ceil") if mode == "nearest" else None)


@operator()
def top_k(g):
    x = g.floats(least=1)
    axis = axis_of(g, x)
    if x.shape[axis]:
        g.node("TopK", [x, g.ints([g.random.randint(1, x.shape[axis])])], outputs=2, exact=True, axis=axis,
               largest=g.among(0, 1), sorted=1)


@operator()
def trilu(g):
    if g.opset >= 14:
        x = g.floats(least=2)
        g.node("Trilu", [x, g.constant(g.random.randint(-2, 2), np.int64)], exact=True, upper=g.among(0, 1))


# --------------------------------------------------------------------- shapes

@operator(2)
def shape(g):
    x = g.any_value()
    if x is None:
        return
    if g.opset >= 15 and g.chance(0.4) and x.rank:
        g.node("Shape", [x], exact=True, start=g.random.randrange(x.rank))
    else:
        g.node(g.among("Shape", "Shape", "Size"), [x], exact=True)


@operator()
def reshape_by_shape(g):
    """As exporters write it: the sizes of one tensor for another."""
    x = g.floats(least=2)
    sizes = g.node("Shape", [x], exact=True)
    first = sizes and g.node("Slice", [sizes[0], g.ints([0]), g.ints([1])], exact=True)
    target = first and g.node("Concat", [first[0], g.ints([-1])], exact=True, axis=0)
    if target and x.array.size:
        g.node("Reshape", [x, target[0]], exact=True)


@operator()
def range_(g):
    kinds = g.among(np.int64, np.int32, np.float32)
    start, step = g.random.randint(-3, 3), g.among(1, 2, -1)
    g.node("Range", [g.leaf(np.array(v, kinds)) for v in (start, start + step * g.random.randint(0, 6), step)])


@operator()
def constant_of_shape(g):
    g.node("ConstantOfShape", [g.leaf(np.array(g.shape(2), np.int64), fixed=True)], exact=True,
           value=helper.make_tensor("value", TensorProto.FLOAT, [1], [1.25]) if g.chance(0.7) else None)


@operator()
def one_hot(g):
    depth = g.random.randint(1, 6)
    indices = g.leaf(g.numbers.integers(-depth, depth, g.shape(g.among(0, 1, 2))))
    g.node("OneHot", [indices, g.constant(depth, np.int64), g.constant([0.0, 2.0], np.float32)], exact=True,
           axis=g.among(-1, 0))


@operator()
def non_zero(g):
    x = g.any_value(lambda v: v.dtype in (bool, np.int64) and v.rank > 0, g.data(g.shape(2), bool))
    g.node("NonZero", [x], exact=True)


# --------------------------------------------------------------- quantization

@operator(2)
def quantize(g):
    x = g.floats(least=1)
    if x.dtype != np.float32:
        return
    kind = g.among(np.uint8, np.int8)
    axis = g.random.randrange(x.rank) if g.chance(0.4) and x.shape[0] else None
    count = () if axis is None else (x.shape[axis],)
    scales = np.full(count, 0.0625, np.float32) if g.chance(0.5) else g.numbers.uniform(0.02, 0.2, count).astype(np.float32)
    zero = g.numbers.integers(0, 20, count).astype(kind)
    operands = [g.constant(scales), g.constant(zero)]
    result = g.node("QuantizeLinear", [x] + operands, axis=axis)
    if result and g.chance(0.9):
        g.node("DequantizeLinear", result + operands, axis=axis)


@operator()
def dynamic_quantize(g):
    x = g.floats()
    if x.dtype == np.float32 and x.array.any():  # of zeros alone the scale is disputed
        g.node("DynamicQuantizeLinear", [x], outputs=3)


# --------------------------------------------------------------- control flow

def body(g, reads, count=2):
    """Nodes on float values of one shape, as a graph's: their list and the last name."""
    nodes, last = [], reads[0]
    for _ in range(count):
        name = f"b{g.outer}"
        g.outer += 1
        op = g.among("Add", "Mul", "Relu", "Tanh", "Sub")
        nodes.append(helper.make_node(op, [last] if op in ("Relu", "Tanh") else [last, g.random.choice(reads)], [name]))
        last = name
    return nodes, last


@operator()
def if_(g):
    x = g.floats()
    dtype = helper.np_dtype_to_tensor_dtype(x.dtype)
    branches = []
    for _ in range(2):
        nodes, last = body(g, [x.name], g.random.randint(1, 3))
        branches.append(helper.make_graph(nodes, "branch", [], [
            helper.make_tensor_value_info(last, dtype, [None] * x.rank)]))
    if g.node("If", [g.leaf(np.array(g.chance(0.5)))], then_branch=branches[0], else_branch=branches[1]):
        g.used.add(x.name)


@operator()
def loop(g):
    x = g.floats()
    dtype = helper.np_dtype_to_tensor_dtype(x.dtype)
    start = g.leaf(g.data(x.shape, x.dtype))
    count = g.outer
    g.outer += 1
    state = f"state{count}"
    nodes, last = body(g, [state, x.name])
    nodes.append(helper.make_node("Tanh", [last], [f"next{count}"]))
    nodes.append(helper.make_node("Identity", [f"cond{count}"], [f"goon{count}"]))
    # No scan outputs: the reference concatenates them, ONNX stacks them.
    outputs = [helper.make_tensor_value_info(f"goon{count}", TensorProto.BOOL, []),
               helper.make_tensor_value_info(f"next{count}", dtype, [None] * x.rank)]
    graph = helper.make_graph(nodes, "body", [
        helper.make_tensor_value_info(f"i{count}", TensorProto.INT64, []),
        helper.make_tensor_value_info(f"cond{count}", TensorProto.BOOL, []),
        helper.make_tensor_value_info(state, dtype, [None] * x.rank)], outputs)
    trip = g.leaf(np.array(g.random.randint(1, 4), np.int64))
    if g.node("Loop", [trip, g.leaf(np.array(True)), start], body=graph):
        g.used.add(x.name)
