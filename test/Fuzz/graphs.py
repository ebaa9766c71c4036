"""Compares random graphs, compiled, with ONNX's reference evaluator.

  graphs.py [--first SEED] [--count N] [--jobs N] [--keep DIR] [--open | --fixed]

Every graph is made from its number alone, so a report's number is enough to see it
again; half of them have open dims. A graph that goes wrong is cut down to the fewest
nodes that still do, and kept in DIR. What the compiler says it does not support is
counted. The exit code is 1 if anything went wrong.
"""
import argparse
import collections
import concurrent.futures
import os
import sys

import numpy as np
import onnx

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Conformance"))
import conformance  # noqa: E402
import graphopt  # noqa: E402
import graphopt.backend  # noqa: E402
import movements  # noqa: E402, F401: adds its functions to the others
from generator import generate, is_float, names_read, scale  # noqa: E402
from operators import FUNCTIONS  # noqa: E402

Outcome = conformance.Outcome


def difference(actual, value):
    """What is wrong with an output, or ''."""
    expected = value.array
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if not is_float(expected):
        return "" if np.array_equal(actual, expected) else f"{np.sum(actual != expected)} of {expected.size} differ"
    error = scale(actual.astype(np.float64) - expected)
    bound = 8 * scale(expected.astype(np.float64) - value.twin) + 1e-5 * scale(expected) + 1e-6
    if expected.dtype == np.float16:
        bound += 1e-2 * scale(expected)
    return "" if error <= bound and np.isfinite(actual).all() else f"error {error:.3g}, at most {bound:.3g}"


def attempt(model, ends, inputs):
    """The outcome of one model; may crash."""
    try:
        compiled = graphopt.backend.prepare(model)
    except graphopt.CompileError as error:
        return Outcome("refused" if conformance.REFUSAL.search(str(error)) else "failed", str(error))
    names = {port.name for port in compiled.model.inputs}
    results = compiled.run({v.name: v.array for v in inputs if v.name in names})
    for port, actual, value in zip(compiled.model.outputs, results, ends):
        if text := difference(np.asarray(actual), value):
            return Outcome("failed", f"{port.name}: {text}")
    return Outcome("passed", "")


def without_useless(model, ends):
    """A copy that gives `ends` only and holds nothing that they do not need."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    wanted = {v.name for v in ends}
    keep = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            keep.append(node)
            wanted |= set(node.input)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    wanted |= names_read(attribute.g)
    keep = [onnx.NodeProto.FromString(n.SerializeToString()) for n in reversed(keep)]
    for field, values in (("node", keep),
                          ("input", [i for i in graph.input if i.name in wanted]),
                          ("initializer", [i for i in graph.initializer if i.name in wanted])):
        values = [type(v).FromString(v.SerializeToString()) for v in values]
        graph.ClearField(field)
        getattr(graph, field).extend(values)
    return copy


def with_outputs(generator, model, ends, is_open):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.ClearField("output")
    copy.graph.output.extend(onnx.helper.make_tensor_value_info(
        v.name, onnx.helper.np_dtype_to_tensor_dtype(v.dtype), [None] * v.rank if is_open else v.shape) for v in ends)
    return without_useless(copy, ends)


def isolated(model, ends, inputs):
    return conformance.in_child(lambda: attempt(model, ends, inputs))


def cut_down(generator, model, ends, is_open, outcome):
    """The first value in the order of the nodes that goes wrong as the only output, and
    then with values before it as inputs instead."""
    for value in generator.values:
        smaller = with_outputs(generator, model, [value], is_open)
        found = isolated(smaller, [value], generator.inputs)
        if found.kind == "failed":
            return smaller, found
    return model, outcome


def one(seed, which):
    is_open = seed % 2 == 1 if which is None else which
    generator = generate(seed, FUNCTIONS)
    if not generator.values:
        return seed, Outcome("empty", ""), None
    model, ends = generator.model(is_open)
    outcome = isolated(model, ends, generator.inputs)
    if outcome.kind != "failed":
        return seed, outcome, None
    smaller, outcome = cut_down(generator, model, ends, is_open, outcome)
    return seed, outcome, smaller


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", default=".")
    parser.add_argument("--refused", action="store_true", help="tell what is refused, too")
    parser.add_argument("--open", dest="which", action="store_const", const=True)
    parser.add_argument("--fixed", dest="which", action="store_const", const=False)
    options = parser.parse_args()
    counts = collections.Counter()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        seeds = range(options.first, options.first + options.count)
        for seed, outcome, model in pool.map(one, seeds, [options.which] * len(seeds)):
            counts[outcome.kind] += 1
            if outcome.kind == "failed":
                print(f"seed {seed}: {' '.join(outcome.text.split())[:300]}\n  {operators_of(model)}", flush=True)
                os.makedirs(options.keep, exist_ok=True)
                onnx.save(model, os.path.join(options.keep, f"seed{seed}.onnx"))
            elif outcome.kind == "refused" and options.refused:
                print(f"seed {seed}: refused: {' '.join(outcome.text.split())[:200]}", flush=True)
    print(f"{options.count} graphs: {counts['passed']} passed, {counts['refused']} refused, {counts['failed']} failed")
    return int(counts["failed"] > 0)


def operators_of(model):
    return f"opset {model.opset_import[0].version}: " + " ".join(node.op_type for node in model.graph.node)


if __name__ == "__main__":
    sys.exit(main())
