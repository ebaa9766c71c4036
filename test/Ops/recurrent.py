# RUN: %python %s
"""LSTM, GRU and RNN; onnxruntime is the reference, the evaluator lacks directions."""
import numpy as np
import onnxruntime
from harness import Case, Const, main, normal
from onnx import TensorProto, helper

OPSET = 14
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def reference(op, inputs, outputs, attributes):
    """What onnxruntime makes of one node."""
    names = ["" if x is None else f"x{i}" for i, x in enumerate(inputs)]
    arrays = {f"x{i}": x.array if isinstance(x, Const) else np.asarray(x) for i, x in enumerate(inputs)
              if x is not None}
    ports = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
             for n, a in arrays.items()]
    results = [f"y{i}" for i in range(outputs)]
    graph = helper.make_graph([helper.make_node(op, names, results, **attributes)], "node", ports,
                              [helper.make_tensor_value_info(y, TensorProto.FLOAT, None) for y in results])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, arrays)


def case(op, steps=5, batch=3, inputs=7, hidden=6, bias=True, lengths=None, states=False, peepholes=False,
         constant=True, also=False, **attributes):
    directions = 2 if attributes.get("direction") == "bidirectional" else 1
    gates, hold = GATES[op], Const if constant else np.asarray
    attributes["hidden_size"] = hidden

    def x(steps, batch):
        first = attributes.get("layout", 0)
        return normal(*((batch, steps) if first else (steps, batch)), inputs)

    def state(batch):
        shape = (batch, directions) if attributes.get("layout", 0) else (directions, batch)
        return normal(*shape, hidden) if states else None

    values = [x(steps, batch), hold(0.4 * normal(directions, gates * hidden, inputs)),
              hold(0.4 * normal(directions, gates * hidden, hidden)),
              hold(0.4 * normal(directions, 2 * gates * hidden)) if bias else None,
              None if lengths is None else np.array(lengths, np.int32), state(batch)]
    outputs = 2
    if op == "LSTM":
        values += [state(batch), hold(0.4 * normal(directions, 3 * hidden)) if peepholes else None]
        outputs = 3
    others = []
    if also:
        for steps, batch in ((1, 1), (4, 9)):
            others.append([x(steps, batch), *values[1:4], None if lengths is None else np.arange(batch, dtype=np.int32) % (steps + 1),
                           state(batch), *([state(batch), values[7]] if op == "LSTM" else [])])
            others[-1] = [None if isinstance(v, Const) else v for v in others[-1]]

    def expect(*given):
        arrays = [v if isinstance(v, Const) else g for v, g in zip(values, given)]
        return reference(op, arrays, outputs, attributes)
    # An attribute says the hidden size where that of the weights is open.
    return Case(op, values, outputs=outputs, opset=OPSET, also=others, open="sizes" if constant else "each", expect=expect, **attributes)


cases = []
for op in GATES:
    cases += [
        case(op), case(op, bias=False, constant=False),
        case(op, constant=False, states=True, direction="bidirectional"), case(op, states=True),
        *[case(op, direction=d, states=True) for d in ("reverse", "bidirectional")],
        *[case(op, lengths=[5, 2, 1], direction=d) for d in ("forward", "reverse", "bidirectional")],
        case(op, batch=1, hidden=40, inputs=33), case(op, steps=1, batch=1, hidden=17),
        case(op, steps=3, batch=2, states=True, direction="bidirectional", also=True),
        case(op, clip=0.5), case(op, steps=9, clip=0.2),
    ]
cases += [
    case("LSTM", peepholes=True), case("LSTM", peepholes=True, direction="bidirectional", states=True),
    case("LSTM", activations=["HardSigmoid", "Relu", "Softsign"]),
    case("LSTM", input_forget=1),
    case("GRU", linear_before_reset=1), case("GRU", linear_before_reset=1, direction="bidirectional", lengths=[1, 5, 3]),
    case("GRU", activations=["Sigmoid", "Relu"]),
    case("RNN", activations=["Relu"]), case("RNN", activations=["LeakyRelu"], activation_alpha=[0.3]),
]
main(cases)
