# RUN: %python %s
import numpy as np
from harness import Case, Const, main, normal


def positions(count, corners):
    steps = np.arange(count)
    return 2 * steps / max(count - 1, 1) - 1 if corners else (2 * steps + 1) / count - 1


def grid(theta, size, corners):
    """The reference evaluator gives f32 always, and NaN for one row."""
    axes = np.meshgrid(*[positions(n, corners) for n in size[2:]], indexing="ij")
    points = np.stack([*axes[::-1], np.ones(size[2:])], axis=-1)
    return [np.einsum("nij,...j->n...i", theta.astype(np.float64), points).astype(theta.dtype)]


def grids(theta, extents, wrap=lambda x: x):
    return [Case("AffineGrid", [theta, wrap(np.array(extents))], align_corners=corners,
                 name=f"AffineGrid {theta.dtype} {extents} corners={corners}{' constant' * (wrap is Const)}",
                 expect=lambda theta, size, c=corners: grid(theta, size, c)) for corners in (0, 1)]


main([
    *grids(normal(2, 2, 3), (2, 3, 5, 6)),
    *grids(normal(2, 2, 3), (2, 3, 5, 6), Const),
    *grids(normal(2, 3, 4), (2, 3, 4, 5, 6)),
    *grids(normal(2, 3, 4), (2, 3, 4, 5, 6), Const),
    *grids(normal(1, 2, 3, dtype=np.float64), (1, 1, 2, 3)),
    *grids(normal(3, 2, 3, dtype=np.float16), (3, 1, 7, 1)),
])
