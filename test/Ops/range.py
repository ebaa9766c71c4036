# RUN: %python %s
import ml_dtypes
import numpy as np
from onnx.helper import make_node
from harness import Case, Const, main, normal


def ranges(start, limit, delta, dtype, wrap=Const, **others):
    return Case("Range", [wrap(np.array(v, dtype)) for v in (start, limit, delta)],
                name=f"Range {start}, {limit}, {delta}, {dtype}{'' if wrap is Const else ', inputs'}", **others)


RANGES = [(0, 10, 1), (3, 20, 4), (10, 0, -3), (5, 5, 1), (5, 2, 1), (0, 2, -1), (-7, 8, 5), (0, 100, 1)]
main([
    *[ranges(*r, "int64") for r in RANGES],
    *[ranges(*r, t, wrap=lambda x: x) for r in RANGES for t in ("int16", "int32", "int64", "float32", "float64")],
    *[ranges(*r, t, wrap=w) for r in ((0, 10, 1), (3, 20, 4), (10, 0, -3), (2, 1, 1), (0, 2, 0.25))
      for t in ("float16", ml_dtypes.bfloat16) for w in (Const, lambda x: x)],
    # max(m - 3, 0) elements, and min(m, 3).
    *[Case("Range", [normal(7, 3)], name=f"Range to {op}", also=[[normal(n, 3)] for n in (0, 2, 3, 9)],
           nodes=[make_node("Shape", ["x0"], ["m"], end=1), make_node("Constant", [], ["zero"], value_int=0),
                  make_node("Constant", [], ["one"], value_int=1), make_node("Constant", [], ["three"], value_int=3),
                  make_node("Squeeze", ["m"], ["s"]), make_node(op, ["s", "three"], ["n"]),
                  make_node("Range", ["zero", "n", "one"], ["y0"])]) for op in ("Sub", "Min", "Max")],
    *[ranges(*r, t) for r in ((0, 1, 0.25), (1, 0, -0.3), (0.5, 3, 0.7), (2, 1, 1)) for t in ("float32", "float64")],
    ranges(2**40, 2**40 + 5, 2, "int64"),
    Case("Range", [normal(7, 3)], name="Range of a size", also=[[normal(4, 1)], [normal(1, 3)]],
         nodes=[make_node("Size", ["x0"], ["n"]), make_node("Constant", [], ["zero"], value_int=0),
                make_node("Constant", [], ["two"], value_int=2), make_node("Range", ["zero", "n", "two"], ["y0"])]),
])
