# RUN: %python %s
from onnx.helper import make_node
from harness import Case, Const, booleans, integers, main, normal

main([
    Case("Expand", [normal(3, 1), Const([3, 4])]),
    Case("Expand", [normal(3, 1), Const([2, 1, 6])]),
    Case("Expand", [normal(3, 4), Const([1])]),
    Case("Expand", [normal(3, 4), Const([2, 3, 4])]),
    Case("Expand", [normal(), Const([2, 17])]),
    Case("Expand", [normal(1, 5), Const([0, 1])]),
    Case("Expand", [normal(0, 1), Const([1, 5])]),
    Case("Expand", [normal(3), Const([], "int64")]),
    Case("Expand", [booleans(3, 1), Const([3, 4])]),
    Case("Expand", [integers(0, 9, 3, 1, dtype="uint8"), Const([3, 4])]),
    # Which extents are 1 is known only when the model runs.
    Case("Expand", [normal(3, 1), [2, 3, 5]], open=[["m", "n"], [None]],
         also=[[normal(1, 4), [1, 3, 1]], [normal(2, 3), [4, 1, 3]], [normal(1, 1), [0, 1, 3]]]),
    # To the shape of another tensor.
    Case("Expand", [normal(1, 5), normal(4, 5)], name="Expand to a shape",
         nodes=[make_node("Shape", ["x1"], ["s"]), make_node("Expand", ["x0", "s"], ["y0"])],
         also=[[normal(1, 3), normal(7, 3)]], open=[[None, "n"], ["m", "n"]]),
])
