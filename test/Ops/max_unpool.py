# RUN: %python %s
import numpy as np
from harness import Case, Const, main, normal


def case(x, kernel, output_shape=None, **others):
    """Places as a pooling of those windows would give them: all different."""
    strides, pads = others.get("strides", [1] * len(kernel)), others.get("pads", [0] * 2 * len(kernel))
    depth = len(kernel)
    size = np.prod([*x.shape[:2], *((n - 1) * s + k - pads[i] - pads[depth + i]
                                    for i, (n, s, k) in enumerate(zip(x.shape[2:], strides, kernel)))], dtype=int)
    places = np.random.default_rng(1).permutation(size)[:x.size].reshape(x.shape)
    inputs = [x, places] + ([] if output_shape is None else [output_shape])
    return Case("MaxUnpool", inputs, kernel_shape=kernel, **others)


main([
    case(normal(1, 1, 2, 2), [2, 2], strides=[2, 2]),
    case(normal(2, 3, 4, 5), [3, 2], strides=[2, 1]),
    case(normal(2, 3, 4, 5), [3, 3], strides=[2, 2], pads=[1, 0, 1, 0]),
    case(normal(1, 2, 7), [2], strides=[2]),
    case(normal(1, 2, 2, 3, 2), [2, 2, 2], strides=[2, 2, 2]),
    case(normal(1, 1, 2, 2), [2, 2], Const([1, 1, 5, 6]), strides=[2, 2]),
    case(normal(1, 1, 2, 2), [2, 2], np.int64([1, 1, 5, 6]), strides=[2, 2], open="none"),
    case(normal(2, 0, 4, 5), [2, 2]),
])
