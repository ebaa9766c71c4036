# RUN: %python %s
import ml_dtypes
import numpy as np
from onnx import helper
from harness import Case, Const, integers, main, normal

NAN = np.float32("nan")


def unsorted(x, k, **attributes):
    """In whatever order the k come: sorted, they are the right ones."""
    last = helper.make_node("TopK", ["v", "x1"], ["y0", "y1"], axis=attributes.get("axis", -1))
    return Case("TopK", [x, Const([k])], outputs=1, name=f"TopK unsorted {x.shape} {k}", open="none",
                nodes=[helper.make_node("TopK", ["x0", "x1"], ["v", "i"], sorted=0, **attributes), last])


def case(x, k, **options):
    return Case("TopK", [x, Const([k])], outputs=2, **options)


main([
    case(normal(3, 40), 5, also=[[normal(7, 6), None], [normal(0, 6), None]]),
    *[case(normal(4, 21, 3), k, axis=a, largest=l) for k in (1, 2, 3) for a in (0, 1, -1) for l in (0, 1)],
    *[case(normal(21), k) for k in (0, 1, 2, 20, 21)],
    case(normal(2, 0, 3), 0, axis=1),
    case(normal(1, 5000), 300),
    case(normal(2, 3000), 3000, largest=0),
    # Equal elements: the first ones.
    *[case(integers(0, 4, 3, 50), k, largest=l) for k in (1, 7, 50) for l in (0, 1)],
    case(np.array([[1, NAN, 3, NAN, 2], [-np.inf, np.inf, NAN, 0, -0.0]], np.float32), 3,
         expect=[np.array([[NAN, NAN, 3], [NAN, np.inf, 0]], np.float32), np.array([[1, 3, 2], [2, 1, 3]])]),
    case(np.array([NAN, 1, NAN, -1], np.float32), 3, largest=0,
         expect=[np.array([-1, 1, NAN], np.float32), np.array([3, 1, 0])]),
    unsorted(normal(3, 40), 7), unsorted(normal(2, 40, 5), 40, axis=1), unsorted(normal(2, 40), 12, largest=0),
    *[case(integers(0, 100, 2, 30).astype(t) * 2 + 55, 4, largest=l, open="none")
      for t in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float64",
                ml_dtypes.bfloat16) for l in (0, 1)],
    # Only the run knows k.
    Case("TopK", [normal(3, 40), np.array([5])], outputs=2, static=False, open=[["a", "b"], [None]],
         also=[[normal(2, 17), np.array([17])], [normal(2, 9), np.array([0])]],
         refused=[[normal(2, 17), np.array([18])], [normal(2, 17), np.array([-1])]]),
    Case("TopK", [normal(3, 40), np.array([5])], outputs=2, static=False, open=[["a", "b"], ["one"]],
         refused=[[normal(3, 40), np.array([5, 6])], [normal(3, 40), np.array([], np.int64)]]),
    case(normal(3, 40), 5, open=[["a", "b"], None], refused=[[normal(3, 4), None]]),
])
