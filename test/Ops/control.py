# RUN: %python %s
"""If and Loop."""
import numpy as np
from harness import Case, booleans, integers, main, normal
from onnx import TensorProto, helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def port(name, dtype, dims=None):
    return helper.make_tensor_value_info(name, dtype, dims)


def branch(name, *nodes, outputs=("b0",), dtype=FLOAT):
    return helper.make_graph(list(nodes), name, [], [port(o, dtype) for o in outputs])


def conditional(*inputs, then, other, outputs=1, **settings):
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node("If", ["x0"], results, then_branch=then, else_branch=other)
    return Case("If", list(inputs), nodes=[node], outputs=outputs, **settings)


node = helper.make_node
cases = []
for condition in (True, False):
    given = np.array(condition)
    cases += [
        # Values from outside, in one branch or both.
        conditional(given, normal(2, 3), then=branch("then", node("Abs", ["x1"], ["b0"])),
                    other=branch("else", node("Neg", ["x1"], ["b0"])), name=f"If {condition} one value"),
        conditional(given, normal(2, 3), normal(3),
                    then=branch("then", node("Add", ["x1", "x2"], ["s"]), node("Exp", ["s"], ["b0"])),
                    other=branch("else", node("Sub", ["x1", "x2"], ["b0"])), name=f"If {condition} two values"),
        # Nothing but a value from outside; two results.
        conditional(given, normal(4), normal(4), outputs=2,
                    then=branch("then", node("Identity", ["x1"], ["b0"]), node("Identity", ["x2"], ["b1"]), outputs=("b0", "b1")),
                    other=branch("else", node("Identity", ["x2"], ["b0"]), node("Identity", ["x1"], ["b1"]), outputs=("b0", "b1")),
                    name=f"If {condition} swaps"),
        # If in If.
        conditional(given, normal(2, 3), then=branch("then", node(
            "If", ["x0"], ["b0"], then_branch=branch("inner", node("Tanh", ["x1"], ["b0_"]), outputs=("b0_",)),
            else_branch=branch("inner else", node("Abs", ["x1"], ["b1_"]), outputs=("b1_",)))),
            other=branch("else", node("Neg", ["x1"], ["b0"])), name=f"If {condition} nested"),
    ]


def loop(name, inputs, body, carried, scanned=0, trips="x0", condition="x1", **settings):
    """x0: trip count, x1: condition, then what is carried."""
    outputs = [f"y{i}" for i in range(carried + scanned)]
    values = [f"x{2 + i}" for i in range(carried)]
    return Case("Loop", inputs, nodes=[node("Loop", [trips, condition, *values], outputs, body=body)],
                outputs=carried + scanned, name=f"Loop {name}", **settings)


sums = helper.make_graph(
    [node("Add", ["sum", "x3"], ["sum_"]), node("Identity", ["c"], ["c_"])], "sums",
    [port("i", INT64, []), port("c", BOOL, []), port("sum", FLOAT)], [port("c_", BOOL), port("sum_", FLOAT)])
scans = helper.make_graph(
    [node("Mul", ["v", "x3"], ["v_"]), node("Identity", ["c"], ["c_"]), node("Exp", ["v_"], ["s"])], "scans",
    [port("i", INT64, []), port("c", BOOL, []), port("v", FLOAT)],
    [port("c_", BOOL), port("v_", FLOAT), port("s", FLOAT)])
stops = helper.make_graph(
    [node("Add", ["v", "v"], ["v_"]), node("ReduceMax", ["v_"], ["m"], keepdims=0), node("Less", ["m", "x3"], ["c_"])],
    "stops", [port("i", INT64, []), port("c", BOOL, []), port("v", FLOAT)], [port("c_", BOOL), port("v_", FLOAT)])
