# RUN: %python %s
"""The emulator sees it if any barrier of a product's kernel is left out."""
import os
import subprocess

import emulator
import numpy as np
from launcher import Kernels, difference, problem_of

LOWER = ("builtin.module(gpu.module(canonicalize,cse,expand-strided-metadata,lower-affine,convert-scf-to-cf,"
         "arith-expand,graphopt-convert-to-nvvm,reconcile-unrealized-casts,canonicalize,cse))")
random = np.random.default_rng(0)


def expand(m, k, n, precision):
    text = f"""
func.func private @product(%a: memref<{m}x{k}xf32>, %b: memref<{k}x{n}xf32>, %c: memref<{m}x{n}xf32>) {{
  kernel.matmul ins(%a, %b : memref<{m}x{k}xf32>, memref<{k}x{n}xf32>) outs(%c : memref<{m}x{n}xf32>) {{
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }}
  return
}}"""
    passes = (f"builtin.module(func.func(graphopt-expand-gpu-kernels{{precision={precision}}},canonicalize,cse),"
              "graphopt-map-to-gpu)")
    tool = os.path.join(emulator.BUILD, "bin", "graphopt-opt")
    done = subprocess.run([tool, "-", f"--pass-pipeline={passes}"], input=text, text=True, check=True,
                          capture_output=True).stdout
    return done[done.index("gpu.module"):done.rindex("}")]  # without the host's functions


def check(m, k, n, precision, blocks, threads, tolerance):
    text = expand(m, k, n, precision)
    a, b = random.standard_normal((m, k), np.float32), random.standard_normal((k, n), np.float32)

    def problem(lines):
        kernels = Kernels("\n".join(lines), LOWER)

        def once(schedule):
            c = kernels.launch("product", blocks, threads, [a, b, np.zeros((m, n), np.float32)], schedule=schedule)[2]
            return difference(c, a.astype(np.float64) @ b, tolerance)
        return problem_of(once)

    lines = text.splitlines()
    found = problem(lines)
    assert not found, found
    barriers = [i for i, line in enumerate(lines) if "gpu.barrier" in line]
    assert barriers
    for i in barriers:
        assert problem(lines[:i] + lines[i + 1:]), f"nothing is wrong without the barrier of line {i}"


check(40, 70, 33, "f32", 4, 64, 1e-5)
check(40, 70, 65, "f16", 4, 128, 5e-3)
check(3, 70, 40, "f32", 2, 256, 1e-5)
