# RUN: %python %s
"""Products with constant weights of 2, 4 and 8 bits that are dequantized, MatMulNBits, and those of bf16 and f16: all
kinds of grids, sizes around words of 32 bits, blocks and vectors. The reference is NumPy's product of f64."""
import ml_dtypes
import numpy as np
from harness import Case, Const, integers, main, normal, uniform
from onnx import helper
from onnx.reference import ReferenceEvaluator

LIMITS = {"int2": (-2, 2), "uint2": (0, 4), "int4": (-8, 8), "uint4": (0, 16), "int8": (-128, 128), "uint8": (0, 256)}


def numbers(kind, *shape):
    t = getattr(ml_dtypes, kind, None) or np.dtype(kind)
    return integers(*LIMITS[kind], *shape, dtype=np.int32).astype(t)


def spread(grid, block, depth):
    """A scale or zero point for each of `depth` rows of weights, f64."""
    return np.repeat(grid.astype(np.float64), block, axis=0)[:depth] if grid.ndim == 2 else grid.astype(np.float64)


def product(kind, rows, depth, columns, block=0, zeros=False, scale="float32", per="column", turned=False, op="MatMul",
            x_type="float32", **others):
    """x0 [rows..., depth] times x1, dequantized by x2 and, with `zeros`, x3."""
    blocks = -(-depth // block) if block else 0
    shape = (blocks, columns) if block else (columns,) if per == "column" else ()
    w, s = numbers(kind, depth, columns), uniform(0.01, 0.1, *shape).astype(getattr(ml_dtypes, scale, None) or scale)
    inputs = [normal(*rows, depth).astype(x_type), w, s] + ([numbers(kind, *shape)] if zeros else [])

    def expect(x, *_):
        weights = w.astype(np.float64)
        if zeros:
            weights = weights - spread(inputs[3], block, depth)
        return [(x.astype(np.float64) @ (weights * spread(s, block, depth)) + (bias if op == "Gemm" else 0)).astype(x_type)]
    bias = normal(columns) if op == "Gemm" else None
    given = [np.ascontiguousarray(i.T) if turned and i.ndim == 2 and n else i for n, i in enumerate(inputs)]
    names = [f"x{i}" for i in range(1, len(given))]
    attributes = {"axis": (1 if turned else 0) if block else 0 if turned else 1}
    if block:
        attributes["block_size"] = block
    if scale != x_type:
        attributes["output_dtype"] = helper.np_dtype_to_tensor_dtype(np.dtype(x_type))
    nodes = [helper.make_node("DequantizeLinear", names, ["w"], **attributes)]
    if op == "Gemm":
        nodes.append(helper.make_node("Gemm", ["x0", "w", f"x{len(given)}"], ["y0"], transB=int(turned)))
        given.append(bias)
    else:
        if turned:
            nodes.append(helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]))
        nodes.append(helper.make_node(op, ["x0", "t" if turned else "w"], ["y0"]))
    name = f"{kind} {rows} {depth} {columns} block={block} zeros={zeros} {scale} per {per} turned={turned} {op} {x_type}"
    dims = [f"r{i}" for i in range(len(rows))] + [None]
    return Case("MatMul", [given[0], *map(Const, given[1:])], nodes=nodes, expect=expect, name=name, open=[dims] + [None] * 5,
                **others)


def packed(values, bits):
    """Numbers of the last axis, the first in the least bits of a byte."""
    per = 8 // bits
    values = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % per)]).astype(np.uint8)
    return sum(values[..., i::per] << (bits * i) for i in range(per)).astype(np.uint8)