# Collects until the condition says no.
seeks = helper.make_graph(
    [node("Add", ["v", "v"], ["v_"]), node("ReduceMax", ["v_"], ["m"], keepdims=0), node("Less", ["m", "x3"], ["c_"]),
     node("Neg", ["v_"], ["s"])],
    "seeks", [port("i", INT64, []), port("c", BOOL, []), port("v", FLOAT)],
    [port("c_", BOOL), port("v_", FLOAT), port("s", FLOAT)])
# A value of the turn before lives on as another one.
shifts = helper.make_graph(
    [node("Add", ["a", "b"], ["n"]), node("Mul", ["n", "x5"], ["a_"]), node("Identity", ["a"], ["b_"]),
     node("Sub", ["b", "a"], ["k_"]), node("Identity", ["c"], ["c_"])], "shifts",
    [port("i", INT64, []), port("c", BOOL, []), port("a", FLOAT), port("b", FLOAT), port("k", FLOAT)],
    [port("c_", BOOL), port("a_", FLOAT), port("b_", FLOAT), port("k_", FLOAT)])
swaps = helper.make_graph(
    [node("Identity", ["b"], ["a_"]), node("Neg", ["a"], ["b_"]), node("Identity", ["c"], ["c_"])], "swaps",
    [port("i", INT64, []), port("c", BOOL, []), port("a", FLOAT), port("b", FLOAT)],
    [port("c_", BOOL), port("a_", FLOAT), port("b_", FLOAT)])
# Longer by itself each time, and a row of one size.
grows = helper.make_graph(
    [node("Concat", ["v", "x3"], ["v_"], axis=0), node("ReduceSum", ["v_"], ["s"], keepdims=0),
     node("Mul", ["x3", "s"], ["r"]), node("Identity", ["c"], ["c_"])], "grows",
    [port("i", INT64, []), port("c", BOOL, []), port("v", FLOAT, [None])],
    [port("c_", BOOL), port("v_", FLOAT, [None]), port("r", FLOAT)])

for trips in (0, 1, 6):
    count, go = np.array(trips), np.array(True)
    cases += [
        loop(f"sums {trips}", [count, go, normal(2, 3), normal(2, 3)], sums, 1),
        loop(f"scans {trips}", [count, go, normal(5), normal(5)], scans, 1, 1,
             # The evaluator cannot stack nothing; the size of rows that were never made is open.
             open="sizes" if trips else "none",
             expect=None if trips else lambda m, c, v, x: [v, np.empty((0, 5), np.float32)]),
        loop(f"shifts {trips}", [count, go, normal(5), normal(5), normal(5), normal(5)], shifts, 3),
        loop(f"swaps {trips}", [count, go, normal(5), normal(5)], swaps, 2),
        loop(f"stops {trips}", [count, go, np.float32([0.1, 0.2, 0.3]), np.float32(5)], stops, 1),
    ]
cases += [
    loop("seeks", [np.array(9), np.array(True), np.float32([0.1, 0.2, 0.3]), np.float32(5)], seeks, 1, 1),
    loop("grows", [np.array(9), np.array(True), normal(2), normal(3)], grows, 1, 1),
    loop("scans 100", [np.array(100), np.array(True), np.ones(5, np.float32), np.full(5, 0.99, np.float32)], scans, 1, 1),
    loop("seeks 100", [np.array(100), np.array(True), np.float32([1e-20, 2e-20]), np.float32(5e8)], seeks, 1, 1),
    loop("seeks without a count", [np.array(0), np.array(True), np.float32([0.1, 0.2]), np.float32(5)], seeks, 1, 1,
         trips=""),
    loop("false at once", [np.array(5), np.array(False), normal(3), normal(3)], sums, 1),
    loop("without a count", [np.array(0), np.array(True), np.float32([0.1, 0.2, 0.3]), np.float32(5)], stops, 1, trips=""),
    # Which the evaluator takes for false.
    loop("without a condition", [np.array(3), np.array(True), normal(3), normal(3)], scans, 1, 1, condition="",
         expect=lambda m, c, v, x: [v * x**3, np.exp(np.stack([v * x, v * x**2, v * x**3]))]),
]
main(cases)
