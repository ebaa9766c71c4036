# RUN: %python %s %graphopt-opt %t.onnx
"""Dimensions that an exporter calls "?" are not one dimension."""
import subprocess
import sys

import onnx
from onnx import TensorProto, helper

tool, path = sys.argv[1:]
graph = helper.make_graph(
    [helper.make_node("Exp", ["x"], ["y"])], "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["?", "?"])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["?", "?"])])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
text = subprocess.run([tool, path], capture_output=True, text=True, check=True, timeout=60).stdout
assert 'graph.open_dims = ["x_0", "x_1"]' in text, text
assert 'graph.dims = ["x_0", "x_1"]' in text, text
