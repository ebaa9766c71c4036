# `audit A B`: outputs and nodes with weights, alone and as they are in B. The
# reference is NumPy.
# RUN: rm -rf %t && mkdir %t
# RUN: %python %s %graphopt %t
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1:]
random = np.random.default_rng(0)
WIDTH = 16
WEIGHTS = {f"w{i}": random.standard_normal((WIDTH, WIDTH)).astype(np.float32) / 4 for i in range(3)}
WEIGHTS |= {f"b{i}": random.standard_normal(WIDTH).astype(np.float32) for i in range(3)}


def path(*names):
    return os.path.join(folder, *names)


def save(name, weights, first=(), rename=None, start="x"):
    """Three products with biases, Relu after each but the last."""
    nodes, x = [], start
    for i in range(3):
        nodes.append(helper.make_node("MatMul", [x, f"w{i}"], [f"p{i}"], name=f"{i}/MatMul"))
        nodes.append(helper.make_node("Add", [f"p{i}", f"b{i}"], [f"s{i}"], name=f"{i}/Add"))
        x = f"s{i}"
        if i < 2:
            x = f"r{i}"
            nodes.append(helper.make_node("Relu", [f"s{i}"], [x], name=f"{i}/Relu"))
    nodes.append(helper.make_node("Add", [x, "zero"], ["y"], name="y"))
    nodes.append(helper.make_node("ReduceSum", ["attention_mask"], ["count"], name="count", keepdims=0))
    for node in nodes:
        node.name = (rename or {}).get(node.name, node.name)
    graph = helper.make_graph(
        [*first, *nodes], name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "seq", WIDTH]),
         helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "seq"]),
         helper.make_tensor_value_info("zero", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "seq", WIDTH]),
         helper.make_tensor_value_info("count", TensorProto.INT64, [])],
        [numpy_helper.from_array(array, key) for key, array in weights.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path(name))
    return path(name)


def compute(weights, x):
    """What each layer gives, bias included."""
    sums = []
    for i in range(3):
        sums.append((x @ weights[f"w{i}"] + weights[f"b{i}"]).astype(np.float64))
        x = np.maximum(sums[-1], 0)
    return sums


def alone(weights, x, sums):
    inputs = [x, *(np.maximum(s, 0) for s in sums[:2])]
    return [inputs[i] @ weights[f"w{i}"] + weights[f"b{i}"] for i in range(3)]


def sqnr(values, originals):
    return 10 * np.log10(sum((y**2).sum() for y in originals) /
                         sum(((a - b)**2).sum() for a, b in zip(values, originals)))


def audit(first, second, *arguments, code=0):
    done = subprocess.run([tool, "audit", first, second, "--data", path("data"), "--report", path("audit.json"),
                           *arguments], capture_output=True, text=True)
    assert done.returncode == code, (code, done)
    if code == 2:
        return done.stderr
    with open(path("audit.json"), encoding="utf-8") as file:
        return json.load(file), done.stdout


os.mkdir(path("data"))
rows = []
for i in range(4):
    x = random.standard_normal((2, 3 + i, WIDTH)).astype(np.float32)
    mask = np.ones((2, 3 + i), np.int64)
    mask[1, 2:] = 0
    x[mask == 0] = 1000  # padding would be all of the signal
    np.savez(path("data", f"{i}.npz"), x=x, attention_mask=mask, zero=np.zeros(1, np.float32))
    rows.append(x[mask > 0])
original = save("a.onnx", WEIGHTS)

# The middle layer is changed most; the last one only reads what the others made.
changed = dict(WEIGHTS)
for key, size in {"w0": 0.001, "w1": 0.02, "b1": 0.02}.items():
    changed[key] = WEIGHTS[key] + size * random.standard_normal(WEIGHTS[key].shape).astype(np.float32)
other = save("b.onnx", changed)
report, text = audit(original, other, "--per-layer", "--top", "2")
a, b = ([compute(weights, x) for x in rows] for weights in (WEIGHTS, changed))
apart = [alone(changed, x, sums) for x, sums in zip(rows, a)]
assert [layer["name"] for layer in report["layers"]] == ["1/MatMul", "0/MatMul", "2/MatMul"], report["layers"]
for layer in report["layers"]:
    i = int(layer["name"][0])
    expected = sqnr([s[i] for s in b], [s[i] for s in a])
    assert abs(layer["cumulative"]["sqnr_db"] - expected) < 0.01, (layer, expected)
    if i < 2:
        expected = sqnr([s[i] for s in apart], [s[i] for s in a])
        assert abs(layer["isolated"]["sqnr_db"] - expected) < 0.01, (layer, expected)
    else:
        assert layer["isolated"]["sqnr_db"] is None or layer["isolated"]["sqnr_db"] > 100, layer
