# Every element type goes from NumPy through a model and back, in every form
# that NumPy writes; damaged and hostile files are refused with a reason.
# RUN: rm -rf %t && mkdir -p %t/model
# RUN: %echo -o %t/echo.o
# RUN: llvm-ar rc %t/model/libecho.a %t/echo.o
# RUN: %python %s %graphopt %t
import io
import os
import struct
import subprocess
import sys
import zipfile

import numpy as np

tool, folder = sys.argv[1:]
model = os.path.join(folder, "model")
path = os.path.join(folder, "in.npz")
DTYPES = dict(float="f4", uint8="u1", int8="i1", uint16="u2", int16="i2", int32="i4", int64="i8",
              bool="?", float16="f2", double="f8", uint32="u4", uint64="u8", bfloat16="V2")


def run(*arguments):
    return subprocess.run([tool, "run", model, *arguments], capture_output=True, text=True)


def arrays(n, convert=lambda array: array):
    random = np.random.default_rng(n)
    return {name: convert(np.frombuffer(random.bytes(n * 3 * np.dtype(code).itemsize), code)
                          .reshape(n, 3) if code != "?" else random.random((n, 3)) < .5)
            for name, code in DTYPES.items()}


def check_round_trip(inputs, save=np.savez):
    save(path, **inputs)
    output = os.path.join(folder, "out.npz")
    result = run("--inputs", path, "--output", output)
    assert result.returncode == 0, result.stderr
    for name, array in np.load(output).items():
        if name == "above":
            floats = np.ascontiguousarray(inputs["float"]).reshape(-1)
            wanted = floats[floats > 0]
        else:
            wanted = inputs[name.removesuffix("_out")]
        assert array.shape == wanted.shape and array.dtype == wanted.dtype.newbyteorder("="), name
        assert array.tobytes() == wanted.astype(array.dtype).tobytes(), name
    # The outputs compare as equal to themselves, NaNs and all.
    result = run("--inputs", path, "--expect", output, "--tolerance", "0")
    assert result.returncode == 0, result.stdout + result.stderr


for n in (0, 1, 5):
    check_round_trip(arrays(n))
check_round_trip(arrays(400), np.savez_compressed)
check_round_trip(arrays(7, np.asfortranarray))
check_round_trip(arrays(7, lambda a: a if a.dtype == "V2" else a.astype(a.dtype.newbyteorder(">"))))

# A byte other than 0 and 1 is true, as in NumPy.
np.savez(path, **dict(arrays(1), bool=np.array([[0, 1, 7]], "u1").view("?")))
assert run("--inputs", path, "--output", path).returncode == 0
assert np.load(path)["bool_out"].view("u1").tolist() == [[0, 1, 1]]


# What is refused: the arrays of a good file but for `float`, which is `data`.
def refuse(reason, data, **options):
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, array in arrays(2).items():
            member = io.BytesIO()
            np.save(member, array)
            file.writestr(name + ".npy", data if name == "float" else member.getvalue())
    expect_refusal(reason)


def expect_refusal(reason):
    result = run("--inputs", path)
    assert result.returncode == 2, (reason, result)
    assert reason in result.stderr and result.stderr.count("\n") == 1, (reason, result.stderr)


def npy(header, data=b"\0" * 24, version=b"\1\0"):
    header = header.encode()
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header + data


good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
for header, reason in [
        (good.replace("<f4", "|O"), "element type '|O' is not supported"),
        (good.replace("<f4", "<V8"), "element type '<V8' is not supported"),
        (good.replace("<f4", ""), "element type '' is not supported"),
        (good.replace("'<f4'", "[('a', '<f4')]"), "records are not supported"),
        (good.replace("(2, 3)", "(2, -3)"), "negative dimension -3"),
        (good.replace("(2, 3)", "(2, 4)"), "take 32 bytes, but 24 follow"),
        (good.replace("(2, 3)", "(4294967296, 4294967296, 4294967296)"), "is too large"),
        (good.replace("(2, 3)", "(0, 9223372036854775807, 3)"), "is too large"),
        (good.replace("(2, 3)", "(99999999999999999999,)"), "its shape is malformed"),
        (good.replace("(2, 3)", "(2, 3"), "its shape is malformed"),
        (good.replace("(2, 3)", "(" + "1," * 65 + ")"), "its shape is malformed"),
        (good.replace("False", "None"), "fortran_order is neither"),
        (good.replace("'shape': (2, 3), ", ""), "its header is malformed"),
        (good.replace("'shape'", "'shape': (2, 3), 'shape'"), "unexpected key 'shape'"),
        (good.replace("shape", "sh\\x1bape\x1b"), "unexpected key 'sh\\\\x1bape\\1B'"),
        (good.replace("}", ""), "its header is malformed"),
        (good + "import os", "its header is malformed"),
        ("", "its header is no dictionary")]:
    refuse(reason, npy(header))
refuse("it does not begin with NumPy's mark", b"")
refuse("it is cut off in its header", b"\x93NUMPY\1\0\xff")
refuse("it is cut off in its header", b"\x93NUMPY\1\0\xff\xff{")
refuse("it is cut off in its header", b"\x93NUMPY\2\0\xff\xff\xff\xff{")
refuse("format version 9", npy(good, version=b"\x09\0"))
refuse("compression method 12", npy(good), compression=zipfile.ZIP_BZIP2)

# Files that are damaged as ZIP files.
np.savez_compressed(path, **arrays(50))
with open(path, "rb") as file:
    whole = file.read()


def refuse_bytes(reason, data):
    with open(path, "wb") as file:
        file.write(data)
    expect_refusal(reason)


refuse_bytes("does not begin with NumPy's mark", b"")
refuse_bytes("its directory is missing", whole[:-1])
refuse_bytes("its directory is missing", b"PK")
central = whole.index(b"PK\1\2")
refuse_bytes("a compressed member is damaged", whole[:60] + b"\xff" * 20 + whole[80:])
refuse_bytes("the checksum of a member differs",
             whole[:central + 16] + b"\0\0\0\0" + whole[central + 20:])
refuse_bytes("a member lies outside the file",
             whole[:central + 42] + b"\xf0\xff\xff\xff" + whole[central + 46:])
refuse_bytes("a member's size cannot be true",
             whole[:central + 24] + b"\xf0\xff\xff\xff" + whole[central + 28:])
refuse_bytes("a ZIP64 field is malformed",
             whole[:central + 24] + b"\xff\xff\xff\xff" + whole[central + 28:])
refuse_bytes("it is encrypted", whole[:central + 8] + b"\1" + whole[central + 9:])
with zipfile.ZipFile(path, "w") as file:
    file.writestr("a.txt", "a")
expect_refusal("member 'a.txt' is no .npy array")

# No byte of a file, wherever it is flipped or cut, may crash the reader.
np.savez(path, **arrays(1))
with open(path, "rb") as file:
    whole = file.read()
random = np.random.default_rng(0)
for trial in range(60):
    data = bytearray(whole)
    for _ in range(random.integers(1, 4)):
        data[random.integers(len(data))] = random.integers(256)
    with open(path, "wb") as file:
        file.write(data[:random.integers(len(data))] if trial % 4 == 0 else data)
    result = run("--inputs", path)
    assert result.returncode in (0, 2), (trial, result)
