# RUN: %python %s
from harness import Case, main, normal

main([
    *[Case("Flatten", [normal(2, 3, 4, 5)], axis=axis) for axis in range(-4, 5)],
    Case("Flatten", [normal(2, 3, 4)]),
    Case("Flatten", [normal(5)], axis=0),
    Case("Flatten", [normal()], axis=0),
    Case("Flatten", [normal(0, 3)], expect=[normal(0, 3)]),
    Case("Flatten", [normal(2, 3, 4)], axis=2, also=[[normal(5, 1, 7)], [normal(2, 3, 1)]], open="each"),
])
