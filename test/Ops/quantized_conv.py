# REQUIRES: compile
# RUN: %python %s
"""ConvInteger and QLinearConv, to the bit: scales are powers of two, so that rounding has ties."""
import itertools
import math

import numpy as np
from harness import Case, Const, integers, main

LIMITS = {t: np.iinfo(t) for t in ("uint8", "int8")}


def bytes_of(kind, *shape):
    return integers(LIMITS[kind].min, LIMITS[kind].max + 1, *shape, dtype=kind)


def sums(x, w, zx, zw, strides=None, dilations=None, pads=None, group=1):
    """sum (x - zx) * (w - zw) in 64 bits."""
    spatial = x.ndim - 2
    strides, dilations = strides or [1] * spatial, dilations or [1] * spatial
    pads = pads or [0] * 2 * spatial
    x = x.astype(np.int64) - np.asarray(zx, np.int64)
    w = w.astype(np.int64) - np.asarray(zw, np.int64).reshape(-1, *[1] * (spatial + 1))
    x = np.pad(x, [(0, 0), (0, 0), *zip(pads[:spatial], pads[spatial:])])
    spans = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations)]
    outer = [(n - span) // s + 1 for n, span, s in zip(x.shape[2:], spans, strides)]
    per_group = w.shape[0] // group
    result = np.zeros((x.shape[0], w.shape[0], *outer), np.int64)
    for tap in itertools.product(*map(range, w.shape[2:])):
        at = tuple(slice(k * d, k * d + (n - 1) * s + 1, s) for k, d, n, s in zip(tap, dilations, outer, strides))
        part = x[(slice(None), slice(None), *at)]
        for g in range(group):
            channels = part[:, g * w.shape[1]:(g + 1) * w.shape[1]]
            filters = slice(g * per_group, (g + 1) * per_group)
            taps = w[(filters, slice(None), *tap)]
            result[:, filters] += np.einsum("oc,bc...->bo...", taps, channels)
    return result


def integer(image, filters, x="uint8", w="int8", zx=None, zw=None, opened=False, **attributes):
    inputs = [bytes_of(x, *image), Const(bytes_of(w, *filters))]
    if zx is not None or zw is not None:
        inputs.append(Const(zx or 0, x))
    if zw is not None:
        inputs.append(Const(zw, w))
    expected = sums(inputs[0], inputs[1].array, zx or 0, 0 if zw is None else zw, **attributes)
    if opened:
        inputs[1] = inputs[1].array
    return Case("ConvInteger", inputs, expect=[expected.astype(np.int32)], open="each" if opened else "none",
                static=not opened, **attributes)


def linear(image, filters, x="uint8", w="int8", y="uint8", zx=0, zw=0, zy=0, per_filter=True, bias=True,
           **attributes):
    o, terms = filters[0], math.prod(filters[1:])
    inputs = [bytes_of(x, *image), bytes_of(w, *filters)]
    sw = np.float32(2.0) ** (integers(-2, 1, o) if per_filter else -1)
    sx, sy = np.float32(2.0 ** -5), np.float32(2.0 ** round(math.log2(terms ** 0.5)))
    b = integers(-3000, 3000, o, dtype=np.int32) if bias else np.zeros(o, np.int32)
    total = sums(*inputs, zx, zw, **attributes) + b.reshape(-1, *[1] * (len(image) - 2))
    scaled = total * (sx * np.reshape(sw, (-1, *[1] * (len(image) - 2))) / sy).astype(np.float64)
    expected = np.clip(np.rint(scaled) + zy, LIMITS[y].min, LIMITS[y].max).astype(y)
    assert len(np.unique(expected)) > min(expected.size, 20) // 2
    arguments = [inputs[0], Const(sx), Const(zx, x), Const(inputs[1]), Const(np.float32(sw)),
                 Const(np.full(o, zw) if per_filter else zw, w), Const(sy), Const(zy, y)]
    return Case("QLinearConv", arguments + ([Const(b)] if bias else []), expect=[expected], open="none",
                name=f"QLinearConv {image} {filters} {x} {w} {y} {zx} {zw} {zy} {per_filter} {attributes}", **attributes)


border = {"pads": [1, 1, 1, 1]}
main([
    # Zero points of both sides, all signs.
    *[integer((2, 5, 7, 9), (6, 5, 3, 3), x, w, zx, zw) for x in LIMITS for w in LIMITS
      for zx, zw in ((None, None), (3, None), (3, 5), (None, 5))],
    integer((1, 8, 7, 9), (33, 8, 3, 3), zx=131, **border),
    integer((1, 8, 7, 9), (6, 8, 3, 3), zw=np.arange(6), strides=[2, 2], **border),
    integer((1, 8, 9), (4, 2, 3), zx=7, zw=np.arange(4), group=4),
    integer((1, 6, 7, 9), (6, 1, 3, 3), zx=7, group=6, **border),
    integer((1, 3, 5, 6, 7), (4, 3, 2, 3, 2), zx=7),
    # A filter of open extents.
    integer((1, 8, 7, 9), (6, 8, 3, 3), zx=3, zw=5, opened=True, **border),
    integer((1, 8, 9), (4, 2, 3), zw=np.arange(4), group=4, opened=True),
    # Remainders of channels, of columns and of rows.
    *[linear((1, c, 7, 9), (o, c, 3, 3), zx=121, **border) for c in (1, 3, 4, 6, 20) for o in (1, 17, 40)],
    *[linear((1, 12, h, w), (24, 12, 1, 1), zx=121) for h, w in ((1, 1), (3, 5), (6, 13))],
    # Signs, zero points of the result, a scale for all.
    *[linear((1, 8, 7, 9), (20, 8, 3, 3), x, w, y, zx={"uint8": 100, "int8": -7}[x],
             zw={"uint8": 128, "int8": 0}[w], zy={"uint8": 90, "int8": 5}[y], per_filter=per, bias=per, **border)
      for x in LIMITS for w in LIMITS for y in LIMITS for per in (False, True)],
    linear((1, 8, 7, 9), (20, 8, 3, 3), zw=3), # in floats
    # Windows.
    linear((2, 8, 11, 10), (16, 8, 3, 3), zx=9, strides=[2, 3], pads=[0, 1, 2, 1]),
    linear((1, 8, 11, 10), (16, 8, 3, 2), zx=9, dilations=[2, 3], **border),
    linear((1, 3, 23, 21), (16, 3, 7, 7), zx=9, strides=[2, 2], pads=[3, 3, 3, 3]),
    linear((1, 8, 30), (16, 8, 5), zx=9, pads=[2, 2]),
    linear((1, 8, 9, 8), (16, 4, 3, 3), zx=9, group=2, **border),
    linear((1, 6, 9, 8), (8, 3, 3, 3), zx=9, group=2, **border),
    linear((1, 20, 9, 8), (20, 1, 3, 3), zx=9, group=20, **border),
    linear((1, 35, 9, 8), (35, 1, 3, 3), "int8", y="int8", zx=9, group=35, strides=[2, 2], **border),
])
