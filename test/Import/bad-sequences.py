# RUN: %python %s %graphopt %t.tmp
"""Sequences where an operator wants a tensor, the other way round, and tensors whose rank
nobody knows: an error that names the node or input."""
import os
import shutil
import subprocess
import sys

import onnx
import onnx.parser

TOOL, FOLDER = sys.argv[1:3]
CASES = {
    "g (seq(float[N]) s) => (float[M] y) { y = Relu(s) }": "node 'Relu_0' (Relu, opset 18): its input 0 is no tensor",
    "g (optional(float[N]) s) => (float[M] y) { y = Relu(s) }": "node 'Relu_0' (Relu, opset 18): its input 0 is no tensor",
    "g (seq(float[]) s, int64 p) => (float[M] y) { x = SequenceAt(s, p)  y = Concat <axis = 0> (x, x) }":
        "node 'Concat_0' (Concat, opset 18): the rank of its input 0 must be known",
    "g (seq(float[]) s, int64 p) => (float[] y) { y = SequenceAt(s, p) }": "the rank of output 'y' must be known",
    "g (seq(float[]) s) => (float[M] y) { y = ConcatFromSequence <axis = 0> (s) }":
        "node 'ConcatFromSequence_0' (ConcatFromSequence, opset 18): the rank of the tensors",
    "g (seq(float[N]) s, int64 p) => (float[M] y) { y = ReverseSequence(s, p) }": "its input 0 is no tensor",
    "g (float[N] s, int64 p) => (float[M] y) { y = SequenceAt(s, p) }": "its input 0 must be a sequence",
    "g (seq(float[N]) s) => (float[M] y) { y = SequenceAt(s, s) }": "node 'SequenceAt_0' (SequenceAt",
    "g (seq(seq(float[N])) s) => (int64 y) { y = SequenceLength(s) }": "input 's' is a sequence of what is not a tensor",
    "g (seq(float[N]) s) => (seq(float[N]) y) { y = If(s) <then_branch = t () => (seq(float[N]) a) { a = Identity(s) },"
    " else_branch = e () => (seq(float[N]) b) { b = Identity(s) }> }": "node 'If_0' (If",
    "g (seq(float[N]) s, float[2] x, bool c) => (seq(float[N]) y) { y = If(c) <"
    "then_branch = t () => (seq(float[N]) a) { a = Identity(s) }, else_branch = e () => (float[2] b) { b = Identity(x) }> }":
        "its branches give an output of type",
    "g (seq(float[N]) s, int64 n, bool c) => (seq(float[N]) y) { y = Loop(n, c, s) <"
    "body = b (int64 i, bool ci, seq(float[N]) si) => (bool co, int64 so) { co = Identity(ci)  so = Identity(i) }> }":
        "a carried value changes its type",
    "g (seq(float[N]) s, int64 n, bool c) => (seq(float[N]) y) { y = Loop(n, c) <"
    "body = b (int64 i, bool ci) => (bool co, seq(float[N]) so) { co = Identity(ci)  so = Identity(s) }> }":
        "an output of its iterations is no tensor",
    "g (seq(float[N]) s) => (float[M] y) { y = Scan <num_scan_inputs = 1,"
    " body = b (float[N] x) => (float[N] z) { z = Relu(x) }> (s) }": "its input 0 is no tensor",
    "g (seq(float[N]) s, float[2] x) => (seq(float[M]) y) { y = SequenceConstruct(s, x) }": "are in one sequence",
    "g (seq(float[N]) s, int64[2] x) => (seq(float[M]) y) { y = SequenceInsert(s, x) }": "is put into a sequence of",
    "g (seq(float[N]) s) => (seq(float[M]) y) { y = SplitToSequence(s) }": "its input 0 is no tensor",
    "g (float[3] x, int64[1] k) => (seq(float[M]) y) { y = SplitToSequence <axis = 1> (x, k) }": "axis 1 is not in [-1, 1)",
}

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
path, out = os.path.join(FOLDER, "model.onnx"), os.path.join(FOLDER, "out")
failures = []


def compile(text, message, *options):
    onnx.save(onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 18]>\n' + text), path)
    done = subprocess.run([TOOL, "compile", path, "-o", out, *options], capture_output=True, text=True, timeout=60)
    if done.returncode != 2 or message not in done.stderr or os.path.exists(out):
        failures.append(f"{text}: exit code {done.returncode}: {done.stderr[:300]}")


for text, message in CASES.items():
    compile(text, message)
compile("g (seq(float[N]) s) => (int64 y) { y = SequenceLength(s) }",
        "--shape of input 's' is for a tensor, and the input is none", "--shape", "s=3")
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
