# RUN: %python %s %clang
# REQUIRES: glibc
"""What a compiled model promises of memory, seen from a C program: a run allocates
nothing; the process holds the weights, the workspace, the tensors and little else;
loading is mapping, without constructors and with a fixed number of relocations."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

import models
import nets
import numpy as np
import onnx

CC = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
SPARE = 3 << 20  # the C library, the program, the code


def drive(net, folder, threads, *sizes):
    """What Inputs/drive.c tells of the model in a folder."""
    program = os.path.join(folder, "drive")
    if not os.path.exists(program):
        subprocess.run([CC, "-O1", "-Wall", f"-DMODEL={net}_model", f"-I{folder}",
                        os.path.join(HERE, "Inputs", "drive.c"), os.path.join(folder, f"lib{net}.a"),
                        "-lm", "-pthread", "-o", program], check=True)
    done = subprocess.run([program, str(threads), *map(str, sizes)], capture_output=True, text=True)
    if done.returncode == -signal.SIGSYS:
        sys.exit(f"{net}: a run asks the system for memory")
    if done.returncode:
        sys.exit(f"{net}: exit code {done.returncode}")
    return json.loads(done.stdout)


def elf(folder, net, *flags):
    return subprocess.run(["llvm-readelf", *flags, os.path.join(folder, f"lib{net}.a")],
                          capture_output=True, text=True, check=True).stdout


def check_object(folder, net, ports):
    """Nothing runs when the library is loaded, and what a loader writes are the
    addresses in the descriptor: a few, and three a port."""
    sections = re.findall(r"\] (\.\S+)", elf(folder, net, "-S"))
    bad = [s for s in sections if re.match(r"\.(init_array|ctors|tdata|tbss|bss|data(?!\.rel\.ro))", s)]
    assert not bad, f"{net}: sections {bad}"
    tables = re.findall(r"'\.rela\.data\S*' .* contains (\d+)", elf(folder, net, "-r"))
    count = sum(map(int, tables))
    assert 0 < count <= 20 + 3 * ports, f"{net}: {count} relocations of data"


def check(model, *runs):
    net = model.graph.name
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        onnx.save(model, path)
        compiled = models.Compiled(path, folder, "--name", net)
        check_object(compiled.folder, net, len(model.graph.input) + len(model.graph.output))
        for threads in (1, 2):
            for sizes in runs:
                told = drive(net, folder, threads, *sizes)
                print(net, threads, *sizes, told, flush=True)
                assert told["allocations"] == 0, "a run allocates"
                held = told["weights"] + told["workspace"] + told["ports"]
                assert told["peak"] <= held + SPARE, f"{told['peak'] - held} bytes more than needed"
                # Each page once, and the code's and stack's own.
                assert told["faults"] <= held // 4096 + 400, "pages are touched for nothing"


def nonzero():
    """The exception, which shows that allocations are seen: a size that values decide."""
    net = nets.Net("nonzero")
    net.output(net.node("NonZero", [net.input("x", [40])]), "y", [1, None], np.int64)
    return net.model()


check(nets.transformer(batch=1, length=32), ())
check(nets.transformer(layers=3, width=384, inner=1536), (1, 65), (3, 24))
check(nets.resnet(size=96), ())
check(nets.mobilenet(), (2, 50, 97), (1, 31, 17))
check(nets.decoder(), (33,))
check(nets.unet(), (40, 56))
check(nets.tagger(), (9, 2))

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.onnx")
    onnx.save(nonzero(), path)
    models.Compiled(path, folder, "--name", "nonzero")
    assert drive("nonzero", folder, 1)["allocations"] > 0
