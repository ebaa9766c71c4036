# RUN: %python %s
import numpy as np
from harness import Case, Const, main, normal, uniform


def transform(signal, step, window=None, length=None, onesided=1):
    step = int(step)
    length = int(length) if length is not None else signal.shape[1] if window is None else len(window)
    frames = max(0, (signal.shape[1] - length) // step + 1)
    z = signal[..., 0].astype(np.float64)
    if signal.shape[2] == 2:
        z = z + 1j * signal[..., 1]
    taken = np.stack([z[:, f * step:f * step + length] for f in range(frames)], 1) if frames else np.zeros((len(z), 0, length))
    y = np.fft.fft(taken if window is None else taken * window, axis=2) if frames else taken.astype(complex)
    y = y[..., :length // 2 + 1] if onesided else y
    return [np.stack([y.real, y.imag], -1).astype(signal.dtype)]


def case(signal, step, window=None, length=None, also=(), **attributes):
    inputs = [signal, step, window, length]
    while inputs[-1] is None:
        inputs.pop()
    return Case("STFT", inputs, expect=lambda *given: transform(*given, **attributes), also=also, tolerance=3e-6,
                open=[["b", "t", None], [], ["w"], []][:len(inputs)], **attributes)


main([
    case(normal(2, 50, 1), Const(5), uniform(0, 1, 16)),
    case(normal(2, 50, 1), Const(5), None, Const(16), also=[[normal(1, 16, 1), None, None, None]]),
    case(normal(2, 50, 1), np.int64(7), uniform(0, 1, 12), np.int64(12)),
    case(normal(2, 50, 1), Const(4), Const(np.hanning(20)), Const(20), onesided=0),
    case(normal(2, 50, 2), Const(4), Const(np.hanning(20)), onesided=0),
    case(normal(1, 1600, 1), Const(160), Const(np.hanning(400)), Const(400)),
    case(normal(1, 3000, 1), Const(256), Const(np.hanning(1024))),
    # A signal of one frame, and of none.
    case(normal(2, 16, 1), Const(3), uniform(0, 1, 16)),
    case(normal(2, 15, 1), Const(3), Const(np.hanning(16))),
    case(normal(2, 12, 1), Const(3), Const(np.hanning(16))),
])
