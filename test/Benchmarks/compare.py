#!/usr/bin/env python3
"""Times graphopt and its peers on models, in interleaved rounds of one run.

  compare.py [--engines graphopt,onnxruntime,openvino] [--threads N] [--json FILE] MODEL_DIR...
  compare.py --engines graphopt,graphopt=OTHER_BUILD,graphopt-open MODEL_DIR...
  compare.py --engines graphopt:qdq.onnx,openvino:qdq.onnx,onnxruntime:dynamic.onnx DIR...

MODEL_DIR holds model.onnx, perhaps static.onnx (the same with fixed dims, for all engines but
graphopt-open), inputs_0.npz and outputs_0.npz. An engine followed by :FILE takes that model of
the folder, as one of those that quantize_peers.py makes. Peers come from PyPI: pip install -r peers.txt.

Each engine lives in a process of its own, pinned to the same cores. After a check of the
outputs and a warm-up, rounds visit the engines in turn, in alternating order; a visit
repeats the call for --slice-ms. With one thread the clock is the CPU time of the process,
so that other load counts little; with more it is wall time. A figure is the median over
rounds of the least time in the round; a ratio is the median over rounds of the first
engine's by the other's time in the same round: below 1, the first is faster. A * marks
outputs off by more than 1e-3 of the largest value.
"""
import argparse
import json
import math
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engines import ENGINES, kind, make

TIMEOUT_S = 300


def model_file(folder, engine):
    if ":" in engine:
        return os.path.join(folder, engine.partition(":")[2])
    static = os.path.join(folder, "static.onnx")
    is_open = engine.startswith("graphopt-open")
    return static if os.path.exists(static) and not is_open else os.path.join(folder, "model.onnx")


def arrays(path):
    with np.load(path) as file:
        return dict(file)


# ------------------------------------------------------------ the engine's process

def worker(name, model, scratch, threads, folder):
    """Loads, says so, and then runs for each number of milliseconds that it reads."""
    say = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an engine prints is none of ours

    def answer(**fields):
        print(json.dumps(fields), file=say, flush=True)

    try:
        engine = make(name)
        start = time.perf_counter()
        engine.load(model, scratch, threads)
        engine.bind(arrays(os.path.join(folder, "inputs_0.npz")))
        engine.run()
        first = time.perf_counter() - start
        expected = list(arrays(os.path.join(folder, "outputs_0.npz")).values())
        error = 0.0
        for got, want in zip(engine.outputs(), expected):
            if want.size:
                want = want.astype(np.float64)
                error = max(error, float(np.abs(got - want).max() / (np.abs(want).max() or 1)))
        answer(version=engine.version, load_s=first, error=error)
        for line in sys.stdin:
            wall, cpu, end = [], [], time.perf_counter() + float(line) / 1e3
            while not wall or time.perf_counter() < end:
                begin, used = time.perf_counter(), time.process_time()
                engine.run()
                cpu.append(time.process_time() - used)
                wall.append(time.perf_counter() - begin)
            answer(wall=min(wall), cpu=min(cpu), wall_median=statistics.median(wall))
    except Exception as problem:  # of whatever kind the engine raises
        answer(failed=f"{type(problem).__name__}: {problem}"[:300])


