# RUN: %python %s %build/test/Export/export-round-trip %t.tmp %root/test
"""Models that are exported and imported again are the same graph: ONNX's own tests of
operators, the models of this folder and of test/Import, networks as in test/Models."""
import glob
import os
import shutil
import subprocess
import sys
import warnings

import onnx
from onnx.backend.test.loader import load_model_tests

TOOL, FOLDER, TESTS = sys.argv[1:4]
LEAST_READ = 700  # of ONNX's tests, so that this one does not pass by reading none
# Attention with some masks, lengths or a past is read as several ops; the op among them that
# is written as Attention is read as several, too. Capped scores with a mask are not written. The walk down a tree is
# written as the operators that take its steps, a look-up of strings as comparisons with all keys.
SEVERAL = ("test_attention", "test_ai_onnx_ml_label_encoder", "test_ai_onnx_ml_tree_ensemble", "test_strnormalizer")
MOST_SEVERAL = 47
sys.path.append(os.path.join(TESTS, "Models"))
import nets  # noqa: E402


def save(model, name):
    path = os.path.join(FOLDER, name + ".onnx")
    onnx.save(model, path)
    return path


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
warnings.simplefilter("ignore")
# Expanded variants hold other operators' nodes.
node_tests = [save(case.model or onnx.load(os.path.join(case.model_dir, "model.onnx")), case.name)
              for case in load_model_tests(kind="node") if not case.name.endswith("_expanded")]
whole = [save(getattr(nets, name)(), name)
         for name in ("transformer", "resnet", "mobilenet", "decoder", "unet", "tagger")]
whole += sorted(glob.glob(os.path.join(TESTS, "Import", "*.onnxtxt")) +
                glob.glob(os.path.join(TESTS, "Export", "*.onnxtxt")))
# Gradients are differentiated before a model is written.
whole.remove(os.path.join(TESTS, "Import", "gradient.onnxtxt"))

models = node_tests + whole
done = subprocess.run([TOOL, os.path.join(FOLDER, "exported")], input="\n".join(models) + "\n", text=True,
                      capture_output=True, timeout=600)
lines = done.stdout.splitlines()
unlike = [(os.path.basename(model), line) for model, line in zip(models, lines) if line not in ("ok", "unread")]
several = [name for name, line in unlike if name.startswith(SEVERAL)
           and ("differs" in line or "capped scores with a mask" in line)]
problems = [f"{name}: {line}" for name, line in unlike if name not in several]
if len(several) > MOST_SEVERAL:
    problems.append(f"{len(several)} cases differ: {several}")
if done.returncode or len(lines) != len(models):
    problems.append(f"exit code {done.returncode} after {len(lines)} of {len(models)} models: {done.stderr[-1000:]}")
problems += [f"{os.path.basename(model)} is not read" for model, line in zip(models, lines)
             if model in whole and line == "unread"]
read = lines.count("ok")
if read < LEAST_READ:
    problems.append(f"only {read} models were read")
print("\n".join(problems) or f"{read} models")
sys.exit(bool(problems))
