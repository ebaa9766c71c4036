# RUN: %python %s
"""Element-wise operators of one input."""
import math

import ml_dtypes
import numpy as np
from harness import Case, Const, booleans, integers, main, normal, uniform

FLOATS = ["float32", "float64", "float16", ml_dtypes.bfloat16]
# Where the function is defined; the rest of the real line gives NaN, tested below.
DOMAINS = {
    "Acos": (-1, 1), "Acosh": (1, 50), "Asin": (-1, 1), "Atanh": (-0.99, 0.99), "Log": (1e-6, 50),
    "Reciprocal": (0.1, 10), "Sqrt": (0, 100), "Tan": (-1.4, 1.4), "Exp": (-20, 20), "Cosh": (-9, 9), "Sinh": (-9, 9),
}
FLOAT_ONLY = ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor",
              "HardSwish", "Log", "Mish", "Reciprocal", "Round", "Sigmoid", "Sin", "Sinh", "Softplus",
              "Softsign", "Sqrt", "Tan", "Tanh"]
ANY = ["Abs", "Neg", "Relu", "Sign"]
SIGNED, UNSIGNED = ["int8", "int16", "int32", "int64"], ["uint8", "uint16", "uint32", "uint64"]
SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38, -3e38, 1.0, -1.0, 88.7, -104.0],
                   np.float32)
# The logarithm of a subnormal number is that of the least normal one.
NORMAL = np.where(np.abs(SPECIAL) == np.float32(1e-40), np.float32(1), SPECIAL)

erf = np.vectorize(math.erf)


def in_f64(function):
    """The function, computed with double precision."""
    return lambda x: [function(np.asarray(x, np.float64)).astype(x.dtype)]


def exact(op):
    """References that are more accurate than the evaluator's; None: its own."""
    return {"Erf": in_f64(erf), "HardSwish": in_f64(lambda x: x * np.clip(x / 6 + 0.5, 0, 1)), "Mish": in_f64(lambda x: x * np.tanh(np.log1p(np.exp(x)))),
            "Softsign": in_f64(lambda x: x / (1 + abs(x))), "Softplus": in_f64(lambda x: np.logaddexp(0, x))}.get(op)


cases = []
for op in FLOAT_ONLY + ANY:
    low, high = DOMAINS.get(op, (-8, 8))
    cases += [
        Case(op, [uniform(low, high, 3, 37)], expect=exact(op)),
        Case(op, [uniform(low, high)], expect=exact(op)),
        Case(op, [uniform(low, high, 0, 4)]),
        Case(op, [uniform(low, high, 16)], expect=exact(op),
             also=[[uniform(low, high, n)] for n in (1, 7, 33)]),
        *[Case(op, [uniform(low, high, 2, 19).astype(t)], expect=exact(op)) for t in FLOATS[1:]],
    ]
    if op in ANY:
        cases += [Case(op, [integers(-100, 100, 35, dtype=t)]) for t in SIGNED]
# Zero, infinities, NaN, subnormal and large numbers.
with np.errstate(all="ignore"):
    cases += [Case(op, [SPECIAL if op != "Log" else NORMAL], expect=exact(op)) for op in FLOAT_ONLY + ANY
              if op not in ("Mish", "Sin", "Cos", "Tan", "HardSwish")]
cases += [Case("Abs", [integers(0, 100, 35, dtype=t)]) for t in UNSIGNED]
cases += [Case("Sign", [integers(0, 3, 35, dtype=t)]) for t in UNSIGNED]
# Arguments that must be reduced by many periods.
cases += [Case(op, [uniform(-2000, 2000, 100)], tolerance=2e-4) for op in ("Sin", "Cos")]
# Ties go to the even neighbour.
cases += [Case("Round", [np.arange(-10, 10, dtype=t) / 2]) for t in FLOATS]

cases += [
    Case("Not", [booleans(3, 17)]),
    *[Case("BitwiseNot", [integers(0, 100, 35, dtype=t)]) for t in SIGNED + UNSIGNED],
    *[Case("IsNaN", [SPECIAL.astype(t)]) for t in ("float32", "float64")],
    *[Case("IsInf", [SPECIAL], detect_positive=p, detect_negative=n) for p in (0, 1) for n in (0, 1)],
    *[Case("Identity", [x]) for x in (normal(3, 5), booleans(7), integers(0, 9, 2, 3, dtype="int8"))],

    # By their definition in ONNX.
    *[Case(op, [normal(3, 21)]) for op in ("Celu", "Elu", "HardSigmoid", "LeakyRelu", "Selu", "Shrink", "Swish",
                                          "ThresholdedRelu")],
    *[Case("Gelu", [normal(3, 21)], approximate=a) for a in ("none", "tanh")],
    Case("Elu", [normal(3, 21)], alpha=0.5), Case("LeakyRelu", [normal(3, 21)], alpha=0.3),
    Case("Celu", [normal(3, 21)], alpha=2.0), Case("HardSigmoid", [normal(3, 21)], alpha=0.5, beta=0.6),
    Case("Shrink", [normal(3, 21)], lambd=0.7, bias=0.2), Case("Swish", [normal(3, 21)], alpha=1.5),

    *[Case("Clip", [normal(3, 21), low, high]) for low in (None, Const(-0.5), np.float32(-0.5))
      for high in (None, Const(0.25), np.float32(0.25))],
    # Bounds the wrong way round: the upper one wins.
    Case("Clip", [normal(20), Const(1.0), Const(-1.0)]),
    Case("Clip", [normal(3, 21)], min=-0.5, max=0.5, opset=6),
    *[Case("Clip", [integers(0, 100, 20, dtype=t), Const(20, t), Const(70, t)]) for t in SIGNED + UNSIGNED],
]
main(cases)
