# RUN: %python %s %clang %clangxx
"""Weights in a file beside the library: the same results as with weights inside, by
the command, Python, C and C++; a file that is not the model's is refused."""
import os
import subprocess
import sys
import tempfile
import threading

import graphopt
import models
import nets
import numpy as np
import onnx

CC, CXX = sys.argv[1:]
HERE = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(2)


def tool(*arguments):
    return subprocess.run([models.tool(), *arguments], capture_output=True, text=True)


def compile(model, folder, name, *options):
    path = os.path.join(folder, name + ".onnx")
    onnx.save(model, path)
    done = tool("compile", path, "-o", folder, "--name", name, *options)
    assert not done.returncode, done.stderr
    return done.stdout.split()


def build(folder, compiler, source, *libraries):
    program = os.path.join(folder, "program")
    subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", f"-I{folder}", os.path.join(HERE, "Inputs", source),
                    *[os.path.join(folder, library) for library in libraries], "-lm", "-pthread", "-o", program],
                   check=True)
    return program


def refuses(folder, content, text):
    """The command and Python say of a file with this content what is wrong."""
    path = os.path.join(folder, "encoder.weights")
    with open(path, "rb") as file:
        good = file.read()
    os.remove(path)
    if content is not None:
        with open(path, "wb") as file:
            file.write(content(good))
    done = tool("run", folder + "/libencoder.a")
    assert done.returncode == 2 and "encoder.weights': " + text in done.stderr, done.stderr
    try:
        graphopt.load(folder + "/libencoder.so")
        raise AssertionError("loaded")
    except OSError as error:
        assert text in str(error), error
    with open(path, "wb") as file:
        file.write(good)


with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as plain:
    encoder, image = nets.transformer(), nets.resnet()
    files = compile(encoder, folder, "encoder", "--weights=file")
    assert [os.path.basename(f) for f in files[:2]] == ["libencoder.a", "encoder.weights"], files
    compile(encoder, folder, "encoder", "--weights=file", "--emit=shared")
    compile(image, folder, "image", "--weights=file")
    compile(image, folder, "image", "--weights=file", "--emit=shared")
    compile(encoder, plain, "encoder", "--emit=shared")
    compile(image, plain, "image", "--emit=shared")
    size = {f: os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)}
    assert size["libencoder.a"] < 400_000 < size["encoder.weights"], size

    # Two models at once, from several threads, each with threads of its own.
    ids = random.integers(0, 301, (2, 24))
    pixels = random.standard_normal((1, 3, 64, 64)).astype(np.float32)
    expected = [graphopt.load(plain + "/libencoder.so")(ids, np.ones_like(ids)),
                graphopt.load(plain + "/libimage.so")(pixels)]
    loaded = [graphopt.load(f"{folder}/lib{name}.so", threads=2) for name in ("encoder", "image")]
    problems = []

    def work():
        for _ in range(20):
            if not np.array_equal(loaded[0](ids, np.ones_like(ids)), expected[0]):
                problems.append("encoder")
            if not np.array_equal(loaded[1](pixels), expected[1]):
                problems.append("image")
    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not problems, problems

    np.savez(folder + "/in.npz", image=pixels)
    np.savez(folder + "/out.npz", logits=expected[1])
    done = tool("run", folder + "/libimage.a", "--inputs", folder + "/in.npz", "--expect", folder + "/out.npz",
                "--tolerance", "1e-6")
    assert not done.returncode, done.stdout + done.stderr

    for source, compiler in (("weights-file.c", CC), ("weights-file.cpp", CXX)):
        program = build(folder, compiler, source, "libencoder.a", "libimage.a")
        done = subprocess.run([program, folder], capture_output=True, text=True)
        assert not done.returncode, f"{source}: {done.returncode} {done.stderr}"

    damaged, foreign = "the weights are damaged or another model's", open(folder + "/image.weights", "rb").read()
    refuses(folder, None, "the file of weights cannot be opened or mapped")
    refuses(folder, lambda good: b"", damaged)
    refuses(folder, lambda good: good[:40], damaged)
    refuses(folder, lambda good: good[:-64], damaged)
    refuses(folder, lambda good: good + bytes(64), damaged)
    refuses(folder, lambda good: foreign, damaged)
    refuses(folder, lambda good: bytes(64) + good[64:], damaged)

    # The same layers with other weights.
    other = nets.Net("encoder", seed=5)
    x = other.input("x", [4, 64])
    other.output(other.linear(x, 64, 64), "y", [4, 64])
    first = nets.Net("encoder", seed=6)
    first.output(first.linear(first.input("x", [4, 64]), 64, 64), "y", [4, 64])
    with tempfile.TemporaryDirectory() as second:
        compile(other.model(), second, "encoder", "--weights=file", "--emit=shared")
        compile(first.model(), second, "encoder", "--weights=file")
        try:
            graphopt.load(second)
            raise AssertionError("loaded")
        except OSError as error:
            assert damaged in str(error), error
