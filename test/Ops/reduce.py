# REQUIRES: compile
# RUN: %python %s
import numpy as np
from harness import Case, Const, booleans, integers, main, normal, uniform

KINDS = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]
FLOATS_ONLY = ["LogSum", "LogSumExp"]
NONE = Const([], "int64")


def values(kind, *shape, dtype="float32"):
    # The logarithm of a sum needs one that is positive.
    return uniform(0.5, 1.5, *shape, dtype=dtype) if kind in ("LogSum", "Prod") else normal(*shape, dtype=dtype)


cases = []
for kind in KINDS:
    op = "Reduce" + kind
    cases += [
        Case(op, [values(kind, 3, 4, 5)]),
        *[Case(op, [values(kind, 3, 4, 5), Const(axes)], keepdims=keep)
          for axes in ([0], [1], [-1], [0, 2], [2, 1]) for keep in (0, 1)],
        Case(op, [values(kind, 3, 131), Const([1])], keepdims=0),
        Case(op, [values(kind, 131, 3), Const([0])], keepdims=0),
        # Empty axes: all dims, or no reduction, but what is done beside it.
        Case(op, [values(kind, 3, 4), NONE]),
        Case(op, [values(kind, 3, 4), NONE], noop_with_empty_axes=1,
             expect=(lambda x, _: [x]) if kind == "LogSumExp" else None),
        *([Case(op, [values(kind), NONE])] if kind != "LogSumExp" else []),
        *[Case(op, [values(kind, 7, 9, dtype=t), Const([1])]) for t in ("float64", "float16")],
    ]
    if kind != "Mean":
        cases += [Case(op, [values(kind, 2, 0, 3), Const([1])], keepdims=0),
                  Case(op, [values(kind, 0, 3), Const([1])], keepdims=1)]
    if kind not in FLOATS_ONLY:
        # NumPy would widen the sum of squares.
        squares = (lambda x, _: [np.square(x).sum(1, keepdims=True, dtype=x.dtype)]) if kind == "SumSquare" else None
        cases += [Case(op, [integers(1, 4, 5, 6, dtype=t), Const([1])], expect=squares)
                  for t in ("int32", "int64", "uint32", "uint64")]

for op in ("ReduceMax", "ReduceMin"):
    cases += [Case(op, [integers(0, 100, 5, 6, dtype=t), Const([0])]) for t in ("int8", "uint8")]
    cases += [Case(op, [booleans(5, 6), Const([0])])]
    cases += [Case(op, [integers(-5, 100, 2, 0, dtype=t), Const([1])]) for t in ("int32", "int64", "int8", "uint8")]

special = normal(4, 5)
special[0, 1], special[1, 2], special[2] = np.inf, np.nan, -np.inf
cases += [
    # Large exponents do not overflow; infinities and NaN pass through.
    Case("ReduceLogSumExp", [normal(3, 5) * 100 + 500, Const([1])]),
    *[Case("Reduce" + kind, [special, Const([1])]) for kind in ("Max", "Min", "Sum")],
    # More f16 elements than f16 can count.
    Case("ReduceSum", [uniform(0.9, 1.1, 3, 5000, dtype="float16"), Const([1])],
         expect=None, tolerance=1e-3),
    Case("ReduceMean", [uniform(0.9, 1.1, 3, 5000, dtype="float16"), Const([1])], tolerance=1e-3),
    # Axes were an attribute before opset 18 (ReduceSum: 13).
    Case("ReduceMax", [normal(3, 4)], axes=[1], opset=13),
    Case("ReduceMean", [normal(3, 4)], axes=[-1], keepdims=0, opset=17),
    Case("ReduceL2", [normal(3, 4)], axes=[0], opset=11),
]
main(cases)
