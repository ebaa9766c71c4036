# RUN: %python %s
import numpy as np
from harness import Case, Const, integers, main, normal

DIMS = [["a", "b", "c", "d"], ["a", "b", "e", "d"], ["a"]]

main([
    Case("TensorScatter", [normal(2, 3, 9, 5), normal(2, 3, 4, 5), integers(0, 6, 2)], open=DIMS,
         refused=[[normal(2, 3, 9, 5), normal(2, 3, 4, 5), np.array([0, 6])],
                  [normal(2, 3, 9, 5), normal(2, 3, 4, 5), np.array([-1, 0])],
                  [normal(2, 3, 9, 5), normal(2, 3, 10, 5), np.array([0, 0])]],
         also=[[normal(3, 3, 7, 17), normal(3, 3, 7, 17), integers(0, 1, 3)],
               [normal(3, 3, 7, 17), normal(3, 3, 0, 17), integers(0, 7, 3)]]),
    Case("TensorScatter", [normal(2, 3, 9, 5), normal(2, 3, 4, 5), integers(0, 30, 2)], mode="circular", open=DIMS,
         also=[[normal(5, 3, 7, 16), normal(5, 3, 7, 16), integers(0, 99, 5)]]),
    Case("TensorScatter", [normal(2, 3, 9, 5), normal(2, 3, 4, 5), Const([8, 3])], mode="circular", open="none"),
    Case("TensorScatter", [normal(2, 9), normal(2, 4), integers(0, 6, 2)], axis=1, open=[["a", "b"], ["a", "c"], ["a"]]),
    Case("TensorScatter", [normal(2, 9, 5, 6), normal(2, 1, 5, 6), integers(0, 9, 2)], axis=-3, mode="circular"),
    Case("TensorScatter", [normal(2, 9, 5), normal(2, 4, 5)], open=[["a", "b", "c"], ["a", "d", "c"]]),
    *[Case("TensorScatter", [integers(0, 100, 2, 9, 5).astype(t), integers(0, 100, 2, 4, 5).astype(t), integers(0, 9, 2)],
           mode="circular", open="none") for t in ("int8", "float16", "int64", "bool")],
])
