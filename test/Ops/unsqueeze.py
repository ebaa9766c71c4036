# RUN: %python %s
from harness import Case, Const, booleans, main, normal

main([
    Case("Unsqueeze", [normal(3, 5), Const([0])]),
    Case("Unsqueeze", [normal(3, 5), Const([0, 3, 4])]),
    Case("Unsqueeze", [normal(3, 5), Const([-1, 1])]),
    Case("Unsqueeze", [normal(3, 5), Const([3, 0])]),
    Case("Unsqueeze", [normal(), Const([0, 1])]),
    Case("Unsqueeze", [normal(0, 5), Const([1])]),
    Case("Unsqueeze", [booleans(4), Const([1])]),
])
