"""Random ONNX graphs with the values that they must give.

A graph grows by one operator at a time. Each is run at once by ONNX's reference
evaluator, so what follows knows types, sizes and values, and what the reference
refuses is left out. It is run twice: the second time on values that differ from the
first by more than rounding does. How far the two results are apart says how exact a
compiled graph can be; an operator whose result jumps (a comparison of nearly equal
numbers, an ArgMax) is left out.
"""
import dataclasses
import random
import warnings

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

OPSETS = (13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)
MOST_ELEMENTS = 4096
LARGEST = 1e4  # magnitude; beyond it, errors grow out of sight
ROUNDING = {"float64": 1e-10, "float32": 2e-5, "float16": 4e-3}  # of the largest magnitude


@dataclasses.dataclass
class Value:
    name: str
    array: np.ndarray
    twin: np.ndarray  # what rounding could make of `array`, and more
    fixed: bool = False  # its extents say of what rank or size a result is: they are never open

    @property
    def dtype(self):
        return self.array.dtype

    @property
    def shape(self):
        return self.array.shape

    @property
    def rank(self):
        return self.array.ndim


def scale(array):
    return float(np.max(np.abs(array), initial=0)) if array.size else 0.0


def is_float(array):
    return array.dtype.kind == "f"


class Generator:
    """One graph: `add` calls operators' functions, which call `leaf` and `node`."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.opset = self.random.choice(OPSETS)
        self.nodes, self.inputs, self.constants, self.values = [], [], [], []
        self.used = set()
        self.outer = 0  # > 0 inside the body of a control flow node

    # ------------------------------------------------------------- choosing

    def chance(self, probability):
        return self.random.random() < probability

    def among(self, *choices):
        return self.random.choice(choices)

    def size(self, most=7):
        """An extent: small, often odd, seldom 0."""
        return 0 if self.chance(0.02) else self.random.randint(1, most)

    def shape(self, rank=None):
        rank = self.random.choice((0, 1, 1, 2, 2, 2, 3, 3, 4)) if rank is None else rank
        return tuple(self.size(33 if rank < 3 and self.chance(0.2) else 7) for _ in range(rank))

    def data(self, shape, dtype=np.float32):
        dtype = np.dtype(dtype)
        if dtype.kind == "f":
            return self.numbers.standard_normal(shape).astype(dtype)
        if dtype == bool:
            return self.numbers.integers(0, 2, shape).astype(bool)
        low = 0 if dtype.kind == "u" else -5
        return self.numbers.integers(low, 9, shape).astype(dtype)

    def any_value(self, test=lambda value: True, otherwise=None):
        """A value that passes `test`: one that exists, or else a leaf of `otherwise`."""
        found = [v for v in self.values if test(v)]
        if found and not self.chance(0.1):
            # What nobody has read yet, the newest most: graphs become deep.
            fresh = [v for v in found if v.name not in self.used]
            found = fresh if fresh and self.chance(0.8) else found
            return found[-1 - min(int(self.random.expovariate(0.6)), len(found) - 1)]
        if otherwise is not None:
            return self.leaf(otherwise)
        fresh = self.leaf(self.data(self.shape(), self.among(np.float32, np.float32, np.float32, np.int64)))
        return fresh if test(fresh) else None

    def floats(self, rank=None, least=0):
        """A value of float32, seldom of another float."""
        wanted = np.float32 if self.chance(0.9) else self.among(np.float64, np.float16)
        def fits(v):
            return v.dtype == wanted and (v.rank == rank if rank is not None else v.rank >= least)
        if not any(map(fits, self.values)) and self.chance(0.7):
            self.reshape_to(wanted, rank or least)
        rank = rank if rank is not None else self.random.randint(least, max(least, 4))
        return self.any_value(fits, self.data(self.shape(rank), wanted))

    def reshape_to(self, dtype, rank):
        """Gives a value of the type another rank, if there is one."""
        found = [v for v in self.values if v.dtype == dtype and v.array.size]
        if not found or not rank:
            return
        value, sizes = found[-1], []
        left = value.array.size
        for _ in range(rank - 1):
            sizes.append(self.random.choice([d for d in range(1, min(left, 16) + 1) if left % d == 0]))
            left //= sizes[-1]
        self.node("Reshape", [value, self.ints(sizes + [left])], exact=True)

    def partner(self, value):
        """A shape that broadcasts against the value's, and the other way round."""
        shape = [1 if self.chance(0.25) else extent for extent in value.shape]
        return tuple(shape[self.random.randint(0, len(shape)):] if self.chance(0.3) else shape)

    # ------------------------------------------------------------- building

    def leaf(self, array, constant=None, fixed=False):
        """An input of the graph, or an initializer."""
        array = np.asarray(array)
        constant = self.chance(0.5) if constant is None else constant
        value = Value(f"{'c' if constant else 'x'}{len(self.constants) + len(self.inputs)}", array, array, fixed)
        (self.constants if constant else self.inputs).append(value)
        return value

    def constant(self, array, dtype=None):
        return self.leaf(np.asarray(array, dtype), constant=True)

    def ints(self, numbers):
        return self.constant(np.asarray(numbers, np.int64))

    def node(self, op, inputs, outputs=1, exact=False, domain="", **attributes):
        """Adds a node if the reference can run it and its results are steady. The
        values of its outputs, or None. `exact`: it only moves or compares values."""
        names = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        node = helper.make_node(op, ["" if v is None else v.name for v in inputs], names,
                                f"{op}_{len(self.nodes)}", domain=domain,
                                **{k: v for k, v in attributes.items() if v is not None})
        first = self.evaluate(node, inputs, lambda v: v.array)
        second = first and self.evaluate(node, inputs, lambda v: v.twin)
        if not second:
            return None
        results = []
        for name, array, twin in zip(names, first, second):
            if array.shape != twin.shape or array.dtype != twin.dtype or array.size > MOST_ELEMENTS:
                return None
            if is_float(array):
                if not np.isfinite(array).all() or not np.isfinite(twin).all() or scale(array) > LARGEST:
                    return None
                if scale(array - twin) > 0.02 * (scale(array) + 1e-3):
                    return None
                if not exact:
                    magnitude = max([scale(array), *(scale(v.array) for v in self.read_by_bodies(node, inputs))])
                    noise = ROUNDING.get(str(array.dtype), 0) * magnitude
                    twin = (twin + self.numbers.uniform(-noise, noise, array.shape)).astype(array.dtype)
            elif not np.array_equal(array, twin):
                return None
            results.append(Value(name, array, twin))
        self.nodes.append(node)
        self.used.update(v.name for v in inputs if v is not None)
        self.values += results
        return results

    def evaluate(self, node, inputs, choose):
        feeds = {v.name: choose(v) for v in inputs if v is not None}
        feeds.update({v.name: choose(v) for v in self.read_inside(node)})
        ports = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
                 for n, a in feeds.items()]
        graph = helper.make_graph([node], "node", ports, [helper.make_empty_tensor_value_info(n) for n in node.output])
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results = ReferenceEvaluator(self.wrap(graph)).run(None, feeds)
        except Exception:  # whatever the reference thinks of it
            return None
        return [np.asarray(r) for r in results] if all(isinstance(r, (np.ndarray, np.generic)) for r in results) else None

    def read_by_bodies(self, node, inputs):
        """What the node's bodies read, of its inputs and from outside: what they compute on the way may be as large."""
        if not any(a.HasField("g") for a in node.attribute):
            return []
        return self.read_inside(node) + [v for v in inputs if v is not None and is_float(v.array)]

    def read_inside(self, node):
        """The values from outside that the node's bodies read."""
        names = {name for a in node.attribute if a.HasField("g") for name in names_read(a.g)}
        return [v for v in self.all_values() if v.name in names] if names else []

    def all_values(self):
        return self.inputs + self.constants + self.values

    def wrap(self, graph):
        return helper.make_model(graph, ir_version=11, opset_imports=[helper.make_opsetid("", self.opset)])

    def model(self, is_open):
        """The graph so far with its loose ends as outputs, and some values between.
        Dims of inputs are open or fixed."""
        read = set(self.used)
        ends = [v for v in self.values if v.name not in read or self.chance(0.05)]
        ports = []
        for value in self.inputs:
            dims = [f"{value.name}_{d}" if is_open and not value.fixed else extent for d, extent in enumerate(value.shape)]
            ports.append(helper.make_tensor_value_info(
                value.name, helper.np_dtype_to_tensor_dtype(value.dtype), dims))
        outputs = [helper.make_tensor_value_info(
            v.name, helper.np_dtype_to_tensor_dtype(v.dtype), [None] * v.rank if is_open else v.shape) for v in ends]
        tensors = [numpy_helper.from_array(v.array, v.name) for v in self.constants]
        return self.wrap(helper.make_graph(self.nodes, "random", ports, outputs, tensors)), ends


def names_read(graph):
    """What a graph, or one inside it, reads from outside or inside."""
    names = {name for node in graph.node for name in node.input} | {o.name for o in graph.output}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                names |= names_read(attribute.g)
    return names


def generate(seed, operators, most_nodes=14):
    generator = Generator(seed)
    for _ in range(3 * most_nodes):
        if len(generator.nodes) >= most_nodes:
            break
        generator.random.choice(operators)(generator)
    return generator
