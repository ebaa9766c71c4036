# RUN: %python %s
from harness import Case, main, normal

main([Case("Size", [normal(*dims)]) for dims in ((), (5,), (2, 3, 4), (0, 7))])
