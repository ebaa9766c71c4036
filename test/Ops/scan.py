# RUN: %python %s
"""Scan, against loops in numpy: the reference evaluator knows neither axes nor directions of outputs."""
import numpy as np
from harness import Case, main, normal
from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT
node = helper.make_node


def port(name, dims=None):
    return helper.make_tensor_value_info(name, FLOAT, dims)


def body(nodes, inputs, outputs):
    return helper.make_graph(nodes, "body", [port(i) for i in inputs], [port(o) for o in outputs])


def scan(name, inputs, graph, scanned, expect, outputs, used=None, **settings):
    """The first `used` inputs are the node's, states and then `scanned` ones; the body reads the others."""
    attributes = {k: settings.pop(k) for k in list(settings) if k.startswith("scan_")}
    nodes = [node("Scan", [f"x{i}" for i in range(used or len(inputs))], [f"y{i}" for i in range(outputs)], body=graph, num_scan_inputs=scanned, **attributes)]
    return Case("Scan", inputs, nodes=nodes, outputs=outputs, name=f"Scan {name}", expect=expect, **settings)


SUM = body([node("Add", ["s", "x"], ["s_"]), node("Identity", ["s_"], ["o"])], ["s", "x"], ["s_", "o"])
PAIR = body([node("Mul", ["x", "y"], ["p"]), node("Add", ["s", "p"], ["s_"]), node("Sub", ["t", "x"], ["t_"]),
             node("Add", ["s", "t"], ["o"]), node("Neg", ["x"], ["q"])], ["s", "t", "x", "y"], ["s_", "t_", "o", "q"])
MAP = body([node("Exp", ["x"], ["o"])], ["x"], ["o"])
MATRIX = body([node("MatMul", ["s", "x2"], ["m"]), node("Add", ["m", "x"], ["s_"]), node("Tanh", ["s_"], ["o"])],
              ["s", "x"], ["s_", "o"])


def sums(s, x):
    all = s + np.cumsum(x, 0, dtype=np.float64)
    return [(all[-1] if len(x) else s).astype(np.float32), all.astype(np.float32)]


def pair(s, t, x, y, axes=(0, 0), back=(0, 0), out_axes=(0, 0), out_back=(0, 0)):
    x, y = (np.moveaxis(v, a, 0)[::-1 if b else 1] for v, a, b in zip((x, y), axes, back))
    rows = []
    for a, b in zip(x, y):
        rows.append((s + t, -a))
        s, t = s + a * b, t - a
    outs = [np.stack(r)[::-1 if b else 1] for r, b in zip(zip(*rows), out_back)]
    return [s, t, *(np.moveaxis(o, 0, a) for o, a in zip(outs, out_axes))]


def recur(s, x, w):
    rows = []
    for row in x:
        s = s @ w + row
        rows.append(np.tanh(s))
    return [s, np.stack(rows)]


def paired(name, axes=(0, 0), back=(0, 0), out_axes=(0, 0), out_back=(0, 0), length=5, **settings):
    x, y = (np.moveaxis(normal(length, 2, 3), 0, a) for a in axes)
    attributes = dict(scan_input_axes=axes, scan_input_directions=back, scan_output_axes=out_axes,
                      scan_output_directions=out_back)
    return scan(name, [normal(2, 3), normal(2, 3), x, y], PAIR, 2,
                lambda *v: pair(*v, axes, back, out_axes, out_back), 4, open="none", **attributes, **settings)


BATCHED = Case("Scan", [normal(3, 2), normal(3, 5, 2)], outputs=2, opset=8, name="Scan of a batch, opset 8", open="none",
               nodes=[node("Scan", ["", "x0", "x1"], ["y0", "y1"], body=SUM, num_scan_inputs=1)],
               expect=lambda s, x: [s + x.sum(1), s[:, None] + np.cumsum(x, 1)])
BACKWARDS = Case("Scan", [normal(3, 2), normal(3, 5, 2)], outputs=2, opset=8, name="Scan backwards, opset 8", open="none",
                 nodes=[node("Scan", ["", "x0", "x1"], ["y0", "y1"], body=SUM, num_scan_inputs=1, directions=[1])],
                 expect=lambda s, x: [s + x.sum(1), s[:, None] + np.cumsum(x[:, ::-1], 1)])

main([
    scan("sum", [normal(2), normal(4, 2)], SUM, 1, sums, 2, also=[[normal(3), normal(9, 3)], [normal(2), normal(1, 2)]],
         open=[["n"], ["t", "n"]]),
    # The size of rows that were never made is known if it is fixed.
    scan("of nothing", [normal(2), normal(0, 2)], SUM, 1, sums, 2, also=[[normal(2), normal(3, 2)]],
         open=[[None], ["t", None]]),
    scan("of scalars", [normal(), normal(6)], SUM, 1, sums, 2),
    scan("without states", [normal(4, 3)], MAP, 1, lambda x: [np.exp(x)], 1),
    scan("along the last", [normal(4, 3)], MAP, 1, lambda x: [np.exp(x)], 1, scan_input_axes=[-1], scan_output_axes=[-1]),
    scan("with a captured matrix", [normal(3, 4), normal(7, 3, 4), normal(4, 4)], MATRIX, 1, recur, 2, used=2),
    scan("of inputs that disagree", [normal(2, 3), normal(2, 3), normal(5, 2, 3), normal(5, 2, 3)], PAIR, 2, pair, 4,
         open=[["a", "b"], ["a", "b"], ["t", "a", "b"], ["u", "a", "b"]],
         refused=[[normal(2, 3), normal(2, 3), normal(5, 2, 3), normal(4, 2, 3)]]),
    paired("of two"),
    paired("backwards", back=(1, 0)),
    paired("backwards out", out_back=(0, 1)),
    paired("along others", axes=(1, 2), out_axes=(2, 1)),
    paired("along others, backwards", axes=(-1, 1), back=(1, 1), out_axes=(1, -1), out_back=(1, 1)),
    BATCHED, BACKWARDS,
])
