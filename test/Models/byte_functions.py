# RUN: %python %s %graphopt %t
"""Functions of a byte between quantizations are the same by table as by arithmetic, for all bytes,
and within one of ONNX's reference."""
import os
import shutil
import subprocess
import sys

import graphopt
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TOOL, FOLDER = sys.argv[1:3]
nodes, constants, inputs, outputs = [], [], [], []


def node(op, *inputs, **attributes):
    name = f"v{len(nodes)}"
    nodes.append(helper.make_node(op, inputs, [name], **attributes))
    return name


def grid(scale, zero):
    arrays = np.float32(scale), zero
    names = [f"c{len(constants)}", f"c{len(constants) + 1}"]
    constants.extend(numpy_helper.from_array(np.asarray(array), name) for array, name in zip(arrays, names))
    return names


def requantize(x, *numbers):
    names = grid(*numbers)
    return node("DequantizeLinear", node("QuantizeLinear", x, *names), *names)


def finish(x, *numbers):
    result = node("QuantizeLinear", x, *grid(*numbers))
    outputs.append(helper.make_tensor_value_info(result, helper.np_dtype_to_tensor_dtype(numbers[1].dtype), ["n", 7]))


def hard_swish(x, *numbers):
    """As exporters write it."""
    return node("Mul", x, requantize(node("HardSigmoid", x, alpha=1 / 6, beta=0.5), *numbers))


def take(name):
    inputs.append(helper.make_tensor_value_info(name, TensorProto.UINT8, ["n", 7]))
    return node("DequantizeLinear", name, *grid(0.07, np.uint8(133)))


finish(hard_swish(take("single"), 1 / 255, np.uint8(0)), 0.041, np.uint8(10))
finish(hard_swish(hard_swish(take("twice"), 0.004, np.int8(-128)), 0.004, np.uint8(0)), 0.03, np.int8(-100))
# From sums, in an epilogue: to bytes, and to f32 as it is rounded.
constants.append(numpy_helper.from_array(np.random.default_rng(2).integers(-99, 99, (7, 7), np.int8), "w"))
for name in ("bytes", "floats"):
    weight = node("DequantizeLinear", "w", *grid(0.02, np.int8(0)))
    sums = requantize(node("MatMul", take(name), weight), 0.11, np.uint8(120))
    swished = hard_swish(sums, 0.004, np.uint8(0))
    if name == "bytes":
        finish(swished, 0.08, np.uint8(9))
    else:
        last = node("Add", requantize(swished, 0.08, np.uint8(9)), take("addend"))
        outputs.append(helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", 7]))

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
graph = helper.make_graph(nodes, "functions", inputs, outputs, constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
path = os.path.join(FOLDER, "functions.onnx")
onnx.save(model, path)
feeds = {value.name: np.resize(np.arange(256, dtype=np.uint8), (300, 7)) for value in inputs}
expected = ReferenceEvaluator(model).run(None, feeds)
problems = []


def run(cpu):
    got = list(graphopt.compile(path, cpu=cpu)(**feeds).values())
    for i, (value, want) in enumerate(zip(got, expected)):
        one = 1 if value.dtype != np.float32 else 0.08
        if not np.abs(value.astype(float) - want.astype(float)).max() < 1.01 * one:
            problems.append(f"{cpu}: output {i} differs from the reference")
    return got


# On a machine that looks up bytes in registers the same without.
tables, plain = run("host"), run("avx512" if "avx512_vbmi" in open("/proc/cpuinfo").read() else "host")
problems += [f"output {i}: {(one != other).sum()} values differ between table and arithmetic"
             for i, (one, other) in enumerate(zip(tables, plain)) if not np.array_equal(one, other)]
for cpu, least, most in (("icelake-server", 8, 100), ("avx512", 0, 0)):
    subprocess.run([TOOL, "compile", path, "-o", FOLDER, f"--cpu={cpu}", "--emit=llvm", "--quiet"], check=True,
                   timeout=100)
    with open(os.path.join(FOLDER, "functions.llvm.mlir")) as file:
        count = file.read().count('"llvm.x86.avx512.vpermi2var.qi.512"')
    if not least <= count <= most:
        problems.append(f"{cpu}: {count} look-ups")
print("\n".join(problems) or "equal")
sys.exit(bool(problems))
