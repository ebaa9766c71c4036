# RUN: %python %s
"""Ensembles of random trees against a walk down each tree."""
import numpy as np
import onnx
from harness import Case, main, normal

DOMAIN = "ai.onnx.ml"
random = np.random.default_rng(3)
MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
HOLDS = [np.less_equal, np.less, np.greater_equal, np.greater, np.equal, np.not_equal]
LEVELS = np.float32([-1, -0.5, 0, 0.5, 1])  # so that equal numbers meet


def grow(trees, depth, features, modes=MODES, missing=False):
    """Nodes: (tree, node, mode, feature, value, true, false, missing), children in any order."""
    nodes = []
    for tree in range(trees):
        count = 0

        def add(level, tree=tree):
            nonlocal count
            own, count = count, count + 1
            leaf = level == depth or (level > 0 and random.random() < 0.2)
            place = len(nodes)
            nodes.append(None)
            children = (0, 0) if leaf else (add(level + 1), add(level + 1))
            mode = "LEAF" if leaf else modes[random.integers(len(modes))]
            nodes[place] = (tree, own, mode, int(random.integers(features)), float(random.choice(LEVELS)), *children,
                            int(missing and random.integers(2)))
            return own
        add(0)
    return nodes


def columns(nodes):
    names = ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids", "missing_value_tracks_true")
    return {f"nodes_{n}": list(c) for n, c in zip(names, zip(*nodes))}


def leaves(nodes, x):
    """The (tree, node) that each row comes to."""
    table = {(n[0], n[1]): n for n in nodes}
    result = []
    for row in x:
        ends = []
        for tree in sorted({n[0] for n in nodes}):
            node = table[tree, 0]
            while node[2] != "LEAF":
                value = row[node[3]]
                holds = bool(node[7]) if np.isnan(value) else HOLDS[MODES.index(node[2])](value, x.dtype.type(node[4]))
                node = table[tree, node[5] if holds else node[6]]
            ends.append((tree, node[1]))
        result.append(ends)
    return result


def weights(nodes, targets, each=1):
    """(tree, node, target, weight) of the leaves, `each` of them."""
    return [(n[0], n[1], int(random.integers(targets)), float(np.float32(random.normal())))
            for n in nodes if n[2] == "LEAF" for _ in range(each)]


def total(ends, given, targets, how="SUM"):
    result = np.zeros((len(ends), targets))
    for row, own in zip(result, ends):
        found = [[] for _ in range(targets)]
        for end in own:
            for tree, node, target, weight in given:
                if (tree, node) == end:
                    found[target].append(weight)
        for t, w in enumerate(found):
            row[t] = {"SUM": sum, "AVERAGE": lambda w: sum(w) / len(own), "MIN": min, "MAX": max}[how](w) if w else 0
    return result


