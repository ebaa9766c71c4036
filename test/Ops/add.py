# RUN: %python %s
import ml_dtypes
from harness import Case, Const, integers, main, normal

FLOATS = ["float32", "float64", "float16", ml_dtypes.bfloat16]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]

main([
    # NumPy's broadcasting: equal ranks, a lower rank on either side, ones on both.
    Case("Add", [normal(2, 3, 5), normal(2, 3, 5)]),
    Case("Add", [normal(2, 3, 5), normal(5)]),
    Case("Add", [normal(5), normal(2, 3, 5)]),
    Case("Add", [normal(4, 1, 3), normal(1, 7, 1)]),
    Case("Add", [normal(), normal(2, 2)]),
    Case("Add", [normal(), normal()]),
    # Which dims are one is known only when the model runs.
    Case("Add", [normal(3, 1), normal(1, 5)], open="each",
         also=[[normal(1, 4), normal(6, 1)], [normal(2, 2), normal(2, 2)]]),
    # No elements; sizes around the vector width.
    Case("Add", [normal(0, 3), normal(3)]),
    Case("Add", [normal(16), normal(16)], also=[[normal(n), normal(n)] for n in (1, 17, 31, 100)]),
    Case("Add", [normal(3, 257), Const(1.5)]),
    *[Case("Add", [normal(3, 9, dtype=t), normal(9, dtype=t)]) for t in FLOATS],
    # Overflow wraps around.
    *[Case("Add", [integers(0, 100, 33, dtype=t), integers(100, 127, 33, dtype=t)]) for t in INTEGERS],
    # Before opset 7 a second input joined at `axis`; now it is a converter's task.
    Case("Add", [normal(2, 3), normal(2, 3)], opset=13),
])
