# RUN: %python %s
from harness import Case, main, normal

main([
    Case("Shape", [normal(2, 3, 4)]),
    Case("Shape", [normal()]),
    Case("Shape", [normal(0, 7)]),
    Case("Shape", [normal(2, 3, 4)], start=1),
    Case("Shape", [normal(2, 3, 4)], end=-1),
    Case("Shape", [normal(2, 3, 4)], start=-2, end=10),
    Case("Shape", [normal(2, 3, 4)], start=2, end=1),
])
