# RUN: %python %s %graphopt %t
"""The same model gives the same bytes: archive, headers and the dumps of every
stage, from two processes, in two folders, with addresses laid out differently
and other numbers of threads. Code of this size is cut into several objects.

The model has what could depend on addresses, hashes or time: many weights and
constants (named, unnamed, equal ones), constants that are evaluated, open dims,
control flow, equal layers, convolutions and products. With debug information the
code is the same.
"""
import filecmp
import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(7)
nodes, weights = [], []


def weight(*shape, dtype=np.float32):
    name = f"w{len(weights)}"
    value = random.standard_normal(shape).astype(np.float32) / np.sqrt(max(1, np.prod(shape[1:])))
    weights.append(numpy_helper.from_array(value.astype(dtype), name))
    return name


def ints(*values):
    name = f"i{len(weights)}"
    weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name


def add(op, *inputs, **attributes):
    name = f"{op}{len(nodes)}"
    nodes.append(helper.make_node(op, list(inputs), [name], name, **attributes))
    return name


def residual_block(x, channels):
    y = x
    for _ in range(2):
        # A scale that only evaluation makes a constant.
        scale = add("Reciprocal", add("Sqrt", add("Abs", weight(channels, 1, 1))))
        y = add("Conv", y, weight(channels, channels, 3, 3), weight(channels), pads=[1, 1, 1, 1])
        y = add("Relu", add("Mul", y, scale))
    return add("Add", x, y)


def attention_block(x, width):
    split = [add("MatMul", x, add("Transpose", weight(width, width), perm=[1, 0])) for _ in range(3)]
    scores = add("MatMul", split[0], add("Transpose", split[1], perm=[0, 2, 1]))
    mixed = add("MatMul", add("Softmax", scores, axis=-1), split[2])
    x = add("Add", x, mixed)
    return add("LayerNormalization", x, weight(width), weight(width), axis=-1)


def choice(x):
    """A branch that the run chooses."""
    total = add("ReduceSum", x, keepdims=0)
    zero = helper.make_node("Constant", [], ["zero"], value_float=0.0)
    nodes.append(zero)
    branches = [helper.make_graph([helper.make_node(op, [x], [f"{op}_result"], op)], op, [],
                                  [helper.make_tensor_value_info(f"{op}_result", TensorProto.FLOAT, None)])
                for op in ("Tanh", "Sigmoid")]
    return add("If", add("Greater", total, "zero"), then_branch=branches[0], else_branch=branches[1])


def make_model():
    x = add("Conv", "image", weight(24, 3, 3, 3), weight(24), strides=[2, 2], pads=[1, 1, 1, 1])
    for _ in range(6):
        x = residual_block(x, 24)
    x = add("Reshape", x, ints(0, 24, -1))
    x = add("Transpose", x, perm=[0, 2, 1])
    x = add("MatMul", x, weight(24, 32))
    for _ in range(4):
        x = attention_block(x, 32)
    x = choice(x)
    nodes.append(helper.make_node("Identity", [x], ["y"], "last"))
    graph = helper.make_graph(
        nodes, "layers", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 64, 32])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    onnx.checker.check_model(model)
    return model


def compile_in(folder, tool, model, jobs, surroundings, *flags):
    os.makedirs(folder)
    onnx.save(model, os.path.join(folder, "layers.onnx"))
    subprocess.run([tool, "compile", "layers.onnx", "-o", "out", "--dump-stages=stages", "--quiet",
                    f"--jobs={jobs}", *flags],
                   cwd=folder, env={**os.environ, **surroundings}, check=True, timeout=100)


def files_of(folder):
    return sorted(os.path.relpath(os.path.join(root, name), folder)
                  for root, _, names in os.walk(folder) for name in names)


def code_of(folder):
    """Member of the archive -> the bytes of its instructions."""
    def ask(*words):
        return subprocess.run(words, cwd=os.path.join(folder, "out"), check=True, timeout=100,
                              capture_output=True).stdout
    members = [name for name in ask("llvm-ar", "t", "liblayers.a").decode().split() if "weights" not in name]
    ask("llvm-ar", "x", "liblayers.a", *members)
    return {name: ask("llvm-objcopy", "--dump-section=.text=/dev/stdout", name, "/dev/null") for name in members}


def main():
    tool, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    model = make_model()
    one, two = os.path.join(folder, "one"), os.path.join(folder, "elsewhere", "two")
    compile_in(one, tool, model, 1, {"HOME": "/", "TZ": "UTC"})
    compile_in(two, tool, model, 3, {"SHIFTS_THE_STACK": "x" * 5000, "TZ": "Asia/Tokyo",
                                     "MALLOC_PERTURB_": "165"})
    names = files_of(one)
    assert names == files_of(two), (names, files_of(two))
    assert any(name.endswith(".a") for name in names) and any(name.endswith(".mlirbc") for name in names)
    _, different, missing = filecmp.cmpfiles(one, two, names, shallow=False)
    assert not different and not missing, (different, missing)
    archive = open(os.path.join(one, "out", "liblayers.a"), "rb").read()
    assert b"layers.1.o/" in archive and b"layers.weights.o/" in archive

    three, four = os.path.join(folder, "three"), os.path.join(folder, "four")
    compile_in(three, tool, model, 1, {}, "-g")
    compile_in(four, tool, model, 3, {"SHIFTS_THE_STACK": "x" * 5000}, "-g")
    for name in "out/liblayers.a", "out/layers.graph.txt":
        assert filecmp.cmp(os.path.join(three, name), os.path.join(four, name), shallow=False), name
    assert code_of(one) == code_of(three)


main()
