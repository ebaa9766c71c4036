# RUN: %python %s %t
"""What checks models on a card (tools/dev/gpu-check.sh), on the emulated GPU: right results pass, wrong ones fail."""
import json
import os
import shutil
import sys

import emulator
import graphopt
import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "dev"))
import gpu_cases  # noqa: E402
import gpu_check  # noqa: E402

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
names = {"product_70x33x45_f32", "product_3x77x50_tf32", "conv_2x5x13_9x3s2_f16", "attention_2x3x33x40_causal_f32"}
cases = [case for case in gpu_cases.all_cases() if case.name in names]
assert len(cases) == len(names) and all(case.is_small for case in cases)
gpu_cases.all_cases = lambda: cases


def compile(model, output=None, **options):
    """The emulated kernels go beside the library."""
    if output is None:
        return graphopt.compile(model)
    assert options == {"target": "cuda", "sm": "80,90", "precision": options["precision"]}
    os.makedirs(output)
    emulator.compile(model, precision=options["precision"], keep=output)


def load(path):
    os.environ["GRAPHOPT_EMULATED"] = os.path.join(path, "kernels.so")
    return graphopt.load(path)


port = graphopt.Port("x", ("n", 3), np.dtype("int64"), 0)
assert gpu_check.feeds([port])[0].shape == (16, 3)  # an open dim
gpu_check.prepare(folder, [], True, compile)
assert {"gpu_check.py", "gpu_peers.py", "graphopt", "cases.json"} <= set(os.listdir(folder))
gpu_check._small_again = lambda *arguments, **environment: {"status": "passed"}  # by other drivers than the emulated one
results = os.path.join(folder, "results.json")
assert gpu_check.run(folder, results, 20, None, load) == 0
with open(results) as file:
    report = json.load(file)
assert {name: case["status"] for name, case in report["cases"].items()} == dict.fromkeys(names, "passed")
assert all(case["error"] < 2e-3 for case in report["cases"].values()), report

stored = os.path.join(folder, "product_70x33x45_f32.npz")
np.savez(stored, y0=np.load(stored)["y0"] + 1)
assert gpu_check.run(folder, results, 20, None, load) == 1
with open(os.path.join(folder, "cases.json")) as file:
    assert gpu_check.run_small(folder, json.load(file), load) == ["product_70x33x45_f32"]
