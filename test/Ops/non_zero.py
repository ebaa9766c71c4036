# RUN: %python %s
import ml_dtypes
import numpy as np
from onnx import TensorProto
from onnx.helper import make_node, make_tensor
from harness import Case, booleans, integers, main, normal

main([
    Case("NonZero", [integers(0, 3, 4, 17)], also=[[integers(0, 3, 2, 9)], [integers(0, 1, 3, 5)], [integers(0, 3, 0, 5)]]),
    Case("NonZero", [booleans(30)], also=[[booleans(1)], [booleans(500)]]),
    Case("NonZero", [booleans(2, 3, 4, 5)]),
    Case("NonZero", [np.float32(2.5)]), Case("NonZero", [np.float32(0)]),
    Case("NonZero", [np.array([0, -0.0, np.nan, np.inf, 1e-45], np.float32)]),
    *[Case("NonZero", [integers(0, 2, 3, 40).astype(t)], open="none")
      for t in ("int8", "uint8", "int32", "uint64", "float16", "float64", ml_dtypes.bfloat16)],
    # What only the run knows goes on: as data, as an extent, and out twice.
    Case("NonZero", [integers(0, 2, 9, 4)], name="NonZero, then the elements", also=[[integers(0, 2, 3, 5)]],
         nodes=[make_node("NonZero", ["x0"], ["p"]), make_node("Transpose", ["p"], ["t"]),
                make_node("GatherND", ["x0", "t"], ["y0"])]),
    Case("NonZero", [normal(7, 5), integers(0, 2, 7)], name="NonZero of rows", outputs=3, open=[["n", "m"], ["n"]],
         also=[[normal(2, 3), integers(0, 1, 2)], [normal(40, 3), integers(0, 2, 40)]],
         nodes=[make_node("Constant", [], ["zero"], value_ints=[0]), make_node("NonZero", ["x1"], ["p"]),
                make_node("Flatten", ["p"], ["q"], axis=0), make_node("Squeeze", ["q", "zero"], ["y0"]),
                make_node("Gather", ["x0", "y0"], ["y1"]), make_node("Mul", ["y1", "y1"], ["s"]),
                make_node("ReduceSum", ["s", "zero"], ["y2"], keepdims=0)]),
    # One element: its place is written where the result is, or in memory of its own. Which of both is chance.
    *[Case("NonZero", [np.float32(2.5)], name=f"NonZero of a condition on {low}, as a number",
         nodes=[make_node("Constant", [], ["low"], value_float=low), make_node("Constant", [], ["axes"], value_ints=[0]),
                make_node("Constant", [], ["none"], value=make_tensor("none", TensorProto.INT64, [0], [])),
                make_node("Greater", ["x0", "low"], ["g"]), make_node("Unsqueeze", ["g", "axes"], ["u"]),
                make_node("NonZero", ["u"], ["p"]), make_node("Reshape", ["p", "none"], ["y0"])])
      for low in (0.5, 1.0, 1.5, 2.0)],
    Case("NonZero", [integers(0, 2, 30)], name="NonZero, then its number", outputs=2, also=[[integers(0, 2, 7)]],
         nodes=[make_node("NonZero", ["x0"], ["p"]), make_node("Shape", ["p"], ["y0"], start=1),
                make_node("Expand", ["y0", "y0"], ["y1"])]),
])
