# RUN: rm -rf %t && mkdir %t && %python %s %graphopt %t
"""Code does not grow with the number of equal layers, nor with the sizes of the
weights: a layer more is a few calls more."""
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def make_model(layers, width):
    nodes, weights, x = [], [], "x"

    def weight(*shape):
        weights.append(numpy_helper.from_array(np.full(shape, 0.01, np.float32), f"w{len(weights)}"))
        return weights[-1].name

    def add(op, *inputs, **attributes):
        nodes.append(helper.make_node(op, list(inputs), [f"{op}{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    for _ in range(layers):
        y = add("Conv", x, weight(width, width, 3, 3), weight(width), pads=[1, 1, 1, 1])
        y = add("Conv", add("Relu", y), weight(width, width, 1, 1), weight(width))
        x = add("Relu", add("Add", x, y))
    nodes.append(helper.make_node("Identity", [x], ["y"]))
    shape = [1, width, 14, 14]
    graph = helper.make_graph(
        nodes, "layers", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def code_bytes(archive):
    """What the members hold but those of weights."""
    data, at, total = open(archive, "rb").read(), 8, 0
    names = b""
    while at < len(data):
        name, size = data[at:at + 16].rstrip(), int(data[at + 48:at + 58])
        if name == b"//":
            names = data[at + 60:at + 60 + size]
        elif name.startswith(b"/") and name != b"/":
            name = names[int(name[1:]):].split(b"/\n")[0]
        if name not in (b"/", b"//") and b".weights.o" not in name:
            total += size
        at += 60 + size + size % 2
    return total


def measure(tool, folder, layers, width):
    model = os.path.join(folder, f"net{layers}x{width}.onnx")
    onnx.save(make_model(layers, width), model)
    out = model.removesuffix(".onnx")
    subprocess.run([tool, "compile", model, "-o", out, "--name=net", "--quiet", "--cpu=avx2"], check=True)
    return code_bytes(os.path.join(out, "libnet.a"))


tool, folder = sys.argv[1:]
few = measure(tool, folder, 2, 64)
many = measure(tool, folder, 18, 64)
wide = measure(tool, folder, 2, 256)
print(few, many, wide)
assert 4_000 < few < 64_000, few
assert many - few < 16 * 1_000, (few, many)
assert wide < 1.5 * few, (few, wide)
