# RUN: %python %s
import numpy as np
from harness import Case, Const, main, normal, uniform


def boxes(*shape, centered=False):
    """Boxes around points of the unit square, corners in any order."""
    centers, sizes = uniform(0, 1, *shape, 2), uniform(-0.5, 0.5, *shape, 2)
    if centered:
        return np.concatenate([centers, np.abs(sizes)], -1)
    return np.concatenate([centers - sizes, centers + sizes], -1)


def limit(value, dtype=np.float32):
    return Const([value], dtype)


DIMS = [["b", "n", None], ["b", "c", "n"]]

main([
    Case("NonMaxSuppression", [boxes(1, 30), uniform(0, 1, 1, 1, 30), limit(5, np.int64), limit(0.3), limit(0.2)],
         open=[*DIMS, None, None, None], also=[[boxes(2, 7), uniform(0, 1, 2, 3, 7), None, None, None],
                                              [boxes(1, 9), uniform(0, 0.1, 1, 2, 9), None, None, None]]),
    Case("NonMaxSuppression", [boxes(2, 20), uniform(0, 1, 2, 3, 20), limit(100, np.int64), limit(0.5)]),
    Case("NonMaxSuppression", [boxes(2, 20), uniform(0, 1, 2, 3, 20), limit(4, np.int64), limit(0)]),
    # The reference wants limits that ONNX lets out.
    Case("NonMaxSuppression", [np.array([[[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 2, 2]]], np.float32),
                               np.array([[[0.5, 0.6, 0.1]]], np.float32), limit(4, np.int64)],
         expect=[np.array([[0, 0, 1], [0, 0, 2]])]),
    Case("NonMaxSuppression", [boxes(1, 9), uniform(0, 1, 1, 2, 9)], expect=[np.zeros((0, 3), np.int64)]),
    Case("NonMaxSuppression", [boxes(1, 40, centered=True), uniform(0, 1, 1, 2, 40), limit(9, np.int64), limit(0.4)],
         center_point_box=1),
    # Equal scores: the first box. Equal boxes: one of them.
    Case("NonMaxSuppression", [np.repeat(boxes(1, 5), 4, 1), np.ones((1, 1, 20), np.float32), limit(9, np.int64),
                               limit(0.7)]),
    Case("NonMaxSuppression", [boxes(1, 5), uniform(0, 1, 1, 1, 5), limit(0, np.int64), limit(0.5)]),
    # Only the run knows the limits.
    Case("NonMaxSuppression", [boxes(1, 30), uniform(0, 1, 1, 2, 30), np.array([5]), np.array([0.3], np.float32),
                               np.array([0.2], np.float32)], open=[*DIMS, [None], [None], [None]],
         also=[[boxes(2, 7), uniform(0, 1, 2, 1, 7), np.array([99]), np.array([0.9], np.float32),
                np.array([0.0], np.float32)]]),
])
