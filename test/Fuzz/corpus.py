"""Writes ONNX's own tests of operators as a corpus for the fuzzers: models, or the images of
ImageDecoder's.

  corpus.py import|decoders DIR
"""
import os
import sys
import warnings

import onnx
from onnx.backend.test.loader import load_model_tests

warnings.filterwarnings("ignore")
what, folder = sys.argv[1:]
os.makedirs(folder, exist_ok=True)


def write(name, data):
    if len(data) <= 1 << 14:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


for kind in ("node", "simple", "pytorch-converted", "pytorch-operator"):
    for case in load_model_tests(kind=kind):
        if what == "import":
            model = case.model or onnx.load(os.path.join(case.model_dir, "model.onnx"))
            write(case.name, model.SerializeToString())
        elif case.name.startswith("test_image_decoder"):
            write(case.name, case.data_sets[0][0][0].tobytes())
