"""Inputs and references of the model in echo.c, for run.test and bench.test."""
import os
import sys

import numpy as np

DTYPES = dict(float="f4", uint8="u1", int8="i1", uint16="u2", int16="i2", int32="i4", int64="i8",
              bool="?", float16="f2", double="f8", uint32="u4", uint64="u8", bfloat16="V2")
inputs = {name: np.arange(6).reshape(2, 3).astype("u2" if code == "V2" else code)
          for name, code in DTYPES.items()}
inputs["bfloat16"] = inputs["bfloat16"].view("V2")
inputs["float"] = np.array([[-2, -1, 2], [np.nan, 3, -.5]], "f4")
same = {name + "_out": array for name, array in inputs.items()}


def save(name, arrays):
    np.savez(os.path.join(sys.argv[1], name), **arrays)


save("in", inputs)
save("same", same)

close = dict(same, float_out=inputs["float"].copy(), int64_out=inputs["int64"] + 1)
close["float_out"][1, 1] = 3.5
save("close", close)
save("nan", {"float_out": np.nan_to_num(inputs["float"])})
save("shape", {"float_out": inputs["float"].reshape(3, 2)})
save("unknown", {"nobody": inputs["float"]})
save("missing", {name: array for name, array in inputs.items() if name != "float"})
save("differ", dict(inputs, float=np.zeros((5, 3), "f4")))
save("large", {name: np.resize(array, (1001, 3)) for name, array in inputs.items()})
np.save(os.path.join(sys.argv[1], "extra.npy"), np.arange(4, dtype="f4"))
