# RUN: env GRAPHOPT_HOME=%build %python %s
"""exp, log, erf, sin and cos of floats from all over their range, against f64."""
import math
import unittest

import numpy as np
from onnx import parser

import graphopt

# A prime step through all bit patterns, the infinities, NaN and zeros among others.
STEP = 4999
BITS = np.concatenate([np.arange(0, 2**32, STEP, dtype=np.uint64).astype(np.uint32),
                       np.array([0, 0x80000000, 1, 0x80000001, 0x7f800000, 0xff800000, 0x7fc00000,
                                 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff], np.uint32)])
FLOATS = BITS.view(np.float32)
# More of them where the functions change.
NEAR = np.concatenate([np.linspace(-104, 89, 200001), np.linspace(-180, -100, 20001), np.linspace(-5, 5, 200001),
                       np.linspace(0.5, 2, 100001)]).astype(np.float32)
X = np.concatenate([FLOATS, NEAR])


def run(op, options, x=X):
    model = parser.parse_model(f"""<ir_version: 10, opset_import: ["" : 21]>
        net (float[n] x) => (float[n] y) {{ y = {op}(x) }}""")
    return graphopt.compile(model, **options)(x)


class VectorMathTest(unittest.TestCase):
    def check(self, op, function, ulps, **options):
        got = run(op, options)
        with np.errstate(all="ignore"):
            exact = function(X.astype(np.float64))
            rounded = exact.astype(np.float32)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(got[~finite], rounded[~finite])
        unit = np.spacing(np.abs(rounded[finite])).astype(np.float64)
        error = np.abs(got[finite] - exact[finite]) / unit
        worst = error.argmax()
        self.assertLessEqual(error[worst], ulps, f"{op}({X[finite][worst]!r})")
        self.assertGreater(error.size, 900_000 if op != "Log" else 400_000)

    def test_exp(self):
        self.check("Exp", np.exp, 1)

    def test_bits_are_the_same_for_all_vectors(self):
        """Where the machine has them all, the host's vectors are the widest."""
        for op in ("Exp", "Sin", "Cos"):
            np.testing.assert_array_equal(run(op, {}), run(op, {"cpu": "x86-64-v3"}))

    def test_exp_without_fma(self):
        self.check("Exp", np.exp, 1.5, cpu="x86-64-v2")

    def test_log(self):
        self.check("Log", np.log, 1)

    def test_sin(self):
        self.check("Sin", np.sin, 2)

    def test_cos(self):
        self.check("Cos", np.cos, 2)

    def test_sin_near_its_zeros(self):
        """Multiples of pi / 2 up to and beyond where libm is called, and zeros of both signs."""
        near = (np.arange(-90_000, 90_000) * (np.pi / 2)).astype(np.float32)
        around = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.float32([-0.0, 0.0])])
        for op, function in (("Sin", np.sin), ("Cos", np.cos)):
            exact = function(around.astype(np.float64))
            got = run(op, {}, around)
            error = np.abs(got - exact) / np.spacing(np.abs(exact).astype(np.float32))
            self.assertLessEqual(error.max(), 2, f"{op}({around[error.argmax()]!r})")
            np.testing.assert_array_equal(np.signbit(got), np.signbit(exact))

    def test_erf(self):
        self.check("Erf", np.vectorize(math.erf), 5)


if __name__ == "__main__":
    unittest.main()
