# RUN: %python %s
from harness import Case, Const, integers, main, normal


def axis(n):
    return Const(n, "int64")


main([case for op in ("CumSum", "CumProd") for case in [
    *[Case(op, [normal(3, 4, 5), axis(a)]) for a in (0, 1, 2, -1, -3)],
    *[Case(op, [normal(3, 4, 5), axis(a)], exclusive=e, reverse=r) for a in (0, 1, 2)
      for e, r in ((1, 0), (0, 1), (1, 1))],
    *[Case(op, [normal(7), axis(0)], exclusive=e, reverse=r) for e in (0, 1) for r in (0, 1)],
    *[Case(op, [integers(1, 4, 3, 9, dtype=t), axis(a)], reverse=a) for a in (0, 1)
      for t in ("int32", "int64", "uint32", "uint64", "float64", "float16")],
    Case(op, [normal(2, 1000) if op == "CumSum" else normal(2, 30), axis(1)],
         also=[[normal(1, 1)], [normal(5, 17)]]),
    Case(op, [normal(40, 33), axis(0)], also=[[normal(1, 1)], [normal(3, 70)]]),
    # An axis that only the run knows.
    *[Case(op, [normal(3, 4, 5), integers(a, a + 1)], exclusive=e, reverse=r, open=[["a", "b", "c"], []],
           also=[[normal(2, 1, 7), integers(2, 3)]])
      for a, e, r in ((-1, 0, 0), (0, 1, 0), (1, 0, 1), (-2, 1, 1))],
    Case(op, [normal(3, 9, dtype="float16"), integers(1, 2)]),
    Case(op, [normal(0, 3), axis(0)], exclusive=1),
    Case(op, [normal(2, 0), axis(0)]),
]])
