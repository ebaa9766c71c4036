# RUN: %python %s
from harness import Case, Const, booleans, integers, main, normal

main([
    Case("Concat", [normal(3, 4), normal(5, 4)], axis=0),
    Case("Concat", [normal(3, 4), normal(3, 7)], axis=1),
    Case("Concat", [normal(3, 4), normal(3, 17), normal(3, 1)], axis=-1),
    Case("Concat", [normal(2, 3, 5), normal(2, 1, 5), normal(2, 0, 5)], axis=1),
    Case("Concat", [normal(3)], axis=0),
    Case("Concat", [normal(3), Const([1.0, 2.0]), normal(3)], axis=0, also=[[normal(1), None, normal(7)]], open="each"),
    Case("Concat", [normal(0, 4), normal(0, 4)], axis=1),
    *[Case("Concat", [integers(0, 9, 3, 4, dtype=t), integers(0, 9, 3, 5, dtype=t)], axis=1)
      for t in ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    Case("Concat", [booleans(3, 4), booleans(2, 4)], axis=0),
])
