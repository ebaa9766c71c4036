"""ONNX's own tests of operators (onnx.backend.test) through compiled libraries.

  conformance.py SUITE [--open] [--cuda] [--direct] [--part I/N] [--jobs N] [NAME...]

SUITE is node, simple, pytorch-converted, pytorch-operator or light (well-known networks
without their weights). --open leaves every dim of
every input open, --cuda runs on the emulated GPU (test/Cuda). A case ends as
  passed
  refused   what it needs is not supported, and the compiler says so
  failed    anything else: other numbers, a crash, no end
Expected failures are the lines of known.txt, with a reason each; a line whose case does
not fail any more must go. The exit code is 1 if there is anything else to say.
"""
import argparse
import collections
import concurrent.futures
import functools
import glob
import os
import pickle
import re
import signal
import sys
import traceback
import warnings

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests
from onnx.backend.test.runner import Runner

import graphopt
import graphopt.backend

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT_S = 120
# What the compiler says of operators, types and attributes that it does not support,
# and of values that must not come from the run.
REFUSAL = re.compile(r"not supported|unsupported|must be known when the model is compiled|is not a tensor|"
                     r"must have one dimension of static extent|must be static|libdevice\.10\.bc, which is not found")

Outcome = collections.namedtuple("Outcome", "kind text")


# ---------------------------------------------------------------------- cases

def value(path, kind):
    with open(path, "rb") as file:
        data = file.read()
    if kind.WhichOneof("value") == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(data))
    if kind.WhichOneof("value") == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(data))
    return numpy_helper.to_array(onnx.TensorProto.FromString(data))


def load_cases(suite):
    if suite != "light":
        return load_model_tests(kind=suite)
    return [case for case in load_model_tests(kind="real") if case.url.startswith("onnx/")]


def load_model(case):
    if case.model:
        return case.model
    if case.model_dir:
        return onnx.load(os.path.join(case.model_dir, "model.onnx"))
    return onnx.load(light_path(case))


def light_path(case):
    return os.path.join(os.path.dirname(onnx.__file__), os.path.relpath(case.url, "onnx"))


def light_data(case, model):
    """The inputs that onnx.backend.test gives these networks, and what comes with them."""
    fixed = {i.name for i in model.graph.initializer}
    inputs = [Runner.generate_dummy_data(port) for port in model.graph.input if port.name not in fixed]
    root = os.path.splitext(light_path(case))[0]
    return inputs, [value(f"{root}_output_{i}.pb", port.type) for i, port in enumerate(model.graph.output)]


def data_sets(case, model):
    """Pairs of inputs and outputs, in the order of the model."""
    if not case.model and not case.model_dir:
        yield light_data(case, model)
        return
    if case.data_sets is not None:
        yield from case.data_sets
        return
    for folder in sorted(glob.glob(os.path.join(case.model_dir, "test_data_set_*"))):
        yield tuple([value(os.path.join(folder, f"{what}_{i}.pb"), ports[i].type)
                     for i in range(len(glob.glob(os.path.join(folder, f"{what}_*.pb"))))]
                    for what, ports in (("input", model.graph.input), ("output", model.graph.output)))


def leave_open(model):
    """Every dim of every input that is not an initializer gets a name of its own."""
    fixed = {i.name for i in model.graph.initializer}
    for number, port in enumerate(model.graph.input):
        if port.name in fixed or not port.type.HasField("tensor_type"):
            continue
        for i, dim in enumerate(port.type.tensor_type.shape.dim):
            dim.dim_param = f"d{number}_{i}"
    for port in model.graph.output:
        if port.type.HasField("tensor_type"):
            for dim in port.type.tensor_type.shape.dim:
                dim.Clear()


# ----------------------------------------------------------------- comparison

def host(item):
    """An array, a list of arrays, or None."""
    if isinstance(item, onnx.SequenceProto):
        return numpy_helper.to_list(item)
    if isinstance(item, onnx.OptionalProto):
        return host(numpy_helper.to_optional(item))
    if isinstance(item, onnx.TensorProto):
        return numpy_helper.to_array(item)
    if item is None or isinstance(item, list):
        return item and [host(part) for part in item]
    return np.asarray(item)


