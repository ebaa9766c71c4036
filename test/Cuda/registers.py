# RUN: %python %s
"""ptxas, where there is one, finds registers for every form of a product; and PTX has the instructions that it is for."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

import emulator
import numpy as np
from onnx import TensorProto, helper, numpy_helper

PTXAS = shutil.which("ptxas") or next(
    (p for p in (os.path.join(f, "bin", "ptxas") for f in (os.environ.get("CUDA_HOME"), "/usr/local/cuda") if f)
     if os.path.exists(p)), None)


def compile_ptx(node, inputs, weights, folder, sms, *flags):
    """The PTX of a model of one node for each GPU."""
    names = list(inputs) + list(weights)
    graph = helper.make_graph(
        [helper.make_node(node.pop("type"), names, ["y"], **node)], "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info("y", next(iter(inputs.values()))[0], None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()])
    path = os.path.join(folder, "model.onnx")
    with open(path, "wb") as file:
        file.write(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)],
                                     ir_version=10).SerializeToString())
    out = os.path.join(folder, "out")
    subprocess.run([os.path.join(emulator.BUILD, "bin", "graphopt"), "compile", path, "-o", out, "--target=cuda",
                    f"--sm={','.join(map(str, sms))}", "--emit=ptx", "--quiet", *flags], check=True,
                   env={**os.environ, **emulator.toolkit(os.path.join(folder, "toolkit"))})
    return sorted(glob.glob(os.path.join(out, "*.ptx")))


def check(node, inputs, weights, wanted, *flags, sms=(80,)):
    """PTX for sm_80 is assembled for later ones, too: their drivers may have to."""
    with tempfile.TemporaryDirectory(prefix="graphopt-ptxas-") as folder:
        for path in compile_ptx(dict(node), inputs, weights, folder, sms, *flags):
            with open(path) as file:
                ptx = file.read()
            target = re.search(r"\.target (\w+)", ptx)[1]
            assert ".extern .func" not in ptx
            for instruction in wanted:
                assert re.search(instruction, ptx), f"{node} {target}: no {instruction}"
            for arch in (target, "sm_90") if target == "sm_80" else (target,):
                if PTXAS:
                    check_registers(path, arch, f"{node} {flags}")


def check_registers(path, arch, what):
    log = subprocess.run([PTXAS, "-v", f"-arch={arch}", path, "-o", os.devnull], check=True, capture_output=True,
                         text=True)
    log = log.stdout + log.stderr
    spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log)
    assert spills and all(spill == ("0", "0") for spill in spills), f"{what} {arch}: {log}"
    assert "serialized" not in log, f"{what} {arch}: {log}"  # wgmma that waits for each other


def product(m, k, n, wanted, *flags, kind=TensorProto.FLOAT, **options):
    weight = np.ones((k, n), helper.tensor_dtype_to_np_dtype(kind))
    check({"type": "MatMul"}, {"x": (kind, [m, k])}, {"w": weight}, wanted, *flags, **options)


FMA, RUNS = r"fma\.rn\.f32", r"ld\.shared\.v4"
product(2048, 512, 1024, [FMA, RUNS, r"ld\.global\.v4"])
product(512, 512, 1024, [FMA, RUNS])
product(128, 384, 384, [FMA, RUNS])
product(128, 383, 381, [FMA, RUNS])
product(1, 384, 384, [FMA, r"shfl\.sync\.bfly"])
product("m", 384, 1536, [FMA, RUNS, r"shfl\.sync\.bfly"])
for precision, shape in ("tf32", "m16n8k8"), ("f16", "m16n8k16"), ("bf16", "m16n8k16"):
    mma = rf"mma\.sync\.aligned\.{shape}\.row\.col\.f32\.{precision}\.{precision}\.f32"
    for sizes in (2048, 512, 1024), (512, 512, 1024), (128, 384, 384), (128, 383, 381):
        product(*sizes, [mma, r"ldmatrix\.sync\.aligned\.m8n8\.x4"], f"--precision={precision}")
for kind in TensorProto.FLOAT16, TensorProto.BFLOAT16:
    for sizes in (2048, 512, 1024), (512, 512, 1024), (128, 384, 384):
        product(*sizes, [r"mma\.sync", r"cp\.async\.cg", r"ldmatrix\.sync\.aligned\.m8n8\.x4\.trans"], kind=kind)
    product(128, 383, 381, [r"mma\.sync"], kind=kind)
    for *sizes, columns in (4096, 512, 4096, 256), (4096, 512, 1024, 128), (128, 384, 384, 64):
        product(*sizes, [rf"wgmma\.mma_async\.sync\.aligned\.m64n{columns}k16", r"cp\.async\.bulk\.tensor\.2d\.shared::cluster\.global\.(tile\.)?mbarrier",
                         r"mbarrier\.try_wait\.parity", r"\.param \.align 64 \.b8 \w+\[128\]",
                         r"\.extern \.shared \.align 1024"], kind=kind, sms=(90,))
for depth in 32, 64, 100, 256:
    tensor = (TensorProto.FLOAT, [1, 4, 128, depth])
    check({"type": "Attention", "is_causal": 1}, {"q": tensor, "k": tensor, "v": tensor}, {}, [FMA, r"shfl\.sync\.idx"])
    if depth <= 128:
        check({"type": "Attention", "is_causal": 1}, {"q": tensor, "k": tensor, "v": tensor}, {},
              [r"mma\.sync", r"ldmatrix\.sync\.aligned\.m8n8\.x4\.trans", r"ldmatrix\.sync\.aligned\.m8n8\.x4\.shared"],
              "--precision=f16")
for width in 384, 4096:
    check({"type": "LayerNormalization"}, {"x": (TensorProto.FLOAT, ["n", width]), "scale": (TensorProto.FLOAT, [width])},
          {}, [r"shfl\.sync\.bfly", r"rsqrt|sqrt"])
    check({"type": "Softmax"}, {"x": (TensorProto.FLOAT, [64, width])}, {}, [r"shfl\.sync\.bfly", FMA])
filters = np.ones((128, 64, 3, 3), np.float32)
for flags, wanted in ((), [FMA, RUNS]), (("--precision=f16",), [r"mma\.sync"]):
    check({"type": "Conv", "pads": [1, 1, 1, 1]}, {"x": (TensorProto.FLOAT, [4, 64, 56, 56])}, {"w": filters},
          wanted, *flags)
    if flags:  # windows are no boxes of the image
        check({"type": "Conv", "pads": [1, 1, 1, 1]}, {"x": (TensorProto.FLOAT, [4, 64, 56, 56])}, {"w": filters},
              [r"wgmma\.mma_async", r"cp\.async\.cg"], *flags, sms=(90,))
for strides in [1, 1], [2, 2]:
    check({"type": "Conv", "pads": [1, 1, 1, 1], "group": 96, "strides": strides},
          {"x": (TensorProto.FLOAT, [8, 96, 112, 112])}, {"w": np.ones((96, 1, 3, 3), np.float32)},
          [FMA, r"ld\.global\.v4", r"st\.global\.v4"])
