# RUN: %python %s
import numpy as np
from harness import Case, main, normal, uniform


def rois(count, width, height):
    """Regions with corners in any part of an image, and a little outside."""
    corners = uniform(-0.2, 0.9, count, 2) * [width, height]
    sizes = uniform(0, 0.6, count, 2) * [width, height]
    return np.concatenate([corners, corners + sizes], 1).astype(np.float32)


def images(count, of):
    return np.arange(count, dtype=np.int64) * 7 % of


def case(x, regions, **others):
    return Case("RoiAlign", [x, regions, images(len(regions), x.shape[0])], open=[["n", "c", "h", "w"], ["r", None], ["r"]],
                **{"output_height": 3, "output_width": 2, **others})


X = normal(2, 3, 10, 13)
main([
    case(X, rois(7, 13, 10), sampling_ratio=2),
    *[case(X, rois(5, 26, 20), spatial_scale=0.5, mode=mode, sampling_ratio=samples, coordinate_transformation_mode=place)
      for mode in ("avg", "max") for samples in (0, 1, 3) for place in ("half_pixel", "output_half_pixel")],
    case(X, np.float32([[4, 4, 4, 4], [100, 100, 110, 110], [5, 5, 2, 2]]), sampling_ratio=2),
    case(normal(1, 1, 1, 1), rois(3, 1, 1), sampling_ratio=2),
    case(normal(2, 2, 6, 5, dtype="float64"), rois(3, 5, 6).astype("float64"), sampling_ratio=2),
    case(X, rois(0, 13, 10), sampling_ratio=2),
    Case("RoiAlign", [X, rois(3, 13, 10), images(3, 2)], output_height=2, output_width=2, sampling_ratio=1,
         open=[["n", "c", "h", "w"], ["r", None], ["s"]], also=[[normal(1, 3, 4, 4), rois(2, 4, 4), images(2, 1)]],
         refused=[[X, rois(3, 13, 10), images(2, 2)], [X, rois(3, 13, 10), np.int64([0, 2, 1])]]),
])
