# RUN: %python %s
import numpy as np
from harness import Case, Const, main


def case(bands, length, rate, low, high, kind=Const, **others):
    given = [np.int64(bands), np.int64(length), np.int64(rate), np.float32(low), np.float32(high)]
    return Case("MelWeightMatrix", [kind(x) for x in given], open="none", **others)


main([
    case(8, 16, 8192, 0, 4096), case(80, 400, 16000, 0, 8000), case(128, 1024, 44100, 30, 16000),
    case(40, 512, 16000, 20, 7600, output_datatype=11), case(20, 64, 8000, 0, 4000),
    # Sizes that the run knows.
    case(8, 16, 8192, 0, 4096, np.asarray), case(80, 400, 16000, 0, 8000, np.asarray),
])
