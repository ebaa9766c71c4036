# RUN: %python %s
import numpy as np
from harness import Case, Const, integers, main, normal

DATA, INDICES = normal(2, 3, 20), integers(0, 3, 1, 5, 17)

main([
    Case("GatherElements", [normal(3, 4), integers(-4, 4, 3, 9)], axis=1),
    Case("GatherElements", [normal(3, 4), integers(-3, 3, 7, 4)], axis=0),
    Case("GatherElements", [normal(3, 4), Const([[0, 1, 0, 2], [2, -1, 1, 1]])], axis=0, open="none"),
    Case("GatherElements", [normal(2, 3, 20), integers(0, 3, 2, 5, 20)], axis=1,
         refused=[[normal(2, 3, 20), integers(-4, -3, 2, 5, 20)]]),
    # The reference wants all other dimensions equal.
    Case("GatherElements", [DATA, INDICES], axis=-2, open="each",
         expect=[np.take_along_axis(DATA[:1, :, :17], INDICES, 1)]),
    Case("GatherElements", [normal(9), integers(0, 9, 30, dtype="int32")]),
    Case("GatherElements", [normal(3, 4), integers(0, 1, 0, 4)], axis=0),
    Case("GatherElements", [integers(0, 9, 3, 4, dtype="uint8"), integers(0, 3, 2, 4)], axis=0),
])
