# RUN: %python %s
from harness import Case, Const, booleans, integers, main, normal

main([
    Case("Compress", [normal(6, 5), booleans(6)], axis=0, open=[["n", "m"], ["n"]],
         also=[[normal(3, 37), booleans(3)], [normal(0, 5), booleans(0)]]),
    Case("Compress", [normal(6, 5, 17), booleans(5)], axis=-2, open="each"),
    Case("Compress", [normal(3, 4), Const([False, True, True])], axis=1),
    Case("Compress", [normal(3, 4), booleans(12)]),
    Case("Compress", [normal(3, 4), booleans(5)], open="each", also=[[normal(3, 5), booleans(2)], [normal(2, 1), booleans(0)]]),
    Case("Compress", [normal(3, 4), Const([False, False])], axis=0),
    *[Case("Compress", [integers(0, 2, 4, 9).astype(t), booleans(4)], axis=0, open="none")
      for t in ("int8", "float16", "int64", "bool")],
])
