# RUN: %python %s
import numpy as np
from harness import Case, integers, main, normal

NAN = normal(3, 40)
NAN[0, 17] = NAN[0, 30] = NAN[2, 0] = np.nan
TIES = integers(0, 3, 4, 9, 5)

main([case for op in ("ArgMax", "ArgMin") for case in [
    *[Case(op, [normal(3, 7, 5)], axis=axis, keepdims=keep) for axis in (0, 1, 2, -1, -3) for keep in (0, 1)],
    *[Case(op, [TIES], axis=axis, select_last_index=last) for axis in (0, 1, 2) for last in (0, 1)],
    *[Case(op, [TIES.astype(t)], axis=1) for t in
      ("int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64", "float16", "float32", "float64")],
    *[Case(op, [integers(-100, 100, 2, 50, dtype=t)], axis=1) for t in ("int8", "int32", "int64")],
    Case(op, [integers(0, 256, 2, 50, dtype="uint8")], axis=1),
    # The first NaN.
    *[Case(op, [NAN], axis=1, select_last_index=last) for last in (0, 1)],
    Case(op, [NAN], axis=0),
    Case(op, [NAN.astype("float16")], axis=1),
    Case(op, [np.full((2, 9), -np.inf, "float32")], axis=1),
    Case(op, [np.full((2, 9), np.inf, "float32")], axis=1),
    Case(op, [np.array([[-0.0, 0.0], [0.0, -0.0]], "float32")], axis=1),
    # The default axis; one element; many; none.
    Case(op, [normal(4, 3)]),
    Case(op, [normal(1, 3)], keepdims=0),
    Case(op, [normal(5)], keepdims=0),
    Case(op, [normal(2, 1003)], axis=1, also=[[normal(3, 1)], [normal(1, 64)]]),
    Case(op, [normal(0, 3)], axis=1),
]])
