# RUN: %python %s
"""Values at the edge of what operators are defined for: NumPy and ONNX Runtime agree on them."""
import numpy as np
from harness import Case, Const, main, normal
from onnx import TensorProto, helper

NAN, INF = np.nan, np.inf
FLOATS = ["float32", "float64", "float16"]
SIGNED, UNSIGNED = ["int8", "int16", "int32", "int64"], ["uint8", "uint16", "uint32", "uint64"]
SPECIAL = [NAN, -NAN, INF, -INF, 0.0, -0.0, 1.5, -2.5, 0.5, -0.5]


def signs(op, inputs, expect, **attributes):
    """With the sign of zeros, which the reciprocal shows."""
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    nodes = [helper.make_node(op, names, ["y"], **attributes), helper.make_node("Reciprocal", ["y"], ["y0"])]

    def reference(*values):
        with np.errstate(all="ignore"):
            return [(1 / expect(*values)).astype(values[0].dtype)]
    return Case(op, inputs, nodes=nodes, expect=reference, name=f"sign of {op} {inputs[0].dtype}")


def quotient(x, y):
    """NumPy's: 0 for division by 0, and the lowest number again for its opposite."""
    with np.errstate(all="ignore"):
        wide = np.where(y == 0, 0, np.trunc(x.astype(np.float64) / y))
    return [np.where(wide > np.iinfo(x.dtype).max, np.iinfo(x.dtype).min, wide).astype(x.dtype)]


def empty(kind, dtype="float32", **attributes):
    """A reduction of no elements."""
    lowest, highest = (-INF, INF) if dtype.startswith("float") else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    value = {"Max": lowest, "Min": highest, "Sum": 0, "Prod": 1, "L1": 0, "L2": 0, "SumSquare": 0, "LogSum": -INF,
             "LogSumExp": -INF, "Mean": NAN}[kind]
    return Case("Reduce" + kind, [np.zeros((3, 0, 2), dtype), Const([1], "int64")], keepdims=0,
                expect=[np.full((3, 2), value, dtype)], name=f"Reduce{kind} of nothing {dtype}", **attributes)


cases = []
for t in SIGNED:
    least = np.iinfo(t).min
    x, y = np.array([5, -5, 0, least, least, least, 7], t), np.array([0, 0, 0, -1, 0, 1, -2], t)
    cases += [Case("Div", [x, y], expect=quotient, name=f"Div by 0 {t}"),
              Case("Mod", [x, y], expect=lambda x, y: [np.where(y == 0, 0, np.mod(x.astype(object), np.where(y == 0, 1, y).astype(object))).astype(x.dtype)],
                   name=f"Mod by 0 {t}"),
              Case("Abs", [x], name=f"Abs of the least {t}"), Case("Neg", [x], name=f"Neg of the least {t}"),
              Case("Div", [x, Const(-1, t)], expect=lambda x, y: quotient(x, np.full_like(x, -1)), name=f"Div by -1 {t}")]
for t in UNSIGNED:
    x, y = np.array([5, 0, 255, 7], t), np.array([0, 0, 0, 2], t)
    cases += [Case("Div", [x, y], expect=quotient, name=f"Div by 0 {t}"),
              Case("Mod", [x, y], expect=lambda x, y: [np.where(y == 0, 0, x % np.maximum(y, 1)).astype(x.dtype)], name=f"Mod by 0 {t}")]
