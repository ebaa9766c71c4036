# RUN: %python %s
"""MaxRoiPool, which the reference evaluator lacks, against its definition."""
import numpy as np
from harness import Case, main, normal


def reference(bins, scale=1.0):
    def pool(x, rois):
        result = np.zeros((len(rois), x.shape[1], *bins), x.dtype)
        for r, (image, x0, y0, x1, y1) in enumerate(rois.astype(np.float64)):
            first, last = (np.floor(np.abs(p) + 0.5) * np.sign(p) for p in (np.array([y0, x0]) * scale, np.array([y1, x1]) * scale))
            size = (np.maximum(last - first + 1, 1).astype(np.float32) / np.float32(bins)).astype(np.float32)
            for at in np.ndindex(*bins):
                low = np.clip(np.floor(np.float32(at) * size) + first, 0, x.shape[2:]).astype(int)
                high = np.clip(np.ceil((np.float32(at) + 1) * size) + first, 0, x.shape[2:]).astype(int)
                part = x[int(image), :, low[0]:high[0], low[1]:high[1]]
                if part.size:
                    result[(r, slice(None), *at)] = part.max((1, 2))
        return [result]
    return pool


def case(x, rois, bins, scale=1.0, **others):
    return Case("MaxRoiPool", [x, np.asarray(rois, x.dtype)], pooled_shape=bins, spatial_scale=scale, expect=reference(bins, scale),
                open=[["n", "c", "h", "w"], ["r", None]], **others)


X = normal(2, 3, 9, 11)
ROIS = [[0, 1, 2, 7, 8], [1, 0, 0, 10, 8], [1, 3, 3, 3, 3], [0, 8, 6, 14, 12], [0, 5, 5, 2, 2], [1, -3, -3, 2, 1]]
main([
    case(X, ROIS, (2, 3)),
    case(X, np.float32(ROIS) * 2 + [0, 0.3, 0.3, 0.3, 0.3] - np.float32(ROIS) * [1, 0, 0, 0, 0], (3, 2), 0.5),
    case(X, ROIS[:1], (1, 1), also=[[normal(1, 2, 5, 5), np.float32([[0, 0, 0, 4, 4], [0, 1, 1, 2, 2]])]]),
    case(X, np.zeros((0, 5)), (2, 2)),
    case(normal(2, 2, 5, 4, dtype="float64"), ROIS, (2, 2)),
    case(normal(2, 2, 5, 4, dtype="float16"), ROIS, (2, 2)),
    case(X, ROIS[:2], (2, 2), refused=[[X, np.float32([[2, 0, 0, 1, 1]])], [X, np.float32([[-1, 0, 0, 1, 1]])]]),
])
