"""Checks and times compiled models on an NVIDIA GPU, of which the machine that compiles needs none.

  gpu_check.py prepare FOLDER [--small] [MODEL.onnx...]
  gpu_check.py run FOLDER RESULTS.json [--minutes N] [--networks FILE.py]

`prepare` compiles kernels of many sizes (gpu_cases.py), and the models given, for sm_80 and sm_90 into
FOLDER, with this package: all that `run` needs beside Python and NumPy. `run` writes one JSON file:

  about      the GPU, the driver, the versions
  cases      for each its error, of the greatest value, and whether that is allowed; with PyTorch there
             its time in ms, and that of PyTorch's function, as it is (eager) and by torch.compile
  jit        the small cases again by PTX, which the driver compiles
  sanitizer  the small cases again under compute-sanitizer, if that is found

A FILE.py with functions named as the models are, each of which gives a torch.nn.Module, has them timed
beside. Of a case that no time is left for it says so. The exit code is 1 if a result is wrong.
"""
import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SANITIZERS = ["memcheck", "racecheck", "synccheck"]
NETWORK_TOLERANCE = 1e-4


def feeds(ports, seed=0):
    """Random inputs; integers are 0 or 1, for tokens and masks. Open dims are 16."""
    random = np.random.default_rng(seed)
    arrays = []
    for port in ports:
        dims = [16 if isinstance(dim, str) else dim for dim in port.dims]
        is_index = np.issubdtype(port.dtype, np.integer) or port.dtype == bool
        values = random.integers(0, 2, dims) if is_index else random.standard_normal(dims)
        arrays.append(values.astype(port.dtype))
    return arrays


# ------------------------------------------------------------------ prepare

def prepare(folder, models, is_small, compile):
    """`compile` is graphopt.compile(), or does as it does."""
    import gpu_cases
    import onnx
    os.makedirs(folder, exist_ok=True)
    cases = [c for c in gpu_cases.all_cases() if c.is_small or not is_small]
    for path in models:
        name = os.path.splitext(os.path.basename(path))[0].replace("-", "_")
        cases.append(gpu_cases.Case(name, onnx.load(path), "f32", NETWORK_TOLERANCE, None, None, False))
    table = {}
    for case in cases:
        place = os.path.join(folder, case.name)
        compile(case.model, place, target="cuda", sm="80,90", precision=case.precision)
        if case.is_small or case.peer is None:  # else PyTorch tells what is right
            on_cpu = compile(case.model)
            inputs = feeds(on_cpu.inputs)
            np.savez(place + ".npz", **{f"y{i}": np.asarray(y, np.float64) for i, y in enumerate(on_cpu.run(inputs))})
        table[case.name] = {"tolerance": case.tolerance, "precision": case.precision, "work": case.work,
                            "peer": case.peer, "is_small": case.is_small}
        print(case.name, flush=True)
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump(table, file, indent=1)
    for file in "gpu_check.py", "gpu_peers.py":
        shutil.copy(os.path.join(HERE, file), folder)
    import graphopt
    shutil.copytree(os.path.dirname(graphopt.__file__), os.path.join(folder, "graphopt"), dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("__pycache__", "_home.py"))


# ---------------------------------------------------------------------- run

def _peers():
    try:
        import gpu_peers
    except ImportError:
        return None
    return gpu_peers if gpu_peers.torch.cuda.is_available() else None


def _error(actual, expected):
    actual = np.asarray(actual, np.float64)
    if actual.shape != expected.shape:
        return float("inf")
    if not actual.size:
        return 0.0
    difference = np.abs(actual - expected).max()
    return float(difference / max(np.abs(expected).max(), 1e-30)) if np.isfinite(difference) else float("inf")


def _expected(folder, name, about, inputs, peers):
    """The right outputs, or None if nothing here knows them."""
    stored = os.path.join(folder, name + ".npz")
    if os.path.exists(stored):
        with np.load(stored) as file:
            return [file[key] for key in file.files]
    if peers is None or about["peer"] is None:
        return None
    function, arguments = about["peer"]
    return [peers.exact(lambda *t: getattr(peers, function)(*t, **arguments), [peers.tensor(x) for x in inputs])]


def _check(model, inputs, expected, tolerance):
    error = max(_error(y, e) for y, e in zip(model.run(inputs), expected))
    return {"error": error, "status": "passed" if error <= tolerance else "failed"}


