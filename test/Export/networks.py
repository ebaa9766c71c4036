# RUN: %python %s %graphopt %t.tmp %root/test/Models
"""Exported networks pass ONNX's checker with full inference of shapes, and compute
what the originals do."""
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

TOOL, FOLDER, MODELS = sys.argv[1:4]
sys.path.append(MODELS)
import nets  # noqa: E402

random = np.random.default_rng(2)
os.makedirs(FOLDER, exist_ok=True)
failures = []


def values(port, sizes):
    """Random elements for an input, its open dims as `sizes` has them."""
    tensor = port.type.tensor_type
    shape = [sizes[dim.dim_param] if dim.dim_param else dim.dim_value for dim in tensor.shape.dim]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if dtype.kind == "f":
        return random.standard_normal(shape).astype(dtype)
    return random.integers(0, 2, shape).astype(dtype)


def ports(values):
    return [(v.name, v.type.tensor_type.elem_type, [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim])
            for v in values]


def check(name, model, sizes, *flags):
    path = os.path.join(FOLDER, name + ".onnx")
    onnx.save(model, path)
    out = os.path.join(FOLDER, "out")
    subprocess.run([TOOL, "compile", path, "--emit=onnx", "-o", out, "--quiet", *flags], check=True, timeout=100)
    path = os.path.join(out, name + ".onnx")
    onnx.checker.check_model(path, full_check=True)
    exported = onnx.load(path)
    if ports(exported.graph.input) != ports(model.graph.input):
        failures.append(f"{name}: inputs {ports(exported.graph.input)}")
    if [p.name for p in exported.graph.output] != [p.name for p in model.graph.output]:
        failures.append(f"{name}: outputs {ports(exported.graph.output)}")
    # Nodes of expanded functions are called after the call.
    given = {node.name for node in model.graph.node}
    made = [node.name for node in exported.graph.node if node.name.split("/")[0] not in given]
    if len(made) > len(exported.graph.node) // 4:
        failures.append(f"{name}: nodes are called {made}")
    feeds = {port.name: values(port, sizes) for port in model.graph.input}
    for a, b in zip(ReferenceEvaluator(exported).run(None, feeds), ReferenceEvaluator(model).run(None, feeds)):
        error = np.abs(a - b).max() / np.abs(b).max() if a.shape == b.shape else np.inf
        if not error <= 2e-5:
            failures.append(f"{name}: error {error:.2e}")


check("transformer", nets.transformer(), {"batch": 2, "length": 5})
check("resnet", nets.resnet(size=32), {})
check("mobilenet", nets.mobilenet(), {"batch": 1, "height": 32, "width": 33})
check("decoder", nets.decoder(), {"past": 3})
check("unet", nets.unet(), {"height": 40, "width": 48})
check("tagger", nets.tagger(), {"batch": 2, "length": 5})
check("tagger", nets.tagger(), {"batch": 2, "length": 5}, "--weights=file", "--opset=23")
assert os.path.exists(os.path.join(FOLDER, "out", "tagger.onnx.data"))
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
