# RUN: %python %s %graphopt %t.tmp
"""Operands of other types and ranks than an operator takes: an error that names the node,
whatever the operator is made of."""
import os
import shutil
import subprocess
import sys

import onnx
from onnx import TensorProto as T, helper

TOOL, FOLDER = sys.argv[1:3]
F, I = T.FLOAT, T.INT64

# Operator, operands, attributes, what is wrong with it.
CASES = [
    ("ReduceSum", [(F, [2, 3]), (F, [1])], {}, "its axes are of type 'tensor<1xf32>', not a list of int64"),
    ("ReduceMax", [(F, [2, 3]), (T.BOOL, [1])], {}, "its axes are of type 'tensor<1xi1>'"),
    ("Squeeze", [(F, [2, 1]), (I, [1, 1])], {}, "its axes are of type 'tensor<1x1xi64>'"),
    ("Unsqueeze", [(F, [2, 3]), (I, [2, 2])], {}, "its axes are of type 'tensor<2x2xi64>'"),
    ("AffineGrid", [(I, [1, 2, 3]), (F, [4])], {}, "size has elements of type 'f32'"),
    ("DFT", [(F, [1, 2, 3, 2]), (I, [4]), (I, [1])], {}, "cannot reshape 4 elements to a shape of 1"),
    ("DFT", [(F, [1, 2, 3])], {}, "'tensor<1x2x3xf32>' holds neither real nor complex numbers"),
    ("STFT", [(F, [1, 2]), (I, [2]), (I, [3])], {}, "signal has rank 2, not 3"),
    ("MelWeightMatrix", [(F, [2])] * 5, {}, "cannot reshape 2 elements to a shape of 1"),
    ("Dropout", [(F, [2, 3]), (I, [2]), (F, [3])], {}, "cannot broadcast extents 3 and 2"),
    ("Multinomial", [(F, [2])], {}, "input has rank 1, not 2"),
    ("Unsqueeze", [(F, [2]), (I, [1 << 40])], {}, "tensors have at most 64 dimensions"),
    ("ConvTranspose", [(F, []), (F, [1, 1, 2, 2])], {}, "do not fit to an input of rank 0"),
    ("DeformConv", [(F, [1, 1, 3]), (F, [1, 1, 3]), (F, [1])], {}, "input, weights and offsets have ranks 3, 3 and 1"),
    ("DeformConv", [(F, [1, 1, 3, 3])] * 3, {"group": 0}, "has 0 groups"),
    ("MaxUnpool", [(F, [1, 1, 3, 3]), (F, [1])], {"kernel_shape": [2, 2]}, "indices have rank 1, not 4"),
    ("RoiAlign", [(F, [1, 1, 3]), (F, [1]), (I, [1])], {}, "has no regions of type 'tensor<1xf32>'"),
    ("Det", [(F, [3])], {}, "has no square matrices"),
    ("LinearRegressor", [(F, [2, 3])], {"coefficients": [1.0], "targets": 3}, "coefficients has 1 entries"),
    ("Scaler", [(F, [2, 3])], {"offset": [1.0, 2.0], "scale": [1.0]}, "offset has 2 entries"),
    ("LabelEncoder", [(F, [2])], {"keys_floats": [1.0], "values_int64s": [1, 2]}, "keys have type 'tensor<1xf32>'"),
]
S = T.STRING
POOL = {"mode": "TF", "min_gram_length": 1, "max_gram_length": 2, "max_skip_count": 0, "pool_strings": ["a", "b", "c"]}
CASES += [
    ("Add", [(S, [2]), (S, [2])], {}, "Add is not defined for '!graph.string'"),
    ("Relu", [(S, [2])], {}, "Relu is not defined for '!graph.string'"),
    ("MatMul", [(S, [2, 2]), (S, [2, 2])], {}, "!graph.string"),
    ("ReduceMax", [(S, [2, 2])], {}, "!graph.string"),
    ("ReduceSum", [(S, [2, 2])], {}, "!graph.string"),
    ("Softmax", [(S, [2])], {}, "!graph.string"),
    ("Mean", [(S, [2])], {}, "!graph.string"),
    ("StringConcat", [(F, [2]), (F, [2])], {}, "'tensor<2xf32>'"),
    ("Equal", [(S, [2]), (F, [2])], {}, "'tensor<2xf32>'"),
    ("StringNormalizer", [(S, [2, 2, 2])], {}, "input has rank 3, not 1 or 2"),
    ("StringNormalizer", [(S, [2])], {"case_change_action": "TITLE"}, "case_change_action 'TITLE' is not known"),
    ("RegexFullMatch", [(S, [2])], {"pattern": "a("}, "pattern 'a(': a group without ')' at byte 2 of the pattern"),
    ("RegexFullMatch", [(S, [2])], {"pattern": "a**"}, "a repetition of a repetition"),
    ("RegexFullMatch", [(S, [2])], {"pattern": r"a\p{Greek}"},
     r"'\p{Greek}' is no general category of Unicode, and other classes are not supported at byte 1"),
    *[("RegexFullMatch", [(S, [2])], {"pattern": pattern}, "is no general category")
      for pattern in (r"\p", r"\p{", r"\p{L", r"\pX", r"\p{}", r"[\p{^}]", r"\p{Lx}", r"\p{Lul}")],
    ("RegexFullMatch", [(S, [2])], {"pattern": r"(a)\1"}, r"'\1' is not supported"),
    ("RegexFullMatch", [(S, [2])], {"pattern": b"\xff"}, "bytes that are no UTF-8"),
    ("RegexFullMatch", [(S, [2])], {"pattern": "(a|b)*a(a|b){30}"}, "its automaton has too many states"),
    # Few states, each of them of thousands of steps.
    ("RegexFullMatch", [(S, [2])], {"pattern": "((a?){1000}){10}"}, "its automaton has too many states"),
    ("RegexFullMatch", [(S, [2])], {"pattern": "(((a{99}){99}){99}){99}"}, "it is too large"),
    ("RegexFullMatch", [(S, [2])], {"pattern": "(" * 5000}, "groups lie too deep in each other"),
    ("TfIdfVectorizer", [(S, [2])], {**POOL, "ngram_counts": [0, 2], "ngram_indexes": [0, 1]}, "does not fit a pool of 3"),
    ("TfIdfVectorizer", [(S, [2])], {**POOL, "ngram_counts": [0, 1], "ngram_indexes": [0]}, "1 entries for 2 n-grams"),
    ("TfIdfVectorizer", [(S, [2])], {**POOL, "ngram_counts": [0], "ngram_indexes": [0, 1, 2]}, "ngram_counts has 1 entries"),
    ("TfIdfVectorizer", [(S, [2])], {**POOL, "ngram_counts": [0, 1], "ngram_indexes": [0, -1]}, "is no index"),
    ("TfIdfVectorizer", [(I, [2])], {**POOL, "ngram_counts": [0, 1], "ngram_indexes": [0, 1]}, "it has no pool_int64s"),
    ("LabelEncoder", [(S, [2])], {"keys_strings": ["a"], "values_int64s": [1, 2]}, "keys have type"),
    ("LabelEncoder", [(F, [2])], {"keys_strings": ["a"], "values_int64s": [1]}, "input has type 'tensor<2xf32>', keys"),
]
TREE = {"nodes_treeids": [0, 0, 0], "nodes_nodeids": [0, 1, 2], "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0], "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"], "nodes_values": [1.0, 0.0, 0.0],
        "target_ids": [0, 0], "target_nodeids": [1, 2], "target_treeids": [0, 0], "target_weights": [1.0, 2.0]}