assert report["not_compared"] == [] and [layer["sensitive"] for layer in report["layers"]] == [True, False, False]
output, = report["outputs"]
assert output["name"] == "y" and output["rows"] == sum(map(len, rows)), output
difference = np.concatenate([s[2] for s in b]) - np.concatenate([s[2] for s in a])
assert abs(output["max_abs"] - abs(difference).max()) < 1e-3, output
same = np.concatenate([s[2] for s in b]).argmax(-1) == np.concatenate([s[2] for s in a]).argmax(-1)
assert abs(output["top1"]["mean"] - same.mean()) < 1e-6, output
assert report["verdict"] == output["verdict"] == "expected" and "verdict: expected" in text, text
assert text.index("1/MatMul") < text.index("0/MatMul") and "2/MatMul" not in text, text

# Verdicts, and what is asked for instead. A bad one names the layer.
db = output["sqnr_db"]
report, text = audit(original, other, "--per-layer", "--warn", str(db + 1), "--expected", str(db + 2), code=1)
assert "verdict: fail; the worst layer by itself is 1/MatMul (matmul)" in text, text
for verdict, limits in {"warn": ["--warn", str(db - 1), "--expected", str(db + 1)], "pass": ["--pass", str(db - 1)]}.items():
    assert audit(original, other, *limits)[0]["verdict"] == verdict
assert audit(original, other, "--warn", "99", "--expected", "99", "--min-top1", str(same.mean() - .01))[0]["verdict"] == "pass"
audit(original, other, "--min-top1", str(same.mean() + .01), code=1)
assert audit(original, other, "--output", "count")[0]["outputs"][0]["sqnr_db"] is None

# Weights stored as integers are weights.
scale = np.abs(WEIGHTS["w0"]).max() / 127
stored = {key: array for key, array in WEIGHTS.items() if key != "w0"}
stored |= {"q": np.rint(WEIGHTS["w0"] / scale).astype(np.int8), "scale": np.float32(scale)}
integers = save("q.onnx", stored, [helper.make_node("DequantizeLinear", ["q", "scale"], ["w0"], name="dequantize")])
report, _ = audit(original, integers, "--per-layer")
rounded = dict(WEIGHTS, w0=stored["q"] * np.float32(scale))
expected = sqnr([alone(rounded, x, sums)[0] for x, sums in zip(rows, a)], [sums[0] for sums in a])
layer = report["layers"][0]
assert layer["name"] == "0/MatMul" and abs(layer["isolated"]["sqnr_db"] - expected) < 0.01, (layer, expected)
report, _ = audit(integers, original, "--per-layer")
assert "0/MatMul" in [layer["name"] for layer in report["layers"]], report
# So are quantizers in front: the loss of what they round is that of the layer behind them.
rounding = [helper.make_node("QuantizeLinear", ["x", "step"], ["xq"], name="quantize"),
            helper.make_node("DequantizeLinear", ["xq", "step"], ["xd"], name="dequantize")]
rounded = save("r.onnx", WEIGHTS | {"step": np.float32(1 / 32)}, rounding, start="xd")
report, _ = audit(original, rounded, "--per-layer", "--warn", "0")
near = [np.clip(np.rint(x * 32), 0, 255).astype(np.float32) / 32 for x in rows]
expected = sqnr([alone(WEIGHTS, x, sums)[0] for x, sums in zip(near, a)], [sums[0] for sums in a])
layer = report["layers"][0]
assert layer["name"] == "0/MatMul" and abs(layer["isolated"]["sqnr_db"] - expected) < 0.01, (layer, expected)
assert all(other["isolated"]["sqnr_db"] is None for other in report["layers"][1:]), report

# A layer of another name or shape is told of, not left out.
renamed = save("renamed.onnx", WEIGHTS, rename={"1/MatMul": "mine", "1/Add": "mine too"})
report, text = audit(original, renamed, "--per-layer")
assert report["not_compared"] == [{"name": "1/MatMul", "reason": "the second model has no such node"}], report
narrow = dict(WEIGHTS, w0=WEIGHTS["w0"][:, :8], b0=WEIGHTS["b0"][:8], w1=WEIGHTS["w1"][:8])
report, text = audit(original, save("narrow.onnx", narrow), "--per-layer", code=1)
assert [layer["name"] for layer in report["not_compared"]] == ["0/MatMul"] and "x8xf32> in the second" in text, text
assert report["layers"][0]["name"] == "1/MatMul", "what reads the narrow layer has its loss"

# Compiled models have outputs only; a NaN is a failure.
subprocess.run([tool, "compile", original, "-o", path("lib"), "--quiet"], check=True)
assert audit(path("lib"), other)[0]["outputs"][0]["sqnr_db"] == db
assert "--per-layer needs the ONNX file" in audit(path("lib"), other, "--per-layer", code=2)
broken = dict(WEIGHTS, b2=WEIGHTS["b2"] * np.float32(np.nan))
report, text = audit(original, save("nan.onnx", broken), code=1)
assert report["outputs"][0]["verdict"] == "fail" and "-inf" in text, text

# Mistakes.
assert "the first model has no output 'z'" in audit(original, other, "--output", "z", code=2)
done = subprocess.run([tool, "audit", original, other], capture_output=True, text=True)
assert done.returncode == 2 and "--data is missing" in done.stderr, done
done = subprocess.run([tool, "audit", original], capture_output=True, text=True)
assert done.returncode == 2 and "audit which two models?" in done.stderr, done
