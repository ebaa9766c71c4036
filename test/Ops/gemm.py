# REQUIRES: compile
# RUN: %python %s
from harness import Case, Const, integers, main, normal

main([
    *[Case("Gemm", [normal(*((k, m) if a else (m, k))), normal(*((n, k) if b else (k, n)))], transA=a, transB=b)
      for a in (0, 1) for b in (0, 1) for m, k, n in [(5, 7, 9), (17, 33, 40)]],
    # The third matrix, broadcast each way, and scaled.
    *[Case("Gemm", [normal(5, 7), normal(7, 9), normal(*shape)], alpha=alpha, beta=beta)
      for shape in [(), (1,), (9,), (1, 9), (5, 1), (1, 1), (5, 9)] for alpha, beta in [(1.0, 1.0), (0.25, -0.5)]],
    Case("Gemm", [normal(5, 7), normal(7, 9)], alpha=0.25),
    Case("Gemm", [normal(5, 7), normal(7, 9), normal(9)], beta=0.0),
    # A layer's weights are packed when the model is compiled.
    *[Case("Gemm", [normal(m, 64), Const(normal(n, 64)), Const(normal(n))], transB=1,
           also=[[normal(rows, 64), None, None] for rows in (1, 7, 33)]) for m, n in [(1, 100), (13, 48), (4, 1)]],
    Case("Gemm", [normal(64, 5), Const(normal(64, 20)), Const(normal(20))], transA=1),
    # Sizes that match only when the model runs.
    Case("Gemm", [normal(5, 7), normal(7, 9), normal(5, 9)], open="each",
         also=[[normal(3, 2), normal(2, 4), normal(1, 4)], [normal(3, 2), normal(2, 4), normal(3, 1)]]),
    # No rows; no depth.
    Case("Gemm", [normal(0, 7), normal(7, 9), normal(9)]),
    Case("Gemm", [normal(5, 0), normal(0, 9), normal(9)]),
    *[Case("Gemm", [normal(9, 20, dtype=t), normal(20, 11, dtype=t), normal(11, dtype=t)], alpha=0.5, beta=0.5)
      for t in ("float64", "float16")],
    *[Case("Gemm", [integers(0, 9, 5, 6, dtype=t), integers(0, 9, 6, 7, dtype=t), integers(0, 9, 7, dtype=t)])
      for t in ("int32", "int64", "uint32", "uint64")],
])