def softmax(s):
    e = np.exp(s - s.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


TRANSFORMS = {"NONE": lambda s: s, "LOGISTIC": lambda s: 1 / (1 + np.exp(-s)), "SOFTMAX": softmax}


def rows(count, features, missing=False, dtype="float32"):
    x = random.choice(LEVELS, (count, features)) + random.choice([0, 0, 0.25, -0.25], (count, features))
    if missing:
        x[random.random(x.shape) < 0.2] = np.nan
    return x.astype(dtype)


def regressor(x, nodes, targets=1, how="SUM", transform="NONE", base=None, each=1, **others):
    given = weights(nodes, targets, each)

    def expect(x):
        y = total(leaves(nodes, x), given, targets, how) + (0 if base is None else np.array(base))
        return [TRANSFORMS[transform](y).astype(np.float32)]
    names = dict(zip(("target_treeids", "target_nodeids", "target_ids", "target_weights"), map(list, zip(*given))))
    if base:
        names["base_values"] = base
    return Case("TreeEnsembleRegressor", [x], domain=DOMAIN, domain_version=3, expect=expect, name=f"regressor {x.shape} {targets} {how} {transform}",
                n_targets=targets, aggregate_function=how, post_transform=transform, open=[["n", "f"]],
                **columns(nodes), **names, **others)


def classifier(x, nodes, labels, transform="NONE", only=None, base=None):
    """With `only`, all leaves are about that class."""
    given = weights(nodes, len(labels))
    if only is not None:
        given = [(t, n, only, w) for t, n, _, w in given]

    def expect(x):
        scores = total(leaves(nodes, x), given, len(labels)) + (0 if base is None else np.array(base))
        if only is not None:
            second = scores[:, only]
            scores = np.stack([1 - second if transform == "NONE" else -second, second], 1)
        scores = TRANSFORMS[transform](scores).astype(np.float32)
        own = labels if len(labels) > 1 else [0, labels[0]]
        return [np.array(own, np.int64)[scores.argmax(1)], scores]
    names = dict(zip(("class_treeids", "class_nodeids", "class_ids", "class_weights"), map(list, zip(*given))))
    if base:
        names["base_values"] = base
    return Case("TreeEnsembleClassifier", [x], domain=DOMAIN, domain_version=3, expect=expect, outputs=2, classlabels_int64s=labels, open=[["n", "f"]],
                post_transform=transform, name=f"classifier {x.shape} {labels} {transform}", **columns(nodes), **names)


def tensor(values, dtype):
    return onnx.numpy_helper.from_array(np.array(values, dtype))


def ensemble(x, how=1):
    """A tree with sets: x[0] in {1, 2} ? (x[1] <= 0.5 ? 10 : 20) : x[1] in {-1} ? 30 : 40; and one of a leaf."""
    def expect(x):
        found = [(10 if r[1] <= 0.5 else 20) if r[0] in (1, 2) else 30 if r[1] == -1 else 40 for r in x]
        y = np.stack([np.array(found), np.full(len(x), 5.0)], 1)
        return [y.astype(x.dtype)]
    return Case("TreeEnsemble", [x], domain=DOMAIN, domain_version=5, expect=expect, n_targets=2, aggregate_function=how, name="ensemble", open=[["n", "f"]],
                nodes_featureids=[0, 1, 1, 0], nodes_modes=tensor([6, 0, 6, 0], "uint8"), nodes_splits=tensor([0, 0.5, 0, 0], x.dtype),
                nodes_truenodeids=[1, 0, 2, 4], nodes_trueleafs=[0, 1, 1, 1], nodes_falsenodeids=[2, 1, 3, 4], nodes_falseleafs=[0, 1, 1, 1],
                membership_values=tensor([1, 2, np.nan, -1, np.nan], x.dtype), tree_roots=[0, 3],
                leaf_targetids=[0, 0, 0, 0, 1], leaf_weights=tensor([10, 20, 30, 40, 5], x.dtype))


X = rows(23, 5)
main([
    regressor(X, grow(7, 4, 5)),
    regressor(X, grow(1, 0, 5)),
    regressor(X, grow(3, 6, 5), targets=3, each=2, base=[1.0, 2.0, 3.0]),
    *[regressor(X, grow(4, 3, 5), targets=t, how=how) for t in (1, 4) for how in ("AVERAGE", "MIN", "MAX")],
    regressor(rows(40, 5, missing=True), grow(9, 5, 5, missing=True)),
    regressor(rows(9, 5, dtype="float64"), grow(4, 4, 5)),
    regressor(X, grow(100, 6, 5, MODES[:1]), transform="LOGISTIC"),
    regressor(rows(0, 5), grow(3, 3, 5)),
    regressor(rows(3, 4), grow(3, 3, 4), also=[[rows(5, 6)]]),
    classifier(X, grow(10, 4, 5), [3, 5, 9]),
    classifier(X, grow(10, 4, 5), [0, 1, 2, 3], "SOFTMAX", base=[0.5, 0.0, 0.25, -1.0]),
    classifier(X, grow(10, 4, 5), [0, 1], "LOGISTIC", only=0),
    classifier(X, grow(10, 4, 5), [0, 1], only=1),
    ensemble(np.float32([[1, 0], [2, 1], [0, -1], [3, 0.5], [1, 0.5]])),
    ensemble(np.float64([[1, 0], [2, 1], [0, -1], [3, 0.5], [1, 0.5]])),
])