for t in FLOATS:
    x = np.array(SPECIAL, t)
    a, b = (v.ravel() for v in np.meshgrid(x, x))
    cases += [Case(op, [a, b], name=f"{op} of special values {t}") for op in ("Max", "Min", "Add", "Mul", "Div", "Equal", "Less", "LessOrEqual", "Greater")]
    cases += [Case(op, [x], name=f"{op} of special values {t}") for op in
              ("Abs", "Neg", "Sign", "Relu", "Round", "Floor", "Ceil", "Sqrt", "Exp", "Tanh", "Sigmoid", "Reciprocal", "Softplus",
               "Softsign", "Elu", "LeakyRelu", "HardSigmoid", "Sin", "Atan", "IsNaN", "IsInf")]
    cases += [Case("Clip", [x, np.array(lo, t), np.array(hi, t)], name=f"Clip {lo} {hi} {t}")
              for lo, hi in ((-1, 1), (1, -1), (-INF, 0), (0, INF))]
    zeros = np.array([0.0, -0.0, 0.3, -0.3, -0.5, 1.0], t)
    cases += [signs("Round", [zeros], np.rint), signs("Ceil", [zeros], np.ceil), signs("Floor", [zeros], np.floor),
              signs("Neg", [zeros], np.negative), signs("Sqrt", [np.abs(zeros) * np.array([1, -1, 1, 1, 1, 1], t)], np.sqrt),
              signs("Mul", [zeros, -np.ones(6, t)], np.multiply), signs("Add", [zeros, zeros], np.add),
              signs("Abs", [zeros], np.abs), signs("Sub", [zeros, zeros], np.subtract)]
for t in FLOATS:
    rows = np.array([[1, NAN, 3, NAN], [NAN, 1, 2, 3], [-INF, -INF, -INF, -INF], [3, 3, 1, 3]], t)
    cases += [Case(op, [rows], axis=1, keepdims=0, name=f"{op} {t}") for op in ("ArgMax", "ArgMin")]
    cases += [Case("Reduce" + k, [rows, Const([1], "int64")], keepdims=0, name=f"Reduce{k} of special values {t}") for k in ("Max", "Min", "Sum", "Prod", "Mean")]
    cases += [Case("Softmax", [np.array([[-INF, -INF], [-INF, 1], [1e4, -1e4]], t)], name=f"Softmax of infinities {t}")]
cases += [empty(k) for k in ("Max", "Min", "Sum", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp", "Mean")]
cases += [empty(k, t) for k in ("Max", "Min", "Sum", "Prod") for t in ("int32", "int64", "int8", "uint8", "float16", "float64") if k in ("Max", "Min") or not t.endswith("8")]
cases += [
    Case("Gather", [normal(5, 3), np.int64([-1, 0, -5])]), Case("Gather", [normal(5, 3), np.int64(-2)]),
    Case("Gather", [normal(0, 3), np.zeros((2, 0), np.int64)]),
    *[Case(op, [normal(0, 1, 3), normal(4, 1)]) for op in ("Add", "Max")], Case("Add", [normal(1, 0), normal(3, 1)]),
    Case("Where", [np.zeros((3, 1), bool), normal(0), normal()]), Case("Concat", [normal(0, 3), normal(2, 3), normal(0, 3)], axis=0),
    # Rank 0.
    *[Case(op, [normal()]) for op in ("Abs", "Relu", "Softplus", "Identity", "Shape", "Size", "IsNaN", "Not")
      if op != "Not"], Case("Not", [np.array(True)]),
    *[Case("Reduce" + k, [np.float32(1.5)], expect=[np.float32(1.5)]) for k in ("Sum", "Max", "Mean", "L2", "LogSumExp")],
    Case("Reshape", [normal(), Const([1, 1], "int64")]), Case("Reshape", [normal(1, 1), np.zeros(0, np.int64)], open="none"),
    Case("Transpose", [normal()]), Case("Cast", [normal()], to=TensorProto.INT32), Case("Clip", [normal(), np.float32(0), np.float32(1)]),
    Case("Unsqueeze", [normal(), Const([0], "int64")]), Case("Expand", [normal(), Const([2, 3], "int64")]),
    Case("Where", [np.array(True), normal(), normal()]), Case("Flatten", [normal()], axis=0), Case("Max", [normal(), normal(), normal()]),
    Case("CumSum", [normal(0, 3), np.int64(0)]), Case("MatMul", [normal(2, 0), normal(0, 3)]), Case("Gemm", [normal(2, 0), normal(0, 3), normal(3)]),
    Case("Softmax", [normal(0, 3)]), Case("Softmax", [normal(3, 0)]), Case("LayerNormalization", [normal(0, 4), normal(4)]),
    Case("TopK", [normal(3, 0), np.int64([0])], outputs=2), Case("Tile", [normal(2, 3), np.int64([0, 2])]), Case("Split", [normal(0, 3)], outputs=2, axis=0, num_outputs=2, open="none"),
]
main(cases)
