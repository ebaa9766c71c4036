# RUN: %python %s
from harness import Case, Const, integers, main, normal

main([
    Case("GatherND", [normal(2, 2), Const([[0, 0], [1, 1]])]),
    Case("GatherND", [normal(2, 5), Const([[1], [0], [-1]])]),
    Case("GatherND", [normal(2, 3, 5), integers(-2, 2, 4, 6, 2)], open=[["a", "b", "c"], ["d", "e", None]],
         also=[[normal(2, 3, 17), integers(-2, 2, 1, 3, 2)]],
         refused=[[normal(2, 3, 17), integers(2, 3, 1, 3, 2)]]),
    Case("GatherND", [normal(2, 3, 5), integers(-2, 2, 4, 3)], open=[["a", "b", "c"], ["d", None]]),
    Case("GatherND", [normal(2, 3, 5), integers(-3, 3, 2, 1)], batch_dims=1, open=[["a", "b", "c"], ["a", None]],
         also=[[normal(6, 3, 9), integers(-3, 3, 6, 1)]]),
    Case("GatherND", [normal(2, 3, 4, 5), integers(-4, 4, 2, 3, 7, 1)], batch_dims=2,
         open=[["a", "b", "c", "d"], ["a", "b", "e", None]]),
    Case("GatherND", [normal(2, 3, 4), integers(0, 2, 0, 2)], open=[["a", "b", "c"], ["d", None]]),
    Case("GatherND", [integers(0, 2, 8, 9).astype(bool), integers(0, 8, 30, 2)], open=[["a", "b"], ["d", None]]),
])
