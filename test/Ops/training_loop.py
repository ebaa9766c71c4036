# RUN: env GRAPHOPT_HOME=%build %python %s
"""Steps of training: a loss, its gradients and an optimizer as one model, against NumPy."""
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper

import graphopt

DOMAIN = "ai.onnx.preview.training"
random = np.random.default_rng(0)
WEIGHTS = {"w1": (5, 8), "b1": (8,), "w2": (8, 3), "b2": (3,)}
RATE, BETA1, BETA2, EPSILON = 0.05, 0.9, 0.99, 1e-8


def build(optimizer, batch):
    """Of features and labels, of weights and what the optimizer keeps of each: the loss and the next weights and states."""
    node, port = helper.make_node, helper.make_tensor_value_info
    states = {"Adam": ["v", "h"], "Momentum": ["v"]}[optimizer]
    given = [s + name for s in ["", *states] for name in WEIGHTS]
    nodes = [
        node("Gemm", ["x", "w1", "b1"], ["h1"]), node("Tanh", ["h1"], ["a1"]), node("Gemm", ["a1", "w2", "b2"], ["scores"]),
        node("SoftmaxCrossEntropyLoss", ["scores", "labels"], ["loss"]),
        node("Gradient", [*WEIGHTS, "x", "labels"], [f"d_{w}" for w in WEIGHTS], domain=DOMAIN, xs=list(WEIGHTS), zs=["x", "labels"], y="loss"),
    ]
    tensors = [*WEIGHTS, *[f"d_{w}" for w in WEIGHTS], *[s + w for s in states for w in WEIGHTS]]
    results = [f"next_{name}" for name in given]
    settings = (dict(alpha=BETA1, beta=BETA2, epsilon=EPSILON, norm_coefficient=0.0) if optimizer == "Adam" else
                dict(alpha=BETA1, beta=1.0, mode="standard", norm_coefficient=0.0))
    nodes.append(node(optimizer, ["rate", "step", *tensors], results, domain=DOMAIN, **settings))
    inputs = [port("x", TensorProto.FLOAT, [batch, 5]), port("labels", TensorProto.INT64, [batch]), port("rate", TensorProto.FLOAT, []),
              port("step", TensorProto.INT64, []), *[port(s + w, TensorProto.FLOAT, WEIGHTS[w]) for s in ["", *states] for w in WEIGHTS]]
    outputs = [port("loss", TensorProto.FLOAT, [])] + [port(f"next_{s}{w}", TensorProto.FLOAT, WEIGHTS[w]) for s in ["", *states] for w in WEIGHTS]
    graph = helper.make_graph(nodes, "step", inputs, outputs)
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 1)])


def loss_of(weights, x, labels):
    """The loss and, by hand, its gradients."""
    active = np.tanh(x @ weights["w1"] + weights["b1"])
    scores = active @ weights["w2"] + weights["b2"]
    chances = np.exp(scores - scores.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    rows = np.arange(len(labels))
    d_scores = chances.copy()
    d_scores[rows, labels] -= 1
    d_scores /= len(labels)
    d_active = d_scores @ weights["w2"].T * (1 - active ** 2)
    gradients = {"w1": x.T @ d_active, "b1": d_active.sum(0), "w2": active.T @ d_scores, "b2": d_scores.sum(0)}
    return -np.log(chances[rows, labels]).mean(), gradients


def update(optimizer, step, weights, gradients, v, h):
    for name, d in gradients.items():
        if optimizer == "Momentum":
            v[name] = BETA1 * v[name] + d
            weights[name] = weights[name] - RATE * v[name]
            continue
        v[name] = BETA1 * v[name] + (1 - BETA1) * d
        h[name] = BETA2 * h[name] + (1 - BETA2) * d * d
        rate = RATE * np.sqrt(1 - BETA2 ** step) / (1 - BETA1 ** step) if step else RATE
        weights[name] = weights[name] - rate * v[name] / (np.sqrt(h[name]) + EPSILON)


def train(optimizer, batch, folder, steps=40):
    path = os.path.join(folder, f"{optimizer}_{batch}.onnx")
    onnx.save(build(optimizer, batch), path)
    model = graphopt.compile(path)
    weights = {name: random.standard_normal(shape) / 2 for name, shape in WEIGHTS.items()}
    zeros = [{name: np.zeros(shape) for name, shape in WEIGHTS.items()} for _ in range(2)]
    v, h = zeros
    states = ["", "v", "h"] if optimizer == "Adam" else ["", "v"]
    ours = {s + name: np.float32({"": weights, "v": v, "h": h}[s][name]) for s in states for name in WEIGHTS}
    losses, worst = [], 0.0
    for step in range(steps):
        rows = 16 if batch == 16 else int(random.integers(1, 33))
        x = random.standard_normal((rows, 5)).astype(np.float32)
        labels = np.argmax(x[:, :3], 1)
        expected, gradients = loss_of(weights, x.astype(np.float64), labels)
        update(optimizer, step, weights, gradients, v, h)
        results = model(x=x, labels=labels, rate=np.float32(RATE), step=np.int64(step), **ours)
        results = dict(zip(["loss"] + list(ours), results.values() if isinstance(results, dict) else results))
        losses.append(float(results.pop("loss")))
        worst = max(worst, abs(losses[-1] - expected) / abs(expected))
        ours = {name: np.asarray(value) for name, value in results.items()}
    print(f"{optimizer}, batch {batch}: loss from {np.mean(losses[:5]):.4f} to {np.mean(losses[-5:]):.4f}, error {worst:.1e}")
    return worst < 1e-4 and np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


with tempfile.TemporaryDirectory() as scratch:
    good = [train(optimizer, batch, scratch) for optimizer in ("Adam", "Momentum") for batch in (16, "n")]
sys.exit(not all(good))
