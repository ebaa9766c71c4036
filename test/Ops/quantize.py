# RUN: %python %s
"""QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear."""
import numpy as np
from harness import Case, Const, integers, main, normal, uniform

# Halves round to even, what is too large saturates.
TIES = np.array([-300, -2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 300, 1e9, -1e9], np.float32)
# Around the halves of grids with so many scales that a rounding of the quotients shows.
SCALES = np.float32(np.random.default_rng(3).uniform(1, 2, (99, 1)) * 2.0 ** np.arange(-99, 99, 2)[:, None])
HALVES = np.float32((np.arange(-140, 140) + 0.5) * SCALES.astype(np.float64))
HALVES = np.concatenate([np.nextafter(HALVES, np.float32(-np.inf)), HALVES,
                         np.nextafter(HALVES, np.float32(np.inf)), SCALES * 1e9, SCALES * -1e9], axis=1)
cases = []
for t, zero in (("uint8", 128), ("int8", 3), ("uint16", 1000), ("int16", -5)):
    low, high = np.iinfo(t).min, np.iinfo(t).max
    cases += [
        Case("QuantizeLinear", [TIES, np.float32(1), np.array(zero, t)]),
        Case("QuantizeLinear", [normal(3, 37), Const(0.03), Const(zero, t)]),
        Case("QuantizeLinear", [normal(3, 5, 7), uniform(0.01, 0.1, 5), integers(0, 9, 5, dtype=t)], axis=1),
        Case("QuantizeLinear", [normal(3, 5, 8), uniform(0.01, 0.1, 3, 5, 2), integers(0, 9, 3, 5, 2, dtype=t)],
             axis=2, block_size=4, open=[["a", "b", None]] * 3),
        Case("DequantizeLinear", [integers(low, high, 3, 37, dtype=t), Const(0.03), Const(zero, t)]),
        Case("DequantizeLinear", [integers(low, high, 3, 37, dtype=t), np.float32(0.5)]),
        Case("DequantizeLinear", [integers(low, high, 3, 5, 7, dtype=t), uniform(0.01, 0.1, 7), integers(0, 9, 7, dtype=t)],
             axis=-1),
        Case("DequantizeLinear", [integers(low, high, 6, 5, dtype=t), uniform(0.01, 0.1, 3, 5), integers(0, 9, 3, 5, dtype=t)],
             axis=0, block_size=2, open=[[None, "b"]] * 3),
    ]
cases += [
    Case("QuantizeLinear", [HALVES, SCALES, np.full((99, 1), 7, "uint8")], axis=1, block_size=HALVES.shape[1]),
    Case("QuantizeLinear", [HALVES, SCALES, np.full((99, 1), -9, "int8")], axis=1, block_size=HALVES.shape[1]),
    Case("QuantizeLinear", [HALVES[3], Const(SCALES[3, 0]), Const(100, "uint8")]),
    Case("QuantizeLinear", [HALVES, SCALES[:, 0], np.arange(99).astype("int8")], axis=0),
    Case("QuantizeLinear", [HALVES.T, SCALES[:, 0], np.arange(99).astype("int16")], axis=1),
    Case("QuantizeLinear", [normal(3, 37), Const(0.03)]),  # uint8, zero point 0
    Case("DequantizeLinear", [integers(-10**6, 10**6, 3, 9, dtype="int32"), Const(0.001)]),
    Case("QuantizeLinear", [normal(0, 4), Const(0.03), Const(0, "int8")]),
    Case("DynamicQuantizeLinear", [normal(3, 37)], outputs=3),
    Case("DynamicQuantizeLinear", [uniform(1, 3, 40)], outputs=3),
    Case("DynamicQuantizeLinear", [uniform(-3, -1, 40)], outputs=3),
]
main(cases)
