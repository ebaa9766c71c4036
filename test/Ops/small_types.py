# RUN: %python %s
"""Floats of 8 bits and less, integers of less: every conversion, exhaustively; the
reference is ml_dtypes."""
import ml_dtypes
import numpy as np
from harness import Case, Const, main, normal, uniform
from onnx import TensorProto, helper, numpy_helper

FLOATS = {"float8_e4m3fn": 17, "float8_e4m3fnuz": 18, "float8_e5m2": 19, "float8_e5m2fnuz": 20, "float4_e2m1fn": 23}
POWER, POWER_NUMBER = np.dtype(ml_dtypes.float8_e8m0fnu), 24
INTS = {"uint4": 21, "int4": 22, "uint2": 25, "int2": 26}
WIDE = {"float32": 1, "float64": 11, "float16": 10, "bfloat16": 16}
LARGEST = 2.0**127


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name, None) or name)


def every(name):
    """All elements of a type."""
    count = {"float4_e2m1fn": 16, "uint4": 16, "int4": 16, "uint2": 4, "int2": 4}.get(name, 256)
    elements = np.arange(count, dtype=np.uint8).view(dtype(name))
    return elements.astype(np.int8).astype(dtype(name)) if "int" in name else elements


def near(name, wide):
    """Elements, what lies halfway between two, and the neighbours of both in a wider type."""
    numbers = np.unique(every(name).astype(np.float64))
    numbers = numbers[np.isfinite(numbers)]
    numbers = np.concatenate([numbers, (numbers[1:] + numbers[:-1]) / 2, numbers[[0, -1]] * 1.03,
                              numbers[[0, -1]] * 1.07, numbers[[0, -1]] * 1.2, numbers[[0, -1]] * 2])
    numbers = numbers.astype(wide)
    ends = [np.nextafter(numbers, wide(end)) for end in (-np.inf, np.inf)] if wide != ml_dtypes.bfloat16 else []
    return np.concatenate([numbers, *ends, np.array([0.0, -0.0, np.inf, -np.inf, np.nan]).astype(wide)])


def sweep(name, wide):
    """Every half float; of wider ones those near() and 2^16 others of all magnitudes."""
    if wide == np.float16 or wide == ml_dtypes.bfloat16:
        return np.arange(1 << 16, dtype=np.uint16).view(wide)
    bits = np.random.default_rng(1).integers(0, 1 << 32, 1 << 16, np.uint32)
    return np.concatenate([near(name, wide), bits.view(np.float32).astype(wide)])


def nearest(x, name):
    """Doubles to the nearest element, ties to even bits; ml_dtypes would round them twice."""
    elements = every(name)
    numbers = elements.astype(np.float64)
    kept = np.flatnonzero(np.isfinite(numbers) & ~np.signbit(numbers))
    kept = kept[np.argsort(numbers[kept])]
    numbers, elements = numbers[kept], elements[kept]
    middles = np.append((numbers[1:] + numbers[:-1]) / 2, numbers[-1] + (numbers[-1] - numbers[-2]) / 2)
    place = np.searchsorted(middles, np.abs(x))  # of a tie the lower one
    tie = (place < len(middles)) & (middles[np.minimum(place, len(middles) - 1)] == np.abs(x))
    place += tie & (place % 2 == 1)
    result = np.append(elements, np.array(np.inf).astype(elements.dtype))[np.minimum(place, len(elements))]
    result = np.where(np.isnan(x), np.array(np.nan).astype(result.dtype), result)
    negative = np.signbit(x) & ~np.isnan(x)
    return np.where(negative, (-result.astype(np.float32)).astype(result.dtype), result)


def rounded(x, name, saturate=True):
    """ml_dtypes rounds, but does not saturate."""
    to = dtype(name)
    x = np.where(np.isnan(x), np.array(np.nan).astype(x.dtype), x)  # the sign of NaN means nothing
    with np.errstate(all="ignore"):
        result = nearest(x, name) if x.dtype == np.float64 else x.astype(to)
        if not saturate or name == "float4_e2m1fn":
            return result
        limit = ml_dtypes.finfo(to)
        largest = np.where(np.signbit(x), limit.min, limit.max).astype(to)
        overflows = ~np.isfinite(result.astype(np.float32)) & ~np.isnan(x)
        return np.where(overflows, largest, result)


