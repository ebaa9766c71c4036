"""make-model.py DIR [--wrong]: a small model with its inputs and outputs, which are wrong on demand."""
import os
import sys

import numpy as np
import onnx
from onnx import parser, reference

folder = sys.argv[1]
os.makedirs(folder)
model = parser.parse_model("""<ir_version: 10, opset_import: ["" : 21]>
net (float[2, 4] x) => (float[2, 4] y) <float[4] w = {0.5, -1, 2, 3}> { a = Mul(x, w)  y = Tanh(a) }""")
onnx.save(model, os.path.join(folder, "model.onnx"))
inputs = {"x": np.arange(8, dtype=np.float32).reshape(2, 4) / 8}
y, = reference.ReferenceEvaluator(model).run(None, inputs)
np.savez(os.path.join(folder, "inputs_0.npz"), **inputs)
np.savez(os.path.join(folder, "outputs_0.npz"), y=y + ("--wrong" in sys.argv))
