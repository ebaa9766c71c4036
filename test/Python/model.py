# A shared library is loaded and called with arrays of every element type.
# RUN: rm -rf %t && mkdir -p %t/model
# RUN: %clang -O1 -fPIC -shared -I%include %root/test/Driver/Inputs/echo.c -o %t/model/libecho.so
# RUN: %clang -O1 -fPIC -shared -I%include -DWEIGHTS=7 %root/test/Driver/Inputs/echo.c -o %t/new.so
# RUN: %python %s %t
import os
import shutil
import sys
import threading
import unittest

import ml_dtypes
import numpy as np

import graphopt

FOLDER = sys.argv[1]
DTYPES = dict(float="f4", uint8="u1", int8="i1", uint16="u2", int16="i2", int32="i4", int64="i8",
              bool="?", float16="f2", double="f8", uint32="u4", uint64="u8",
              bfloat16=ml_dtypes.bfloat16)


def arrays(n=2):
    return {name: (np.arange(n * 3).reshape(n, 3) % 5).astype(dtype)
            for name, dtype in DTYPES.items()}


class OnlyDlpack:
    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class ModelTest(unittest.TestCase):
    def setUp(self):
        self.model = graphopt.load(os.path.join(FOLDER, "model"))

    def check(self, inputs):
        outputs = self.model(**inputs)
        for name, array in inputs.items():
            given = array.array if isinstance(array, OnlyDlpack) else array
            self.assertEqual(outputs[name + "_out"].dtype, np.dtype(DTYPES[name]))
            np.testing.assert_array_equal(outputs[name + "_out"], given)
        floats = np.asarray(outputs["float_out"]).reshape(-1)
        np.testing.assert_array_equal(outputs["above"], floats[floats > 0])

    def test_describes_itself(self):
        self.assertEqual(self.model.name, "echo")
        self.assertEqual(self.model.dim_names, ["n"])
        self.assertEqual(self.model.inputs[0], graphopt.Port("float", ("n", 3), np.dtype("f4")))
        self.assertEqual(self.model.outputs[-1].dims, (None,))
        self.assertIn("'above' (float32 [?])", repr(self.model))

    def test_sizes(self):
        for n in (0, 1, 2, 100):
            self.check(arrays(n))

    def test_bound_arguments(self):
        call = self.model.bind(**arrays(4))
        index = [port.name for port in self.model.inputs].index("float")
        for value in (1.0, -2.0):
            call.inputs[index][...] = value
            outputs = call.run()
            np.testing.assert_array_equal(outputs[index], np.full((4, 3), value, "f4"))
            self.assertIs(outputs[index], call.outputs[index])
            self.assertEqual(outputs[-1].size, 12 if value > 0 else 0)
        with self.assertRaisesRegex(TypeError, "is missing"):
            self.model.bind()

    def test_other_memory(self):
        inputs = arrays(6)
        inputs["float"] = np.asfortranarray(inputs["float"])
        inputs["int32"] = np.frombuffer(b"\0" + inputs["int32"].tobytes(), "i4", offset=1).reshape(6, 3)
        inputs["int64"] = arrays(12)["int64"][::2]
        inputs["double"] = OnlyDlpack(inputs["double"])
        self.check(inputs)

    def test_lists_and_positions(self):
        outputs = self.model([[1, 2, 3]], *list(arrays(1).values())[1:12],
                             bfloat16=arrays(1)["bfloat16"])
        self.assertEqual(outputs["float_out"].tolist(), [[1, 2, 3]])

    def test_refusals(self):
        good = arrays()
        for error, message, inputs in [
                (TypeError, r"input 'float' \(float32 \[n, 3\]\) is missing",
                 {k: v for k, v in good.items() if k != "float"}),
                (TypeError, "has no input 'other'", dict(good, other=1)),
                (TypeError, r"input 'int8' .* is given as float64", dict(good, int8=np.zeros((2, 3)))),
                (graphopt.RunError, r"input 'int8' .* is given with shape \(3,\)",
                 dict(good, int8=np.zeros(3, "i1"))),
                (graphopt.RunError, r"with shape \(2, 4\)", dict(good, int8=np.zeros((2, 4), "i1"))),
                (graphopt.RunError, r"dimension 'n' is 5 in input 'int8' .*, but 2 in an input before",
                 dict(good, int8=np.zeros((5, 3), "i1"))),
                (graphopt.RunError, r"differs \('float' .*, dimension 0, expected 1000, got 1001\)",
                 arrays(1001))]:
            with self.assertRaisesRegex(error, message):
                self.model(**inputs)
        with self.assertRaisesRegex(TypeError, "input 'float' is given twice"):
            self.model(good["float"], **good)
        with self.assertRaisesRegex(TypeError, "has 13 inputs, got 14"):
            self.model(*range(14))
        with self.assertRaisesRegex(graphopt.RunError, "without threads"):
            graphopt.load(os.path.join(FOLDER, "model"), threads=2)
        self.check(good)  # none of this broke the model

    def test_calls_at_the_same_time(self):
        failures = []

        def call(n):
            try:
                for _ in range(20):
                    self.check(arrays(n))
            except BaseException as failure:
                failures.append(failure)
        threads = [threading.Thread(target=call, args=(n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_loading(self):
        with self.assertRaisesRegex(FileNotFoundError, "no shared libraries"):
            graphopt.load(os.path.dirname(__file__))
        missing = os.path.join(FOLDER, "libmissing.so")
        with self.assertRaises(FileNotFoundError) as caught:
            graphopt.load(missing)
        self.assertEqual(caught.exception.filename, missing)
        text = os.path.join(FOLDER, "libtext.so")
        with open(text, "w", encoding="utf-8") as file:
            file.write("no library")
        with self.assertRaisesRegex(ImportError, f"^{text}: "):
            graphopt.load(text)
        other = os.path.join(FOLDER, "other.so")
        shutil.copy(os.path.join(FOLDER, "model", "libecho.so"), other)
        with self.assertRaisesRegex(ImportError, "holds no model 'other'"):
            graphopt.load(other)

    def test_a_library_compiled_anew(self):
        path = os.path.join(FOLDER, "libecho.so")
        shutil.copy(os.path.join(FOLDER, "model", "libecho.so"), path)
        self.assertEqual(graphopt.load(path).weights_bytes, 0)
        os.replace(os.path.join(FOLDER, "new.so"), path)
        self.assertEqual(graphopt.load(path).weights_bytes, 7)


unittest.main(argv=sys.argv[:1])
