# REQUIRES: compile
# RUN: %python %s
from harness import Case, Const, main, normal


def weights(*shape, dtype="float32"):
    return Const(normal(*shape, dtype=dtype), dtype)


def case(image, filters, bias=True, constant=True, **others):
    """A convolution of random values; the filter's dims stay fixed."""
    dtype = others.pop("dtype", "float32")
    make = weights if constant else normal
    inputs = [normal(*image, dtype=dtype), make(*filters, dtype=dtype)]
    inputs += [make(filters[0], dtype=dtype)] if bias else []
    if not constant:
        others.setdefault("open", [[f"d{i}" if i != 1 else None for i in range(len(image))],
                                   [None] * len(filters), [None]][:len(inputs)])
    return Case("Conv", inputs, **others)


main([
    # One, two and three spatial dims.
    case((2, 3, 20), (5, 3, 3)),
    case((2, 3, 9, 8), (5, 3, 3, 2)),
    case((1, 3, 6, 5, 7), (4, 3, 2, 3, 2)),
    case((1, 3, 9, 9), (5, 3, 3, 3), bias=False),
    # Sizes around those of panels and tiles.
    *[case((1, c, 7, 7), (o, c, 3, 3)) for c, o in [(1, 1), (16, 16), (17, 33), (3, 64), (40, 100)]],
    *[case((1, 20, 7, w), (24, 20, 1, 1)) for w in (1, 6, 13, 32)],
    case((2, 20, 5, 5), (24, 20, 1, 1), strides=[2, 2]),
    case((1, 1, 1, 1), (1, 1, 1, 1)),
    # Enough channels for Winograd's tiles; sides that end with a tile, or one to three pixels later.
    *[case((1, 20, h, w), (24, 20, 3, 3), pads=[1, 1, 1, 1]) for h, w in [(8, 12), (9, 14), (7, 7), (11, 1), (2, 3)]],
    case((3, 32, 14, 13), (33, 32, 3, 3), pads=[0, 1, 2, 1]),
    case((1, 35, 30, 30), (64, 35, 3, 3), bias=False),
    case((1, 24, 12, 12), (40, 24, 3, 3), pads=[1, 1, 1, 1],
         also=[[normal(n, 24, h, w), None, None] for n, h, w in [(1, 1, 1), (2, 5, 31), (3, 18, 4), (1, 40, 40), (0, 8, 8)]]),
    case((1, 16, 17, 12), (16, 16, 3, 3), dtype="float64", pads=[1, 1, 1, 1]),
    # The same along one dimension, and with other taps.
    *[case((2, 64, w), (64, 64, k), pads=[k // 2, k // 2]) for k in (3, 5) for w in (50, 63, 1)],
    case((1, 64, 60), (64, 64, 5), also=[[normal(n, 64, w), None, None] for n, w in [(2, 41), (1, 5), (0, 30)]]),
    case((1, 64, 30, 21), (64, 64, 1, 5)),
    case((1, 64, 22, 13), (64, 64, 3, 1), pads=[1, 0, 1, 0]),
    *[case((1, 32, 17, 20), (48, 32, h, w)) for h, w in [(5, 5), (2, 2), (4, 3)]],
    # Strides, dilations, pads on each side.
    case((1, 3, 11, 10), (4, 3, 3, 3), strides=[2, 3]),
    case((1, 3, 11, 10), (4, 3, 3, 2), dilations=[2, 3]),
    case((1, 3, 6, 6), (4, 3, 3, 3), pads=[1, 1, 1, 1]),
    case((1, 3, 6, 6), (4, 3, 3, 3), pads=[0, 1, 2, 3]),
    case((1, 3, 9, 8), (4, 3, 3, 3), pads=[2, 1, 2, 1], strides=[2, 2], dilations=[2, 1]),
    case((1, 3, 30), (4, 3, 7), pads=[3, 3], strides=[2]),
    case((1, 3, 8, 8, 8), (4, 3, 3, 3, 3), pads=[1, 1, 1, 1, 1, 1], strides=[2, 1, 2]),
    *[case((1, 3, h, 8), (4, 3, k, 3), auto_pad=mode, strides=[s, s])
      for mode in ("SAME_UPPER", "SAME_LOWER", "VALID") for h, k, s in [(7, 3, 2), (8, 3, 2), (9, 2, 1), (9, 4, 3)]],
    case((1, 3, 9, 8), (4, 3, 3, 3), kernel_shape=[3, 3]),
    # Groups: some, one filter a channel, two filters a channel, one a group.
    case((1, 6, 9, 8), (4, 3, 3, 3), group=2, pads=[1, 1, 1, 1]),
    case((1, 34, 9, 8), (34, 17, 3, 3), group=2),
    case((1, 6, 9), (9, 2, 3), group=3),
    *[case((2, c, 9, 8), (c, 1, 3, 3), group=c, pads=[1, 1, 1, 1]) for c in (2, 16, 19, 40)],
    case((1, 20, 9, 8), (20, 1, 5, 5), group=20, strides=[2, 2], pads=[2, 2, 2, 2]),
    case((1, 20, 12, 11), (20, 1, 3, 3), group=20, dilations=[2, 2]),
    case((1, 20, 30), (20, 1, 3), group=20),
    case((1, 4, 6, 6, 6), (4, 1, 3, 3, 3), group=4),
    case((1, 6, 9, 8), (12, 1, 3, 3), group=6),
    # Spatial dims in which nothing slides.
    case((2, 3, 11, 1), (5, 3, 3, 1), pads=[1, 0, 1, 0], strides=[2, 1]),
    case((1, 3, 1, 9, 1), (5, 3, 1, 3, 1)),
    case((1, 6, 9, 1), (6, 1, 3, 1), group=6),
    case((1, 3, 9, 1), (5, 3, 3, 3), pads=[0, 1, 0, 1]),
    # The caller gives the filter.
    case((1, 3, 9, 8), (5, 3, 3, 3), constant=False),
    case((1, 6, 9, 8), (6, 1, 3, 3), constant=False, group=6),
    case((1, 6, 9, 8), (4, 3, 3, 3), constant=False, group=2),
    # Even its extents.
    Case("Conv", [normal(2, 4, 9, 8), normal(6, 2, 3, 2), normal(6)], open="each", group=2, strides=[2, 1],
         pads=[1, 0, 1, 0], kernel_shape=[3, 2]),
    Case("Conv", [normal(2, 4, 9), normal(6, 4, 3)], open="each", also=[[normal(1, 2, 12), normal(5, 2, 4)]]),
    # Other sizes of the image.
    case((1, 3, 12, 12), (8, 3, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2],
         also=[[normal(n, 3, h, w), None, None] for n, h, w in [(1, 1, 1), (2, 5, 30), (3, 17, 4)]]),
    case((1, 3, 12, 12), (8, 3, 3, 3), auto_pad="SAME_LOWER", strides=[2, 3],
         also=[[normal(n, 3, h, w), None, None] for n, h, w in [(1, 1, 1), (2, 5, 30), (3, 17, 4)]]),
    # Less of the image; the stride meets its end or not.
    *[Case("Conv", [normal(1, 2, 7), weights(1, 2, 2)], pads=[0, -1], strides=[2], open=[["n", None, "w"], [None] * 3],
           also=[[normal(1, 2, size), None] for size in (3, 8)], expect=lambda x, w: [sum(
               w[:, :, i] @ x[:, :, i:i + (x.shape[2] - 3) // 2 * 2 + 1:2] for i in range(2))])],
    # No image.
    case((0, 3, 9, 8), (5, 3, 3, 3)),
    *[case((1, 5, 9, 8), (7, 5, 3, 3), dtype=t, pads=[1, 1, 1, 1]) for t in ("float64", "float16")],
    *[case((1, 20, 9, 8), (20, 1, 3, 3), dtype=t, group=20) for t in ("float64", "float16")],
])
