# RUN: %python %s
"""Against sums over samples; the reference evaluator is slow and has two dimensions only."""
import itertools

import numpy as np
from harness import Case, main, normal, uniform


def take(x, position):
    """Linear interpolation with zeros around."""
    low = np.floor(position).astype(int)
    total = 0
    for corner in itertools.product((0, 1), repeat=x.ndim):
        at = low + corner
        if all(0 <= a < n for a, n in zip(at, x.shape)):
            total += x[tuple(at)] * np.prod(1 - np.abs(position - at))
    return total


def reference(strides, pads, dilations, groups, offset_groups, has_bias):
    def convolve(x, w, offset, *rest):
        depth, kernel, out = x.ndim - 2, w.shape[2:], offset.shape[2:]
        bias = rest[0] if has_bias else np.zeros(len(w))
        mask = rest[1] if len(rest) > 1 else np.ones((len(x), offset_groups * np.prod(kernel), *out))
        offset = offset.reshape(len(x), offset_groups, np.prod(kernel), depth, *out).astype(np.float64)
        mask = mask.reshape(len(x), offset_groups, np.prod(kernel), *out)
        y = np.zeros((len(x), len(w), *out))
        each, per, share = w.shape[1], len(w) // groups, x.shape[1] // offset_groups
        for n, c, (t, tap), at in itertools.product(range(len(x)), range(x.shape[1]), enumerate(np.ndindex(*kernel)), np.ndindex(*out)):
            start = np.array(at) * strides - pads[:depth] + np.array(tap) * dilations
            value = take(x[n, c], start + offset[(n, c // share, t, slice(None), *at)]) * mask[(n, c // share, t, *at)]
            group = c // each
            y[(n, slice(group * per, group * per + per), *at)] += value * w[(slice(group * per, group * per + per), c % each, *tap)]
        return [(y + bias.reshape(-1, *[1] * depth)).astype(x.dtype)]
    return convolve


def case(x, w, bias=False, mask=False, strides=None, pads=None, dilations=None, groups=1, offset_groups=1, dtype="float32"):
    depth, kernel = len(x) - 2, w[2:]
    strides, pads, dilations = strides or [1] * depth, pads or [0] * 2 * depth, dilations or [1] * depth
    out = [(n + pads[i] + pads[depth + i] - (k - 1) * d - 1) // s + 1
           for i, (n, k, s, d) in enumerate(zip(x[2:], kernel, strides, dilations))]
    taps = int(np.prod(kernel))
    inputs = [normal(*x, dtype=dtype), normal(*w, dtype=dtype), uniform(-1.5, 1.5, x[0], offset_groups * taps * depth, *out, dtype=dtype),
              normal(w[0], dtype=dtype) if bias else None,
              uniform(0, 1, x[0], offset_groups * taps, *out, dtype=dtype) if mask else None]
    while inputs[-1] is None:
        inputs.pop()
    def expect(*given):
        given = [g for g in given if g is not None]
        if mask and not bias:
            given.insert(3, np.zeros(w[0], dtype))
        return reference(strides, pads, dilations, groups, offset_groups, bias or mask)(*given)
    names = [["n", "c", *"hwd"[:depth]], [None] * len(w), ["n", None, *"HWD"[:depth]], [None], ["n", None, *"HWD"[:depth]]]
    return Case("DeformConv", inputs, strides=strides, pads=pads, dilations=dilations, group=groups, offset_group=offset_groups,
                kernel_shape=kernel, expect=expect, open=names[:len(inputs)], tolerance=2e-5 if dtype == "float32" else 1e-11)


main([
    case([1, 1, 3, 3], [1, 1, 2, 2]),
    case([2, 4, 6, 5], [6, 4, 3, 3], bias=True, pads=[1, 1, 1, 1]),
    case([2, 4, 6, 5], [6, 2, 3, 2], mask=True, groups=2, offset_groups=2, strides=[2, 1], dilations=[1, 2], pads=[1, 0, 0, 1]),
    case([1, 4, 7, 4], [4, 1, 2, 2], bias=True, mask=True, groups=4, offset_groups=2),
    case([1, 2, 1, 1], [3, 2, 1, 1]),
    case([2, 3, 9], [4, 3, 3], bias=True, pads=[1, 1]),
    case([1, 2, 3, 4, 3], [2, 2, 2, 2, 2], pads=[1, 0, 0, 0, 0, 1]),
    case([1, 2, 5, 5], [2, 2, 3, 3], dtype="float64"),
    case([0, 2, 5, 5], [2, 2, 3, 3]),
])
