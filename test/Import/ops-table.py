# RUN: %python %s %root
"""Each row of OnnxOps.def names the newest version of its operator, so that a
new ONNX does not change an operator's meaning unseen."""
import re
import sys

import onnx.defs

CANONICAL_OPSET = 28

rows = re.findall(r'^ONNX_OP(?:_IN)?\((?:"([\w.]+)", )?(\w+), (\d+), (\w+)\)',
                  open(sys.argv[1] + "/lib/Import/OnnxOps.def").read(), re.M)
assert rows, "no rows"
assert onnx.defs.onnx_opset_version() == CANONICAL_OPSET, "ONNX has a newer opset"
problems = []
for domain, name, version, _ in rows:
    if domain and not domain.startswith("ai.onnx"):
        continue
    schema = onnx.defs.get_schema(name, CANONICAL_OPSET, domain)
    if schema.since_version != int(version):
        problems.append(f"{name}: row says {version}, ONNX {schema.since_version}")
names = [(domain, name) for domain, name, _, _ in rows]
problems += [f"{name}: two rows" for name in set(names) if names.count(name) > 1]
if names != sorted(names):
    problems.append("rows are not in alphabetical order")
sys.exit("\n".join(problems) or 0)
