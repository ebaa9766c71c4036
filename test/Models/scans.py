# RUN: %python %s
"""The scan output of a loop that a condition ends grows with the turns: in memory of
about its size, and in time that each turn takes alike."""
import os
import resource
import tempfile
import time

import graphopt
import models
import numpy as np
import onnx
from onnx import TensorProto, helper

FLOAT, BOOL, INT64 = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64


def counting():
    """1, 2, 3, ... up to a limit, a row of `width` each; as many turns as the limit says."""
    def value(name, dtype, shape=()):
        return helper.make_tensor_value_info(name, dtype, shape)
    body = helper.make_graph(
        [helper.make_node("Add", ["v", "one"], ["v_"]), helper.make_node("Less", ["v_", "limit"], ["go"]),
         helper.make_node("Mul", ["ones", "v_"], ["row"])],
        "body", [value("i", INT64), value("c", BOOL), value("v", FLOAT)],
        [value("go", BOOL), value("v_", FLOAT), value("row", FLOAT, [4])])
    constants = [helper.make_tensor("one", FLOAT, [], [1.0]), helper.make_tensor("ones", FLOAT, [4], [1.0] * 4),
                 helper.make_tensor("zero", FLOAT, [], [0.0])]
    graph = helper.make_graph(
        [helper.make_node("Loop", ["", "", "zero"], ["last", "rows"], body=body)], "counting",
        [value("limit", FLOAT)], [value("last", FLOAT), value("rows", FLOAT, [None, 4])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def seconds(model, turns):
    """The least CPU time of three runs, whose results are right."""
    times = []
    for _ in range(3):
        start = time.process_time()
        last, rows = model(np.float32(turns)).values()
        times.append(time.process_time() - start)
        assert last == turns and rows.shape == (turns, 4)
        assert np.array_equal(rows[:, 2], np.arange(1, turns + 1, dtype=np.float32))
    return min(times)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.onnx")
    onnx.save(counting(), path)
    models.Compiled(path, folder, "--name", "counting", "--emit=shared")
    model = graphopt.load(os.path.join(folder, "libcounting.so"))
    seconds(model, 10)
    before = peak()
    short, long = seconds(model, 10_000), seconds(model, 160_000)
    grown, rows = peak() - before, 160_000 * 16
    print(f"{short:.4f} s, {long:.4f} s, {grown >> 10} KiB for {rows >> 10} KiB of rows")
    # The buffer, the one before it while it grows, the result, numpy's comparison.
    assert grown <= 8 * rows + (4 << 20), "rows of earlier turns are kept more than once"
    assert long <= 64 * max(short, 1e-4), "a turn takes longer the more came before it"
