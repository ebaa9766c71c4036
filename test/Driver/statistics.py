# `statistics` observes values on samples; padding does not count. The reference is
# NumPy.
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
weight = random.standard_normal((4, 6)).astype(np.float32)


def path(*names):
    return os.path.join(folder, *names)


def model():
    dims = ["batch", "seq"]
    nodes = [helper.make_node("Relu", ["x"], ["a"], name="layer/Relu"),
             helper.make_node("MatMul", ["a", "w"], ["b"], name="layer/MatMul"),
             helper.make_node("Cast", ["attention_mask"], ["m"], name="mask/Cast", to=TensorProto.FLOAT),
             helper.make_node("Unsqueeze", ["m", "last"], ["u"], name="mask/Unsqueeze"),
             helper.make_node("Mul", ["b", "u"], ["y"], name="mask/Mul")]
    graph = helper.make_graph(
        nodes, "observed",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [*dims, 4]),
         helper.make_tensor_value_info("attention_mask", TensorProto.INT64, dims)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [*dims, 6])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(np.array([-1]), "last")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10),
              path("model.onnx"))


def run(*arguments):
    return subprocess.run([tool, "statistics", path("model.onnx"), *arguments], capture_output=True, text=True)


def close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-6)


model()
os.mkdir(path("calib"))
rows = []
for sample, (batch, seq) in enumerate([(1, 3), (2, 5), (3, 2)]):
    x = random.standard_normal((batch, seq, 4)).astype(np.float32)
    mask = (random.random((batch, seq)) > 0.4).astype(np.int64)
    rows.append(np.maximum(x, 0)[mask > 0])
    if sample < 2:
        np.savez(path("calib", f"{sample}.npz"), x=x, attention_mask=mask)
    else:  # ONNX's test data goes in by position
        os.mkdir(path("calib", "test_data_set_0"))
        for i, tensor in enumerate([x, mask]):
            with open(path("calib", "test_data_set_0", f"input_{i}.pb"), "wb") as file:
                file.write(numpy_helper.from_array(tensor).SerializeToString())
rows = np.concatenate(rows).astype(np.float64)

done = run("--calib", path("calib"), "-o", path("s"), "--gram")
assert done.returncode == 0 and done.stderr == "", done
assert done.stdout.split() == [path("s.json"), path("s.npz")], done.stdout
with open(path("s.json"), encoding="utf-8") as file:
    statistics = json.load(file)
assert statistics["samples"] == 3 and statistics["mask"] == "attention_mask"
value, = statistics["values"].values()
arrays = np.load(path("s.npz"))
assert list(statistics["values"]) == ["layer/Relu"], "what the product reads"
assert value["rows"] == len(rows) and value["count"] == rows.size
close([value["mean"], value["min"], value["max"]], [rows.mean(), rows.min(), rows.max()])
close(arrays["layer/Relu/channel_squares"], (rows**2).sum(0))
close(arrays["layer/Relu/gram"], rows.T @ rows)
assert arrays["layer/Relu/histogram"].sum() == rows.size

# Any value by its node's name, without the mask.
done = run("--calib", path("calib"), "-o", path("t"), "--value", "layer/MatMul", "--value", "x")
assert done.returncode == 0, done
with open(path("t.json"), encoding="utf-8") as file:
    values = json.load(file)["values"]
assert sorted(values) == ["layer/MatMul", "x"], values


def fails(message, *arguments):
    result = run("-o", path("none"), *arguments)
    assert result.returncode == 2 and message in result.stderr, (message, result)
    assert not os.path.exists(path("none.json")), "nothing is half-written"


fails("--calib is missing")
fails("the model has no value 'nobody'", "--calib", path("calib"), "--value", "nobody")
os.mkdir(path("empty"))
fails("holds no samples", "--calib", path("empty"))
fails("there is no input 'pad' to tell padding", "--calib", path("calib"), "--calib-mask", "pad")
os.mkdir(path("wrong"))
np.savez(path("wrong", "a.npz"), x=np.zeros((1, 2, 5), np.float32), attention_mask=np.ones((1, 2), np.int64))
fails("a.npz': input 'x' (float batchxseqx4) is given as float 1x2x5", "--calib", path("wrong"))