def _time(model, inputs, about, peers, network):
    """Times in ms, the arrays on the GPU all the while."""
    import torch
    tensors = [peers.tensor(x) for x in inputs]
    call = model.bind(*tensors)
    call.write_to(**{port.name: torch.empty(array.shape, dtype=peers.tensor(np.empty(0, array.dtype)).dtype, device="cuda")
                     for port, array in zip(model.outputs, call.outputs) if array is not None})
    stream = torch.cuda.current_stream().cuda_stream
    result = {"ms": peers.milliseconds(lambda *_: call.run(stream), [])}
    if about["work"]:
        result["tflops"] = about["work"] / result["ms"] * 1e-9
    if about["peer"]:
        name, arguments = about["peer"]
        function = peers.prepare(lambda *t: getattr(peers, name)(*t, **arguments), about["precision"])
    elif network:
        function = peers.prepare(network().cuda().eval(), about["precision"])
    else:
        return result
    result["eager"] = peers.milliseconds(function, tensors)
    result["compiled"] = peers.milliseconds(torch.compile(function, mode="max-autotune"), tensors)
    return result


def run_case(folder, name, about, load, is_timed, networks):
    peers = _peers()
    model = load(os.path.join(folder, name))
    inputs = feeds(model.inputs)
    expected = _expected(folder, name, about, inputs, peers)
    if expected is None:
        return {"status": "skipped", "why": "no PyTorch here to tell what is right"}
    result = _check(model, inputs, expected, about["tolerance"])
    if is_timed and peers:
        try:
            result.update(_time(model, inputs, about, peers, getattr(networks, name, None)))
        except Exception as error:  # of the peer, too: the numbers stay
            result["time_error"] = f"{type(error).__name__}: {error}"[:500]
    return result


def _about():
    lines = {}
    if shutil.which("nvidia-smi"):
        query = "name,driver_version,compute_cap,clocks.max.sm,memory.total"
        done = subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"], capture_output=True,
                              text=True)
        lines["gpu"] = done.stdout.strip()
    peers = _peers()
    if peers:
        lines["torch"] = peers.torch.__version__
        lines["cudnn"] = peers.torch.backends.cudnn.version()
    return lines


def _small_again(folder, prefix=(), **environment):
    """The small cases in a process of their own."""
    done = subprocess.run([*prefix, sys.executable, os.path.join(folder, "gpu_check.py"), "small", folder],
                          capture_output=True, text=True, env={**os.environ, **environment})
    return {"status": "passed" if done.returncode == 0 else "failed",
            "output": (done.stdout + done.stderr).strip()[-2000:]}


def run_small(folder, table, load):
    """The names of the small cases that are wrong."""
    return [name for name, about in table.items()
            if about["is_small"] and run_case(folder, name, about, load, False, None)["status"] == "failed"]


def run(folder, results, minutes, networks, load):
    deadline = time.monotonic() + 60 * minutes
    with open(os.path.join(folder, "cases.json")) as file:
        table = json.load(file)
    report = {"about": _about(), "cases": {}}

    def save():
        with open(results, "w") as file:
            json.dump(report, file, indent=1)
    # What is checked goes before what is measured: a third of the time is enough for it.
    for name, about in table.items():
        report["cases"][name] = run_case(folder, name, about, load, False, networks)
        save()
    report["jit"] = _small_again(folder, CUDA_FORCE_PTX_JIT="1")
    tool = shutil.which("compute-sanitizer")
    report["sanitizer"] = {}
    for name in SANITIZERS if tool else []:
        if time.monotonic() > deadline - 60 * minutes / 2:
            report["sanitizer"][name] = {"status": "skipped", "why": "no time"}
            continue
        report["sanitizer"][name] = _small_again(folder, [tool, "--tool", name, "--error-exitcode", "9"])
        save()
    for name, about in table.items():
        if report["cases"][name]["status"] == "skipped":
            continue
        if time.monotonic() > deadline:
            report["cases"][name]["time_error"] = "no time"
        else:
            report["cases"][name] = run_case(folder, name, about, load, True, networks)
        save()
    save()
    checks = [*report["cases"].values(), report["jit"], *report["sanitizer"].values()]
    return sum(check["status"] == "failed" for check in checks)


def _load_module(path):
    spec = importlib.util.spec_from_file_location("networks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("prepare")
    command.add_argument("folder")
    command.add_argument("models", nargs="*")
    command.add_argument("--small", action="store_true", help="only what is fast everywhere")
    command = commands.add_parser("run")
    command.add_argument("folder")
    command.add_argument("results")
    command.add_argument("--minutes", type=float, default=20)
    command.add_argument("--networks")
    command = commands.add_parser("small")
    command.add_argument("folder")
    options = parser.parse_args()

    sys.path[:0] = [options.folder] if options.command != "prepare" else []
    import graphopt
    if options.command == "prepare":
        prepare(options.folder, options.models, options.small, graphopt.compile)
        return 0
    if options.command == "small":
        with open(os.path.join(options.folder, "cases.json")) as file:
            wrong = run_small(options.folder, json.load(file), graphopt.load)
        print(f"wrong: {' '.join(wrong)}" if wrong else "all right")
        return int(bool(wrong))
    networks = _load_module(options.networks) if options.networks else None
    failed = run(options.folder, options.results, options.minutes, networks, graphopt.load)
    print(f"{failed} failed, see {options.results}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
