# RUN: %python %s %graphopt-opt %t.tmp
"""A tensor's elements are the same constant wherever a model keeps them: in
raw_data, in a typed field, in another file, in a Constant node, or sparse; as an
initializer that is also an input, too."""
import os
import re
import shutil
import subprocess
import sys

import ml_dtypes
import numpy as np
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

TOOL, FOLDER = sys.argv[1:3]
failures = []
DTYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8, np.int16, np.int32, np.int64, np.uint8,
          np.uint16, np.uint32, np.uint64, np.bool_]
PLACES = ["raw", "typed", "external", "input", "node", "sparse"]
NAMES = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "bool": "i1"}


def type_name(dtype):
    name = np.dtype(dtype).name
    return NAMES.get(name) or name.replace("uint", "ui").replace("int", "i")


def external(values, data_type, file_name):
    tensor = T(name="external", data_type=data_type, dims=values.shape, data_location=T.EXTERNAL)
    for key, text in (("location", file_name), ("offset", "1"), ("length", str(values.nbytes))):
        tensor.external_data.add(key=key, value=text)
    with open(os.path.join(FOLDER, file_name), "wb") as file:
        file.write(b"-" + values.tobytes() + b"-")
    return tensor


def sparse(values):
    places = np.flatnonzero(values)
    return h.make_sparse_tensor(numpy_helper.from_array(values[places], "sparse"),
                                numpy_helper.from_array(places.astype(np.int64), "indices"), values.shape)


def model(values, name):
    """One output for each way to keep `values`."""
    data_type = h.np_dtype_to_tensor_dtype(values.dtype)
    initializers = [numpy_helper.from_array(values, "raw"), h.make_tensor("typed", data_type, values.shape, values),
                    external(values, data_type, name + ".bin"), numpy_helper.from_array(values, "input")]
    nodes = [h.make_node("Constant", [], ["node"], name="node", value=numpy_helper.from_array(values, "node"))]
    outputs = [h.make_tensor_value_info(place, data_type, ["n"]) for place in PLACES]
    graph = h.make_graph(nodes, "g", [h.make_tensor_value_info("input", data_type, values.shape)], outputs,
                         initializers, sparse_initializer=[sparse(values)])
    return h.make_model(graph, opset_imports=[h.make_opsetid("", 21)], ir_version=10)


def imported(proto, name):
    """The constants of the model: name -> text with, for a resource, its bytes."""
    path = os.path.join(FOLDER, name + ".onnx")
    with open(path, "wb") as file:
        file.write(proto.SerializeToString())
    done = subprocess.run([TOOL, path, "--mlir-print-debuginfo"], capture_output=True, text=True, timeout=60)
    names = dict(re.findall(r'^(#loc\d*) = loc\("(.*)"\)', done.stdout, re.M))
    blobs = dict(re.findall(r'^ +(\w+): "0x[0-9A-F]{8}([0-9A-F]*)"', done.stdout, re.M))
    constants = {}
    for text, loc in re.findall(r"arith\.constant (.*) loc\((#loc\d*)\)", done.stdout):
        constants[names[loc]] = re.sub(r"dense_resource<(\w+)>", lambda match: blobs[match[1]], text)
    return constants or done.stderr


def check(dtype, count, elements=None):
    values = np.array([(7 * i + 3) % 5 for i in range(count)]).astype(dtype)
    elements = elements or values.tobytes().hex().upper()
    expected = f"{elements} : tensor<{count}x{type_name(dtype)}>"
    name = f"{np.dtype(dtype).name}_{count}"
    constants = imported(model(values, name), name)
    if constants != dict.fromkeys(PLACES, expected):
        failures.append(f"{name}: expected {expected[:200]}\n  got {str(constants)[:1000]}")


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
# Integers and booleans up to 64 elements are written out.
check(np.int32, 3, "dense<[3, 0, 2]>")
check(np.uint8, 3, "dense<[3, 0, 2]>")
check(np.bool_, 3, "dense<[true, false, true]>")
check(np.float32, 3)
check(np.float32, 1, "dense<3.000000e+00>")
# The others are resources, small or large enough to stay in the file.
for dtype in DTYPES:
    check(dtype, 65 if np.dtype(dtype).kind in "iub" else 3)
check(np.float32, 1000)
check(np.bool_, 5000)
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
