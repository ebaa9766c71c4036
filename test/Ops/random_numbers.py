# RUN: env GRAPHOPT_HOME=%build %python %s
"""Numbers with a seed are those of Philox4x32-10 in numpy, to the bit where no
function but a product is in them; those without one have the right distribution."""
import numpy as np
import onnx
from harness import Case, Const, main, normal
from onnx import helper

import graphopt

MASK = np.uint64(0xFFFFFFFF)


def philox(count, key):
    """Four words for each counter below `count`."""
    words = [np.arange(count, dtype=np.uint64), *[np.zeros(count, np.uint64)] * 3]
    keys = [np.uint64(key), np.uint64(0)]
    for _ in range(10):
        first, second = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        words = [(second >> np.uint64(32)) ^ words[1] ^ keys[0], second & MASK, (first >> np.uint64(32)) ^ words[3] ^ keys[1], first & MASK]
        keys = [(keys[0] + np.uint64(0x9E3779B9)) & MASK, (keys[1] + np.uint64(0xBB67AE85)) & MASK]
    return words


# The generator's known answers, from its authors' Random123.
assert [int(w[0]) for w in philox(1, 0)] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


def fractions(high, low, dtype):
    if dtype == np.float64:
        return ((high << np.uint64(32) | low) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (high >> np.uint64(8)).astype(np.float32) * np.float32(2.0**-24)


def numbers(shape, seed, isNormal, offset, scale, dtype=np.float32):
    wide = np.float64 if dtype == np.float64 else np.float32
    w = philox(int(np.prod(shape)), np.float32(seed).view(np.uint32))
    x = fractions(w[0], w[1], wide)
    if isNormal:
        other = fractions(*(w[2:] if wide == np.float64 else [w[1], w[2]]), wide)
        x = np.sqrt(-2 * np.log(1 - x)) * np.cos(2 * np.pi * other)
    return [(x * wide(scale) + wide(offset)).astype(dtype).reshape(shape)]


def plain(op, shape, seed, dtype=None, **limits):
    isNormal = "Normal" in op
    low, high = (limits.get("mean", 0.0), limits.get("scale", 1.0)) if isNormal else (limits.get("low", 0.0), limits.get("high", 1.0))
    kind = np.dtype(dtype or "float32")
    attributes = {"dtype": helper.np_dtype_to_tensor_dtype(kind)} if dtype else {}
    settings = dict(expect=lambda *x: numbers(x[0].shape if x else shape, seed, isNormal, low, high if isNormal else high - low, kind),
                    tolerance=None if kind != np.float32 else 2e-6, seed=float(seed), **limits, **attributes)
    if op.endswith("Like"):
        return Case(op, [normal(*shape)], also=[[normal(*[n + 1 for n in shape])]], **settings)
    return Case(op, [], shape=shape, open="none", **settings)


def dropout(x, ratio, training, seed=5):
    u = fractions(*philox(x.size, seed)[:2], np.float32).reshape(x.shape)
    mask = u >= (ratio if training else 0)
    return [np.where(mask, x * np.float32(1 / (1 - ratio)), 0).astype(x.dtype) if training else x, mask]


def outputs(nodes, inputs=(), runs=1):
    """What each run of a library gives."""
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
                                           for n, x in inputs], [onnx.ValueInfoProto(name=o) for o in nodes[-1].output])
    model = onnx.shape_inference.infer_shapes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10))
    library = graphopt.compile(model)
    results = [library(*[x for _, x in inputs]) for _ in range(runs)]
    return [y if isinstance(y, np.ndarray) else y[0] for y in results]


def check_unseeded():
    """Runs and ops differ; moments are right within six deviations."""
    node = helper.make_node
    runs = outputs([node("RandomUniform", [], ["u"], shape=[200, 500]), node("RandomNormal", [], ["n"], shape=[200, 500]),
                    node("RandomUniform", [], ["v"], shape=[200, 500]),
                    node("Concat", ["u", "n", "v"], ["y"], axis=0)], runs=2)
    parts = [p for y in runs for p in np.split(y, 3)]
    assert len({p.tobytes() for p in parts}) == 6, "two are the same"
    count = parts[0].size
    for p, isNormal in zip(parts, [0, 1, 0] * 2):
        mean, deviation = (0, 1) if isNormal else (0.5, 12**-0.5)
        assert abs(p.mean() - mean) < 6 * deviation / count**0.5, p.mean()
        assert abs(p.std() - deviation) < 6 * deviation / count**0.5, p.std()
        assert abs((p[:, 1:] * p[:, :-1]).mean() - mean**2) < 0.02, "neighbours are related"


def check_multinomial():
    chances = np.float32([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])
    with np.errstate(divide="ignore"):
        y, = outputs([helper.make_node("Multinomial", ["x"], ["y"], sample_size=20000)], [("x", np.log(chances))])
    assert y.dtype == np.int32 and y.shape == (2, 20000)
    shares = np.stack([(y == c).mean(1) for c in range(3)], 1)
    assert np.abs(shares - chances).max() < 0.02 and shares[1, 2] == 0, shares


check_unseeded()
check_multinomial()
X = normal(4, 30)
main([
    plain("RandomUniform", [3, 50], 7), plain("RandomUniform", [100], 0, low=-2.0, high=5.0), plain("RandomUniform", [0, 3], 1),
    plain("RandomUniform", [20], 3, "float64"), plain("RandomUniform", [20], 3, "float16"),
    plain("RandomNormal", [3, 50], 7), plain("RandomNormal", [100], 0, mean=3.0, scale=0.5), plain("RandomNormal", [20], 3, "float64"),
    plain("RandomUniformLike", [3, 50], 9), plain("RandomNormalLike", [2, 3, 4], 9, mean=1.0), plain("RandomNormalLike", [2, 3], 9, "float64"),
    *[Case("Dropout", [X, Const(ratio), training], outputs=2, seed=5, open=[["a", "b"], [], []],
           expect=lambda x, r, t, ratio=ratio: dropout(x, np.float32(ratio), bool(t)))
      for ratio in (0.25, 0.5) for training in (np.array(True), np.array(False), Const(True, bool))],
])
