# RUN: %python %s
from harness import Case, Const, integers, main, normal

main([
    Case("ReduceSum", [normal(3, 4, 5)]),  # all dims
    *[Case("ReduceSum", [normal(3, 4, 5), Const(axes)], keepdims=keep)
      for axes in ([0], [1], [2], [-1], [0, 2], [2, 0], [0, 1, 2]) for keep in (0, 1)],
    # A long row and a long column.
    Case("ReduceSum", [normal(3, 1031), Const([1])], keepdims=0),
    Case("ReduceSum", [normal(1031, 3), Const([0])], keepdims=0),
    # Empty axes: all dims, or nothing to do.
    Case("ReduceSum", [normal(3, 4), Const([], "int64")]),
    Case("ReduceSum", [normal(3, 4), Const([], "int64")], noop_with_empty_axes=1),
    # The sum of no elements is 0.
    Case("ReduceSum", [normal(2, 0, 3), Const([1])], keepdims=0),
    Case("ReduceSum", [normal(0, 3), Const([1])], keepdims=0),
    Case("ReduceSum", [normal(), Const([], "int64")]),
    *[Case("ReduceSum", [normal(7, 9, dtype=t), Const([1])]) for t in ("float64", "float16")],
    *[Case("ReduceSum", [integers(0, 100, 7, 9, dtype=t), Const([1])]) for t in ("int32", "int64")],
    # Axes were an attribute before opset 13.
    Case("ReduceSum", [normal(3, 4)], axes=[1], opset=11),
])
