"""Runs operators through graphopt and compares them with onnx's reference
evaluator. A file beside this one lists the cases of one operator:

    # RUN: %python %s
    from harness import Case, Const, main, normal

    main([
        Case("Add", [normal(2, 3), normal(3)]),
        Case("ReduceSum", [normal(2, 3, 4), Const([1])], keepdims=0),
    ])

Every case is tried with fixed dims and again with open ones. To be fast, many
cases become one model that is compiled and run once; when that goes wrong, the
cases are tried one by one, so that a report names single cases.

With GRAPHOPT_TARGET=cuda they run on an emulated GPU, see test/Cuda/emulator.py; what GPUs refuse is counted apart.

By hand: `python add.py -k int8 -v` (cases whose name holds int8, each reported),
`--keep DIR` (the models, inputs and outputs stay there), `--each` (no batches).
"""
import argparse
import dataclasses
import os
import re
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

OPSET = 28
BATCH = 40  # cases a model
TIMEOUT_S = 100
REFUSAL = "a value the model cannot work on"  # the text of GRAPHOPT_BAD_DATA
# What --target=cuda says of strings and sequences, and of functions of f64 without NVIDIA's library.
GPU_REFUSAL = re.compile(r"is not supported on GPUs|libdevice\.10\.bc, which is not found")
# Largest error over the largest magnitude of the reference.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12, "float16": 2e-3, "bfloat16": 1.6e-2}

_random = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    """Normally distributed values."""
    return _random.standard_normal(shape).astype(dtype)


def uniform(low, high, *shape, dtype=np.float32):
    return _random.uniform(low, high, shape).astype(dtype)


def integers(low, high, *shape, dtype=np.int64):
    """Whole numbers, low <= x < high."""
    return _random.integers(low, high, shape).astype(dtype)


def booleans(*shape):
    return _random.integers(0, 2, shape).astype(bool)


def _with_text(array):
    """Strings as onnx has them: objects."""
    return array.astype(object) if array is not None and array.dtype.kind == "U" else array


class Const:
    """An input that the model holds as an initializer."""

    def __init__(self, values, dtype=None):
        array = _with_text(np.asarray(values, dtype))
        if dtype is None and array.dtype == np.float64:
            array = array.astype(np.float32)
        self.array = array


@dataclasses.dataclass
class Case:
    """One use of an operator.

    inputs     arrays, Const, or None for an optional input left out
    outputs    how many, or a list that says for each whether it is there
    name       for reports; made of op, types, shapes and attributes if empty
    nodes      the graph instead of one node of `op`, with inputs x0, x1, ... and
               outputs y0, y1, ... (control flow, several nodes)
    open       dims of the open variant: "sizes": all but 1, equal sizes of one
               input rank share a name; "each": all, each with its own name;
               "none": no such variant. Or for each input a list of names, None
               for a fixed dim.
    static     False: no variant with fixed dims
    also       more input lists for the open variant, of other sizes; None where
               the first list has a Const
    tolerance  instead of TOLERANCE
    expect     outputs, or a function of the inputs that gives them, instead of the
               reference evaluator's
    refused    input lists, as in `also`, that the run must refuse for their values
    """
    op: str
    inputs: list
    attributes: dict
    outputs: object = 1
    name: str = ""
    nodes: list = None
    open: object = "sizes"
    static: bool = True
    also: list = ()
    tolerance: float = None
    expect: object = None
    refused: list = ()
    opset: int = OPSET
    domain: str = ""
    domain_version: int = 1

    def __init__(self, op, inputs, **others):
        fields = {f.name for f in dataclasses.fields(self)} - {"attributes"}
        for field in dataclasses.fields(self):
            if field.default is not dataclasses.MISSING:
                setattr(self, field.name, others.get(field.name, field.default))
        self.op = op
        self.inputs = [i if i is None or isinstance(i, Const) else _with_text(np.asarray(i))
                       for i in inputs]
        self.attributes = {k: v for k, v in others.items() if k not in fields}
        if not self.name:
            parts = [_shape_text(i) for i in self.inputs]
            parts += [f"{k}={_attribute_text(v)}" for k, v in self.attributes.items()]
            self.name = f"{op} {' '.join(parts)}" + (f" opset {self.opset}" if self.opset != OPSET else "")

    def output_names(self):
        present = [True] * self.outputs if isinstance(self.outputs, int) else self.outputs
        return [f"y{i}" if there else "" for i, there in enumerate(present)]

    def feeds(self, inputs=None):
        """name -> array of the inputs that the caller gives."""
        return {f"x{i}": _with_text(np.asarray(x)) for i, x in enumerate(inputs or self.inputs)
                if x is not None and not isinstance(x, Const)}


