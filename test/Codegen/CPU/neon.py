# RUN: %python %s graphopt %t
"""Softmax, GELU, LayerNormalization and a product for NEON: loops over vectors, and no
call of the C library, which would take an element at a time."""
import os
import re
import subprocess
import sys

import onnx
from onnx import parser

tool, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)

# name -> (body, instructions that its loops must hold)
MODELS = {
    "relu": ("y = Relu (x)", set()),  # first: what it calls the others may call, too
    "softmax": ("y = Softmax <axis = -1> (x)", {"fmla", "fdiv"}),
    "gelu": ("y = Gelu (x)", {"fmla", "fdiv"}),
    "tanh_gelu": ('y = Gelu <approximate = "tanh"> (x)', {"fmla", "fdiv"}),
    "layer_norm": ("y = LayerNormalization <axis = -1> (x, scale)", {"fmul", "fadd"}),
    "dense": ("s = MatMul (x, weight) z = Add (s, scale) y = Gelu (z)", {"fmla", "fdiv"}),
}
ONES = ", ".join(["1"] * 64)
VECTOR = re.compile(r"\s(f[a-z]+)\s+v\d+\.4s")


def compile_model(name, body, rows):
    weights = f"float[64] scale = {{{ONES}}}, float[64, 64] weight = {{{', '.join([ONES] * 64)}}}"
    model = parser.parse_model(f"""<ir_version: 10, opset_import: ["" : 20]>
        net (float[{rows}, 64] x) => (float[{rows}, 64] y) <{weights}> {{ {body} }}""")
    path, folder = os.path.join(out, f"{name}.onnx"), os.path.join(out, f"{name}_{rows}")
    onnx.save(model, path)
    files = subprocess.run([tool, "compile", path, "-o", folder, "--emit=object", "--cpu=neon"], check=True,
                           capture_output=True, text=True).stdout.split()
    (code,) = [file for file in files if os.path.basename(file) == f"{name}.o"]
    return code


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


allowed = {"memcpy", "memmove", "memset"}
for name, (body, wanted) in MODELS.items():
    for rows in ("7", "rows"):
        code = compile_model(name, body, rows)
        called = {line.split()[-1] for line in run("llvm-nm", "--undefined-only", code).splitlines()}
        called = {symbol for symbol in called if not symbol.startswith(name)}
        if name == "relu":  # that of the runtime
            allowed |= called
        assert called <= allowed, f"{name} of {rows} rows calls {called - allowed}"
        found = set(VECTOR.findall(run("llvm-objdump", "-d", "--no-show-raw-insn", code)))
        assert wanted <= found, f"{name} of {rows} rows lacks {wanted - found}: {found}"
        print(name, rows, sorted(found))
