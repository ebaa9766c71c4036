# RUN: %python %s
"""Trilu, and EyeLike, which is made of it."""
import numpy as np
from harness import Case, Const, booleans, integers, main, normal

MIXED = np.array([[np.nan, np.inf, 1], [np.inf, np.nan, 2], [3, 4, np.nan]], np.float32)

main([
    *[Case("Trilu", [normal(4, 5), Const(k, "int64")], upper=upper) for upper in (0, 1) for k in (-5, -1, 0, 2, 9)],
    *[Case("Trilu", [normal(*shape)], upper=upper) for upper in (0, 1) for shape in ((4, 4), (2, 3, 5, 33), (0, 4), (1, 1))],
    *[Case("Trilu", [integers(0, 90, 4, 4, dtype=t)]) for t in
      ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    Case("Trilu", [booleans(5, 5)], upper=0),
    # What goes may be anything.
    Case("Trilu", [MIXED], upper=0),
    # A diagonal that only the run knows.
    *[Case("Trilu", [normal(4, 5), integers(k, k + 1)], upper=upper, open=[["m", "n"], []],
           also=[[normal(7, 2), integers(-2, -1)]]) for upper in (0, 1) for k in (1, -2, 1 << 62)],
    *[Case("EyeLike", [normal(*shape)], k=k) for shape in ((3, 5), (5, 3), (1, 1)) for k in (-2, 0, 1, 7)],
    *[Case("EyeLike", [integers(0, 9, 3, 4, dtype="int32")], dtype=dtype) for dtype in (1, 2, 7, 9, 10, 11)],
    Case("EyeLike", [integers(0, 9, 3, 4, dtype="int32")]),
])
