"""A network of two products, samples of it, and calls of the tool, for tests of recipes.

The arguments of the test are the tool, perhaps others, and the folder."""
import json
import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, folder = sys.argv[1], sys.argv[-1]
random = np.random.default_rng(0)
WIDTH, HIDDEN, OUT = 32, 48, 8
first = random.standard_normal((WIDTH, HIDDEN)).astype(np.float32)
second = random.standard_normal((OUT, HIDDEN)).astype(np.float32)
bias = random.standard_normal(OUT).astype(np.float32)
mixing = random.standard_normal((WIDTH // 2, WIDTH))  # inputs depend on each other
mixing[:, 3] *= 20  # and one is much larger


def path(*names):
    return os.path.join(folder, *names)


def run(*command, fails=False):
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, (command, done)
    return done


def sample(rows):
    return (random.standard_normal((rows, WIDTH // 2)) @ mixing
            + random.standard_normal((rows, WIDTH)) / 8 + 1).astype(np.float32)


def read_samples(part):
    """All rows of one of `calib`, `select` and `eval`."""
    return np.concatenate([np.load(path(part, name))["x"] for name in os.listdir(path(part))])


def compile_recipe(recipe, *arguments, fails=False, out="out", model="model.onnx"):
    """The report; of a failure, what is said of it."""
    with open(path("recipe.json"), "w", encoding="utf-8") as file:
        json.dump({"timing": {"rounds": 0}, **recipe}, file)
    done = run(tool, "compile", path(model), "-o", path(out), "--recipe", path("recipe.json"),
               "--calib", path("calib"), "--select", path("select"), "--eval", path("eval"),
               "--report", path("report.json"), *arguments, fails=fails)
    if fails:
        return done.stderr
    with open(path("report.json"), encoding="utf-8") as file:
        return json.load(file)


def read_onnx(out):
    """The model that was written, the node that makes each tensor, and the constants."""
    model = onnx.load(path(out, "model.onnx"))
    onnx.checker.check_model(model)
    return (model, {name: node for node in model.graph.node for name in node.output},
            {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer})


def result(library):
    """What the library makes of x.npz."""
    run(tool, "run", path(library), "--inputs", path("x.npz"), "--output", path("y.npz"))
    return np.load(path("y.npz"))["y"]


def save(name, nodes, **constants):
    """A model of x and y, and these constants."""
    graph = helper.make_graph(nodes, "two", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", WIDTH])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", None])],
                              [numpy_helper.from_array(array, key) for key, array in constants.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path(name))


def write_case():
    """model.onnx: `up` is a MatMul, `down` a Gemm with its weights transposed. Samples;
    x.npz, whose x is returned."""
    save("model.onnx", [helper.make_node("MatMul", ["x", "first"], ["h"], name="up"),
                        helper.make_node("Relu", ["h"], ["r"], name="relu"),
                        helper.make_node("Gemm", ["r", "second", "bias"], ["y"], name="down", transB=1)],
         first=first, second=second, bias=bias)
    for split, count in (("calib", 10), ("select", 3), ("eval", 4)):
        os.mkdir(path(split))
        for i in range(count):
            np.savez(path(split, f"{i}.npz"), x=sample(40))
    x = sample(9)
    np.savez(path("x.npz"), x=x)
    return x