def nbits(bits, rows, depth, columns, block, zeros=False, bias=False, flat=False, x_type="float32"):
    blocks = -(-depth // block)
    q = integers(0, 1 << bits, columns, blocks, block, dtype=np.int32)
    s = uniform(0.01, 0.1, columns, blocks).astype(x_type)
    z = integers(0, 1 << bits, columns, blocks, dtype=np.int32)
    b = normal(columns).astype(x_type)
    weights = ((q - (z[..., None] if zeros else 1 << (bits - 1))) * s.astype(np.float64)[..., None]).reshape(columns, -1)[:, :depth].T
    inputs = [normal(*rows, depth).astype(x_type), Const(packed(q, bits)), Const(s.reshape(-1) if flat else s),
              Const(packed(z, bits).reshape(-1)) if zeros else None]
    if bias:
        inputs += [None, Const(b)]
    while inputs[-1] is None:
        inputs.pop()

    def expect(x, *_):
        return [(x.astype(np.float64) @ weights + (b if bias else 0)).astype(x_type)]
    return Case("MatMulNBits", inputs, domain="com.microsoft", K=depth, N=columns, bits=bits, block_size=block,
                expect=expect, open=[[f"r{i}" for i in range(len(rows))] + [None]] + [None] * 5, opset=21,
                name=f"MatMulNBits {bits} {rows} {depth} {columns} {block} zeros={zeros} bias={bias} {x_type}")


def rounded(rows, depth, columns, turned=False):
    """x0 and the weights are bf16, the result is widened again."""
    w = normal(depth, columns).astype(ml_dtypes.bfloat16)
    bfloat16 = helper.np_dtype_to_tensor_dtype(w.dtype)
    nodes = [helper.make_node("Cast", ["x0"], ["x"], to=bfloat16)]
    if turned:
        nodes.append(helper.make_node("Transpose", ["x1"], ["t"], perm=[1, 0]))
    nodes += [helper.make_node("MatMul", ["x", "t" if turned else "x1"], ["y"]),
              helper.make_node("Cast", ["y"], ["y0"], to=helper.np_dtype_to_tensor_dtype(np.dtype(np.float32)))]
    return Case("MatMul", [normal(*rows, depth), Const(np.ascontiguousarray(w.T) if turned else w)], nodes=nodes,
                expect=lambda x, _: [(x.astype(np.float64) @ w.astype(np.float64)).astype(np.float32)],
                tolerance=8e-3, open=[[f"r{i}" for i in range(len(rows))] + [None], None],
                name=f"bfloat16 {rows} {depth} {columns} turned={turned}")


def widened(rows, depth, columns, turned=False, op="MatMul"):
    """Both sides are rounded to bf16 and read as f32, as a recipe writes it. The left one is bf16 already: no sum may lose
    more than f32 does."""
    w, bias = normal(depth, columns).astype(ml_dtypes.bfloat16), normal(columns)
    bfloat16 = helper.np_dtype_to_tensor_dtype(w.dtype)
    nodes = [helper.make_node("Cast", ["x0"], ["h"], to=bfloat16), helper.make_node("Cast", ["h"], ["x"], to=1),
             helper.make_node("Cast", ["x1"], ["w"], to=1)]
    if op == "Gemm":
        nodes.append(helper.make_node("Gemm", ["x", "w", "x2"], ["y0"], transB=int(turned)))
    else:
        if turned:
            nodes.append(helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]))
        nodes.append(helper.make_node("MatMul", ["x", "t" if turned else "w"], ["y0"]))
    return Case("MatMul", [normal(*rows, depth).astype(ml_dtypes.bfloat16).astype(np.float32),
                           Const(np.ascontiguousarray(w.T) if turned else w), Const(bias)], nodes=nodes,
                expect=lambda x, *_: [(x.astype(np.float64) @ w.astype(np.float64)
                                       + (bias if op == "Gemm" else 0)).astype(np.float32)],
                open=[[f"r{i}" for i in range(len(rows))] + [None], None, None],
                name=f"bfloat16 widened {rows} {depth} {columns} turned={turned} {op}")


def widened_conv(image, filters, **attributes):
    """A convolution alike; one that nobody is left to round."""
    half = ml_dtypes.bfloat16
    x, w, bias = normal(*image).astype(half).astype(np.float32), normal(*filters).astype(half), normal(filters[0])
    bfloat16 = helper.np_dtype_to_tensor_dtype(w.dtype)
    nodes = [helper.make_node("Cast", ["x0"], ["h"], to=bfloat16), helper.make_node("Cast", ["h"], ["x"], to=1),
             helper.make_node("Cast", ["x1"], ["w"], to=1),
             helper.make_node("Conv", ["x", "w", "x2"], ["y0"], **attributes)]
    conv = helper.make_node("Conv", ["x", "w", "b"], ["y"], **attributes)
    return Case("Conv", [x, Const(w), Const(bias)], nodes=nodes, open=[["n", None, "h", "w"], None, None],
                expect=lambda x, *_: [ReferenceEvaluator(conv).run(None, {"x": x, "w": w.astype(np.float32), "b": bias})[0]],
                name=f"bfloat16 widened {image} {filters} {attributes}")