def to_power(x, mode, saturate=True):
    """The power of two beside |x|."""
    x = np.abs(x.astype(np.float64))
    with np.errstate(all="ignore"):
        below = 2.0 ** (np.frexp(x)[1] - 1.0)
    if mode == "up":
        result = np.where(x > below, 2 * below, below)
    else:
        result = np.where((mode == "nearest") & (x >= 1.5 * below), 2 * below, below)
    result = np.where(np.isfinite(x) & (x > 0), result, x)
    if saturate:
        result = np.where(np.isnan(x), np.nan, np.clip(result, 2.0**-127, LARGEST))
    else:
        result = np.where((x < 2.0**-127) | (result > LARGEST), np.nan, result)
    return result.astype(np.float32).astype(POWER)


def casts(to, number, x, **others):
    return Case("Cast", [x], to=number, name=f"Cast {x.dtype} to {to} {others.pop('name', '')}", **others)


cases = []
for name, number in {**FLOATS, "float8_e8m0fnu": POWER_NUMBER, **INTS}.items():
    elements = every(name)
    for wide, to in WIDE.items():
        cases.append(casts(wide, to, elements, expect=[elements.astype(dtype(wide))]))
    cases.append(casts("bool", 9, elements, expect=[elements.astype(np.float32) != 0]))
    cases.append(Case("Identity", [elements], expect=[elements], name=f"Identity {name}"))
for name, number in FLOATS.items():
    for wide in WIDE:
        x = sweep(name, dtype(wide).type)
        cases.append(casts(name, number, x, expect=[rounded(x, name)]))
        cases.append(casts(name, number, x, saturate=0, expect=[rounded(x, name, False)], name="unsaturated"))
    whole = np.arange(-600, 600, dtype=np.int32)
    cases.append(casts(name, number, whole, expect=[rounded(whole.astype(np.float32), name)]))
    for other in FLOATS.keys() - {name}:
        x = every(other)
        cases.append(casts(name, number, x, expect=[rounded(x.astype(np.float32), name)]))
    cases.append(Case("CastLike", [normal(3, 9) * 9, every(name)], saturate=0, name=f"CastLike {name}",
                      expect=lambda x, like, n=name: [rounded(x, n, False)]))
for mode in ("up", "down", "nearest"):
    for saturate in (0, 1):
        x = np.abs(sweep("float8_e5m2", np.float32))
        tiny = np.ldexp(np.float32([0, 0.5, 0.75, 1, 1.2, 1.5, 1.7, 2, 3]), -127)
        x = np.concatenate([x, tiny, np.float32([0.5, 1, 1.2, 1.5, 1.7]) * np.float32(LARGEST)])
        cases.append(casts("float8_e8m0fnu", POWER_NUMBER, x, round_mode=mode, saturate=saturate,
                           expect=[to_power(x, mode, saturate)], name=f"{mode} saturate={saturate}"))
for name, number in INTS.items():
    info = ml_dtypes.iinfo(dtype(name))
    inside = uniform(int(info.min) - 0.9, int(info.max) + 0.9, 40)
    cases.append(casts(name, number, inside, expect=[np.trunc(inside).astype(np.int8).astype(dtype(name))]))
    bytes_ = np.arange(-128, 128).astype(np.int8)  # the low bits are kept
    cases.append(casts(name, number, bytes_, expect=[bytes_.astype(dtype(name))]))
    for other in INTS:
        x = every(other)
        cases.append(casts(name, number, x, expect=[x.astype(np.int8).astype(dtype(name))]))
    cases.append(casts("int64", 7, every(name), expect=[every(name).astype(np.int64)]))

