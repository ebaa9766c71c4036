# RUN: %python %s
import numpy as np
from harness import Case, main, normal

SINGULAR = np.float32([[1, 2, 3], [2, 4, 6], [0, 1, 5]])
PIVOTS = np.float32([[0, 2, 1], [3, 0, 0], [0, 0, 4]])

main([
    Case("Det", [normal(3, 3)]),
    Case("Det", [normal(1, 1)]),
    Case("Det", [normal(2, 3, 5, 5)], also=[[normal(4, 1, 2, 2)]]),
    Case("Det", [normal(2, 17, 17, dtype="float64")]),
    Case("Det", [normal(4, 2, 2, dtype="float16")], expect=lambda x: [np.linalg.det(x.astype("float32")).astype("float16")]),
    Case("Det", [SINGULAR], expect=[np.float32(0)]),
    Case("Det", [PIVOTS]),
    Case("Det", [np.zeros((2, 3, 3), np.float32)]),
    # The empty product; no matrices.
    Case("Det", [normal(2, 0, 0)], expect=[np.ones(2, np.float32)]),
    Case("Det", [normal(0, 3, 3)]),
    Case("Det", [normal(2, 3, 3)], open=[["n", "r", "c"]], refused=[[normal(2, 3, 4)]]),
])
