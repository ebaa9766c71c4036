# RUN: %python %s
import itertools

from harness import Case, booleans, integers, main, normal

main([
    Case("Transpose", [normal(3, 5)]),
    Case("Transpose", [normal(2, 3, 4)]),  # reverses by default
    *[Case("Transpose", [normal(2, 3, 17)], perm=list(p)) for p in itertools.permutations(range(3))],
    Case("Transpose", [normal(2, 3, 4, 5)], perm=[0, 2, 3, 1]),
    Case("Transpose", [normal(2, 3, 4, 5)], perm=[0, 3, 1, 2]),
    Case("Transpose", [normal(1, 2, 1, 3, 2)], perm=[4, 0, 3, 1, 2]),
    Case("Transpose", [normal(67, 130)], perm=[1, 0]),
    Case("Transpose", [normal(5)], perm=[0]),
    Case("Transpose", [normal()]),
    Case("Transpose", [normal(0, 3)], perm=[1, 0]),
    *[Case("Transpose", [integers(0, 100, 3, 9, dtype=t)], perm=[1, 0])
      for t in ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    Case("Transpose", [booleans(4, 6)], perm=[1, 0]),
])