def halves(rows, depth, columns, turned=False, op="MatMul"):
    """The weights are f16 and read as f32: nothing else is rounded."""
    w, bias = normal(depth, columns).astype(np.float16), normal(columns)
    w[0, 0], w[-1, -1] = 6e-8, -65504  # subnormal, and the greatest
    nodes = [helper.make_node("Cast", ["x1"], ["w"], to=1)]
    if op == "Gemm":
        nodes.append(helper.make_node("Gemm", ["x0", "w", "x2"], ["y0"], transB=int(turned)))
    else:
        if turned:
            nodes.append(helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]))
        nodes.append(helper.make_node("MatMul", ["x0", "t" if turned else "w"], ["y0"]))
    return Case("MatMul", [normal(*rows, depth), Const(np.ascontiguousarray(w.T) if turned else w), Const(bias)], nodes=nodes,
                expect=lambda x, *_: [(x.astype(np.float64) @ w.astype(np.float64)
                                       + (bias if op == "Gemm" else 0)).astype(np.float32)],
                open=[[f"r{i}" for i in range(len(rows))] + [None], None, None],
                name=f"float16 {rows} {depth} {columns} turned={turned} {op}")


cases = [make(rows, *sizes) for make in (rounded, widened, halves) for rows in ((1,), (3, 7), (0,), (40,))
         for sizes in ((1, 1), (37, 50), (600, 70, True))]
cases += [make((rows,), 65, 130, turned, "Gemm") for make in (widened, halves) for rows in (1, 20) for turned in (False, True)]
cases += [widened_conv((2, 4, 9, 7), (6, 4, 3, 3), strides=[2, 1], pads=[1, 1, 1, 1]), widened_conv((1, 6, 5, 5), (33, 6, 1, 1)),
          widened_conv((1, 3, 9, 9), (8, 3, 3, 3)), widened_conv((1, 8, 6, 6), (8, 2, 3, 3), group=4),
          widened_conv((1, 16, 12, 12), (40, 16, 3, 3), dilations=[2, 2]), widened_conv((1, 2, 4, 4), (1, 2, 2, 2))]
for kind in LIMITS:
    # One row unpacks where it multiplies, many rows unpack a block once.
    for rows in ((1,), (2,), (3, 13)):
        cases += [product(kind, rows, 96, 40, block=32), product(kind, rows, 70, 21, block=16, zeros=True),
                  product(kind, rows, 45, 70), product(kind, rows, 45, 7, zeros=True, turned=True)]
    cases += [product(kind, (1,), 61, 33, per="tensor", zeros=True), product(kind, (0,), 64, 16, block=16),
              product(kind, (5,), 37, 130, block=3, zeros=True), product(kind, (1,), 37, 130, block=3),
              product(kind, (1,), 1, 1), product(kind, (7,), 1, 1, zeros=True), product(kind, (4,), 10, 5, block=16),
              product(kind, (150,), 600, 70, block=64), product(kind, (9,), 1030, 40, zeros=True),
              product(kind, (9,), 1100, 66, block=500, zeros=True), product(kind, (6,), 1100, 66, block=512, turned=True),
              product(kind, (1,), 1100, 66, block=512, turned=True, zeros=True),
              product(kind, (3,), 64, 24, block=32, op="Gemm", turned=True), product(kind, (3,), 64, 24, zeros=True, op="Gemm"),
              product(kind, (1,), 64, 24, block=32, scale="float16"), product(kind, (4,), 64, 24, block=32, scale="bfloat16"),
              product(kind, (1,), 64, 24, block=32, x_type="float16", scale="float16")]
for bits in (2, 4, 8):
    for rows in ((1, 1), (2, 5), (33,)):
        cases += [nbits(bits, rows, 96, 40, 32), nbits(bits, rows, 90, 17, 16, zeros=True, flat=True),
                  nbits(bits, rows, 50, 33, 64, zeros=True, bias=True), nbits(bits, rows, 256, 24, 128, bias=True)]
    cases.append(nbits(bits, (1, 3), 64, 40, 32, zeros=True, x_type="float16"))
main(cases)
