# RUN: %python %s
"""Operators that have no operation of their own: they become what ONNX says they are."""
import numpy as np
from harness import Case, Const, integers, main, normal

main([
    *[Case("DepthToSpace", [normal(2, 12, 3, 5)], blocksize=2, mode=mode) for mode in ("DCR", "CRD")],
    Case("SpaceToDepth", [normal(2, 3, 4, 6)], blocksize=2),
    *[Case("Hardmax", [normal(3, 4, 5)], axis=axis) for axis in (0, 1, -1)],
    Case("RotaryEmbedding", [normal(2, 3, 5, 8), normal(2, 5, 4), normal(2, 5, 4)]),
    Case("RotaryEmbedding", [normal(2, 3, 5, 8), normal(2, 5, 4), normal(2, 5, 4)], interleaved=1),
    Case("CenterCropPad", [normal(5, 7, 3), Const([3, 9, 3])], open="none"),
    Case("SoftmaxCrossEntropyLoss", [normal(5, 4), integers(0, 4, 5)]),
    Case("NegativeLogLikelihoodLoss", [normal(5, 4, 3), integers(0, 4, 5, 3)], reduction="sum"),
    *[Case(window, [Const(10, "int32")], open="none", expect=None) for window in
      ("HannWindow", "HammingWindow", "BlackmanWindow")],
])
