# RUN: %python %s
from harness import Case, Const, booleans, main, normal

main([
    Case("Squeeze", [normal(1, 3, 1, 5), Const([0])]),
    Case("Squeeze", [normal(1, 3, 1, 5), Const([0, 2])]),
    Case("Squeeze", [normal(1, 3, 1, 5), Const([-2])]),
    Case("Squeeze", [normal(1, 3, 1, 5)], open="none"),
    Case("Squeeze", [normal(1, 1), Const([0, 1])]),
    Case("Squeeze", [normal(1, 1), Const([0, 1])], open="each"),
    Case("Squeeze", [normal(4, 1, 5), Const([1])], open="each", also=[[normal(7, 1, 2), None]]),
    Case("Squeeze", [normal(0, 1), Const([1])]),
    Case("Squeeze", [booleans(4, 1), Const([1])]),
])
