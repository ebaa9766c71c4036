# RUN: rm -rf %t && mkdir -p %t
# RUN: env GRAPHOPT_HOME=%build %python %s
"""Strings as arrays of objects, to and from a model."""
import unittest

import numpy as np
from onnx import parser

import graphopt

MODEL = parser.parse_model("""<ir_version: 10, opset_import: ["" : 21]>
net (string[n] x, string[2] y) => (string[n, 2] z, string[m] u)
<int64[2] column = {-1, 1}> { c = Reshape(x, column)  z = StringConcat(c, y)  u = Unique(x) }""")


class StringsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = graphopt.compile(MODEL)

    def check(self, x, y, expected):
        result = self.model(x, y)
        self.assertEqual(result["z"].dtype, object)
        self.assertEqual(result["z"].tolist(), expected)
        return result["u"].tolist()

    def test_kinds_of_arrays(self):
        expected = [["a!", "aü"], ["日本!", "日本ü"]]
        for x in (["a", "日本"], np.array(["a", "日本"]), np.array(["a", "日本"], object),
                  np.array(["日本", "a"])[::-1]):
            self.assertEqual(self.check(x, ["!", "ü"], expected), ["a", "日本"])

    def test_bytes_pass_unchanged(self):
        self.check(np.array([b"\xff", "é".encode()], object), ["", "a"],
                   [["\udcff", "\udcffa"], ["é", "éa"]])

    def test_sizes(self):
        self.assertEqual(self.check([], ["a", "b"], []), [])
        long = "x" * 100000
        self.check([long], ["", long], [[long, long + long]])

    def test_errors(self):
        with self.assertRaisesRegex(TypeError, "'x'.*is given with int in it"):
            self.model(np.array(["a", 1], object), ["a", "b"])
        with self.assertRaisesRegex(ValueError, "a string that has a 0 in it"):
            self.model(["a\0b"], ["a", "b"])
        with self.assertRaisesRegex(TypeError, "is given as float64"):
            self.model(np.array([1.5]), ["a", "b"])
        with self.assertRaisesRegex(graphopt.RunError, "shape"):
            self.model(["a"], ["a", "b", "c"])

    def test_many_runs(self):
        call = self.model.bind(["a"] * 50, ["b", "c"])
        for _ in range(200):
            z, _ = call.run()
        self.assertEqual(z[49].tolist(), ["ab", "ac"])


if __name__ == "__main__":
    unittest.main()
