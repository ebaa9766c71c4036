# RUN: %python %s
"""A network by parts, each on the emulated GPU and by the CPU's code from the same inputs: what differs is of a few
kernels, and not what a network makes of it.

    parts.py [--nodes N] [--tolerance T] [--option NAME=VALUE]... MODEL INPUTS.npz

Without a model, of one that is made here."""
import argparse
import sys

import emulator
import graphopt
import numpy as np
import onnx
from onnx import helper, numpy_helper


def split(graph, size):
    """Lists of up to `size` nodes, in order; constants are of none."""
    nodes = [node for node in graph.node if node.op_type != "Constant"]
    return [nodes[i:i + size] for i in range(0, len(nodes), size)]


def read_by(node):
    """Names that a node reads, in its bodies, too."""
    names = list(node.input)
    for attribute in node.attribute:
        names += [name for inner in attribute.g.node for name in read_by(inner)]
    return names


def types_of(model):
    """The element type of each tensor."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    return {port.name: port.type.tensor_type.elem_type for port in [*graph.value_info, *graph.output]}


def extract(model, nodes, values, wanted):
    """A model of `nodes` alone: its inputs are among `values`, its outputs are those of `wanted` that it makes, by names
    and types."""
    graph = model.graph
    made = [name for node in nodes for name in node.output if name]
    read = {name for node in nodes for name in read_by(node)}
    constants = [node for node in graph.node if node.op_type == "Constant" and node.output[0] in read]
    port = lambda name: helper.make_tensor_value_info(  # noqa: E731
        name, helper.np_dtype_to_tensor_dtype(values[name].dtype), values[name].shape)
    part = helper.make_graph([*constants, *nodes], "part",
                             [port(name) for name in values if name in read],
                             [helper.make_tensor_value_info(name, wanted[name], None) for name in made if name in wanted],
                             [tensor for tensor in graph.initializer if tensor.name in read])
    return helper.make_model(part, ir_version=model.ir_version, opset_imports=model.opset_import,
                             functions=model.functions)


def difference(actual, expected):
    """By the largest expected value; 1 for integers that are not the same."""
    if expected.dtype.kind != "f":
        return float(not np.array_equal(actual, expected))
    actual, expected = (a.astype(np.float64) for a in (actual, expected))
    return float(np.abs(actual - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-30))


def compare(model, feeds, size, **options):
    """Yields the nodes of each part and the greatest difference of what it makes."""
    values = dict(feeds)
    types = types_of(model)
    read = {name for node in model.graph.node for name in read_by(node)} | {port.name for port in model.graph.output}
    wanted = {name: kind for name, kind in types.items() if name in read}
    for nodes in split(model.graph, size):
        part = extract(model, nodes, values, wanted)
        inputs = {port.name: values[port.name] for port in part.graph.input}
        results = []
        for compiled in graphopt.compile(part), emulator.compile(part, **options):
            kept = {port.name: inputs[port.name] for port in compiled.inputs}
            results.append([np.copy(array) for array in compiled.run(compiled._bind((), kept))])
        made = dict(zip((port.name for port in part.graph.output), results[0]))
        values.update(made)
        yield nodes, max(map(difference, results[1], results[0]), default=0)


def network():
    """Convolutions of all kinds, what stands between them, and a product."""
    random = np.random.default_rng(0)
    weights = {"w0": (16, 8, 3, 3), "w1": (16, 1, 5, 5), "w2": (24, 16, 1, 1), "w3": (24, 8, 2, 2), "w4": (8, 20)}
    text = """<ir_version: 10, opset_import: ["" : 21]>
    net (float[1, 8, 12, 10] x) => (float[1, 8, 24, 20] y, float[1, 20] z) {
      a = Conv <pads = [1, 1, 1, 1]> (x, w0)
      b = HardSwish (a)
      c = Conv <group = 16, pads = [2, 2, 2, 2]> (b, w1)
      d = Conv (c, w2)
      e = Relu (d)
      y = ConvTranspose <strides = [2, 2]> (e, w3)
      f = GlobalAveragePool (y)
      shape = Constant <value_ints = [1, 8]> ()
      g = Reshape (f, shape)
      h = MatMul (g, w4)
      z = Softmax (h)
    }"""
    model = onnx.parser.parse_model(text)
    for name, shape in weights.items():
        weight = random.standard_normal(shape, np.float32) / np.sqrt(np.prod(shape[1:]), dtype=np.float32)
        model.graph.initializer.append(numpy_helper.from_array(weight, name))
    return model, {"x": random.standard_normal((1, 8, 12, 10), np.float32)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("inputs", nargs="?")
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    if options.model:
        model = onnx.load(options.model)
        with np.load(options.inputs) as arrays:
            feeds = dict(arrays)
        given = dict(option.split("=", 1) for option in options.option)
        checks = [(model, feeds, options.nodes, options.tolerance, given)]
    else:
        checks = [(*network(), 3, 1e-6, {}), (*network(), 4, 5e-3, {"precision": "f16", "sm": "80,90"})]
    bad = 0
    for model, feeds, size, tolerance, given in checks:
        greatest = 0
        for nodes, error in compare(model, feeds, size, **given):
            greatest = max(greatest, error)
            if not error <= tolerance:
                bad += 1
                print(f"{', '.join(node.name or node.op_type for node in nodes)}: {error:.2e}", flush=True)
        print(f"{len(split(model.graph, size))} parts, greatest difference {greatest:.2e}, at most {tolerance:.0e} allowed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
