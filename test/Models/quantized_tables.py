# RUN: %python %s %t
"""Rows of quantized tables equal ONNX's reference, and the library holds the table's bytes."""
import os
import shutil
import sys

import graphopt
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

FOLDER = sys.argv[1]
WORDS, WIDTH = 2048, 256
shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
rng = np.random.default_rng(3)
table = rng.integers(-127, 128, (WORDS, WIDTH), dtype=np.int8)
GRIDS = {  # scale, zero point, attributes of DequantizeLinear
    "row": (rng.uniform(0.01, 0.02, WORDS), True, {"axis": 0}),
    "column": (rng.uniform(0.01, 0.02, WIDTH), True, {"axis": 1}),
    "one": (np.array(0.01), False, {}),
    "block": (rng.uniform(0.01, 0.02, (WORDS, WIDTH // 32)), True, {"axis": 1, "block_size": 32}),
}
IDS = {"flat": ["n"], "batch": ["b", "s"], "single": []}
positions = {"flat": np.array([0, 5, -1, WORDS - 1, 77]), "batch": rng.integers(0, WORDS, (3, 4)),
             "single": np.array(9)}

problems = []
for name, (scale, has_zero, attributes) in GRIDS.items():
    scale = np.float32(scale)
    constants = {"table": table, "scale": scale}
    if has_zero:
        constants["zero"] = rng.integers(-9, 10, scale.shape, dtype=np.int8)
    nodes = [helper.make_node("DequantizeLinear", list(constants), ["d"], **attributes)]
    outputs = []
    for ids, dims in IDS.items():
        nodes.append(helper.make_node("Gather", ["d", ids], [f"of_{ids}"], axis=0))
        outputs.append(helper.make_tensor_value_info(f"of_{ids}", TensorProto.FLOAT, dims + [WIDTH]))
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info(ids, TensorProto.INT64, dims) for ids, dims in IDS.items()],
        outputs, [numpy_helper.from_array(value, key) for key, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path = os.path.join(FOLDER, f"{name}.onnx")
    onnx.save(model, path)
    library = os.path.join(FOLDER, name)
    compiled = graphopt.compile(path, library)
    for key, got, want in zip(IDS, compiled(**positions).values(),
                              ReferenceEvaluator(model).run(None, positions)):
        if got.shape != want.shape or not np.allclose(got, want, rtol=1e-6, atol=0):
            problems.append(f"{name}: {key} differs")
    size = sum(os.path.getsize(os.path.join(library, file)) for file in os.listdir(library))
    if size > 1.5 * table.nbytes:
        problems.append(f"{name}: {size} bytes for a table of {table.nbytes}")
print("\n".join(problems) or f"{len(GRIDS)} grids")
sys.exit(bool(problems))
