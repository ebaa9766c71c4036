# RUN: %python %s
import numpy as np
from harness import Case, Const, integers, main, normal

VALUES = normal(2)
SIX = integers(0, 6, 11)
# The reference takes neither a list nor a float as the depth.
ROWS = [np.where(SIX[:, None] == np.arange(6), VALUES[1], VALUES[0])]

main([
    *[Case("OneHot", [integers(-5, 5, 2, 3), Const(5), VALUES], axis=axis) for axis in (0, 1, 2, -1, -2, -3)],
    Case("OneHot", [SIX, Const([6]), VALUES], expect=ROWS),
    Case("OneHot", [integers(0, 9), Const(9), VALUES]),
    # Out of range: no place in the row.
    Case("OneHot", [integers(-9, 9, 7), Const(3), VALUES]),
    *[Case("OneHot", [integers(0, 6, 11, dtype=t), Const(6), VALUES])
      for t in ("int8", "uint8", "int16", "int32", "uint32", "float32", "float64")],
    Case("OneHot", [SIX, Const(6.0), VALUES], expect=ROWS),
    Case("OneHot", [integers(0, 6, 11), Const(6, "int32"), VALUES]),
    *[Case("OneHot", [integers(0, 6, 11), Const(6), integers(0, 50, 2, dtype=t)])
      for t in ("int8", "uint8", "int32", "int64", "float16", "float64")],
    # A depth that only the run knows.
    Case("OneHot", [integers(0, 4, 2, 3), integers(6, 7), VALUES], axis=1, open=[["a", "b"], [], [None]],
         also=[[integers(0, 4, 1, 17), integers(3, 4), VALUES]]),
    Case("OneHot", [SIX, integers(6, 7, 1), VALUES], expect=ROWS, open=[["a"], [None], [None]]),
    Case("OneHot", [integers(0, 4, 0, 3), Const(4), VALUES]),
])
