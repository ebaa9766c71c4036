"""A model with weights that are packed for a CPU, and with some that are not."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(3)
table = random.standard_normal((50, 72)).astype(np.float32)
panels = random.standard_normal((72, 72)).astype(np.float32) / 9
ids = np.array([3, 0, 49, 7], np.int64)
graph = helper.make_graph(
    [helper.make_node("Gather", ["table", "ids"], ["rows"]),
     helper.make_node("MatMul", ["rows", "panels"], ["y"])], "net",
    [helper.make_tensor_value_info("ids", TensorProto.INT64, [4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 72])],
    [numpy_helper.from_array(table, "table"), numpy_helper.from_array(panels, "panels")])
folder = sys.argv[1]
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10),
          os.path.join(folder, "net.onnx"))
np.savez(os.path.join(folder, "in.npz"), ids=ids)
np.savez(os.path.join(folder, "out.npz"), y=(table[ids].astype(np.float64) @ panels).astype(np.float32))
