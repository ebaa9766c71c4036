# RUN: %python %s
import numpy as np
from harness import Case, Const, booleans, integers, main, normal
from onnx.helper import make_node

main([
    Case("Gather", [normal(5, 4), Const([0, 3, 1])], axis=0),
    Case("Gather", [normal(5, 4), integers(0, 5, 2, 3)], axis=0),
    Case("Gather", [normal(5, 37), integers(0, 5, 7)], axis=0),
    Case("Gather", [normal(5, 4), integers(-4, 4, 2, 3)], axis=1),
    Case("Gather", [normal(2, 9, 5), integers(-9, 9, 2, 3)], axis=1),
    Case("Gather", [normal(2, 9, 5), integers(-5, 5, 17)], axis=-1),
    # A single index is a slice; of dims of extent 1 the right one goes.
    Case("Gather then Unsqueeze", [normal(1, 2, 3), Const(2)],
         nodes=[make_node("Gather", ["x0", "x1"], ["g"], axis=2), make_node("Constant", [], ["axes"], value_ints=[1, 2]),
                make_node("Unsqueeze", ["g", "axes"], ["y0"])]),
    Case("Gather", [normal(5, 4), Const(-1)], axis=0),
    Case("Gather", [normal(5, 4), Const([2])], axis=1),
    Case("Gather", [normal(5, 4), Const([[2]])], axis=1),
    Case("Gather", [normal(3, 1, 4), Const(0)], axis=1),
    # Not the first dimension of extent 1 goes.
    Case("Gather", [normal(1, 1, 4, 2, 3), Const(1)], axis=3),
    Case("Gather", [normal(1, 4, 3), Const(2)], axis=-1),
    Case("Gather", [normal(5, 4), integers(0, 4)], axis=1, refused=[[normal(5, 4), np.array(4)]]),
    Case("Gather", [normal(5, 4), Const([2, -3])], refused=[[normal(2, 4), None]]),
    Case("Gather", [normal(5), integers(0, 4)], axis=0),
    Case("Gather", [normal(5, 4), integers(0, 4, 1)], axis=-1),
    # Nothing to take.
    Case("Gather", [normal(5, 4), integers(0, 4, 0)], axis=1),
    Case("Gather", [normal(0, 4), integers(0, 4, 3)], axis=1),
    Case("Gather", [normal(0, 4), integers(0, 4, 0)], axis=0),
    *[Case("Gather", [integers(0, 100, 3, 9, dtype=t), integers(0, 3, 6, dtype=i)], axis=0)
      for t in ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")
      for i in ("int32", "int64")],
    Case("Gather", [booleans(4, 9), integers(0, 4, 6)]),
    Case("Gather", [normal(50, 8), integers(0, 50, 2, 3)], open=[["a", "b"], ["c", "d"]],
         refused=[[normal(50, 8), integers(50, 51, 2, 3)], [normal(5, 8), integers(-6, -5, 2, 3)],
                  [normal(0, 8), integers(-1, 0, 1, 1)]],
         also=[[normal(50, 8), integers(0, 50, *s)] for s in
                                                                 ((1, 1), (4, 17), (0, 3))]),
])
