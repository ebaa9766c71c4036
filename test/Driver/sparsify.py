# Weights become zero by a recipe; the report tells what it costs; the model is stored
# without the zeros, as ONNX and as a file of weights.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %graphopt-opt %t
import json
import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
from two_products import (HIDDEN, WIDTH, compile_recipe, first, path, read_onnx, read_samples, result, run, tool,
                          write_case)

opt = sys.argv[2]


def compile_with(step, *arguments, fails=False, out="out"):
    """What the report says of the step and the output; of a failure, what is said of it."""
    report = compile_recipe({"prune": [{"sparsify": step}]}, *arguments, fails=fails, out=out)
    return report if fails else (report["steps"][0], report["outputs"]["y"])


write_case()

# What is said of a layer is what NumPy says of the weights that are written.
for method in ("magnitude", "second-order"):
    step, output = compile_with({"pattern": "2:4", "method": method}, "--emit=onnx", "--opset=21", out="onnx")
    written, _, tensors = read_onnx("onnx")
    metadata, = written.metadata_props
    assert metadata.key == "graphopt.sparsity" and json.loads(metadata.value)["pattern"] == "2:4", metadata
    up, = (tensors[name] for node in written.graph.node if node.op_type == "MatMul" for name in node.input
           if name in tensors)
    kept = (up.reshape(WIDTH // 4, 4, HIDDEN) != 0).sum(1)
    assert (kept == 2).all(), kept
    layer = step["layers"][0]
    assert layer["node"] == "up" and layer["zeros"] == up.size // 2 and layer["inputs"] == WIDTH, layer
    assert layer["bytes_compressed"] == up.size // 8 + up.size * 2, layer
    if method == "magnitude":
        x = read_samples("calib").astype(np.float64)
        y, z = x @ first, x @ up
        assert abs(layer["sqnr_db"] - 10 * np.log10((y**2).sum() / ((y - z)**2).sum())) < 0.5, layer
        assert abs(layer["cosine"] - (y * z).sum() / np.linalg.norm(y) / np.linalg.norm(z)) < 0.01, layer
        plain = step, output
better = [new["sqnr_db"] - old["sqnr_db"] for new, old in zip(step["layers"], plain[0]["layers"])]
assert better[0] > 3 and better[1] > 0, better
assert output["sqnr_db"] > plain[1]["sqnr_db"] + 1, (output, plain)

# The pass alone, from a file of statistics.
run(tool, "statistics", path("model.onnx"), "--calib", path("calib"), "--gram", "-o", path("s"))
done = run(opt, path("model.onnx"), "--graph-eliminate-dead-nodes", "--graph-sparsify="
           f"pattern=1x16 ratio=0.75 keep=down statistics={path('s.json')}", "-o", path("sparse.mlir"))
assert "75.0% of its weights are zero" in done.stderr and "left alone: it is to be kept" in done.stderr, done.stderr

# Stored without zeros where that is smaller: the same numbers.
step, _ = compile_with({"ratio": 0.9}, "--emit=shared")
expected = result("out")
_ = compile_with({"ratio": 0.9}, "--emit=onnx", "--opset=21", out="onnx")
written = read_onnx("onnx")[0]
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