def _shape_text(value):
    if value is None:
        return "-"
    array = value.array if isinstance(value, Const) else value
    if isinstance(value, Const) and array.ndim < 2 and array.size < 8:
        return str(array.tolist()).replace(" ", "")
    return f"{array.dtype}[{'x'.join(map(str, array.shape))}]"


def _attribute_text(value):
    if isinstance(value, (onnx.GraphProto, onnx.TensorProto)):
        return "..."
    return str(value).replace(" ", "")


# ------------------------------------------------------------------ models

def _open_dims(case, index, array):
    """The names of an input's dims, None for fixed ones."""
    if isinstance(case.open, str):
        if case.open == "each":
            return [f"x{index}_{d}" for d in range(array.ndim)]
        # A name for a size; sizes that `also` changes differently get a name each.
        others = [case.feeds(inputs)[f"x{index}"].shape for inputs in case.also]
        sizes = zip(array.shape, *others)
        return [None if set(all_sizes) == {1} else "d" + "_".join(map(str, all_sizes))
                for all_sizes in sizes]
    return case.open[index]


def _graph(case, opened, prefix=""):
    """(nodes, inputs, outputs, initializers), every name with a prefix."""
    names, initializers, inputs = [], [], []
    for index, value in enumerate(case.inputs):
        name = prefix + f"x{index}"
        if value is None:
            names.append("")
            continue
        names.append(name)
        if isinstance(value, Const):
            initializers.append(onnx.numpy_helper.from_array(value.array, name))
            continue
        shape = list(value.shape)
        if opened:
            dims = _open_dims(case, index, value)
            shape = [size if dim is None else prefix + dim for size, dim in zip(shape, dims)]
        dtype = helper.np_dtype_to_tensor_dtype(value.dtype)
        inputs.append(helper.make_tensor_value_info(name, dtype, shape))
    results = [prefix + y if y else "" for y in case.output_names()]
    if case.nodes:
        nodes = [_with_prefix(node, prefix) for node in case.nodes]
    else:
        nodes = [helper.make_node(case.op, names, results, name=prefix + case.op, domain=case.domain,
                                  **case.attributes)]
    outputs = [onnx.ValueInfoProto(name=y) for y in results if y]
    return nodes, inputs, outputs, initializers


def _with_prefix(node, prefix):
    """A copy of a node, all of its values renamed, those of subgraphs too."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.name = prefix + (node.name or node.op_type)

    def rename(node):
        node.input[:] = [prefix + n if n else n for n in node.input]
        node.output[:] = [prefix + n if n else n for n in node.output]
        for attribute in node.attribute:
            if node.op_type == "Gradient":  # names of tensors
                if attribute.name == "y":
                    attribute.s = prefix.encode() + attribute.s
                attribute.strings[:] = [prefix.encode() + name for name in attribute.strings]
            for graph in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                for inner in graph.node:
                    rename(inner)
                for value in [*graph.input, *graph.output, *graph.initializer, *graph.value_info]:
                    value.name = prefix + value.name
    rename(copy)
    return copy


def model_of(cases, opened):
    """One model of some cases, independent of each other, names prefixed c0_, c1_, ..."""
    parts = [_graph(case, opened, f"c{i}_") for i, case in enumerate(cases)]
    nodes, inputs, outputs, initializers = (sum(column, []) for column in zip(*parts))
    imports = {"": cases[0].opset}
    imports.update({case.domain: case.domain_version for case in cases if case.domain})
    graph = helper.make_graph(nodes, "ops", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in imports.items()])
    try:  # types of the outputs; their shapes where onnx can tell
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except onnx.shape_inference.InferenceError:
        pass
    for output in model.graph.output:
        index, y = output.name[1:].split("_")
        expected = cases[int(index)].expected[int(y[1:])]
        output.type.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(expected.dtype)
        # The checker wants a shape; what inference could not tell stays open.
        if not output.type.tensor_type.HasField("shape"):
            output.type.tensor_type.shape.SetInParent()
            for dim in range(expected.ndim):
                output.type.tensor_type.shape.dim.add().dim_param = f"{output.name}_{dim}"
    return model


def _reference(case, inputs=None):
    """The outputs by index, None for those left out."""
    if callable(case.expect):
        given = [old.array if isinstance(old, Const) else new
                 for old, new in zip(case.inputs, inputs or case.inputs)]
        with np.errstate(all="ignore"):
            return [_with_text(y) for y in case.expect(*given)]
    nodes, values, outputs, initializers = _graph(case, False)
    graph = helper.make_graph(nodes, "op", values, outputs, initializers)
    imports = [helper.make_opsetid("", case.opset)]
    if case.domain:
        imports.append(helper.make_opsetid(case.domain, case.domain_version))
    model = helper.make_model(graph, opset_imports=imports)
    feeds = case.feeds(inputs)
    with np.errstate(all="ignore"):
        results = iter(ReferenceEvaluator(model).run(None, feeds))
    return [_with_text(np.asarray(next(results))) if y else None for y in case.output_names()]


# ----------------------------------------------------------- compile and run

NOT_ON_GPU = "is refused on GPUs"  # no problem


class Failed(Exception):
    """The model as a whole could not be compiled or run."""


def _graphopt(*arguments, **environment):
    tool = os.path.join(os.environ.get("GRAPHOPT_BUILD", "build"), "bin", "graphopt")
    try:
        done = subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S,
                              errors="replace", env={**os.environ, **environment})
    except subprocess.TimeoutExpired:
        raise Failed(f"graphopt {arguments[0]}: no end after {TIMEOUT_S} s") from None
    if done.returncode:
        raise Failed(f"graphopt {arguments[0]}: exit code {done.returncode}\n{done.stderr.strip()[-3000:]}")


def _plain(array):
    """As NumPy's files have it: opaque bytes for floats of ml_dtypes, bytes for its integers."""
    if array.dtype == object:
        return array.astype(str)
    if array.dtype.isbuiltin == 1:
        return array
    if "int" in array.dtype.name:
        return array.astype(np.int8 if array.dtype.name.startswith("int") else np.uint8)
    return array.view(f"V{array.dtype.itemsize}")