# What only moves elements takes all types.
for name, number in {**FLOATS, **INTS}.items():
    x = np.resize(every(name), (3, 5, 4))
    one = numpy_helper.from_array(every(name)[3:4])
    pad = Const(every(name)[3])
    cases += [
        Case("Transpose", [x], perm=[2, 0, 1], expect=[x.transpose(2, 0, 1)]),
        Case("Reshape", [x, Const([0, -1])], expect=[x.reshape(3, 20)]),
        Case("Unsqueeze", [x, Const([1])], expect=[x[:, None]]),
        Case("Pad", [x[0], Const([0, 1, 2, 0]), pad],
             expect=[np.pad(x[0].astype(np.float32), ((0, 2), (1, 0)),
                            constant_values=pad.array.astype(np.float32)).astype(dtype(name))]),
        Case("ConstantOfShape", [np.array([2, 3])], value=one, open="none",
             expect=[np.full((2, 3), every(name)[3])], name=f"ConstantOfShape {name}"),
        Case("Identity of a constant", [x[0], Const(x[1])], name=f"constants {name}",
             nodes=[helper.make_node("Identity", ["x0"], ["y0"]), helper.make_node("Identity", ["x1"], ["y1"])],
             outputs=2, expect=[x[0], x[1]]),
    ]
for name in ("float8_e4m3fn", "float8_e5m2"):
    x = every(name)
    cases += [Case("IsNaN", [x], expect=[np.isnan(x.astype(np.float32))]),
              Case("IsInf", [x], expect=[np.isinf(x.astype(np.float32))])]

# The same bits.
PAIRS = [("float32", "int32"), ("float64", "uint64"), ("float16", "uint16"), ("bfloat16", "int16"), ("int8", "uint8"),
         ("float8_e5m2", "int8"), ("uint8", "float8_e4m3fn"), ("float8_e4m3fn", "float8_e8m0fnu"),
         ("int4", "uint4"), ("uint4", "int4"), ("float4_e2m1fn", "uint4"), ("int4", "float4_e2m1fn"), ("uint2", "int2")]
for source, target in PAIRS:
    small = source in {**FLOATS, **INTS}
    x = every(source) if small else np.arange(1, 240, dtype=np.uint8)[:232].view(dtype(source))
    bits = x.astype(np.uint8) if "int" in source and small else x
    mask = {"4": 15, "2": 3}.get(source.strip("u").removeprefix("int"), 255) if small else None
    expect = (bits & mask).view(dtype(target)) if mask and "int" in source else x.view(dtype(target))
    cases.append(Case("BitCast", [x], to=helper.np_dtype_to_tensor_dtype(dtype(target)), expect=[expect]))
cases.append(Case("BitCast", [np.array([True, False])], to=TensorProto.UINT8))

# Grids.
for name, number in FLOATS.items():
    x = normal(6, 20) * 40
    q, column, blocks = np.resize(every(name), (6, 20)), uniform(0.1, 2, 20), uniform(0.1, 2, 6, 5)
    zero = Const(np.zeros((), dtype(name)))
    cases += [
        Case("QuantizeLinear", [x, np.float32(0.3), zero]),
        Case("QuantizeLinear", [x, column], axis=1, output_dtype=number),
        Case("QuantizeLinear", [x, column], axis=1, output_dtype=number, saturate=0),
        Case("QuantizeLinear", [x, blocks], axis=1, block_size=4, output_dtype=number, open=[["a", None]] * 2),
        Case("DequantizeLinear", [q, np.float32(0.3), zero]),
        Case("DequantizeLinear", [q, column], axis=1),
        Case("DequantizeLinear", [Const(q), column], axis=1, open="none", name=f"weights {name}"),
        Case("DequantizeLinear", [q, blocks], axis=1, block_size=4, open=[["a", None]] * 2),
        Case("DequantizeLinear", [q, blocks.astype(np.float16)], axis=1, block_size=4, open=[["a", None]] * 2),
        Case("DequantizeLinear", [q, np.float32([0.5]).astype(POWER)], output_dtype=1, opset=28,
             expect=[q.astype(np.float32) * np.float32(0.5)]),
    ]
for name, number in INTS.items():
    x, zero = normal(6, 20) * 9, Const(np.ones((), dtype(name)))
    q, column = np.resize(every(name), (6, 20)), uniform(0.1, 2, 20)
    cases += [
        Case("QuantizeLinear", [x, np.float32(0.7), zero]),
        Case("QuantizeLinear", [x, column], axis=1, output_dtype=number),
        Case("DequantizeLinear", [q, np.float32(0.7), zero]),
        Case("DequantizeLinear", [q, column], axis=1),
    ]
main(cases)
