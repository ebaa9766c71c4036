# RUN: %python %s
"""MatMulInteger and QLinearMatMul: all pairs of signs, zero points, sizes around a group of four."""
import numpy as np
from harness import Case, Const, integers, main, uniform


def matrix(t, *shape, seed=0):
    limits = np.iinfo(t)
    return integers(limits.min, limits.max + 1, *shape, dtype=t)


OPEN = [["m", None]] + [[None, None]] + [[]] * 6
cases = []
for lhs in ("uint8", "int8"):
    for rhs in ("uint8", "int8"):
        for k in (1, 3, 4, 37, 130):
            cases.append(Case("MatMulInteger", [matrix(lhs, 13, k), Const(matrix(rhs, k, 33))]))
        zero = {"uint8": 121, "int8": -7}
        cases += [
            Case("MatMulInteger", [matrix(lhs, 5, 38), Const(matrix(rhs, 38, 20)), Const(zero[lhs], lhs),
                                   Const(zero[rhs], rhs)], open=OPEN),
            Case("MatMulInteger", [matrix(lhs, 5, 38), Const(matrix(rhs, 38, 20)), Const(zero[lhs], lhs)], open=OPEN),
            Case("MatMulInteger", [matrix(lhs, 5, 38), matrix(rhs, 38, 20), matrix(lhs, 1), matrix(rhs, 20)],
                 open=[["m", "k"], ["k", "n"], [None], ["n"]]),
            Case("MatMulInteger", [matrix(lhs, 2, 3, 7, 9), matrix(rhs, 3, 9, 5), Const(zero[lhs], lhs)]),
            Case("MatMulInteger", [matrix(lhs, 0, 9), Const(matrix(rhs, 9, 5))]),
            Case("MatMulInteger", [matrix(lhs, 3, 0), Const(matrix(rhs, 0, 5)), Const(zero[lhs], lhs)]),
        ]
        for out in ("uint8", "int8"):
            cases += [
                Case("QLinearMatMul", [matrix(lhs, 9, 38), Const(0.02), Const(zero[lhs], lhs),
                                       Const(matrix(rhs, 38, 20)), Const(0.01), Const(zero[rhs], rhs),
                                       Const(0.4), Const(zero[out], out)]),
                Case("QLinearMatMul", [matrix(lhs, 2, 9, 38), np.float32(0.02), np.array(zero[lhs], lhs),
                                       matrix(rhs, 38, 20), uniform(0.005, 0.02, 20), matrix(rhs, 20),
                                       np.float32(0.4), np.array(zero[out], out)],
                     open=[["b", "m", None], [], [], [None, None], [None], [None], [], []]),
            ]
main(cases)