def save(path, arrays):
    np.savez(path, **{name: _plain(a) for name, a in arrays.items()})


def _restored(array, dtype):
    """The other way round."""
    if array is None or dtype.isbuiltin == 1:
        return array if array is None else _with_text(array)
    return array.view(dtype)


def _compile(path, folder):
    """What the environment of a run needs."""
    if not on_gpu():
        _graphopt("compile", path, "-o", folder, "--quiet")
        return {}
    import emulator  # test/Cuda
    stages, library = os.path.join(folder, "stages"), os.path.join(folder, "kernels.so")
    _graphopt("compile", path, "-o", folder, "--quiet", "--target=cuda", "--sm=80", f"--dump-stages={stages}",
              **emulator.toolkit(os.path.join(folder, "toolkit")))
    try:
        emulator.emulate(os.path.join(stages, "4-llvm.mlirbc"), library)
    except emulator.EmulationError as error:
        raise Failed(str(error)) from None
    return {"GRAPHOPT_EMULATED": library, "LD_LIBRARY_PATH": emulator.DRIVER}


def compile_and_run(model, feeds, folder):
    """[name -> array] for each of the feeds."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "ops.onnx")
    onnx.save(model, path)
    environment = _compile(path, folder)
    results = []
    for number, feed in enumerate(feeds):
        given = os.path.join(folder, f"inputs_{number}.npz")
        made = os.path.join(folder, f"outputs_{number}.npz")
        save(given, feed)
        _graphopt("run", folder, "--inputs", given, "--output", made, **environment)
        with np.load(made) as file:
            results.append({name: file[name] for name in file.files})
    return results


def difference(actual, expected, tolerance=None):
    """What is wrong with an output, or None."""
    if actual is None:
        return "is missing"
    if actual.dtype != expected.dtype:
        return f"is {actual.dtype}, expected {expected.dtype}"
    if actual.shape != expected.shape:
        return f"has shape {actual.shape}, expected {expected.shape}"
    if not expected.size:
        return None
    if expected.dtype.name not in TOLERANCE:
        if expected.dtype.isbuiltin == 2:  # of a byte at most: exactly, the sign of 0 too
            actual, expected = actual.astype(np.float32), expected.astype(np.float32)
            same = (actual == expected) & (np.signbit(actual) == np.signbit(expected))
            bad = np.flatnonzero(~(same | np.isnan(actual) & np.isnan(expected)))
        else:
            bad = np.flatnonzero(actual != expected)
        if not bad.size:
            return None
        at = np.unravel_index(bad[0], expected.shape)
        return (f"{bad.size} of {expected.size} elements differ, the first at "
                f"{tuple(map(int, at))}: {actual[at]}, expected {expected[at]}")
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(e)
    special = ~finite & ~((a == e) | (np.isnan(a) & np.isnan(e))) | finite & ~np.isfinite(a)
    if special.any():
        at = tuple(int(i[0]) for i in np.nonzero(special))
        return f"{special.sum()} special values differ, the first at {at}: {a[at]}, expected {e[at]}"
    scale = np.abs(e[finite]).max(initial=0) or 1.0
    error = np.zeros_like(a)
    error[finite] = np.abs(a[finite] - e[finite]) / scale
    limit = tolerance or TOLERANCE[expected.dtype.name]
    if error.max() <= limit:
        return None
    at = tuple(map(int, np.unravel_index(error.argmax(), error.shape)))
    return f"error {error.max():.2e} > {limit:.0e}, worst at {at}: {a[at]}, expected {e[at]}"


def try_cases(cases, opened, folder):
    """[(case, problem or None)]; raises Failed if there is not one result."""
    rounds = 1 + max(len(case.also) for case in cases) if opened else 1

    def inputs_of(case, number):
        choices = [case.inputs, *case.also]
        return choices[number % len(choices)]
    feeds = [{f"c{i}_{name}": array for i, case in enumerate(cases)
              for name, array in case.feeds(inputs_of(case, number)).items()} for number in range(rounds)]
    results = compile_and_run(model_of(cases, opened), feeds, folder)
    reports = []
    for i, case in enumerate(cases):
        problems = []
        for number in range(rounds if opened and case.also else 1):
            inputs = inputs_of(case, number)
            expected = case.expected if number == 0 else _reference(case, inputs)
            for y, array in enumerate(expected):
                if array is None:
                    continue
                result = _restored(results[number].get(f"c{i}_y{y}"), array.dtype)
                problem = difference(result, array, case.tolerance)
                if problem:
                    problems.append(f"y{y} {problem}" + (f" (sizes {number})" if number else ""))
        reports.append((case, "; ".join(problems) or None))
    return reports


def on_gpu():
    return os.environ.get("GRAPHOPT_TARGET") == "cuda"


def is_gpu_refusal(failure):
    return on_gpu() and bool(GPU_REFUSAL.search(str(failure)))


def try_halves(cases, opened, folder):
    """As try_cases, but a model that fails is halved until single cases remain."""
    try:
        return try_cases(cases, opened, folder)
    except Failed as failure:
        if len(cases) == 1:
            return [(cases[0], NOT_ON_GPU if is_gpu_refusal(failure) else str(failure))]
        half = len(cases) // 2
        return (try_halves(cases[:half], opened, folder + "a")
                + try_halves(cases[half:], opened, folder + "b"))


def try_refused(case, folder):
    """[(case, problem or None)] of the inputs that must be refused."""
    opened = case.open != "none"
    path = os.path.join(folder, "ops.onnx")
    os.makedirs(folder, exist_ok=True)
    onnx.save(model_of([case], opened), path)
    try:
        environment = _compile(path, folder)
    except Failed as failure:
        if is_gpu_refusal(failure):
            return []
        raise
    reports = []
    for inputs in case.refused:
        given = os.path.join(folder, "inputs.npz")
        save(given, {f"c0_{name}": array for name, array in case.feeds(inputs).items()})
        try:
            _graphopt("run", folder, "--inputs", given, **environment)
            reports.append((case, "is not refused"))
        except Failed as failure:
            reports.append((case, None if REFUSAL in str(failure) else str(failure)))
    return reports


def main(cases):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", dest="filter", default="", help="only cases whose name holds this")
    parser.add_argument("-v", dest="verbose", action="store_true", help="report each case")
    parser.add_argument("--keep", help="folder for models, inputs and outputs")
    parser.add_argument("--each", action="store_true", help="a model for each case")
    options = parser.parse_args()

    cases = [case for case in cases if options.filter in case.name]
    for case in cases:
        case.expected = case.expect if isinstance(case.expect, list) else _reference(case)
    bad = total = refused = 0
    with tempfile.TemporaryDirectory() as scratch:
        for opened in (False, True):
            wanted = [c for c in cases if (c.open != "none" if opened else c.static)]
            groups = {}
            for case in wanted:  # one model has one opset
                groups.setdefault((case.opset, case.domain, case.domain_version), []).append(case)
            size = 1 if options.each else BATCH
            batches = [group[i:i + size] for group in groups.values() for i in range(0, len(group), size)]
            for number, batch in enumerate(batches):
                kind = "open" if opened else "fixed"
                folder = os.path.join(options.keep or scratch, f"{kind}{number}")
                for case, problem in try_halves(batch, opened, folder):
                    total += 1
                    if problem == NOT_ON_GPU:
                        refused += 1
                        if options.verbose:
                            print(f"refused {case.name}, {kind} dims")
                    elif problem:
                        bad += 1
                        print(f"FAIL {case.name}, {kind} dims: {problem}")
                    elif options.verbose:
                        print(f"ok   {case.name}, {kind} dims")
        for number, case in enumerate(case for case in cases if case.refused):
            for case, problem in try_refused(case, os.path.join(options.keep or scratch, f"refused{number}")):
                total += 1
                bad += bool(problem)
                if problem or options.verbose:
                    print(f"{'FAIL' if problem else 'ok  '} {case.name}, refused: {problem}")
    print(f"{total - bad - refused} of {total} cases passed" + (f", {refused} refused" if refused else ""))
    sys.exit(bool(bad) or not total)
