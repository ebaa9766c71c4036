"""Operators of random graphs that move values, make shapes, quantize or hold graphs."""
import numpy as np
from onnx import TensorProto, helper

from operators import axis_of, operator


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
    indices = g.leaf(g.numbers.integers(-depth, depth, g.shape(max(1, g.among(0, 1, 2)))))
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
