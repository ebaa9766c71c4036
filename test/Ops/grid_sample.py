# RUN: %python %s
from harness import Case, main, normal, uniform


def sample(x, shape, **others):
    """Positions partly outside of the input."""
    depth = x.ndim - 2
    return Case("GridSample", [x, uniform(-1.4, 1.4, x.shape[0], *shape, depth)],
                open=[["n", None, *"dhw"[-depth:]], ["n", *"DHW"[-depth:], None]], **others)


IMAGES = normal(2, 3, 4, 5)
GRIDS = uniform(-1.2, 1.2, 1, 3, 9, 2)

main([
    *[sample(IMAGES, (3, 6), mode=mode, padding_mode=padding, align_corners=align)
      for mode in ("linear", "nearest", "cubic") for padding in ("zeros", "border", "reflection") for align in (0, 1)],
    *[sample(normal(1, 2, 3, 4, 5), (2, 3, 4), mode=mode, padding_mode=padding, align_corners=align)
      for mode, padding, align in (("linear", "zeros", 0), ("linear", "reflection", 1), ("nearest", "border", 0))],
    sample(normal(2, 2, 9), (7,), padding_mode="border"),
    sample(normal(1, 1, 1, 1), (2, 3), align_corners=1),
    sample(normal(1, 2, 4, 5, dtype="float64"), (3, 3)),
    sample(normal(1, 1, 7, 3), (1, 1)),
    Case("GridSample", [normal(1, 2, 6, 4), GRIDS], open="each"),
    Case("GridSample", [normal(1, 2, 6, 4), GRIDS], also=[[normal(1, 2, 3, 17), uniform(-1, 1, 1, 5, 2, 2)]],
         open=[["n", None, "h", "w"], ["n", "H", "W", None]]),
])
