# RUN: rm -rf %t && mkdir %t && %python %s %graphopt %t
"""A library has of the runtime what its model calls: one without strings nothing of
them, one that joins strings no table of letters."""
import os
import subprocess
import sys

from onnx import parser, save

TOOL, FOLDER = sys.argv[1:]
HEAD = '<ir_version: 10, opset_import: ["" : 21]>\n'
MODELS = {
    "mlp": """net (float[n, 16] x) => (float[n, 8] y) <float[16, 16] v = {%s}, float[16, 8] w = {%s}>
              { a = MatMul(x, v)  b = Relu(a)  c = MatMul(b, w)  y = Softmax(c) }""" % (
                  ", ".join(["0.5"] * 256), ", ".join(["0.25"] * 128)),
    "moves": "net (string[n, 4] x) => (string[4, n] y) { y = Transpose(x) }",
    "joins": "net (string[n, 4] x) => (string[n, 4] y) { y = StringConcat(x, x) }",
    "cases": 'net (string[n] x) => (string[n] y) { y = StringNormalizer <case_change_action = "UPPER"> (x) }',
    "reads": "net (string[n] x) => (float[n] y) { y = Cast <to = 1> (x) }",
}


def build(name):
    """The bytes of the archive."""
    path = os.path.join(FOLDER, name + ".onnx")
    save(parser.parse_model(HEAD + MODELS[name]), path)
    out = os.path.join(FOLDER, name)
    subprocess.run([TOOL, "compile", path, "-o", out, "--name=net", "--quiet", "--cpu=avx2"], check=True)
    with open(os.path.join(out, "libnet.a"), "rb") as file:
        return file.read()


archives = {name: build(name) for name in MODELS}
print({name: len(archive) for name, archive in archives.items()})
assert len(archives["mlp"]) <= 40 << 10
for name in ("strlen", "strcmp"):
    assert name.encode() not in archives["mlp"], name
assert len(archives["moves"]) < len(archives["joins"]) < len(archives["moves"]) + 2048
assert len(archives["cases"]) > len(archives["joins"]) + 2500  # the table
assert len(archives["reads"]) < len(archives["moves"]) + 16384
assert b"strcmp" not in archives["cases"]
