# RUN: %python %s
"""Transforms in double precision by numpy: rounded once."""
import numpy as np
from harness import Case, Const, main, normal


def transform(x, length=None, axis=None, inverse=0, onesided=0):
    axis = -2 if axis is None else int(axis)
    axis = axis % x.ndim
    z = x[..., 0].astype(np.float64)
    if x.shape[-1] == 2:
        z = z + 1j * x[..., 1]
    if inverse and onesided:
        y = np.fft.irfft(z, length, axis)[..., None]
    else:
        y = np.fft.ifft(z, length, axis) if inverse else np.fft.fft(z, length, axis)
        if onesided:
            y = y[(slice(None),) * axis + (slice(y.shape[axis] // 2 + 1),)]
        y = np.stack([y.real, y.imag], -1)
    return y.astype(x.dtype)


def case(x, length=None, axis=None, also=(), **attributes):
    """Length and axis are constants if they are Const."""
    inputs = [x, length, axis]
    while inputs[-1] is None:
        inputs.pop()

    def expect(x, length=None, axis=None):
        return [transform(x, None if length is None else np.ravel(length)[0], axis, **attributes)]
    names = [[f"d{i}" for i in range(x.ndim - 1)] + [None], [], []]
    # A length that the run tells takes a matrix.
    open = names[:len(inputs)] if x.shape[-2] < 5000 else "none"
    return Case("DFT", inputs, expect=expect, open=open, also=also, **attributes)


main([
    case(normal(2, 10, 1)),
    case(normal(2, 10, 2)),
    case(normal(2, 3, 10, 2), axis=Const(1)),
    case(normal(2, 3, 10, 2), axis=Const(-4)),
    case(normal(2, 3, 10, 2), axis=np.int64(1)),
    case(normal(2, 3, 10, 1), axis=np.int64(-2), onesided=1),
    case(normal(2, 7, 1), onesided=1, also=[[normal(1, 16, 1)]]),
    case(normal(2, 16, 1), onesided=1),
    case(normal(2, 16, 2), inverse=1),
    case(normal(2, 9, 2), inverse=1, onesided=1, also=[[normal(3, 6, 2)]]),
    case(normal(2, 9, 2), Const(17), inverse=1, onesided=1),
    case(normal(2, 9, 2), Const(11), inverse=1, onesided=1),
    case(normal(2, 9, 2), Const(20), inverse=1, onesided=1),
    case(normal(2, 10, 1), Const(16)), case(normal(2, 10, 2), Const(4)), case(normal(2, 10, 1), np.int64(13), onesided=1),
    case(normal(2, 10, 2), Const([6])),
    # By factors, also with zeros behind; the last factor is a prime.
    case(normal(3, 1024, 2)), case(normal(2, 2000, 1), onesided=1), case(normal(2, 1300, 1), Const(2048)),
    case(normal(2, 1800, 2), inverse=1), case(normal(2, 1025, 2), inverse=1, onesided=1), case(normal(1, 900, 2), Const(2048), inverse=1, onesided=1),
    case(normal(1, 64 * 131, 1)), case(normal(1, 16384, 2)), case(normal(2, 3000, 1), Const(1536), onesided=1),
    # No factors.
    case(normal(1, 1031, 1)), case(normal(1, 4099, 1), onesided=1),
    case(normal(2, 1, 1)), case(normal(0, 8, 1)),
    case(normal(2, 100, 1, dtype="float64"), onesided=1), case(normal(2, 1200, 2, dtype="float64")),
    case(normal(2, 12, 1, dtype="float16")),
])
