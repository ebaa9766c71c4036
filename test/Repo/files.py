# RUN: %python %s %root
"""Nothing generated, large or tied to one machine is in the tree."""
import os
import re
import sys

import tree

LARGEST_BYTES = 1_000_000
# What the build, Python, a compiler or graphopt itself writes. Models are made by scripts.
GENERATED = re.compile(
    r"(^|/)(build[^/]*|__pycache__|out|CMakeFiles|\.cache)/|"
    r"\.(o|a|so|obj|lib|dll|exe|bc|mlirbc|ptx|cubin|pyc|onnx|npz|npy|whl|log|gch|pch|zip|gz|xz|zst)$|"
    r"\.(h|cpp)\.inc$|(^|/)(CMakeCache\.txt|build\.ninja|compile_commands\.json|lit\.site\.cfg\.py)$")
# A path below a folder of a user, or of this checkout. Debian's own (/usr, /etc,
# /tmp) are no such.
CHECKOUT = os.path.abspath(sys.argv[1])
HOST_PATH = re.compile(r"(?<![\w.$}/%-])/(home|root|Users|mnt|media)/\w" +
                       (f"|{re.escape(CHECKOUT)}/" if CHECKOUT.count("/") > 1 else ""))


def check(trees):
    problems = []
    for name in trees.files:
        if GENERATED.search(name):
            problems.append(f"{name}: is generated")
        if trees.size(name) > LARGEST_BYTES:
            problems.append(f"{name}: {trees.size(name)} bytes, over {LARGEST_BYTES}")
            continue
        if name == "test/Repo/files.py":
            continue
        for number, line in enumerate(trees.text(name).splitlines(), 1):
            if HOST_PATH.search(line):
                problems.append(f"{name}:{number}: a path of one machine: {line.strip()[:80]}")
    return problems


GOOD = {
    "README.md": "Debian keeps LLVM in /usr/lib/llvm-22, see https://example.org/home/it\n",
    "lib/Emit/Object.cpp": '#include "a.h"\n',
}
BAD = [
    {"lib/Emit/Object.o": ""},
    {"test/Models/small.onnx": ""},
    {"include/graphopt/Passes.h.inc": ""},
    {"build/build.ninja": ""},
    {"test/Ops/__pycache__/add.pyc": ""},
    {"test/big.mlir": "x" * (LARGEST_BYTES + 1)},
    {"tools/dev/x.sh": "cd /home/someone/graphopt\n"},
    {"docs/x.md": "ls /mnt/disk\n"},
]
tree.main(check, GOOD, BAD)
