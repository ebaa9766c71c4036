# REQUIRES: compile
# RUN: %python %s
import numpy as np
from harness import Case, Const, main, normal, uniform


def statistics(channels, constant=True, dtype="float32"):
    """Scale, bias, mean, variance."""
    values = [normal(channels, dtype=dtype) for _ in range(3)] + [uniform(0.1, 2, channels, dtype=dtype)]
    return [Const(v, dtype) for v in values] if constant else values


def training(x, scale, bias, mean, variance, momentum=0.9, epsilon=1e-5):
    axes, shape = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    m, v = x.mean(axes), x.var(axes)
    y = (x - m.reshape(shape)) / np.sqrt(v.reshape(shape) + epsilon) * scale.reshape(shape) + bias.reshape(shape)
    return [a.astype(np.float32) for a in
            (y, mean * momentum + m * (1 - momentum), variance * momentum + v * (1 - momentum))]


def lrn(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    square = np.zeros_like(x)
    for c in range(x.shape[1]):
        square[:, c] = (x[:, max(0, c - (size - 1) // 2):c + size // 2 + 1] ** 2).sum(1)
    return [(x / (bias + alpha / size * square) ** beta).astype(x.dtype)]


main([
    *[Case("BatchNormalization", [normal(*shape), *statistics(shape[1])])
      for shape in [(2, 3), (2, 3, 7), (2, 17, 5, 6), (1, 2, 3, 4, 5)]],
    Case("BatchNormalization", [normal(2, 5, 7, 6), *statistics(5, constant=False)], epsilon=0.1),
    Case("BatchNormalization", [normal(0, 5, 7), *statistics(5)]),
    *[Case("BatchNormalization", [normal(2, 5, 7, dtype=t), *statistics(5, dtype=t)]) for t in ("float64", "float16")],
    *[Case("BatchNormalization", [normal(4, 5, 7, 6), *statistics(5, constant=False)], training_mode=1, outputs=3,
           momentum=momentum, expect=lambda *inputs, m=momentum: training(*inputs, momentum=m)) for momentum in (0.9, 0.5)],

    *[Case("InstanceNormalization", [normal(*shape), normal(shape[1]), normal(shape[1])])
      for shape in [(2, 3, 7), (2, 17, 5, 6), (1, 2, 3, 4, 5)]],
    Case("InstanceNormalization", [normal(2, 3, 70), Const(normal(3)), Const(normal(3))], epsilon=0.1),
    Case("InstanceNormalization", [normal(2, 3, 70, dtype="float16"), normal(3, dtype="float16"), normal(3, dtype="float16")]),

    *[Case("GroupNormalization", [normal(2, c, 5, 6), Const(normal(c)), Const(normal(c))], num_groups=groups)
      for c, groups in [(6, 3), (6, 1), (6, 6), (32, 4)]],
    Case("GroupNormalization", [normal(2, 6, 5), normal(6), normal(6)], num_groups=2, epsilon=0.1,
         open=[["n", None, "w"], [None], [None]]),

    *[Case("LRN", [normal(2, c, 5, 6)], size=size, expect=lambda x, s=size: lrn(x, s))
      for c, size in [(7, 3), (7, 4), (2, 5), (20, 5), (3, 1)]],
    Case("LRN", [normal(2, 7, 5, 6)], size=3, alpha=0.5, beta=0.5, bias=2.0,
         expect=lambda x: lrn(x, 3, 0.5, 0.5, 2.0)),

    *[Case("LpNormalization", [normal(3, 4, 5)], axis=axis, p=p, expect=lambda x, a=axis, p=p: [
        x / np.linalg.norm(x, p, axis=a, keepdims=True)]) for axis in (0, 1, -1) for p in (1, 2)],
    Case("LpNormalization", [np.zeros((2, 3), np.float32)]),

    # Decomposed by its own definition.
    Case("MeanVarianceNormalization", [normal(2, 3, 5, 6)], tolerance=1e-4),
    # Outside of training, dropout does nothing.
    Case("Dropout", [normal(3, 4)]),
    Case("Dropout", [normal(3, 4), Const(np.float32(0.5)), Const(np.array(False))], outputs=2,
         expect=lambda x, *_: [x, np.ones(x.shape, bool)]),
])
