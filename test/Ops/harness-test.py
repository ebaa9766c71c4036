# RUN: %python %s
"""The harness sees wrong results: each kind of difference is reported."""
import ml_dtypes
import numpy as np
from harness import difference

x = np.arange(6, dtype=np.float32).reshape(2, 3)
nan = np.where(x == 3, np.nan, x).astype(np.float32)
inf = np.where(x == 3, np.inf, x).astype(np.float32)
zero = np.zeros((2, 3), np.float32)

for same in (x, nan, inf, zero, x.astype(np.int8), x.astype(ml_dtypes.bfloat16), x[:0], x > 2):
    assert difference(same.copy(), same) is None, same
assert difference(x * np.float32(1 + 1e-6), x) is None

for actual, expected in [
        (None, x), (x.astype(np.float64), x), (x.T, x), (x[:1], x), (x * np.float32(1 + 1e-4), x),
        (x, nan), (nan, x), (x, inf), (inf, x), (-inf, inf), (nan, inf), (zero + np.float32(1e-4), zero),
        ((x + (x == 5)).astype(np.int8), x.astype(np.int8)), (x > 3, x > 2),
        ((x + (x == 5)).astype(ml_dtypes.bfloat16), x.astype(ml_dtypes.bfloat16)),
        (np.array([2**62 + 1]), np.array([2**62]))]:
    assert difference(actual, expected), (actual, expected)
