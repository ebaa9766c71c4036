# RUN: %python %s
from harness import Case, Const, booleans, main, normal

main([
    Case("Split", [normal(6, 4)], outputs=2, num_outputs=2),
    Case("Split", [normal(6, 4)], outputs=3, num_outputs=3, axis=0, also=[[normal(n, 4)] for n in (3, 7, 8, 10)]),
    Case("Split", [normal(7, 4)], outputs=3, num_outputs=3, axis=0),
    Case("Split", [normal(2, 10)], outputs=2, num_outputs=2, axis=-1),
    Case("Split", [normal(2, 10), Const([3, 7])], outputs=2, axis=1),
    Case("Split", [normal(2, 10), Const([3, 0, 7])], outputs=3, axis=1),
    Case("Split", [normal(0, 4)], outputs=2, num_outputs=2, axis=0),
    Case("Split", [booleans(4, 4)], outputs=2, num_outputs=2, axis=0),
    # Parts that lie apart in memory, of sizes that only the run knows.
    Case("Split", [normal(2, 6), [2, 4]], outputs=2, axis=1, open=[["m", "n"], [None]]),
    Case("Split", [normal(9, 4), [2, 7]], outputs=2, axis=0, open=[["m", "n"], [None]],
         also=[[normal(5, 3), [5, 0]], [normal(5, 3), [1, 4]]]),
])
