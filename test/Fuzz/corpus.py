"""Writes ONNX's own tests of operators as a corpus for the fuzzers.

  corpus.py DIR
"""
import os
import sys
import warnings

import onnx
from onnx.backend.test.loader import load_model_tests

warnings.filterwarnings("ignore")
folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
for kind in ("node", "simple", "pytorch-converted", "pytorch-operator"):
    for case in load_model_tests(kind=kind):
        model = case.model or onnx.load(os.path.join(case.model_dir, "model.onnx"))
        data = model.SerializeToString()
        if len(data) <= 1 << 14:
            with open(os.path.join(folder, case.name), "wb") as file:
                file.write(data)
