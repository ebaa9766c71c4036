# ONNX's test data (a folder of input_0.pb, output_0.pb, ...) goes in by position;
# damaged tensors are refused with a reason.
# RUN: rm -rf %t && mkdir -p %t/model %t/data
# RUN: %echo -o %t/echo.o
# RUN: llvm-ar rc %t/model/libecho.a %t/echo.o
# RUN: %python %s %graphopt %t
import os
import subprocess
import sys

import numpy as np
from onnx import TensorProto, helper

tool, folder = sys.argv[1:]
data = os.path.join(folder, "data")
TYPES = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16]


def run(*arguments):
    return subprocess.run([tool, "run", os.path.join(folder, "model"), *arguments],
                          capture_output=True, text=True)


def save(name, tensor):
    with open(os.path.join(data, name), "wb") as file:
        file.write(tensor.SerializeToString())


values = [0, 1, 2, 3, 1, 0]
for position, dtype in enumerate(TYPES):
    bits = [int(v > 0) for v in values] if dtype == TensorProto.BOOL else values
    tensor = helper.make_tensor(f"t{position}", dtype, (2, 3), bits)
    assert not tensor.HasField("raw_data")
    save(f"input_{position}.pb", tensor)
    raw = helper.tensor_dtype_to_np_dtype(dtype).type
    save(f"output_{position}.pb", helper.make_tensor(
        "", dtype, (2, 3), np.array(bits).astype(raw).tobytes(), raw=True))
save("output_13.pb", helper.make_tensor("above", 1, (4,), [1, 2, 3, 1]))
result = run("--inputs", data, "--expect", data, "--tolerance", "0")
assert result.returncode == 0 and result.stdout.count("  ok\n") == 14, result

# A single file has the name of its tensor, else of the file.
save("float.pb", helper.make_tensor("", 1, (2, 3), [9.] * 6))
os.remove(os.path.join(data, "input_12.pb"))
save("last.pb", helper.make_tensor("bfloat16", 16, (2, 3), values))
result = run("--inputs", data, "--inputs", os.path.join(data, "last.pb"))
assert result.returncode == 0 and "float_out (float 2x3): min 0, max 3" in result.stdout, result


def refuse(reason, tensor):
    path = os.path.join(data, "bad.pb")
    with open(path, "wb") as file:
        file.write(tensor if isinstance(tensor, bytes) else tensor.SerializeToString())
    result = run("--inputs", path)
    assert result.returncode == 2 and reason in result.stderr, (reason, result)
    assert result.stderr.count("\n") == 1, result.stderr


refuse("is not an ONNX tensor", b"\xff\xff\xff")
refuse("ONNX element type 0 is not supported", b"")
refuse("ONNX element type 14 is not supported", helper.make_tensor("", 14, (1,), [1j]))
good = helper.make_tensor("float", 1, (2,), [1, 2])
for dims, reason in [((3,), "its data does not have the size of float 3"),
                     ((-1,), "negative dimension -1"),
                     ((2**60,), "its data does not have the size"),
                     ((2**40, 2**40), "is too large")]:
    bad = TensorProto.FromString(good.SerializeToString())
    bad.dims[:] = dims
    refuse(reason, bad)
bad = TensorProto.FromString(good.SerializeToString())
bad.data_location = TensorProto.EXTERNAL
refuse("its data is not in the file", bad)
