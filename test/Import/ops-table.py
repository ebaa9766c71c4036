# RUN: %python %s %root
"""Each row of OnnxOps.def names the newest version of its operator, so that a
new ONNX does not change an operator's meaning unseen; each op of the graph dialect
has an operator as which it is written."""
import glob
import re
import sys

import onnx.defs

CANONICAL_OPSET = 28

text = open(sys.argv[1] + "/lib/Import/OnnxOps.def").read()
rows = re.findall(r'^ONNX_(?:OP|READ|OP_IN)\((?:"([\w.]+)", )?(\w+), (\d+), (\w+)(?:, \w+)?\)', text, re.M)
assert rows, "no rows"
assert onnx.defs.onnx_opset_version() == CANONICAL_OPSET, "ONNX has a newer opset"
more = re.findall(r"^ONNX_WRITE\((\w+), (\d+), (\w+)\)", text, re.M)
problems = []
for domain, name, version in [row[:3] for row in rows] + [("", *row[:2]) for row in more]:
    if domain and not domain.startswith("ai.onnx"):
        continue
    schema = onnx.defs.get_schema(name, CANONICAL_OPSET, domain)
    if schema.since_version != int(version):
        problems.append(f"{name}: row says {version}, ONNX {schema.since_version}")
names = [(domain, name) for domain, name, _, _ in rows]
problems += [f"{name}: two rows" for name in set(names) if names.count(name) > 1]
written = {row[-1] for row in more} | set(re.findall(r"^ONNX_OP\(\w+, \d+, \w+, (\w+)\)", text, re.M))
ops = set()
for path in glob.glob(sys.argv[1] + "/dialects/Graph/*.td"):
    ops |= set(re.findall(r"^def Graph_(\w+Op)\b", open(path).read(), re.M))
# What is exported has not been prepared for kernels yet.
for_kernels = {"GridMatMulOp"}
# What is exported has been differentiated.
before = {"GradientOp"}
problems += [f"{op}: no operator is written for it" for op in sorted(ops - written - for_kernels - before - {"YieldOp"})]
problems += [f"{op}: not in the dialect" for op in sorted(written - ops)]
if names != sorted(names):
    problems.append("rows are not in alphabetical order")
sys.exit("\n".join(problems) or 0)
