# RUN: %python %s
from harness import Case, Const, integers, main, normal


def weights(*shape, dtype="float32"):
    return Const(normal(*shape, dtype=dtype))


main([
    # Rows, columns and depth that are no multiples of a tile.
    *[Case("MatMul", [normal(m, k), normal(k, n)])
      for m, k, n in [(1, 1, 1), (4, 8, 16), (3, 5, 7), (17, 33, 65), (1, 64, 100), (64, 1, 3)]],
    # A constant operand is packed when the model is compiled.
    *[Case("MatMul", [normal(m, k), weights(k, n)], also=[[normal(rows, k), None] for rows in (1, 2, 19)])
      for m, k, n in [(1, 1, 1), (6, 16, 48), (13, 40, 37), (5, 300, 130)]],
    # So many rows that they pass all panels of the weights block by block.
    Case("MatMul", [normal(3001, 37), weights(37, 50)],
         also=[[normal(rows, 37), None] for rows in (0, 1, 1775, 1776, 1783, 4000)]),
    *[Case("MatMul", [weights(m, k), normal(k, n)]) for m, k, n in [(6, 16, 48), (3, 7, 5)]],
    # Batches: equal, broadcast, on one side only.
    Case("MatMul", [normal(2, 3, 4, 5), normal(2, 3, 5, 6)]),
    Case("MatMul", [normal(2, 1, 4, 5), normal(3, 5, 6)]),
    Case("MatMul", [normal(7, 4, 5), weights(5, 6)]),
    Case("MatMul", [normal(4, 5), normal(3, 5, 6)]),
    # Vectors.
    Case("MatMul", [normal(5), normal(5)]),
    Case("MatMul", [normal(5), normal(5, 3)]),
    Case("MatMul", [normal(3, 5), normal(5)]),
    Case("MatMul", [normal(2, 3, 5), normal(5)]),
    # Nothing to multiply: no rows; no depth, which gives zeros.
    Case("MatMul", [normal(0, 5), normal(5, 3)]),
    Case("MatMul", [normal(3, 0), normal(0, 4)]),
    *[Case("MatMul", [normal(9, 20, dtype=t), normal(20, 11, dtype=t)]) for t in ("float64", "float16")],
    *[Case("MatMul", [integers(0, 9, 5, 6, dtype=t), integers(0, 9, 6, 7, dtype=t)])
      for t in ("int32", "int64", "uint32", "uint64")],
])
