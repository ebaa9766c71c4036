# RUN: %python %s
import numpy as np
from harness import Case, Const, booleans, integers, main, normal


def pad(x, pads, value=None, axes=None, **others):
    lists = [Const(pads, "int64"), None if value is None else Const(value, x.dtype),
             None if axes is None else Const(axes, "int64")]
    while lists[-1] is None:
        lists.pop()
    return Case("Pad", [x, *lists], **others)


SQUARE = normal(5, 6)

main([
    pad(normal(3, 4), [0, 2, 0, 1]),
    pad(normal(3, 4), [1, 2, 3, 4], 1.5),
    pad(normal(3, 4), [0, 0, 0, 0]),
    pad(normal(2, 3, 5, 7), [0, 0, 1, 2, 0, 0, 3, 4]),
    pad(normal(3, 4), [2, 1], 7.0, [1]),
    pad(normal(3, 4), [2, 1, 0, 3], 7.0, [-1, 0]),
    *[pad(integers(0, 100, 3, 9, dtype=t), [1, 1, 1, 1], 5) for t in
      ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    pad(booleans(3, 5), [0, 1, 1, 0], True),
    pad(normal(0, 3), [1, 0, 1, 2], 2.0),
    pad(SCALAR := normal(), [], expect=[SCALAR]),
    # NumPy, the reference, has no negative pads.
    pad(SQUARE, [-1, 2, -2, -1], 3.0, expect=[np.pad(SQUARE[1:3, :5], ((0, 0), (2, 0)), constant_values=3)]),
    pad(SQUARE, [-7, 1, 8, 0], 3.0, expect=[np.full((6, 7), 3, "float32")]),
    *[pad(normal(4, 7), [1, 3, 2, 4], mode=mode) for mode in ("edge", "reflect", "wrap")],
    *[pad(normal(2, 1, 5, 17), [0, 0, 2, 3, 0, 0, 1, 2], mode=mode) for mode in ("edge", "reflect", "wrap")],
    *[pad(normal(3, 4), [2, 1], None, [1], mode=mode) for mode in ("edge", "reflect", "wrap")],
    # More than there is: repeated reflections.
    *[pad(normal(3), [7, 11], mode=mode) for mode in ("edge", "reflect", "wrap")],
    pad(normal(1, 2), [2, 1, 2, 5], mode="reflect"),
    pad(normal(5, 9), [1, 3, 2, 4], mode="reflect", also=[[normal(n, 4), None] for n in (2, 3, 8)]),
    # Pads that only the run knows.
    *[Case("Pad", [normal(4, 7), [1, 3, 2, 4]], mode=mode, open=[["m", "n"], [None]],
           also=[[normal(3, 9), [2, 0, 1, 1]], [normal(5, 5), [0, 0, 0, 0]]])
      for mode in ("constant", "edge", "reflect")],
    Case("Pad", [normal(4, 7), [1, 3], normal(), [1]], open=[["m", "n"], [None], [], [None]],
         also=[[normal(3, 9), [2, 0], normal(), [0]], [normal(3, 9), [1, 1], normal(), [-1]]]),
])
