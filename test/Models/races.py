# RUN: %python %s %clang %root
"""ThreadSanitizer finds no race in models with two threads: their own code, the
runtime and its pool are all instrumented. It does find one that is made on purpose."""
import os
import re
import subprocess
import sys
import tempfile

import models
import nets
import onnx

CC, ROOT = sys.argv[1:]
HERE = os.path.dirname(os.path.abspath(__file__))
RACE = 66  # ThreadSanitizer's exit code
# Registers of 16 bytes: larger loads and stores are not instrumented.
OPTIONS = ("--cpu=sse4.2", "--weights=file")


def build(model, folder):
    """The program of Inputs/races.c for a model."""
    path = os.path.join(folder, "model.onnx")
    onnx.save(model, path)
    models.Compiled(path, folder, "--name", "plain", *OPTIONS)
    models.Compiled(path, folder, "--name", "watched", "--emit=llvm", *OPTIONS)
    # mlir-translate wants bytecode at aligned addresses.
    text = subprocess.run(["graphopt-opt", os.path.join(folder, "watched.llvm.mlirbc")],
                          capture_output=True, text=True, check=True).stdout
    code = subprocess.run(["mlir-translate", "--mlir-to-llvmir"], input=text,
                          capture_output=True, text=True, check=True).stdout
    code, count = re.subn(r"^(define .*\)) ", r"\1 sanitize_thread ", code, flags=re.M)
    assert count > 3
    path = os.path.join(folder, "watched.ll")
    with open(path, "w") as file:
        file.write(code)
    program = os.path.join(folder, "races")
    subprocess.run([CC, "-O1", "-g", "-fsanitize=thread", "-Wno-override-module", "-march=x86-64-v2",
                    f"-I{ROOT}/include", f"-I{ROOT}/lib/Runtime", path, os.path.join(HERE, "Inputs", "races.c"),
                    f"{ROOT}/lib/Runtime/Bitcode.c", os.path.join(folder, "libplain.a"), "-lm", "-pthread",
                    "-o", program], check=True)
    return program


def run(program, folder, *arguments):
    return subprocess.run([program, os.path.join(folder, "plain.weights"), *map(str, arguments)],
                          capture_output=True, text=True, timeout=600)


def check(model, *sizes):
    with tempfile.TemporaryDirectory() as folder:
        program = build(model, folder)
        done = run(program, folder, *sizes)
        name = model.graph.name
        print(name, done.returncode, done.stdout.strip(), flush=True)
        if done.returncode:
            sys.exit(f"{name}:\n{done.stderr[:4000]}")
        shared = run(program, folder, *sizes, "shared")
        if shared.returncode != RACE or "data race" not in shared.stderr:
            sys.exit(f"{name}: a race is not seen: {shared.returncode} {shared.stderr[:1000]}")


check(nets.transformer(layers=1), 2, 40)
check(nets.mobilenet(1, 48, 64))
check(nets.tagger(), 5, 3)
