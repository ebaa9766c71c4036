# RUN: %python %s
import ml_dtypes
from harness import Case, Const, integers, main, normal

DIMS = [["a", "b", "c"], ["d", None], ["d", "c"]]

main([
    Case("ScatterND", [normal(8), Const([[4], [3], [-7]]), normal(3)], open=[["a"], None, [None]]),
    Case("ScatterND", [normal(4, 5, 37), integers(-4, 4, 6, 2), normal(6, 37)], open=DIMS,
         refused=[[normal(4, 5, 37), integers(4, 5, 6, 2), normal(6, 37)],
                  [normal(9, 5, 37), integers(-7, -6, 6, 2), normal(6, 37)]],
         also=[[normal(5, 5, 8), integers(-5, 5, 1, 2), normal(1, 8)],
               [normal(5, 5, 0), integers(-5, 5, 2, 2), normal(2, 0)],
               [normal(5, 0, 3), integers(-5, 5, 0, 2), normal(0, 3)]]),
    Case("ScatterND", [normal(4, 4, 4), Const([[0], [2]]), normal(2, 4, 4)], open=[["a", "b", "c"], None, [None, "b", "c"]]),
    Case("ScatterND", [normal(4, 5), integers(0, 4, 2, 3, 2), normal(2, 3)], open=[["a", "b"], ["c", "d", None], ["c", "d"]]),
    Case("ScatterND", [normal(4, 5), integers(0, 4, 3, 0), normal(3, 4, 5)], open="none"),
    *[Case("ScatterND", [normal(4, 3, 19), integers(-3, 3, 30, 2), normal(30, 19)], reduction=r, open=DIMS)
      for r in ("none", "add", "mul", "max", "min")],
    *[Case("ScatterND", [normal(4, 3), integers(-3, 3, 20, 2), normal(20)], reduction=r,
           open=[["a", "b"], ["c", None], ["c"]]) for r in ("add", "mul", "max", "min")],
    *[Case("ScatterND", [integers(-50, 50, 4, 9).astype(t), integers(0, 4, 7, 1), integers(-9, 9, 7, 9).astype(t)],
           reduction=r, open="none")
      for t in ("int8", "uint8", "int16", "uint16", "int32", "uint64", "float16", "float64", ml_dtypes.bfloat16)
      for r in ("none", "min")],
    Case("ScatterND", [integers(0, 2, 4, 9).astype(bool), integers(0, 4, 2, 1), integers(0, 2, 2, 9).astype(bool)],
         open="none"),
])
