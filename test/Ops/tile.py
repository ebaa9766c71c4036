# RUN: %python %s
from harness import Case, Const, booleans, integers, main, normal

main([
    Case("Tile", [normal(3, 4), Const([2, 3])]),
    Case("Tile", [normal(3, 4), Const([1, 2])]),
    Case("Tile", [normal(3, 4), Const([1, 1])]),
    Case("Tile", [normal(2, 3, 17), Const([2, 1, 3])]),
    Case("Tile", [normal(3), Const([0])]),
    Case("Tile", [normal(0, 3), Const([2, 2])]),
    Case("Tile", [booleans(3, 2), Const([2, 2])]),
    Case("Tile", [integers(0, 9, 3, 2, dtype="int16"), Const([2, 2])]),
    Case("Tile", [normal(3, 4), [2, 3]], open=[["m", "n"], [None]], also=[[normal(1, 7), [1, 0]], [normal(2, 2), [5, 1]]]),
])
