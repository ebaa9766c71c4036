# RUN: %python %s
from onnx.helper import make_node
from harness import Case, Const, booleans, integers, main, normal

FAR = 2**63 - 1


def slices(x, starts, ends, axes=None, steps=None, **others):
    lists = [starts, ends, axes, steps]
    while lists[-1] is None:
        lists.pop()
    return Case("Slice", [x, *[None if v is None else Const(v, "int64") for v in lists]], **others)


main([
    slices(normal(8, 5), [1], [4]),
    slices(normal(8, 5), [1, 0], [4, 3]),
    slices(normal(8, 5), [0], [1], [1]),
    slices(normal(8, 5), [-1], [FAR], [0]),
    slices(normal(8, 5), [1], [FAR], [0]),
    slices(normal(8, 5), [0], [-1], [0]),
    slices(normal(8, 5), [-3], [-1], [-1]),
    # Ends beyond the dimension, ranges that hold nothing.
    slices(normal(8, 5), [0], [100], [0]),
    slices(normal(8, 5), [-100], [3], [0]),
    slices(normal(8, 5), [5], [2], [0]),
    slices(normal(8, 5), [8], [FAR], [0]),
    slices(normal(8, 5), [-100], [-99], [0], open="none"),
    # Steps, both ways.
    slices(normal(9, 17), [0, 1], [FAR, FAR], [0, 1], [2, 3]),
    slices(normal(9, 17), [1], [15], [1], [4]),
    slices(normal(9, 17), [-1], [-FAR], [1], [-1]),
    slices(normal(9, 17), [FAR], [-FAR - 1], [0], [-1]),
    slices(normal(9, 17), [7, 15], [1, 2], [0, 1], [-2, -3]),
    slices(normal(9, 17), [20], [-30], [1], [-5]),
    slices(normal(9, 17), [3], [3], [1], [-1]),
    slices(normal(9, 17), [0], [FAR], [1], [FAR]),
    slices(normal(9, 17), [-1], [-FAR - 1], [1], [-FAR - 1]),
    slices(normal(2, 3, 4, 5), [0, 1, 2], [2, 3, 5], [0, 1, 3]),
    slices(normal(0, 3), [0], [FAR], [0]),
    slices(normal(0, 3), [-1], [-FAR], [0], [-1]),
    slices(normal(5), [1], [3], [0], open="each", also=[[normal(n), None, None, None] for n in (3, 4, 9)]),
    slices(normal(600), [0], [512], [0], also=[[normal(n), None, None, None] for n in (0, 3, 512)]),
    slices(normal(600), [-512], [FAR], [0], also=[[normal(n), None, None, None] for n in (1, 3, 512)]),
    # Open extents that a position clamps, as short as they may be.
    *[slices(normal(6, 5), s, e, [0], st, open=[["n", "m"], *[None] * 4],
             also=[[normal(n, 5), None, None, None, None][:4 + (st is not None)] for n in (0, 1, 2, 3, 7)])
      for s, e, st in (([1], [FAR], None), ([0], [1], None), ([-1], [FAR], None), ([0], [-1], None), ([1], [3], None),
                       ([-3], [-1], None), ([-2], [2], None), ([2], [-2], None), ([1], [6], [2]), ([-5], [FAR], [3]),
                       ([3], [1], None), ([-1], [-FAR], [-1]), ([2], [0], [-1]))],
    # x0[:m], x0[-m:], x0[m:], x0[m - 1:m], x0[m - n:] for x1 of m x n.
    *[Case("Slice", [normal(9, 5), normal(3, 2)], name=f"Slice {name}",
           nodes=[make_node("Shape", ["x1"], ["m"], end=1), make_node("Shape", ["x1"], ["n"], start=1),
                  make_node("Constant", [], ["zero"], value_ints=[0]), make_node("Constant", [], ["one"], value_ints=[1]),
                  make_node("Constant", [], ["far"], value_ints=[FAR]), make_node("Neg", ["m"], ["-m"]),
                  make_node("Sub", ["m", "one"], ["m-1"]), make_node("Sub", ["m", "n"], ["m-n"]),
                  make_node("Slice", ["x0", start, end, "zero"], ["y0"])],
           open=[["k", None], ["m", "n"]],
           also=[[normal(k, 5), normal(m, n)] for k, m, n in
                 ((3, 9, 1), (9, 0, 1), (0, 2, 1), (0, 0, 0), (4, 1, 3), (4, 1, 9), (1, 1, 1), (4, 4, 0))])
      for name, start, end in (("before m", "zero", "m"), ("last m", "-m", "far"), ("from m", "m", "far"),
                               ("element m - 1", "m-1", "m"), ("from m - n", "m-n", "far"), ("but m", "zero", "-m"))],
    # What was clamped meets what was not.
    Case("Slice", [normal(5, 4), normal(9, 4)], name="Slice of a table plus a tensor",
         nodes=[make_node("Shape", ["x0"], ["m"], end=1), make_node("Constant", [], ["zero"], value_ints=[0]),
                make_node("Slice", ["x1", "zero", "m", "zero"], ["t"]), make_node("Add", ["x0", "t"], ["y0"])],
         open=[["m", None], ["k", None]], also=[[normal(3, 4), normal(3, 4)], [normal(0, 4), normal(0, 4)]],
         refused=[[normal(5, 4), normal(3, 4)]]),
    Case("Slice", [normal(5, 4)], name="Slice of a row less all",
         nodes=[make_node("Constant", [], ["zero"], value_ints=[0]), make_node("Constant", [], ["one"], value_ints=[1]),
                make_node("Slice", ["x0", "zero", "one", "zero"], ["t"]), make_node("Sub", ["x0", "t"], ["y0"])],
         open=[["m", None]], also=[[normal(1, 4)], [normal(0, 4)], [normal(2, 4)]]),
    *[slices(integers(0, 100, 4, 9, dtype=t), [1], [8], [1], [3])
      for t in ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    slices(booleans(4, 9), [2], [7], [1]),
    # 32-bit positions.
    Case("Slice", [normal(8, 5), Const([1], "int32"), Const([2**31 - 1], "int32"), Const([0], "int32")]),
    # Everything is known only when the model runs.
    Case("Slice", [normal(8, 5), [1], [4]], open=[["m", "n"], [None], [None]],
         also=[[normal(3, 2), [-2], [FAR]], [normal(3, 5), [2], [1]]]),
    Case("Slice", [normal(8, 5), [1, 0], [4, 3], [1, 0], [1, 2]], open=[["m", "n"], *[[None]] * 4],
         also=[[normal(3, 2), [-1, 1], [-FAR, FAR], [-1, -2], [-1, 1]],
               [normal(3, 2), [FAR, 0], [0, -1], [0, 1], [-1, 1]]]),
    slices(normal(3, 4, 5), [1, 1], [3, 3], [2, 0]),
    # Extents of one input are positions in another: x1[m:n] for x0 of m x n.
    Case("Slice", [normal(3, 5), normal(8)], name="Slice between extents",
         nodes=[make_node("Shape", ["x0"], ["m"], end=1), make_node("Shape", ["x0"], ["n"], start=1),
                make_node("Slice", ["x1", "m", "n"], ["y0"])],
         open=[["m", "n"], [None]], also=[[normal(2, 8), normal(8)], [normal(4, 4), normal(8)]]),
    Case("Slice", [normal(3, 5), normal(8)], name="Slice before an extent",
         nodes=[make_node("Shape", ["x0"], ["n"], start=1), make_node("Constant", [], ["k"], value_ints=[-2]),
                make_node("Add", ["n", "k"], ["m"]), make_node("Slice", ["x1", "m", "n"], ["y0"])],
         open=[["m", "n"], ["k"]], also=[[normal(2, 8), normal(9)], [normal(4, 2), normal(2)]]),
])
