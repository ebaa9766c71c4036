# RUN: %python %s
import numpy as np
from harness import Case, Const, booleans, integers, main, normal


def resize(x, scales=None, sizes=None, roi=None, **others):
    lists = [None if roi is None else Const(roi, "float32"), None if scales is None else Const(scales, "float32"),
             None if sizes is None else Const(sizes, "int64")]
    while lists[-1] is None:
        lists.pop()
    return Case("Resize", [x, *lists], **others)


COORDINATES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
HW = [None, None, "h", "w"]
BITS = booleans(3, 5)
IMAGE = normal(1, 2, 5, 7)

main([
    # Integer factors are repetitions in some modes; any factor, both up and down.
    *[resize(normal(2, 2, 4, 5), [1, 1, *factors], coordinate_transformation_mode=c, nearest_mode=r)
      for c in COORDINATES for r in ROUNDINGS for factors in ([2, 3], [1.7, 0.6])],
    *[resize(normal(2, 2, 4, n), [1, 1, 2, 3], also=[[normal(1, 2, 1, 9)], [normal(2, 2, 4, 0)]]) for n in (1, 33)],
    *[resize(IMAGE, [1, 1, *factors], mode=mode, coordinate_transformation_mode=c, open=[HW],
             also=[[normal(1, 2, 9, 30)]])
      for mode in ("linear", "cubic") for c in COORDINATES for factors in ([1.7, 0.6],)],
    *[resize(IMAGE, [1, 1, *factors], mode=mode) for mode in ("linear", "cubic") for factors in ([2, 2], [1, 0.4])],
    *[resize(IMAGE, None, [1, 2, *sizes], mode=mode, coordinate_transformation_mode=c, open=[HW],
             also=[[normal(1, 2, 1, 8)], [normal(1, 2, 30, 4)]])
      for mode, c, sizes in (("nearest", "half_pixel", [8, 9]), ("nearest", "asymmetric", [3, 14]),
                             ("linear", "half_pixel", [8, 9]), ("linear", "align_corners", [1, 14]),
                             ("cubic", "pytorch_half_pixel", [5, 3]), ("cubic", "align_corners", [9, 2]))],
    # Other numbers of dimensions; some axes only.
    resize(normal(9), [1.5], mode="linear"),
    resize(normal(2, 3, 4), [1.5, 2, 0.5], mode="linear"),
    resize(normal(1, 2, 3, 4, 5), [1, 1, 2, 2, 2], mode="linear"),
    resize(normal(1, 2, 3, 4, 5), [1, 1, 1.5, 0.5, 3]),
    resize(normal(2, 70, 3), [1, 2, 1], mode="linear"),
    resize(normal(4, 5), [1, 1], mode="linear"),
    resize(normal(4, 5), [1.1, 1], mode="linear"),
    *[resize(normal(1, 5, 6, 2), [1.5, 2], axes=axes, mode=mode)
      for axes, mode in (([1, 2], "nearest"), ([0, 3], "linear"), ([1, 3], "cubic"))],
    resize(normal(1, 5, 6, 2), None, [7, 3], axes=[1, 2], mode="linear"),
    # One scale for all axes.
    *[resize(normal(1, 2, 4, 7), None, [9, 6], axes=[2, 3], mode=mode, keep_aspect_ratio_policy=policy, open=[HW],
             also=[[normal(1, 2, 8, 3)]])
      for mode, policy in (("nearest", "not_larger"), ("linear", "not_smaller"))],
    # Wider kernels, where it shrinks.
    *[resize(normal(1, 2, 13, 17), [1, 1, *factors], mode=mode, antialias=1, exclude_outside=exclude,
             also=[[normal(1, 2, 40, 6)]])
      for mode in ("linear", "cubic") for factors, exclude in (([0.6, 0.6], 0), ([0.3, 1.3], 1), ([0.15, 2], 0))],
    *[resize(normal(1, 2, 13, 17), None, [1, 2, 5, 20], mode=mode, antialias=1, also=[[normal(1, 2, 3, 40)]], open=[HW])
      for mode in ("linear", "cubic")],
    *[resize(IMAGE, [1, 1, 2.2, 0.7], mode=mode, exclude_outside=1, coordinate_transformation_mode=c)
      for mode, c in (("linear", "half_pixel"), ("cubic", "half_pixel"), ("cubic", "align_corners"))],
    resize(IMAGE, [1, 1, 0.8, 1.8], mode="cubic", cubic_coeff_a=-0.5),
    # A part of the input, and what lies outside.
    *[resize(normal(1, 1, 6, 7), None, [1, 1, 4, 5], [0, 0, *roi[:2], 1, 1, *roi[2:]], mode=mode,
             coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.5, open=[HW])
      for mode, roi in (("nearest", [-0.2, 0.3, 0.6, 1.4]), ("linear", [0.2, 0.3, 0.6, 0.8]),
                        ("linear", [-0.2, 0.3, 0.6, 1.4]), ("cubic", [0.9, 0, 0.1, 1.2]))],
    resize(normal(1, 1, 6, 7), [0.8, 1.6], None, [0.2, 0.4, 1.2, 0.6], axes=[2, 3], mode="linear",
           coordinate_transformation_mode="tf_crop_and_resize"),
    # What only the run knows.
    *[Case("Resize", [normal(2, 3, 4), None, normal(3) * 0 + s], open=[["a", "b", "c"], None, [None]], mode=mode,
           also=[[normal(1, 5, 7), None, normal(3) * 0 + t]])
      for mode, s, t in (("nearest", 1.5, 0.4), ("linear", 0.7, 2))],
    *[Case("Resize", [normal(1, 2, 5, 4), None, None, [1, 2, *s]], open=[HW, None, None, [None]], mode=mode,
           also=[[normal(1, 2, 3, 7), None, None, [1, 2, *t]]], **more)
      for mode, s, t, more in (("nearest", [3, 9], [6, 5], {}), ("linear", [5, 4], [3, 14], {"antialias": 1}),
                               ("cubic", [5, 4], [3, 14], {"coordinate_transformation_mode": "align_corners"}))],
    Case("Resize", [normal(1, 2, 5, 4), None, None, [9, 9]], open=[HW, None, None, [None]], axes=[2, 3],
         keep_aspect_ratio_policy="not_larger", also=[[normal(1, 2, 3, 7), None, None, [6, 2]]]),
    Case("Resize", [normal(1, 2, 5, 4), normal(4) * 0 + [0.2, 0.1, 0.7, 0.9], None, [9, 9]], mode="linear", axes=[2, 3],
         open=[HW, [None], None, [None]], coordinate_transformation_mode="tf_crop_and_resize",
         also=[[normal(1, 2, 3, 7), normal(4) * 0 + [0.5, 0, 1, 0.5], None, [6, 2]]]),
    Case("Resize", [normal(1, 2, 5, 4), None, None, [1, 2, 3, 9]], open="each"),
    # Other types.
    *[resize(integers(0, 100, 2, 9, dtype=t), [2, 1.7], mode=mode)
      for t, mode in (("int8", "linear"), ("int16", "nearest"), ("uint16", "cubic"), ("int32", "linear"),
                      ("int64", "linear"), ("uint32", "linear"), ("uint64", "cubic"), ("float16", "linear"),
                      ("float16", "nearest"), ("float64", "linear"))],
    # The reference computes the kernel in f32.
    resize(integers(0, 100, 2, 9, dtype="float64"), [2, 1.7], mode="cubic", tolerance=1e-6),
    resize(integers(0, 256, 2, 9, dtype="uint8"), [1, 2], mode="cubic"),
    resize(integers(-128, 128, 2, 9, dtype="int8"), [1, 2], mode="cubic"),
    resize(integers(0, 256, 2, 9, dtype="uint8"), [1, 2]),
    # The reference knows no booleans.
    resize(BITS, [2, 1], expect=[np.repeat(BITS, 2, 0)]),
    resize(BITS, [2, 0.5], coordinate_transformation_mode="asymmetric", nearest_mode="floor",
           expect=[np.repeat(BITS, 2, 0)[:, ::2][:, :2]]),
    # Before opset 11, nearest meant the element before, or behind where it shrinks.
    Case("Resize", [IMAGE, Const([1, 1, 2, 3], "float32")], opset=10, expect=[IMAGE.repeat(2, 2).repeat(3, 3)]),
    Case("Resize", [IMAGE, Const([1, 1, 0.6, 0.6], "float32")], opset=10, expect=[IMAGE[:, :, [0, 2, 4]][..., [0, 2, 4, 5]]]),
    # Nothing.
    resize(normal(0, 3), [2, 2], mode="linear"),
    resize(normal(2, 3), [0.4, 2], mode="linear"),
])
