#!/usr/bin/env python3
"""Quantizes models as users of the peers do, to measure beside ours.

  quantize_peers.py -o OUT [--recipe FILE [--graphopt TOOL]] MODEL_DIR...

For each MODEL_DIR, a folder as compare.py takes it, OUT gets one of the same name with the
inputs, outputs and model.onnx, and, made by ONNX Runtime's quantizer:

  qdq.onnx      quantize_linear/dequantize_linear, u8 by s8 a channel, MinMax of the inputs.
                Of products only what goes in is quantized, of convolutions what comes out, too:
                what is fastest in each
  dynamic.onnx  products of bytes whose grid is made at run time

and with --recipe, made by `graphopt compile --emit=onnx` on the inputs as samples:

  recipe.onnx   the recipe's model

The inputs are those that the speed is measured on: this says nothing about accuracy.
"""
import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnx.version_converter
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

PRODUCTS, CONVOLUTIONS = ["MatMul", "Gemm"], ["Conv", "Add", "MaxPool", "GlobalAveragePool"]


class Samples(quantization.CalibrationDataReader):
    def __init__(self, folder):
        self.files = iter(sorted(glob.glob(os.path.join(folder, "inputs_*.npz"))))

    def get_next(self):
        for file in self.files:
            with np.load(file) as arrays:
                return dict(arrays)
        return None


def quantize(source, target):
    model = onnx.load(os.path.join(source, "model.onnx"))
    has_convolutions = any(node.op_type == "Conv" for node in model.graph.node)
    if next(opset.version for opset in model.opset_import if not opset.domain) < 13:
        model = onnx.version_converter.convert_version(model, 13)  # a scale a channel
    targets = PRODUCTS + (CONVOLUTIONS if has_convolutions else [])
    with tempfile.TemporaryDirectory() as scratch:
        recent, prepared = (os.path.join(scratch, name) for name in ("recent.onnx", "model.onnx"))
        onnx.save(model, recent)
        quant_pre_process(recent, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared, os.path.join(target, "qdq.onnx"), Samples(source), per_channel=True,
            op_types_to_quantize=targets, weight_type=quantization.QuantType.QInt8,
            activation_type=quantization.QuantType.QUInt8,
            extra_options={"MatMulConstBOnly": True, "QDQDisableWeightAdjustForInt32Bias": True,
                           "OpTypesToExcludeOutputQuantization": PRODUCTS})
        quantization.quantize_dynamic(
            prepared, os.path.join(target, "dynamic.onnx"), per_channel=True,
            op_types_to_quantize=["MatMul"], weight_type=quantization.QuantType.QInt8)


def follow(recipe, tool, source, target):
    """The recipe's model; samples are given thrice, each split has to have some."""
    with tempfile.TemporaryDirectory() as scratch:
        files = sorted(glob.glob(os.path.join(source, "inputs_*.npz")))
        splits = []
        for number, split in enumerate(("calib", "select", "eval")):
            folder = os.path.join(scratch, split)
            os.makedirs(folder)
            shutil.copy(files[number % len(files)], folder)
            splits.append(f"--{split}={folder}")
        out = os.path.join(scratch, "out")
        subprocess.run([tool, "compile", os.path.join(source, "model.onnx"), "-o", out, "--emit=onnx",
                        "--quiet", "--recipe", recipe, *splits], check=True)
        shutil.copy(os.path.join(out, "model.onnx"), os.path.join(target, "recipe.onnx"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL_DIR")
    parser.add_argument("-o", required=True, dest="out", metavar="OUT")
    parser.add_argument("--recipe")
    parser.add_argument("--graphopt", default="graphopt")
    options = parser.parse_args()
    failed = []
    for source in options.models:
        target = os.path.join(options.out, os.path.basename(os.path.normpath(source)))
        os.makedirs(target, exist_ok=True)
        for file in glob.glob(os.path.join(source, "*puts_*.npz")) + [os.path.join(source, "model.onnx")]:
            shutil.copy(file, target)
        try:
            quantize(source, target)
            if options.recipe:
                follow(options.recipe, options.graphopt, source, target)
        except Exception as problem:  # a quantizer's, of whatever kind
            failed.append(f"{source}: {type(problem).__name__}: {problem}")
    for problem in failed:
        print(problem, file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
