# RUN: %python %s
"""Shapes, positions and pads whose length is open: what the rest of the model says of it counts."""
import numpy as np
from harness import Case, integers, main, normal


def ints(*values, dtype=np.int64):
    return np.array(values, dtype)


def case(op, inputs, **others):
    others.setdefault("open", "each")
    return Case(op, inputs, static=False, **others)


X = normal(3, 4, 5)
cases = [
    case("Reshape", [X, ints(5, 12)], also=[[X, ints(-1, 4)]], refused=[[X, ints(60)], [X, ints(3, 4, 5)]]),
    case("Reshape", [X, ints(0, -1)]),
    case("Reshape", [normal(1), ints()]),
    case("ConstantOfShape", [ints(2, 3)], refused=[[ints(2)]]),
    case("ConstantOfShape", [ints(0, 3)]),
    case("Expand", [normal(3, 1), ints(2, 3, 4)]),
    # A shape of fewer dimensions than the input.
    case("Expand", [normal(3, 1), ints(3, 4)], also=[[normal(3, 1), ints(4)], [normal(3, 1), ints()]],
         refused=[[normal(3, 1), ints(2, 3, 4)]]),
    case("Tile", [X, ints(1, 2, 3)], refused=[[X, ints(1, 2)]]),
    case("Split", [normal(7), ints(3, 4)], outputs=2, refused=[[normal(7), ints(7)]]),
    case("Slice", [X, ints(1, -3), ints(3, 4)], also=[[X, ints(1), ints(9)], [X, ints(), ints()]],
         refused=[[X, ints(0, 0, 0, 0), ints(1, 1, 1, 1)]]),
    case("Slice", [X, ints(1, -3), ints(3, 4), ints(2, 0)],
         also=[[X, ints(1), ints(9), ints(-1)], [X, ints(1, 0, 0), ints(9, 1, 1), ints(1, -1, -3)]],
         refused=[[X, ints(1), ints(9), ints(3)]]),
    case("Slice", [X, ints(-1, 0), ints(-9, 4), ints(2, 1), ints(-2, 3)]),
    case("Slice", [X, ints(-1, 0, dtype=np.int32), ints(-9, 4, dtype=np.int32), ints(2, 1, dtype=np.int32),
                   ints(-2, 3, dtype=np.int32)]),
    # One list tells the length of all.
    case("Slice", [X, ints(1, 0), ints(3, 4), ints(2, 0)], open=[["a", "b", "c"], ["k"], ["k2"], [None]],
         refused=[[X, ints(1), ints(3), ints(2, 0)]]),
    case("Pad", [normal(2, 3), ints(1, 0, 2, 1)], refused=[[normal(2, 3), ints(1, 2)]]),
    case("Pad", [normal(2, 3), ints(1, 2), None, ints(-1)], also=[[normal(2, 3), ints(1, 0, 2, 1), None, ints(1, 0)]],
         refused=[[normal(2, 3), ints(1, 2, 0, 0), None, ints(1)]]),
    case("Pad", [normal(2, 3), ints(1, 2), None, ints(1)], open=[["a", "b"], ["k"], None, [None]]),
    case("Col2Im", [normal(1, 5, 5), ints(5, 5), ints(1, 5)]),
    case("Col2Im", [normal(1, 10, 12), ints(3, 4, 5), ints(1, 1, 5)]),
    case("GatherND", [X, integers(0, 3, 2, 2)], refused=[[X, integers(0, 3, 2, 1)]]),
    case("GatherND", [X, integers(0, 3, 3, 1)], batch_dims=1),
    case("ScatterND", [X, np.array([[0, 1], [2, 3]]), normal(2, 5)],
         refused=[[X, np.array([[0], [2]]), normal(2, 5)]]),
]
main(cases)
