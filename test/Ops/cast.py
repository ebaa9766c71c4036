# RUN: %python %s
import ml_dtypes
import numpy as np
from harness import Case, booleans, integers, main, normal
from onnx import TensorProto, helper

TYPES = {"float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9,
         "float16": 10, "float64": 11, "uint32": 12, "uint64": 13, "bfloat16": 16}


def dtype(name):
    return np.dtype(ml_dtypes.bfloat16) if name == "bfloat16" else np.dtype(name)


def values(name):
    if name == "bool":
        return booleans(3, 11)
    x = np.round(normal(3, 11) * 20, 1)
    return (np.abs(x) if name.startswith("uint") else x).astype(dtype(name))


cases = []
for source in TYPES:
    for target, number in TYPES.items():
        x = values(source)
        if target.startswith("uint"):  # negative numbers have no place there
            x = np.abs(x) if source != "bool" else x
        cases.append(Case("Cast", [x], to=number, expect=[x.astype(dtype(target))]))
        cases.append(Case("CastLike", [x, values(target)], expect=[x.astype(dtype(target))]))
narrow = np.array([0, 1, -1, 127, 128, 255, 256, -129, 65535, 1 << 40], np.int64)
cases += [
    # Whole numbers keep their lower bits.
    *[Case("Cast", [narrow], to=TYPES[t], expect=[narrow.astype(t)])
      for t in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64")],
    # To nearest, ties to even; too large is infinity.
    Case("Cast", [np.array([1 + 2**-11, 1 + 3 * 2**-11, 65519, 65520, 1e-8, 6e-8, -0.0, np.inf, np.nan], np.float32)],
         to=TensorProto.FLOAT16),
    Case("Cast", [np.array([1 + 2**-8, 1 + 3 * 2**-8, 3.4e38, 1e-40, -0.0, np.inf, np.nan], np.float32)],
         to=TensorProto.BFLOAT16),
    Case("Cast", [np.array([0.0, -0.0, np.nan, 1e-40, -3.0], np.float32)], to=TensorProto.BOOL),
    Case("Cast", [integers(0, 9, 0, 3)], to=TensorProto.FLOAT),
    Case("Cast then Cast", [np.arange(-5, 300, 7, dtype=np.int32)], expect=lambda x: [
        x.astype(np.uint8).astype(np.float32)],
         nodes=[helper.make_node("Cast", ["x0"], ["t"], to=TensorProto.UINT8),
                helper.make_node("Cast", ["t"], ["y0"], to=TensorProto.FLOAT)]),
]
main(cases)
