# RUN: rm -rf %t && mkdir -p %t
# RUN: env GRAPHOPT_HOME=%build %python %s %t
"""graphopt.compile() and graphopt.backend, on files and on models in memory."""
import os
import sys
import unittest
from unittest import mock

import numpy as np
import onnx
from onnx import TensorProto, helper, parser

import graphopt
from graphopt import backend

FOLDER = sys.argv[1]
TEXT = """<ir_version: 10, opset_import: ["" : 21]>
net (float[batch, 4] x, float[batch, 1] y) => (float[batch, 4] z)
<float[4] w = {0.5, -1, 2, 3}> { a = Exp(y)  b = Mul(a, x)  z = Add(b, w) }"""
MODEL = parser.parse_model(TEXT)


def inputs(batch):
    random = np.random.default_rng(batch)
    return random.random((batch, 4), np.float32), random.random((batch, 1), np.float32)


def expected(x, y):
    return np.exp(y) * x + np.array([.5, -1, 2, 3], np.float32)


class CompileTest(unittest.TestCase):
    def check(self, model, batch=3):
        x, y = inputs(batch)
        for z in (model(x=x, y=y), model(x, y)):
            self.assertIsInstance(z, np.ndarray)
            np.testing.assert_allclose(z, expected(x, y), rtol=1e-5, atol=1e-6)

    def test_a_model_in_memory(self):
        model = graphopt.compile(MODEL)
        for batch in (0, 1, 17):
            self.check(model, batch)
        self.assertEqual(model.dim_names, ["batch"])

    def test_a_file(self):
        path = os.path.join(FOLDER, "my-net.onnx")
        onnx.save(MODEL, path)
        folder = os.path.join(FOLDER, "out")
        self.check(graphopt.compile(path, folder, name="renamed", g=True))
        for name in ("renamed.h", "renamed.graph.txt"):
            self.assertTrue(os.path.exists(os.path.join(folder, name)), name)
        self.check(graphopt.load(folder))

    def test_shapes(self):
        model = graphopt.compile(MODEL, shapes={"x": (3, 4), "y": (None, 1)})
        self.assertEqual(model.inputs[0].dims, (3, 4))
        self.check(model)
        with self.assertRaisesRegex(graphopt.RunError, "given with shape"):
            model(*inputs(4))

    def test_threads(self):
        self.check(graphopt.compile(MODEL, threads=2))

    def test_another_model_in_the_same_place(self):
        folder = os.path.join(FOLDER, "again")
        first = graphopt.compile(MODEL, folder)
        other = parser.parse_model(TEXT.replace("Add(b, w)", "Sub(b, w)"))
        second = graphopt.compile(other, folder)
        self.check(first)
        x, y = inputs(2)
        np.testing.assert_allclose(second(x, y), np.exp(y) * x * 2 - expected(x, y), rtol=1e-5, atol=1e-6)

    def test_nothing_stays_behind(self):
        scratch = os.path.join(FOLDER, "scratch")
        os.makedirs(scratch)
        with mock.patch("tempfile.tempdir", scratch):
            model = graphopt.compile(MODEL)
        self.assertEqual(os.listdir(scratch), [])
        self.check(model)

    def test_errors(self):
        bad = parser.parse_model(TEXT.replace("Exp(y)", "Frobnicate(y)"))
        with self.assertRaisesRegex(graphopt.CompileError, "Frobnicate"):
            graphopt.compile(bad)
        with self.assertRaisesRegex(graphopt.CompileError, "frobnicate"):
            graphopt.compile(MODEL, frobnicate=True)
        with self.assertRaisesRegex(graphopt.CompileError, "nowhere.onnx"):
            graphopt.compile(os.path.join(FOLDER, "nowhere.onnx"))


class BackendTest(unittest.TestCase):
    def test_models(self):
        x, y = inputs(2)
        for given in ([x, y], {"x": x, "y": y}):
            z, = backend.prepare(MODEL).run(given)
            np.testing.assert_allclose(z, expected(x, y), rtol=1e-5, atol=1e-6)
        z, = backend.run_model(MODEL, [x, y], "CPU")
        np.testing.assert_allclose(z, expected(x, y), rtol=1e-5, atol=1e-6)

    def test_node(self):
        x, _ = inputs(2)
        node = helper.make_node("Exp", ["x"], ["y"])
        y, = backend.run_node(node, [x])
        np.testing.assert_allclose(y, np.exp(x), rtol=1e-5, atol=1e-6)
        y, = backend.run_node(node, {"x": x}, outputs_info=[(np.float32, (2, 4))])
        np.testing.assert_allclose(y, np.exp(x), rtol=1e-5, atol=1e-6)

    def test_devices(self):
        self.assertTrue(backend.supports_device("CPU"))
        self.assertTrue(backend.supports_device("CPU:0"))
        self.assertFalse(backend.supports_device("CUDA"))
        with self.assertRaisesRegex(ValueError, "CUDA"):
            backend.prepare(MODEL, "CUDA")

    def test_compatibility(self):
        self.assertTrue(backend.is_compatible(MODEL))
        bad = helper.make_model(helper.make_graph(
            [helper.make_node("DecodeImages", ["x"], ["y"])], "g",
            [helper.make_tensor_value_info("x", TensorProto.UINT8, [9])],
            [helper.make_tensor_value_info("y", TensorProto.UINT8, [2, 2, 3])]))
        self.assertFalse(backend.is_compatible(bad))


unittest.main(argv=sys.argv[:1])
