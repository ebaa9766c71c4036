# RUN: env GRAPHOPT_HOME=%build %python %s
"""Models with maps: dicts in ONNX's backend interface, keys and values elsewhere."""
import unittest

import numpy as np
from onnx import TensorProto as T
from onnx import helper as h
from onnx.reference import ReferenceEvaluator

import graphopt
import graphopt.backend as backend

ML = "ai.onnx.ml"


def map_of(key, value):
    return h.make_map_type_proto(key, h.make_tensor_type_proto(value, []))


def model(nodes, inputs, outputs):
    return h.make_model(h.make_graph(nodes, "maps", inputs, outputs), ir_version=8,
                        opset_imports=[h.make_opsetid("", 15), h.make_opsetid(ML, 3)])


def zipped(shape, keys, **labels):
    """A ZipMap."""
    maps = h.make_sequence_type_proto(map_of(keys, T.FLOAT))
    return model([h.make_node("ZipMap", ["x"], ["z"], domain=ML, **labels)],
                 [h.make_tensor_value_info("x", T.FLOAT, shape)], [h.make_value_info("z", maps)])


def on_map(op, keys, values, result, **attributes):
    """DictVectorizer or CastMap."""
    return backend.prepare(model([h.make_node(op, ["m"], ["y"], domain=ML, **attributes)],
                                 [h.make_value_info("m", map_of(keys, values))],
                                 [h.make_tensor_value_info("y", result, None)]))


class MapsTest(unittest.TestCase):
    def check(self, compiled, given, expected):
        result, = compiled.run([given])
        self.assertEqual(result.dtype, np.asarray(expected).dtype if result.dtype != object else object)
        self.assertEqual(result.tolist(), np.asarray(expected).tolist())

    def test_zip(self):
        x = np.float32([[1, 2, 3], [4, 5, 6]])
        for keys, dtype, labels in ((list("aüc"), T.STRING, "classlabels_strings"), ([7, -2, 0], T.INT64, "classlabels_int64s")):
            for shape in ((2, 3), ("n", 3), ("n", "c")):
                compiled = backend.prepare(zipped(shape, dtype, **{labels: keys}))
                self.assertEqual(compiled.run([x]), ([dict(zip(keys, row)) for row in x.tolist()],))
                if shape[0] == "n":
                    self.assertEqual(compiled.run({"x": x[:0]}), ([],))
            one = backend.prepare(zipped(("c",), dtype, **{labels: keys}))
            self.assertEqual(one.run([x[0]]), ([dict(zip(keys, [1, 2, 3]))],))

    def test_zip_of_other_width(self):
        compiled = backend.prepare(zipped(("n", "c"), T.STRING, classlabels_strings=["a", "b", "c"]))
        with self.assertRaises(backend.RunError):
            compiled.run([np.ones((2, 4), np.float32)])

    def test_parts(self):
        """Without ONNX's interface a map is two tensors."""
        compiled = graphopt.compile(zipped((1, 2), T.STRING, classlabels_strings=["a", "b"]))
        self.assertEqual([port.name for port in compiled.outputs], ["z.keys", "z.values"])
        keys, values = compiled.run([np.float32([[1, 2]])])
        self.assertEqual((keys.tolist(), values.tolist()), (["a", "b"], [[1, 2]]))

    def test_classifier(self):
        """As scikit-learn's converter writes it."""
        maps = h.make_sequence_type_proto(map_of(T.STRING, T.FLOAT))
        proto = model([h.make_node("LinearClassifier", ["x"], ["label", "scores"], domain=ML, coefficients=[1., -1., -2., 1.],
                                   intercepts=[0., .5], classlabels_strings=["no", "yes"], post_transform="NONE"),
                       h.make_node("ZipMap", ["scores"], ["z"], domain=ML, classlabels_strings=["no", "yes"])],
                      [h.make_tensor_value_info("x", T.FLOAT, ["n", 2])],
                      [h.make_tensor_value_info("label", T.STRING, ["n"]), h.make_value_info("z", maps)])
        label, z = backend.prepare(proto).run([np.float32([[1, 2], [3, 1]])])
        self.assertEqual(label.tolist(), ["yes", "no"])
        self.assertEqual(z, [{"no": -1, "yes": .5}, {"no": 2, "yes": -4.5}])

    def test_vectorizer(self):
        words = on_map("DictVectorizer", T.STRING, T.FLOAT, T.FLOAT, string_vocabulary=["b", "a", "é"])
        self.check(words, {"a": 1.5, "é": 2, "other": 9}, np.float32([[0, 1.5, 2]]))
        self.check(words, {}, np.float32([[0, 0, 0]]))
        numbers = on_map("DictVectorizer", T.INT64, T.DOUBLE, T.DOUBLE, int64_vocabulary=[7, -5])
        self.check(numbers, {-5: 0.1, 8: 9, 7: 3}, [[3, 0.1]])
        self.check(on_map("DictVectorizer", T.STRING, T.INT64, T.INT64, string_vocabulary=["a", "b"]), {"b": 2**40}, [[0, 2**40]])
        text = on_map("DictVectorizer", T.INT64, T.STRING, T.STRING, int64_vocabulary=[1, 2])
        self.check(text, {2: "ü"}, [["", "ü"]])

    def test_vectorizer_against_reference(self):
        vocabulary = [f"w{i}" for i in range(50)]
        proto = model([h.make_node("DictVectorizer", ["m"], ["y"], domain=ML, string_vocabulary=vocabulary)],
                      [h.make_value_info("m", map_of(T.STRING, T.FLOAT))], [h.make_tensor_value_info("y", T.FLOAT, [1, 50])])
        given = {f"w{i * 3}": float(i) for i in range(17)}
        expected, = ReferenceEvaluator(proto).run(None, {"m": given})
        self.check(backend.prepare(proto), given, expected.astype(np.float32)[None])

    def test_cast(self):
        given = {3: 1.5, 1: 2.25, 0: -7.5}
        for to, result, dtype in (("TO_FLOAT", T.FLOAT, np.float32), ("TO_INT64", T.INT64, np.int64)):
            dense = on_map("CastMap", T.INT64, T.FLOAT, result, cast_to=to)
            self.check(dense, given, dtype([[-7.5, 2.25, 1.5]]))
            self.check(dense, {-3: 1, 1: 2, -9: 3}, dtype([[3, 1, 2]]))
            sparse = on_map("CastMap", T.INT64, T.FLOAT, result, cast_to=to, map_form="SPARSE", max_map=5)
            self.check(sparse, given, dtype([[-7.5, 2.25, 0, 1.5, 0]]))
            for key in (5, 6, -1):
                with self.assertRaises(backend.RunError):
                    sparse.run([{key: 1.0}])

    def test_cast_of_strings(self):
        self.check(on_map("CastMap", T.INT64, T.STRING, T.FLOAT), {2: "1.5", -1: "-3e2"}, np.float32([[-300, 1.5]]))
        self.check(on_map("CastMap", T.INT64, T.STRING, T.STRING, cast_to="TO_STRING"), {2: "b", 1: "a"}, [["a", "b"]])
        self.check(on_map("CastMap", T.INT64, T.FLOAT, T.STRING, cast_to="TO_STRING", map_form="SPARSE", max_map=3),
                   {2: 0.5, 0: 1}, [["1.0", "", "0.5"]])


if __name__ == "__main__":
    unittest.main()
