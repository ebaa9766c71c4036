# RUN: %python %s
import ml_dtypes
import numpy as np
from harness import Case, Const, booleans, integers, main, normal


def unique(axis=None, is_sorted=True):
    """NumPy's, whose first positions give the order of what is not sorted."""
    def expect(x):
        y, firsts, inverse, counts = np.unique(x, True, True, True, axis=axis)
        inverse = inverse.reshape(-1)
        if not is_sorted:
            order = np.argsort(firsts)
            rank = np.argsort(order)
            y = np.take(y, order, axis=axis or 0)
            firsts, counts, inverse = firsts[order], counts[order], rank[inverse]
        return [y, *(a.astype(np.int64) for a in (firsts, inverse, counts))]
    return expect


def case(x, is_sorted=1, axis=None, **others):
    attributes = {} if axis is None else {"axis": axis}
    return Case("Unique", [x], outputs=4, sorted=is_sorted, expect=unique(axis, is_sorted), **attributes, **others)


main([
    *[case(integers(0, 9, 30), s, also=[[integers(0, 9, n)] for n in (1, 2, 100)]) for s in (0, 1)],
    *[case(integers(0, 9, 4, 5), s) for s in (0, 1)],
    *[case(integers(0, 2, 9, 3), s, a, also=[[integers(0, 2, 5, 2)], [integers(0, 2, 30, 4)]])
      for s in (0, 1) for a in (0, 1, -1)],
    *[case(integers(0, 2, 3, 8, 2), s, 1) for s in (0, 1)],
    case(integers(0, 100, 2000)), case(normal(700), 0),
    case(integers(0, 9, 0)), case(booleans(12)),
    case(np.array([3, np.nan, -np.inf, 3, np.nan, 0, -0.0], np.float32)),
    *[case(integers(0, 9, 30).astype(t), open="none")
      for t in ("int8", "uint8", "int16", "int32", "uint32", "uint64", "float16", "float64")],
    Case("Unique", [integers(0, 5, 20)], outputs=[True, False, True, False],
         expect=lambda x: [o if i % 2 == 0 else None for i, o in enumerate(unique()(x))]),
    Case("Unique", [Const([2, 1, 1, 3, 4, 3])], outputs=4, expect=[np.array(v) for v in (
        [1, 2, 3, 4], [1, 0, 3, 4], [1, 0, 0, 2, 3, 2], [2, 1, 2, 1])]),
])