class Process:
    def __init__(self, arguments, cores):
        self.child = subprocess.Popen(
            ["taskset", "-c", cores, sys.executable, os.path.abspath(__file__), "--worker", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def read(self):
        if not select.select([self.child.stdout], [], [], TIMEOUT_S)[0]:
            return {"failed": f"no answer in {TIMEOUT_S} s"}
        line = self.child.stdout.readline()
        return json.loads(line) if line else {"failed": f"died, exit code {self.child.wait()}"}

    def run(self, milliseconds):
        try:
            print(milliseconds, file=self.child.stdin, flush=True)
        except OSError:
            pass
        return self.read()

    def close(self):
        self.child.kill()
        self.child.communicate()


# ----------------------------------------------------------------- one model, all engines

def measure(folder, options, scratch):
    """Rows {engine: {...}} for one model."""
    folder = os.path.abspath(folder)
    rows, live, inputs = {}, {}, arrays(os.path.join(folder, "inputs_0.npz"))
    for name in options.engines:
        own = os.path.join(scratch, os.path.basename(folder), name.replace("/", "_"))
        os.makedirs(own, exist_ok=True)
        model = model_file(folder, name)
        if not os.path.exists(model):
            rows[name] = {"failed": "no such model"}
            continue
        try:
            make(name).prepare(model, own, inputs)
        except (OSError, subprocess.CalledProcessError) as problem:
            rows[name] = {"failed": str(problem)}
            continue
        process = Process([name, model, own, str(options.threads), folder], options.cores)
        rows[name] = process.read()
        if "failed" not in rows[name]:
            process.run(options.slice_ms)
            live[name] = process
        else:
            process.close()
    clock = "cpu" if options.threads == 1 else "wall"
    rounds = []
    for turn in range(options.rounds):
        order = list(live) if turn % 2 == 0 else list(live)[::-1]
        rounds.append({name: live[name].run(options.slice_ms) for name in order})
    for name, process in live.items():
        process.close()
        rows[name]["ms"] = 1e3 * statistics.median(r[name][clock] for r in rounds)
        rows[name]["wall_median_ms"] = 1e3 * statistics.median(r[name]["wall_median"] for r in rounds)
        if options.engines[0] in live:
            ratios = sorted(r[options.engines[0]][clock] / r[name][clock] for r in rounds)
            rows[name]["ratio"], rows[name]["range"] = statistics.median(ratios), [ratios[0], ratios[-1]]
    return rows


# ----------------------------------------------------------------------------- tables

def cells(row):
    """Milliseconds and the ratio."""
    if "failed" in row:
        return row["failed"].splitlines()[0][:40], "-"
    wrong = "" if row["error"] < 1e-3 else "*"
    ratio = f"{row['ratio']:.3f} ({row['range'][0]:.2f}-{row['range'][1]:.2f})" if "ratio" in row else "-"
    return f"{row['ms']:.3f}{wrong}", ratio


def print_line(first, pairs):
    """The ratio of the first engine to itself says nothing."""
    columns = [first, pairs[0][0]] + [cell for pair in pairs[1:] for cell in pair]
    print(f"| {' | '.join(columns)} |", flush=True)


def mean(results, name):
    ratios = [rows[name]["ratio"] for rows in results.values() if "ratio" in rows[name]]
    if not ratios:
        return "-"
    return f"**{math.exp(sum(map(math.log, ratios)) / len(ratios)):.3f}** ({len(ratios)} models)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL_DIR")
    parser.add_argument("--engines", default="graphopt,onnxruntime,openvino", type=lambda s: s.split(","))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice-ms", type=float, default=150)
    parser.add_argument("--cores", help="for taskset; default: the last core, or the first THREADS ones")
    parser.add_argument("--json", help="writes all figures to this file")
    options = parser.parse_args()
    for name in options.engines:
        if kind(name) not in ENGINES:
            parser.error(f"no engine '{kind(name)}'; there are {', '.join(ENGINES)}")
    mine = sorted(os.sched_getaffinity(0))
    if options.threads > len(mine):
        parser.error(f"{options.threads} threads, but {len(mine)} cores")
    options.cores = options.cores or (str(mine[-1]) if options.threads == 1
                                      else ",".join(map(str, mine[:options.threads])))
    results = {}
    first = options.engines[0]
    print(f"{options.threads} thread{'s' * (options.threads > 1)}, "
          f"{'CPU' if options.threads == 1 else 'wall'} time\n")
    print_line("model, ms", [(name, f"{first} / {name}") for name in options.engines])
    print("|---" * (2 * len(options.engines)) + "|")
    with tempfile.TemporaryDirectory(prefix="graphopt-bench-") as scratch:
        for folder in options.models:
            name = os.path.basename(os.path.normpath(folder))
            results[name] = measure(folder, options, scratch)
            print_line(name, [cells(results[name][engine]) for engine in options.engines])
    print_line("geometric mean", [("", mean(results, name)) for name in options.engines])
    versions = {e: row["version"] for rows in results.values() for e, row in rows.items() if "version" in row}
    print("\n" + ", ".join(f"{name} {version}" for name, version in versions.items()))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"threads": options.threads, "versions": versions, "models": results}, file, indent=1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
    else:
        main()
