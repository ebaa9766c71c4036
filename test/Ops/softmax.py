# REQUIRES: compile
# RUN: %python %s
import numpy as np
from harness import Case, main, normal

masked = normal(3, 17)
masked[0, :5], masked[1, 1:] = -np.inf, -np.inf


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return [shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))]


def softmax_of_matrix(x):
    e = np.exp(x.reshape(x.shape[0], -1))
    return [(e / e.sum(-1, keepdims=True)).reshape(x.shape)]


main([
    *[Case(op, [normal(3, 4, 5)], axis=axis) for op in ("Softmax", "LogSoftmax", "Hardmax") for axis in (0, 1, 2, -1)],
    *[Case(op, [normal(7, n)]) for op in ("Softmax", "LogSoftmax", "Hardmax") for n in (1, 16, 17, 250)],
    Case("Softmax", [normal(4, 16)], also=[[normal(rows, n)] for rows, n in [(1, 1), (3, 33), (5, 128)]], open="each"),
    # Nothing overflows.
    Case("Softmax", [normal(3, 40) * 300]),
    Case("LogSoftmax", [normal(3, 40) * 300], expect=log_softmax),
    *[Case(op, [masked]) for op in ("Softmax", "LogSoftmax", "Hardmax")],
    *[Case(op, [normal(0, 4)]) for op in ("Softmax", "LogSoftmax")],
    *[Case(op, [normal(3, 40, dtype=t)]) for op in ("Softmax", "LogSoftmax", "Hardmax") for t in ("float64", "float16")],
    # The first of equal elements.
    Case("Hardmax", [np.array([[1, 3, 3, 2], [5, 5, 5, 5]], np.float32)]),
    # Before opset 13 the dims from `axis` on were one row.
    Case("Softmax", [normal(3, 4, 5)], axis=1, opset=11, expect=softmax_of_matrix),
])