CASES += [
    ("TreeEnsembleRegressor", [(F, [2, 3])], {**TREE, "n_targets": 1, "nodes_featureids": [99, 0, 0]}, "features"),
    ("TreeEnsembleRegressor", [(F, [2, 3])], {**TREE, "n_targets": 1, "nodes_featureids": [-1, 0, 0]}, "features"),
    ("TreeEnsembleRegressor", [(F, [2, 3])], {**TREE, "n_targets": 1 << 40, "nodes_featureids": [2, 0, 0]}, "n_targets is"),
]
SVM = {"kernel_type": "RBF", "kernel_params": [0.5, 0.0, 0.0], "support_vectors": [1.0] * 9, "coefficients": [1.0] * 3,
       "rho": [0.5], "vectors_per_class": [1, 2], "classlabels_ints": [0, 1]}
CASES += [("SVMClassifier", [(F, [2, 3])], {**SVM, **wrong}, message) for wrong, message in (
    ({"vectors_per_class": [-1, 4]}, "vectors_per_class has -1"),
    ({"vectors_per_class": [1, 1 << 62]}, "vectors_per_class has 4611686018427387904"),
    ({"vectors_per_class": [3]}, "vectors_per_class has 1 entries"),
    ({"classlabels_ints": [0, 1, 2]}, "vectors_per_class has 2 entries, not 3"),
    ({"coefficients": [1.0, 2.0]}, "coefficients has 2 entries, not 3"),
    ({"rho": [1.0, 2.0]}, "rho has 2 entries, not 1"),
    ({"support_vectors": [1.0] * 8}, "support_vectors has 8 entries for 3 rows"),
    ({"prob_a": [1.0]}, "prob_b has 0 entries, not 1"),
    ({"prob_a": [1.0, 2.0], "prob_b": [1.0, 2.0]}, "prob_a has 2 entries, not 1"),
    ({"kernel_type": "CUBIC"}, "kernel_type 'CUBIC' is not known"),
    ({"post_transform": "CUBIC"}, "post_transform 'CUBIC' is not known"),
    ({"vectors_per_class": [0, 0]}, "coefficients has 3 entries, not 0"))]
ML = ("LinearRegressor", "Scaler", "LabelEncoder", "SVMClassifier", "TreeEnsembleRegressor")

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
failures = []
for number, (op, operands, attributes, message) in enumerate(CASES):
    names = [f"x{i}" for i in range(len(operands))]
    domain = "ai.onnx.ml" if op in ML else ""
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y", "z"] if op == "SVMClassifier" else ["y"], "n", domain=domain, **attributes)], "g",
        [helper.make_tensor_value_info(name, *operand) for name, operand in zip(names, operands)],
        [helper.make_tensor_value_info("y", F, None)])
    path = os.path.join(FOLDER, f"{number}_{op}.onnx")
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[
        helper.make_opsetid("", 22), helper.make_opsetid("ai.onnx.ml", 3)]), path)
    done = subprocess.run([TOOL, "compile", path, "-o", os.path.join(FOLDER, "out")], capture_output=True, text=True,
                          errors="replace", timeout=60)
    if done.returncode != 2 or f"node 'n' ({op}" not in done.stderr or message not in done.stderr:
        failures.append(f"{op} {operands}: exit code {done.returncode}: {done.stderr[:300]}")
if os.path.exists(os.path.join(FOLDER, "out")):
    failures.append("something was written")
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
