# REQUIRES: compile
# RUN: %python %s graphopt %t
"""Attention gives the same bits for any number of threads, and those are right."""
import os
import subprocess
import sys

import numpy as np

tool, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
MODEL = """
module attributes {graph.model = "attention", graph.open_dims = ["m", "n"], graph.stage = "import"} {
func.func @main(%q: tensor<2x?x8x24xf32> {graph.dims = ["", "m", "", ""], graph.dtype = "float", graph.name = "q"},
                %k: tensor<2x?x2x24xf32> {graph.dims = ["", "n", "", ""], graph.dtype = "float", graph.name = "k"},
                %v: tensor<2x2x?x40xf32> {graph.dims = ["", "", "n", ""], graph.dtype = "float", graph.name = "v"},
                %m: tensor<2x1x1x?xf32> {graph.dims = ["", "", "", "n"], graph.dtype = "float", graph.name = "m"})
    -> (tensor<2x8x?x40xf32> {graph.dims = ["", "", "m", ""], graph.dtype = "float", graph.name = "y"}) {
  %qt = graph.transpose %q permutation = [0, 2, 1, 3] : tensor<2x?x8x24xf32>
  %kt = graph.transpose %k permutation = [0, 2, 1, 3] : tensor<2x?x2x24xf32>
  %y = graph.attention %qt, %kt, %v mask %m scale = 0.25 causal = bottom_right
      : tensor<2x8x?x24xf32>, tensor<2x2x?x24xf32>, tensor<2x2x?x40xf32>, tensor<2x1x1x?xf32>
  return %y : tensor<2x8x?x40xf32>
}
}
"""


def graphopt(*arguments):
    subprocess.run([tool, *arguments], check=True)


def reference(q, k, v, m):
    q, k, v, m = (x.astype(np.float64) for x in (q, k, v, m))
    scores = np.einsum("bmhd,bnhd->bhmn", q, np.repeat(k, 4, 2)) * 0.25 + m
    queries, keys = scores.shape[2:]
    later = np.arange(keys) > np.arange(queries)[:, None] + keys - queries
    scores = np.where(later, -np.inf, scores)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ np.repeat(v, 4, 1)


model = os.path.join(out, "attention.mlir")
with open(model, "w") as file:
    file.write(MODEL)
library = os.path.join(out, "library")
graphopt("compile", model, "-o", library, "--quiet")
random = np.random.default_rng(0)
for queries, keys in ((150, 700), (1, 700), (33, 40)):
    given = {name: random.standard_normal(shape).astype(np.float32) for name, shape in
             {"q": (2, queries, 8, 24), "k": (2, keys, 2, 24), "v": (2, 2, keys, 40), "m": (2, 1, 1, keys)}.items()}
    given["m"][..., 1::3] = -np.inf  # the first key is one that all see
    np.savez(os.path.join(out, "inputs.npz"), **given)
    results = []
    for threads in (1, 2, 3):
        path = os.path.join(out, "outputs.npz")
        graphopt("run", library, "--inputs", os.path.join(out, "inputs.npz"), "--output", path, f"--threads={threads}")
        with np.load(path) as file:
            results.append(file["y"])
    error = np.abs(results[0] - reference(**given)).max()
    assert error < 2e-6, (queries, keys, error)
    for threads, result in zip((2, 3), results[1:]):
        assert result.tobytes() == results[0].tobytes(), (queries, keys, threads)
