# RUN: %python %s
from harness import Case, Const, integers, main, normal


def col2im(x, image, block, **others):
    return Case("Col2Im", [x, Const(image, "int64"), Const(block, "int64")], **others)


main([
    col2im(normal(1, 5, 5), [5, 5], [1, 5]),
    col2im(normal(2, 12, 12), [4, 5], [2, 2]),
    col2im(normal(1, 9, 4), [5, 5], [3, 3], strides=[2, 2]),
    col2im(normal(1, 9, 9), [5, 5], [3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    col2im(normal(1, 8, 12), [6, 6], [2, 2], dilations=[2, 3], strides=[1, 1]),
    col2im(normal(2, 3, 6), [8], [3]),
    col2im(normal(1, 8, 18), [3, 4, 4], [2, 2, 2]),
    *[col2im(integers(0, 50, 1, 4, 9, dtype=t), [4, 4], [2, 2]) for t in ("float16", "float64", "int32", "int64")],
    # Sizes that only the run knows.
    Case("Col2Im", [normal(1, 9, 9), [5, 5], [3, 3]], strides=[2, 2], pads=[1, 1, 1, 1],
         open=[["n", "rows", "columns"], [None], [None]], also=[[normal(2, 4, 6), [3, 3], [1, 2]]]),
    Case("Col2Im", [normal(2, 12, 12), [4, 5], Const([2, 2])], open=[["n", None, "columns"], [None]],
         also=[[normal(1, 12, 2), [2, 3]]]),
])
