# RUN: %python %s
from harness import Case, booleans, integers, main, normal

main([
    *[Case("ReverseSequence", [normal(*shape), integers(1, shape[time] + 1, shape[batch])], batch_axis=batch, time_axis=time)
      for batch, time in ((1, 0), (0, 1)) for shape in ((4, 5), (5, 4, 3), (3, 17, 2, 5))],
    Case("ReverseSequence", [normal(4, 3), integers(0, 1, 3)]),
    *[Case("ReverseSequence", [integers(0, 99, 4, 3, dtype=t), integers(1, 5, 3)]) for t in
      ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64")],
    Case("ReverseSequence", [booleans(4, 3), integers(1, 5, 3)]),
    Case("ReverseSequence", [normal(4, 5, 8), integers(1, 5, 5)],
         also=[[normal(1, 2, 3), integers(1, 2, 2)], [normal(9, 1, 33), integers(9, 10, 1)]]),
])
