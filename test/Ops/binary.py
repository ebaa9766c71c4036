# RUN: %python %s
"""Element-wise operators of two inputs and more, but Add (add.py)."""
import ml_dtypes
import numpy as np
from harness import Case, Const, booleans, integers, main, normal, uniform

FLOATS = ["float32", "float64", "float16", ml_dtypes.bfloat16]
SIGNED, UNSIGNED = ["int8", "int16", "int32", "int64"], ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED


def shapes(op, make, **others):
    """Broadcasts in both directions, no elements, a scalar."""
    return [Case(op, [make(*x), make(*y)], **others)
            for x, y in [((3, 19), (3, 19)), ((3, 19), (19,)), ((1, 7), (5, 1)), ((), (4, 3)), ((0, 3), (1, 3))]]


def away_from_zero(*shape, dtype=np.float32):
    x = normal(*shape, dtype=dtype)
    return (x + np.copysign(0.5, x)).astype(dtype)


cases = []
for op in ("Sub", "Mul"):
    cases += [*shapes(op, normal), *[Case(op, [normal(2, 9, dtype=t), normal(9, dtype=t)]) for t in FLOATS[1:]],
              *[Case(op, [integers(0, 100, 33, dtype=t), integers(0, 100, 33, dtype=t)]) for t in INTEGERS]]

cases += [
    *shapes("Div", away_from_zero), *[Case("Div", [normal(9, dtype=t), away_from_zero(9, dtype=t)]) for t in FLOATS[1:]],
    # Towards zero.
    *[Case("Div", [integers(-100, 100, 33, dtype=t), integers(1, 9, 33, dtype=t) * np.array([1, -1, 1], t).repeat(11)],
           expect=lambda x, y: [np.trunc(x / y.astype(np.float64)).astype(x.dtype)]) for t in SIGNED],
    *[Case("Div", [integers(0, 100, 33, dtype=t), integers(1, 9, 33, dtype=t)]) for t in UNSIGNED],
    Case("Div", [np.array([1, -1, 0], np.float32), np.zeros(3, np.float32)]),

    # The sign of the divisor, or with fmod of the dividend.
    *[Case("Mod", [integers(-100, 100, 33, dtype=t), integers(1, 9, 33, dtype=t) * np.array([1, -1, 1], t).repeat(11)],
           fmod=fmod) for t in SIGNED for fmod in (0, 1)],
    *[Case("Mod", [integers(0, 100, 33, dtype=t), integers(1, 9, 33, dtype=t)], fmod=fmod)
      for t in UNSIGNED for fmod in (0, 1)],
    *[Case("Mod", [normal(5, 9, dtype=t), away_from_zero(9, dtype=t)], fmod=1) for t in ("float32", "float64")],

    *shapes("Pow", lambda *s: uniform(0.2, 3, *s)),
    *[Case("Pow", [normal(3, 9), Const(e)]) for e in (2.0, 3.0, 1.0, 0.0, -1.0)],
    Case("Pow", [uniform(0.1, 4, 3, 9), Const(0.5)]),
    Case("Pow", [normal(9), Const(2, "int64")]), Case("Pow", [integers(-5, 6, 20, dtype="int32"), Const(3, "int32")]),
    Case("Pow", [integers(1, 6, 20, dtype="int64"), integers(0, 5, 20, dtype="int64")]),
    Case("Pow", [uniform(0.2, 3, 9, dtype="float64"), uniform(-2, 2, 9, dtype="float64")]),
    # A negative base has a result for whole exponents only.
    Case("Pow", [np.array([-2, -2, 0, 0, np.inf], np.float32), np.array([3, 0.5, 0, 2, -1], np.float32)]),

    *[case for op in ("And", "Or", "Xor") for case in shapes(op, booleans)],
    *[Case(op, [integers(0, 127, 3, 11, dtype=t), integers(0, 127, 11, dtype=t)])
      for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor") for t in INTEGERS],
    # Shifts by the width and more, and by negative amounts, leave the sign.
    *[Case("BitShift", [np.array([5, 100, 77, 1, 127, 3], t), np.array([0, 1, 3, 7, 64, 100], t)], direction=d,
           expect=lambda x, y, d=d: [shifted(x, y, d)]) for t in INTEGERS for d in ("LEFT", "RIGHT")],
    *[Case("BitShift", [np.array([-5, -100, 77, -1, -128, 3], t), np.array([0, 1, 3, -1, 64, -7], t)], direction=d,
           expect=lambda x, y, d=d: [shifted(x, y, d)]) for t in SIGNED for d in ("LEFT", "RIGHT")],

    Case("PRelu", [normal(2, 3, 5), normal(3, 1)]), Case("PRelu", [normal(2, 3, 5), Const(0.25)]),
    Case("PRelu", [integers(-9, 9, 2, 5, dtype="int32"), integers(1, 4, 5, dtype="int32")]),
]


def shifted(x, y, direction):
    bits = x.dtype.itemsize * 8
    result = [int(a) << int(b) if direction == "LEFT" and 0 <= b < bits else 0 if direction == "LEFT" else
              int(a) >> (int(b) if 0 <= b < bits else bits) for a, b in zip(x, y)]
    return np.array([r & (1 << bits) - 1 for r in result], f"uint{bits}").view(x.dtype)


NAN = np.array([1, np.nan, np.inf, -np.inf, np.nan, 0], np.float32)
OTHER = np.array([1, 1, np.inf, 0, np.nan, -0.0], np.float32)
for op in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"):
    cases += [*shapes(op, lambda *s: integers(0, 3, *s, dtype="float32")), Case(op, [NAN, OTHER]),
              *[Case(op, [integers(0, 3, 33, dtype=t), integers(0, 3, 33, dtype=t)]) for t in INTEGERS + FLOATS[1:]]]
# The highest bit is no sign.
cases += [Case("Less", [np.array([1, 2**k - 1], f"uint{k}"), np.array([2**k - 1, 1], f"uint{k}")])
          for k in (8, 16, 32, 64)]
cases += [Case("Equal", [booleans(3, 5), booleans(5)])]

for op in ("Max", "Min", "Sum", "Mean"):
    cases += [Case(op, [normal(3, 19)]), Case(op, [normal(3, 19), normal(19), normal(3, 1)]),
              Case(op, [normal(2, 5) for _ in range(5)])]
for op in ("Max", "Min"):
    cases += [Case(op, [integers(0, 100, 33, dtype=t), integers(0, 100, 33, dtype=t)]) for t in INTEGERS]
    cases += [Case(op, [NAN, OTHER])]
    cases += [Case(op, [normal(9, dtype=t), normal(9, dtype=t)]) for t in FLOATS[1:]]

cases += [
    *[Case("Where", [booleans(*c), make(*x), make(*y)])
      for make in (normal, booleans, lambda *s: integers(0, 99, *s, dtype="uint8"))
      for c, x, y in [((3, 19), (3, 19), (3, 19)), ((3, 1), (19,), (1, 19)), ((), (2, 5), (5,)), ((0, 2), (2,), (1, 1))]],
    Case("Where", [booleans(2, 33), normal(2, 33), Const(-np.inf)]),
]
main(cases)
