# Weights become zero by a recipe; the report tells what it costs; the model is stored
# without the zeros, as ONNX and as a file of weights.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %graphopt-opt %t
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, opt, folder = sys.argv[1:]
random = np.random.default_rng(0)
WIDTH, HIDDEN = 32, 48
first = random.standard_normal((WIDTH, HIDDEN)).astype(np.float32)
second = random.standard_normal((8, HIDDEN)).astype(np.float32)
mixing = random.standard_normal((WIDTH // 2, WIDTH))  # inputs depend on each other


def path(*names):
    return os.path.join(folder, *names)


def run(*command, fails=False):
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (command, done)
    return done


def sample(rows):
    return (random.standard_normal((rows, WIDTH // 2)) @ mixing
            + random.standard_normal((rows, WIDTH)) / 8 + 1).astype(np.float32)


def compile_with(step, *arguments, fails=False, model="model.onnx", out="out"):
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({"prune": [{"sparsify": step}]}, file)
    done = run(tool, "compile", path(model), "-o", path(out), "--recipe", path("recipe.json"), "--calib", path("samples"),
               "--report", path("report.json"), *arguments, fails=fails)
    if fails:
        return done.stderr
    with open(path("report.json"), encoding="utf-8") as file:
        report = json.load(file)
    return report["steps"][0], report["outputs"]["y"]


def result(library):
    run(tool, "run", path(library), "--inputs", path("x.npz"), "--output", path("y.npz"))
    return np.load(path("y.npz"))["y"]


nodes = [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
         helper.make_node("Relu", ["h"], ["r"], name="relu"),
         helper.make_node("Gemm", ["r", "second"], ["y"], name="down", transB=1)]
graph = helper.make_graph(nodes, "two", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 8])],
                          [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path("model.onnx"))
os.mkdir(path("samples"))
for i in range(20):
    np.savez(path("samples", f"{i}.npz"), x=sample(40))
np.savez(path("x.npz"), x=sample(9))

# What is said of a layer is what NumPy says of the weights that are written.
for method in ("magnitude", "second-order"):
    step, output = compile_with({"pattern": "2:4", "method": method}, "--emit=onnx", "--opset=21", out="onnx")
    written = onnx.load(path("onnx", "model.onnx"))
    onnx.checker.check_model(written)
    metadata, = written.metadata_props
    assert metadata.key == "graphopt.sparsity" and json.loads(metadata.value)["pattern"] == "2:4", metadata
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in written.graph.initializer}
    up, = (tensors[name] for node in written.graph.node if node.op_type == "MatMul" for name in node.input
           if name in tensors)
    kept = (up.reshape(WIDTH // 4, 4, HIDDEN) != 0).sum(1)
    assert (kept == 2).all(), kept
    layer = step["layers"][0]
    assert layer["node"] == "up" and layer["zeros"] == up.size // 2 and layer["inputs"] == WIDTH, layer
    assert layer["bytes_compressed"] == up.size // 8 + up.size * 2, layer
    if method == "magnitude":
        # Samples to calibrate with are not told by name: all are alike.
        x = np.concatenate([np.load(path("samples", f"{i}.npz"))["x"] for i in range(20)]).astype(np.float64)
        y, z = x @ first, x @ up
        assert abs(layer["sqnr_db"] - 10 * np.log10((y**2).sum() / ((y - z)**2).sum())) < 0.5, layer
        assert abs(layer["cosine"] - (y * z).sum() / np.linalg.norm(y) / np.linalg.norm(z)) < 0.01, layer
        plain = step, output
better = [new["sqnr_db"] - old["sqnr_db"] for new, old in zip(step["layers"], plain[0]["layers"])]
assert better[0] > 3 and better[1] > 0, better
assert output["sqnr_db"] > plain[1]["sqnr_db"] + 1, (output, plain)

# The pass alone, from a file of statistics.
run(tool, "statistics", path("model.onnx"), "--calib", path("samples"), "--gram", "-o", path("s"))
done = run(opt, path("model.onnx"), "--graph-eliminate-dead-nodes", "--graph-sparsify="
           f"pattern=1x16 ratio=0.75 keep=down statistics={path('s.json')}", "-o", path("sparse.mlir"))
assert "75.0% of its weights are zero" in done.stderr and "left alone: it is to be kept" in done.stderr, done.stderr

# Stored without zeros where that is smaller: the same numbers.
step, _ = compile_with({"ratio": 0.9}, "--emit=shared")
expected = result("out")
_ = compile_with({"ratio": 0.9}, "--emit=onnx", "--opset=21", out="onnx")
written = onnx.load(path("onnx", "model.onnx"))
onnx.checker.check_model(written)
assert len(written.graph.sparse_initializer) == 2, [t.values.name for t in written.graph.sparse_initializer]
run(tool, "compile", path("onnx", "model.onnx"), "-o", path("again"), "--emit=shared")
np.testing.assert_allclose(result("again"), expected, rtol=1e-5, atol=1e-5)
sizes = {}
for place in ("file", "compressed"):
    compile_with({"ratio": 0.9}, "--emit=shared", f"--weights={place}", out=place)
    np.testing.assert_array_equal(result(place), expected)
    sizes[place] = os.path.getsize(path(place, "model.weights"))
assert sizes["compressed"] < sizes["file"] / 5, sizes
with open(path("compressed", "model.weights"), "r+b") as file:
    file.truncate(sizes["compressed"] - 4)
done = run(tool, "run", path("compressed"), fails=True)
assert "model.weights': " in done.stderr, done.stderr
# Without zeros there is little to lose.
for place in ("file", "compressed"):
    run(tool, "compile", path("model.onnx"), "-o", path(place), "--emit=shared", f"--weights={place}")
    sizes[place] = os.path.getsize(path(place, "model.weights"))
assert sizes["compressed"] < 1.04 * sizes["file"], sizes

# Mistakes.
error = compile_with({"pattern": "4:2"}, fails=True)
assert "prune[0].sparsify.pattern is none of unstructured, 1xBLOCK, KEEP:OF" in error, error
error = compile_with({"pattern": "2:4", "ratio": 0.5}, fails=True)
assert "prune[0].sparsify.ratio is told by the pattern already" in error, error
error = compile_with({"method": "third"}, fails=True)
assert "prune[0].sparsify.method is none of magnitude, second-order" in error, error
