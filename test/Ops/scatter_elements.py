# RUN: %python %s
import ml_dtypes
import numpy as np
from harness import Case, Const, integers, main, normal

ROWS = np.stack([np.random.default_rng(1).permutation(9)[:4] for _ in range(5)])

main([
    Case("ScatterElements", [normal(5, 9), ROWS, normal(5, 4)], axis=1, open=[["a", "b"], ["c", "d"], ["c", "d"]],
         refused=[[normal(5, 8), ROWS * 0 + 8, normal(5, 4)], [normal(5, 9), ROWS - 10, normal(5, 4)],
                  [normal(4, 9), ROWS, normal(5, 4)],
                  [normal(5, 0), ROWS, normal(5, 4)]],
         also=[[normal(7, 9), ROWS[:3], normal(3, 4)], [normal(5, 17), ROWS[:, :0], normal(5, 0)]]),
    Case("ScatterElements", [normal(9, 5), ROWS.T - 9, normal(4, 5)], open=[["a", "b"], ["c", "d"], ["c", "d"]]),
    Case("ScatterElements", [normal(2, 3, 4), integers(-3, 3, 2, 1, 3), normal(2, 1, 3)], axis=-2, open="none"),
    Case("ScatterElements", [normal(5), Const([3, -5]), normal(2)], open=[["a"], None, [None]]),
    Case("ScatterElements", [normal(3, 4), integers(0, 1, 0, 4), normal(0, 4)], axis=0, open="none"),
    # Of two updates of one element the later one counts.
    Case("ScatterElements", [normal(4), Const([1, 1, -3]), normal(3)], open="none"),
    *[Case("ScatterElements", [normal(3, 7), integers(-7, 7, 3, 30, dtype="int32"), normal(3, 30)], axis=1,
           reduction=r, open=[["a", "b"], ["a", "c"], ["a", "c"]]) for r in ("none", "add", "mul", "max", "min")],
    *[Case("ScatterElements", [integers(-50, 50, 4, 6).astype(t), integers(0, 4, 3, 6), integers(-9, 9, 3, 6).astype(t)],
           axis=0, reduction=r, open="none")
      for t in ("int8", "uint8", "int32", "uint32", "int64", "float16", "float64", ml_dtypes.bfloat16)
      for r in ("none", "max")],
    Case("ScatterElements", [integers(0, 2, 4, 6).astype(bool), integers(0, 4, 3, 6), integers(0, 2, 3, 6).astype(bool)]),
])
