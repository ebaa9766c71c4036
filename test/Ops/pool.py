# REQUIRES: compile
# RUN: %python %s
import itertools
import math

import numpy as np
from harness import Case, integers, main, normal


def windows(x, kernel_shape, strides=None, dilations=None, pads=None, auto_pad="NOTSET", ceil_mode=0):
    """(position in the output, for each dim the window's positions in the input,
    for each dim their number in the padded input)"""
    spatial = x.ndim - 2
    strides, dilations = strides or [1] * spatial, dilations or [1] * spatial
    pads = pads or [0] * 2 * spatial
    dims = []
    for i, (n, k, s, d) in enumerate(zip(x.shape[2:], kernel_shape, strides, dilations)):
        span, before, after = (k - 1) * d + 1, pads[i], pads[spatial + i]
        if auto_pad.startswith("SAME"):
            count = -(-n // s)
            total = max((count - 1) * s + span - n, 0)
            before = total // 2 if auto_pad == "SAME_UPPER" else total - total // 2
            after = total - before
        else:
            room = n + before + after - span
            count = (math.ceil(room / s) if ceil_mode else room // s) + 1
            if ceil_mode and (count - 1) * s >= n + before:
                count -= 1
        dims.append([([t * s - before + j * d for j in range(k) if 0 <= t * s - before + j * d < n],
                      sum(t * s - before + j * d < n + after for j in range(k))) for t in range(count)])
    for position in itertools.product(*[range(len(dim)) for dim in dims]):
        chosen = [dim[p] for dim, p in zip(dims, position)]
        yield position, [taps for taps, _ in chosen], math.prod(count for _, count in chosen)


def pool(function, x, **attributes):
    positions = list(windows(x, **attributes))
    size = [p + 1 for p in positions[-1][0]] if positions else [0] * (x.ndim - 2)
    y = np.zeros((*x.shape[:2], *size), x.dtype)
    for position, taps, count in positions:
        values = x[(slice(None), slice(None), *np.ix_(*taps))]
        y[(slice(None), slice(None), *position)] = function(values.reshape(*x.shape[:2], -1), count)
    return y


def average(x, count_include_pad=0, **attributes):
    def mean(values, count):
        return values.astype(np.float64).sum(-1) / (count if count_include_pad else values.shape[-1])
    return [pool(mean, x, **attributes)]


def norm(x, p=2, **attributes):
    def lp(values, count):
        return (np.abs(values.astype(np.float64)) ** p).sum(-1) ** (1 / p)
    return [pool(lp, x, **attributes)]


def max_with_indices(x, storage_order=0, **attributes):
    image = x.shape[2:]
    flat = np.arange(math.prod(image)).reshape(image[::-1]).T if storage_order else np.arange(math.prod(image)).reshape(image)
    y = pool(lambda values, count: values.max(-1), x, **attributes)
    indices = np.zeros(y.shape, np.int64)
    for position, taps, _ in windows(x, **attributes):
        best = x[(slice(None), slice(None), *np.ix_(*taps))].reshape(*x.shape[:2], -1).argmax(-1)
        indices[(slice(None), slice(None), *position)] = flat[np.ix_(*taps)].reshape(-1)[best]
    planes = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * len(image))
    return [y, indices + planes * math.prod(image)]


SHAPES = [
    dict(kernel_shape=[3, 2]),
    dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    dict(kernel_shape=[3, 3], strides=[2, 3], pads=[0, 1, 2, 0]),
    dict(kernel_shape=[2, 3], dilations=[2, 3]),
    dict(kernel_shape=[2, 3], dilations=[3, 2], pads=[1, 2, 2, 1], strides=[2, 1]),
    dict(kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    dict(kernel_shape=[3, 2], strides=[4, 3], pads=[1, 1, 1, 1], ceil_mode=1),
    dict(kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1, dilations=[2, 1]),
    *[dict(kernel_shape=[3, 2], strides=[2, 2], auto_pad=mode) for mode in ("SAME_UPPER", "SAME_LOWER", "VALID")],
    dict(kernel_shape=[1, 2], strides=[2, 3], auto_pad="SAME_UPPER"),
]
OTHERS = [[normal(n, c, h, w)] for n, c, h, w in [(2, 1, 9, 9), (1, 5, 12, 17)]]

cases = []
for attributes in SHAPES:
    x = normal(2, 3, 11, 10)
    cases += [
        Case("MaxPool", [x], outputs=2, expect=lambda x, a=attributes: max_with_indices(x, **a), also=OTHERS,
             open="each", **attributes),
        Case("MaxPool", [x], expect=lambda x, a=attributes: max_with_indices(x, **a)[:1], **attributes),
        *[Case("AveragePool", [x], count_include_pad=include, also=OTHERS, open="each",
               expect=lambda x, a=attributes, i=include: average(x, count_include_pad=i, **a), **attributes)
          for include in (0, 1)],
        *[Case("LpPool", [x], p=p, expect=lambda x, a=attributes, p=p: norm(x, p=p, **a), **attributes) for p in (1, 2, 3)],
    ]


def overshot(x, reduce):
    """Windows of 2x2 side by side, at least one along each dim."""
    height, width = (max(n // 2, 1) for n in x.shape[2:])
    rows = [[reduce(x[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2], (2, 3)) for j in range(width)] for i in range(height)]
    return np.moveaxis(np.array(rows), (0, 1), (2, 3)).astype(x.dtype)


cases += [
    # Other numbers of dims; column-major indices; equal elements.
    Case("MaxPool", [normal(2, 3, 40)], kernel_shape=[5], strides=[2]),
    Case("MaxPool", [normal(1, 2, 6, 5, 7)], kernel_shape=[2, 3, 2], strides=[2, 1, 2], outputs=2, storage_order=1,
         expect=lambda x: max_with_indices(x, kernel_shape=[2, 3, 2], strides=[2, 1, 2], storage_order=1)),
    Case("MaxPool", [np.zeros((1, 2, 6, 5), np.float32)], kernel_shape=[3, 3], pads=[1, 1, 1, 1], outputs=2,
         expect=lambda x: max_with_indices(x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])),
    Case("AveragePool", [normal(1, 33, 8, 8)], kernel_shape=[8, 8]),
    Case("MaxPool", [normal(0, 3, 8, 8)], kernel_shape=[2, 2]),
    *[Case(op, [normal(1, 17, 9, 8, dtype=t)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
      for op in ("MaxPool", "AveragePool") for t in ("float64", "float16")],
    *[Case("MaxPool", [integers(low, high, 1, 3, 9, 8, dtype=t)], kernel_shape=[3, 3], strides=[1, 2], pads=[1, 1, 1, 1],
           outputs=2, expect=lambda x: max_with_indices(x, kernel_shape=[3, 3], strides=[1, 2], pads=[1, 1, 1, 1]))
      for t, low, high in (("int8", -100, 100), ("uint8", 0, 255))],
    # A window larger than the input, by less than its stride, takes what there is.
    Case("MaxPool", [normal(1, 3, 1, 8)], kernel_shape=[2, 2], strides=[2, 2], open=[[None, None, "h", "w"]],
         also=[[normal(1, 3, 5, 1)]], expect=lambda x: [overshot(x, np.max)]),
    Case("AveragePool", [normal(1, 3, 1, 8)], kernel_shape=[2, 2], strides=[2, 2], open=[[None, None, "h", "w"]],
         also=[[normal(1, 3, 5, 1)]], expect=lambda x: [overshot(x, np.mean)]),
    # Over the whole image.
    *[Case(op, [normal(*shape)], expect=lambda x, f=function: [f(x, tuple(range(2, x.ndim)), keepdims=True)])
      for op, function in [("GlobalAveragePool", np.mean), ("GlobalMaxPool", np.max)]
      for shape in [(2, 3, 7), (2, 3, 7, 5), (1, 40, 7, 7), (1, 2, 3, 4, 5)]],
    *[Case("GlobalLpPool", [normal(2, 3, 7, 5)], p=p,
           expect=lambda x, p=p: [(np.abs(x) ** p).sum((2, 3), keepdims=True) ** np.float32(1 / p)]) for p in (1, 2, 3)],
    *[Case("GlobalAveragePool", [normal(1, 3, 9, 8, dtype=t)]) for t in ("float64", "float16")],
]
main(cases)
