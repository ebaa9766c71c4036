# RUN: %python %s
from harness import Case, Const, booleans, integers, main, normal

main([
    Case("Reshape", [normal(2, 3, 4), Const([6, 4])]),
    Case("Reshape", [normal(2, 3, 4), Const([4, 6])]),
    Case("Reshape", [normal(2, 3, 4), Const([3, 1, 8])]),
    Case("Reshape", [normal(2, 3, 4), Const([0, -1])], also=[[normal(5, 1, 4), None]]),
    Case("Reshape", [normal(2, 3, 4), Const([0, 0, 2, 2])]),
    Case("Reshape", [normal(2, 3, 4), Const([-1])]),
    Case("Reshape", [normal(2, 3, 4), Const([1, -1, 1])]),
    Case("Reshape", [normal(1), Const([], "int64")]),
    Case("Reshape", [normal(), Const([1, 1])]),
    Case("Reshape", [normal(0, 4), Const([2, 0, 3])], allowzero=1),
    Case("Reshape", [normal(0, 4), Const([-1, 2])]),
    # A shape that only the run knows.
    Case("Reshape", [normal(4, 6), [3, -1]], open=[["m", "n"], [None]],
         also=[[normal(2, 6), [0, 6]], [normal(5, 5), [25, 1]], [normal(0, 5), [7, -1]]]),
    Case("Reshape", [normal(2, 3, 4), [2, 3, 4]], open=[["a", "b", "c"], [None]],
         also=[[normal(1, 6, 4), [1, -1, 1]], [normal(1, 6, 4), [0, 2, -1]]]),
    Case("Reshape", [booleans(4, 6), Const([24])]),
    Case("Reshape", [integers(0, 9, 4, 6, dtype="uint16"), Const([24])]),
])
