# REQUIRES: compile
# RUN: %python %s
import itertools

import numpy as np
from harness import Case, Const, main, normal


def conv_transpose(x, w, b=None, group=1, strides=None, dilations=None, pads=None, output_padding=None,
                   output_shape=None, auto_pad="NOTSET", kernel_shape=None):
    """Each element of the input adds its multiple of the filter to the output."""
    spatial = x.ndim - 2
    strides, dilations = strides or [1] * spatial, dilations or [1] * spatial
    extra, pads = output_padding or [0] * spatial, pads or [0] * 2 * spatial
    span = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    full = [s * (n - 1) + k for s, n, k in zip(strides, x.shape[2:], span)]
    size = output_shape
    if size is None and auto_pad.startswith("SAME"):
        size = [s * n for s, n in zip(strides, x.shape[2:])]
    begins = pads[:spatial]
    if size is None:
        size = [f + e - pads[i] - pads[spatial + i] for i, (f, e) in enumerate(zip(full, extra))]
    else:
        totals = [max(f + e - n, 0) for f, e, n in zip(full, extra, size)]
        begins = [t // 2 if auto_pad == "SAME_UPPER" else t - t // 2 for t in totals]
    m = w.shape[1]
    # Large enough for whatever is cut out of it.
    room = [f + e + n for f, e, n in zip(full, extra, size)]
    y = np.zeros((x.shape[0], group * m, *room), np.float64)
    for c, taps in itertools.product(range(x.shape[1]), itertools.product(*map(range, w.shape[2:]))):
        g = c // (x.shape[1] // group)
        where = tuple(slice(k * d, k * d + s * (n - 1) + 1, s)
                      for k, d, s, n in zip(taps, dilations, strides, x.shape[2:]))
        y[(slice(None), slice(g * m, (g + 1) * m), *where)] += (
            x[:, c:c + 1].astype(np.float64) * w[c][(slice(None), *taps)].reshape(1, m, *[1] * spatial))
    y = y[(slice(None), slice(None), *[slice(b, b + n) for b, n in zip(begins, size)])]
    if b is not None:
        y += b.reshape(1, -1, *[1] * spatial)
    return [y.astype(x.dtype)]


def case(image, filters, bias=True, constant=True, **others):
    dtype = others.pop("dtype", "float32")
    settings = {k: others.pop(k) for k in ("also", "open", "static") if k in others}
    make = (lambda *shape: Const(normal(*shape, dtype=dtype), dtype)) if constant else (lambda *shape: normal(*shape, dtype=dtype))
    inputs = [normal(*image, dtype=dtype), make(*filters)]
    inputs += [make(filters[1] * others.get("group", 1))] if bias else []
    return Case("ConvTranspose", inputs, expect=lambda *given: conv_transpose(*given, **others), **settings, **others)


main([
    case((2, 3, 7), (3, 4, 3)),
    case((1, 3, 5, 4), (3, 4, 3, 2)),
    case((1, 2, 3, 4, 3), (2, 3, 2, 3, 2), strides=[2, 1, 2]),
    case((1, 3, 5, 4), (3, 4, 3, 2), bias=False),
    # Windows that overlap, touch, and leave gaps.
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[2, 2]),
    case((1, 20, 5, 4), (20, 40, 2, 2), strides=[2, 2]),
    case((1, 3, 5, 4), (3, 4, 2, 1), strides=[3, 2]),
    # Windows that touch are a convolution a line.
    case((2, 3, 7), (3, 4, 3), strides=[3]),
    case((1, 3, 5, 4), (3, 9, 2, 3), strides=[2, 3], open=[["n", None, "h", "w"], None, None],
         also=[[normal(n, 3, h, w), None, None] for n, h, w in [(2, 1, 7), (0, 2, 2), (1, 0, 3)]]),
    case((1, 3, 5, 4), (3, 9, 2, 3), strides=[2, 3], constant=False, open=[["n", None, "h", "w"], [None] * 4, [None]]),
    case((1, 3, 5, 4), (3, 4, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1]),
    case((1, 3, 5, 4), (3, 4, 3, 3), dilations=[2, 1]),
    case((1, 3, 5, 4), (3, 4, 3, 3), dilations=[2, 3], strides=[2, 2], pads=[1, 0, 2, 1]),
    # More is cut off than the filter reaches.
    case((1, 3, 8), (3, 4, 2), pads=[2, 3]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[3, 2], output_padding=[1, 1]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 0]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[3, 2], output_shape=[16, 8]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[3, 2], output_shape=[14, 8], auto_pad="SAME_UPPER",
         also=[[normal(2, 3, 4, 4), None, None]], open=[["n", None, "h", "w"], None, None]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[3, 2], output_shape=[14, 8], auto_pad="SAME_LOWER"),
    *[case((1, 3, 5, 4), (3, 4, k, k), strides=[2, 2], auto_pad=mode)
      for mode in ("SAME_UPPER", "SAME_LOWER", "VALID") for k in (1, 2, 3, 4)],
    # Groups, one filter a channel.
    case((1, 4, 5, 4), (4, 3, 3, 3), group=2, strides=[2, 2]),
    case((1, 18, 5, 4), (18, 1, 3, 3), group=18, strides=[2, 2], pads=[1, 1, 1, 1]),
    case((1, 3, 5, 4), (3, 4, 3, 3), constant=False, strides=[2, 2], open=[["n", None, "h", "w"], [None] * 4, [None]]),
    case((1, 3, 6, 5), (3, 4, 3, 3), strides=[2, 2],
         also=[[normal(n, 3, h, w), None, None] for n, h, w in [(2, 1, 1), (1, 9, 3)]]),
    case((0, 3, 5, 4), (3, 4, 3, 3)),
    *[case((1, 3, 5, 4), (3, 4, 3, 3), strides=[2, 2], dtype=t) for t in ("float64", "float16")],
    # A filter of open extents.
    *[case((1, 4, 5, 4), (4, 3, 3, 2), constant=False, open="each", static=False, **others) for others in (
        {}, {"strides": [2, 3]}, {"strides": [3, 2], "output_padding": [2, 1]}, {"pads": [1, 2, 3, 1]},
        {"dilations": [2, 1], "strides": [1, 2], "pads": [0, 1, 2, 0]}, {"group": 2}, {"group": 4, "strides": [2, 2]},
        {"kernel_shape": [3, 2], "group": 2},
        *[{"strides": [2, 3], "auto_pad": mode} for mode in ("SAME_UPPER", "SAME_LOWER")],
        *[{"strides": [2, 3], "auto_pad": mode, "output_shape": size}
          for mode in ("NOTSET", "SAME_UPPER") for size in ([10, 10], [15, 9])])],
    case((1, 4, 5, 4), (4, 3, 3, 2), constant=False, strides=[2, 2], open="each", static=False,
         also=[[normal(2, 1, 1, 6), normal(1, 2, 4, 5), normal(2)], [normal(1, 3, 4, 2), normal(3, 5, 1, 1), normal(5)]]),
    case((1, 3, 5, 4), (3, 4, 3, 3), strides=[3, 2], output_shape=[16, 8], output_padding=[1, 0],
         open=[["n", None, "h", "w"], None, None]),
])
