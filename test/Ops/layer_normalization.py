# REQUIRES: compile
# RUN: %python %s
from harness import Case, Const, main, normal

main([
    Case("LayerNormalization", [normal(3, 4, 5), normal(5), normal(5)]),
    Case("LayerNormalization", [normal(3, 4, 5), normal(5)]),
    *[Case("LayerNormalization", [normal(2, 3, 4, 5), normal(*(2, 3, 4, 5)[axis:]), normal(*(2, 3, 4, 5)[axis:])],
           axis=axis, outputs=3) for axis in (0, 1, 2, 3)],
    Case("LayerNormalization", [normal(3, 4, 5), normal(4, 5), normal(4, 5)], axis=-2, epsilon=0.1, outputs=3),
    # Scale and bias broadcast.
    Case("LayerNormalization", [normal(3, 4, 5), normal(1), normal(5)], axis=1),
    Case("LayerNormalization", [normal(3, 4, 5), normal(4, 1), normal(5)], axis=1),
    *[Case("LayerNormalization", [normal(6, n), Const(normal(n)), Const(normal(n))]) for n in (1, 16, 100, 384)],
    # The variance is not lost to a large mean.
    Case("LayerNormalization", [normal(6, 100) + 1000, normal(100), normal(100)], tolerance=2e-3),
    Case("LayerNormalization", [normal(0, 8), normal(8), normal(8)]),
    # The mean and the deviation are f32, whatever the input is.
    *[Case("LayerNormalization", [normal(5, 40, dtype=t), normal(40, dtype=t), normal(40, dtype=t)])
      for t in ("float64", "float16")],
    *[Case("RMSNormalization", [normal(2, 3, 4, 5), normal(*(2, 3, 4, 5)[axis:])], axis=axis) for axis in (0, 1, 2, 3, -1)],
    Case("RMSNormalization", [normal(2, 3, 40), normal(1)], epsilon=0.1),
    Case("RMSNormalization", [normal(6, 384), Const(normal(384))]),
    *[Case("RMSNormalization", [normal(5, 40, dtype=t), normal(40, dtype=t)]) for t in ("float64", "float16")],
])