def difference(actual, expected, rtol, atol):
    """What is wrong, or ''."""
    expected = host(expected)
    if expected is None or actual is None:
        return "" if expected is actual else f"{actual} instead of {expected}"
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return f"{actual} instead of {len(expected)} tensors"
        texts = (difference(a, e, rtol, atol) for a, e in zip(actual, expected))
        return next((f"tensor {i}: {text}" for i, text in enumerate(texts) if text), "")
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if expected.dtype.name == "bfloat16":
        rtol = max(rtol, 2 ** -6)  # two units in the last place, as ONNX's own runner has it
    if expected.dtype.isbuiltin == 2:  # bfloat16 and smaller
        actual, expected = actual.astype(np.float32), expected.astype(np.float32)
    if expected.dtype == object:  # strings
        good = actual == expected
    else:
        good = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if good.all():
        return ""
    at = tuple(int(i) for i in np.argwhere(~good)[0])
    return f"{(~good).sum()} of {good.size} values differ; at {list(at)} {actual[at]} instead of {expected[at]}"


def attempt(case, is_open):
    """The outcome of one case; may crash."""
    model = load_model(case)
    pairs = list(data_sets(case, model))
    if is_open:
        leave_open(model)
    try:
        compiled = graphopt.backend.prepare(model)
    except graphopt.CompileError as error:
        return Outcome("refused" if REFUSAL.search(str(error)) else "failed", str(error))
    for inputs, expected in pairs:
        actual = compiled.run([host(item) for item in inputs])
        if len(actual) != len(expected):
            return Outcome("failed", f"{len(actual)} outputs instead of {len(expected)}")
        for name, a, e in zip(compiled.model.outputs, actual, expected):
            if text := difference(a, e, case.rtol, case.atol):
                return Outcome("failed", f"{name.name}: {text}")
    return Outcome("passed", "")


def in_child(attempt):
    """The outcome of attempt() in a child, which may crash or hang."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(TIMEOUT_S)
        try:
            outcome = attempt()
        except BaseException:  # the parent reports it
            outcome = Outcome("failed", traceback.format_exc(limit=-1).strip().splitlines()[-1])
        with os.fdopen(writer, "wb") as file:
            pickle.dump(tuple(outcome), file)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        data = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if data:
        return Outcome(*pickle.loads(data))
    return Outcome("failed", "no end" if status == -signal.SIGALRM else f"crashed ({status})")


# ------------------------------------------------------------------- the list

def known_failures(suite, is_open, on_gpu=False):
    """name -> reason"""
    result = {}
    with open(os.path.join(HERE, "known.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                name, reason = line.split(None, 1)
                kind, _, name = name.partition("/")
                if kind in (suite, f"{suite}-{'open' if is_open else 'fixed'}", on_gpu and f"{suite}-cuda"):
                    result[name] = reason.strip()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--cuda", action="store_true")
    parser.add_argument("--direct", action="store_true", help="without the bodies of functions (*_expanded)")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--refused", action="store_true", help="list what is refused, too")
    parser.add_argument("names", nargs="*", help="parts of names")
    options = parser.parse_intermixed_args()
    if options.cuda:
        import emulator  # test/Cuda
        graphopt.backend.compile = functools.partial(emulator.compile, level="-O0")
    part, parts = map(int, options.part.split("/"))
    warnings.filterwarnings("ignore")
    cases = [case for i, case in enumerate(sorted(load_cases(options.suite), key=lambda c: c.name))
             if i % parts == part and not (options.direct and case.name.endswith("_expanded"))
             and (not options.names or any(n in case.name for n in options.names))]
    known = known_failures(options.suite, options.open, options.cuda)
    bad, counts = [], collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for case, outcome in zip(cases, pool.map(
                lambda c: in_child(lambda: attempt(c, options.open)), cases)):
            counts[outcome.kind] += 1
            if (outcome.kind == "failed") != (case.name in known):
                bad.append(case.name)
            if outcome.kind == "failed" and case.name not in known or outcome.kind == "refused" and options.refused:
                print(f"{outcome.kind} {case.name}: {' '.join(outcome.text.split())[:300]}", flush=True)
            elif outcome.kind != "failed" and case.name in known:
                print(f"{outcome.kind} {case.name}: not in known.txt any more, please", flush=True)
    print(f"{options.suite}{' open' if options.open else ''}{' on a GPU' if options.cuda else ''}: {len(cases)} cases: {counts['passed']} passed, "
          f"{counts['refused']} refused, {counts['failed']} failed ({len(bad)} unexpected)")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
