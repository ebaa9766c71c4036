# RUN: %python %s
import numpy as np
from onnx import numpy_helper
from onnx.helper import make_node
from harness import Case, Const, main, normal


def value(x, dtype):
    return numpy_helper.from_array(np.array([x], dtype))


main([
    Case("ConstantOfShape", [Const([2, 3])]),
    Case("ConstantOfShape", [Const([2, 3])], value=value(1.5, "float32")),
    *[Case("ConstantOfShape", [Const([5])], value=value(3, t), name=f"ConstantOfShape {t}") for t in
      ("int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64", "bool")],
    Case("ConstantOfShape", [Const([4])], value=value(-(2**63), "int64")),
    Case("ConstantOfShape", [Const([4])], value=value(2**64 - 1, "uint64")),
    Case("ConstantOfShape", [Const([], "int64")], value=value(7, "int64")),
    Case("ConstantOfShape", [Const([0, 3])]),
    Case("ConstantOfShape", [[2, 3]], value=value(2, "float32"), open=[[None]], also=[[[0, 4]], [[1, 33]]]),
    Case("ConstantOfShape", [normal(3, 17)], value=value(2, "int32"), name="ConstantOfShape of a shape",
         nodes=[make_node("Shape", ["x0"], ["s"]),
                make_node("ConstantOfShape", ["s"], ["y0"], value=value(2, "int32"))],
         also=[[normal(4, 1)]]),
])
