# RUN: %python %s
"""Axes that are inputs of the model."""
import numpy as np
from harness import Case, integers, main, normal, uniform
from onnx import helper

KINDS = ["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"]


def axes(*values):
    return np.array(values, np.int64)


def reduce(kind, x, along, **others):
    # Of no axes the reference knows only their number.
    return Case("Reduce" + kind, [x, along], name=f"Reduce{kind} {x.shape} {along.tolist()} {others}", **others)


X = uniform(0.5, 1.5, 3, 4, 5)
cases = [reduce(kind, X, axes(1), keepdims=keep, also=[[uniform(0.5, 1.5, 2, 6, 1), axes(-1)]])
         for kind in KINDS for keep in (0, 1)]
for keep in (0, 1):
    cases += [reduce("Sum", X, axes(*along), keepdims=keep) for along in ((0,), (-1,), (0, 2), (2, -2), (0, 1, 2))]
    cases += [
        reduce("Max", integers(-9, 9, 4, 5), axes(0), keepdims=keep),
        reduce("Sum", normal(2, 0, 3), axes(1), keepdims=keep),
        reduce("Sum", normal(2, 0, 3), axes(0), keepdims=keep),
        reduce("Sum", normal(7), axes(0), keepdims=keep),
        # A number of axes that only the run knows.
        reduce("Sum", X, axes(0, 2), keepdims=keep, open=[["a", "b", "c"], ["k"]], static=False),
    ]
cases += [
    reduce("Sum", X, axes(1), open=[["a", "b", "c"], ["k"]], static=False,
           also=[[X, axes(0, 2)], [X, axes()], [normal(2, 3, 1), axes(2, 1, 0)]]),
    reduce("Sum", X, axes(1), noop_with_empty_axes=1, open=[["a", "b", "c"], ["k"]], static=False, also=[[X, axes()]]),
    # What the model says of the root's rank.
    Case("ReduceSum", [X, axes(1)], nodes=[helper.make_node("ReduceSum", ["x0", "x1"], ["s"], keepdims=0),
                                           helper.make_node("Sqrt", ["s"], ["y0"])],
         open=[["a", "b", "c"], ["k"]], static=False, name="ReduceSum, then Sqrt"),
    Case("Squeeze", [normal(1, 3, 1, 5), axes(0)], also=[[normal(1, 3, 1, 5), axes(2)]]),
    Case("Squeeze", [normal(1, 3, 1, 5), axes(-2, 0)], refused=[[normal(1, 3, 1, 5), axes(0, 1)]]),
    Case("Squeeze", [normal(1, 3, 1, 5), axes(0, 2)], open=[["a", "b", "c", "d"], ["k"]], static=False),
    # Open extents stay.
    Case("Squeeze", [normal(4, 1, 5)], open=[["a", None, "c"]], also=[[normal(1, 1, 5)]],
         expect=lambda x: [x[:, 0]], name="Squeeze without axes"),
    Case("Unsqueeze", [normal(3, 5), axes(1)], also=[[normal(3, 5), axes(2)], [normal(2, 2), axes(-3)]]),
    Case("Unsqueeze", [normal(3, 5), axes(3, 0)]),
    Case("Unsqueeze", [normal(3, 0), axes(-1)]),
    Case("Unsqueeze", [normal(), axes(0, 1)]),
    Case("Unsqueeze", [normal(3, 5), axes(0, 3)], open=[["a", "b"], ["k"]], static=False),
]
main(cases)
