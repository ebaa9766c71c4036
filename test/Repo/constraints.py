# RUN: %python %s %root
"""Each labelled constraint of an op, `(C2)` in its description in dialects/**.td,
has a wrong input: a function @c2_... with that op and an expected-error in a
test/**/*-invalid.mlir.

A constraint in the description of a class stands for all ops of the class: a
wrong input for one of them is enough.
"""
import re

import tree

# A definition at the start of a line: kind, name, parents (up to its body).
RECORD = re.compile(r"^(def|class|multiclass|defm)\s+(\w+)\s*([^{;]*)", re.M)
LABEL = re.compile(r"^\s*-?\s*\(C(\d+)\)", re.M)
FUNCTION = re.compile(r"^\s*func\.func\s+(?:private\s+)?@c(\d+)_\w+", re.M)


def records(text):
    starts = list(RECORD.finditer(text))
    for start, following in zip(starts, starts[1:] + [None]):
        yield start[1], start[2], start[3], text[start.end():following.start() if following else len(text)]


def wanted(trees):
    """[(where, ops of which one needs it, label)]"""
    parents, mnemonics, labels = {}, {}, []
    for name in trees.matching(".td", under=("dialects/",)):
        dialect = name.split("/")[1].lower()
        for _, record, head, body in records(trees.text(name)):
            head = re.sub(r"//.*", "", head)
            parents[record] = re.findall(r"\b[A-Z]\w+", re.sub(r'"[^"]*"', "", head))
            if mnemonic := re.search(r'<\s*"([\w.]+)"', head):
                mnemonics[record] = f"{dialect}.{mnemonic[1]}"
            labels += [(f"{name}: {record}", record, label) for label in LABEL.findall(body)]

    def derives(record, base, seen=()):
        return record == base or any(derives(p, base, (*seen, record)) for p in parents.get(record, [])
                                     if p not in seen)
    for where, record, label in labels:
        yield where, [op for r, op in mnemonics.items() if derives(r, record)], label


def check(trees):
    cases = []  # (label, text of the function)
    for name in trees.matching("-invalid.mlir", under=("test/",)):
        text = trees.text(name)
        starts = [m for m in FUNCTION.finditer(text)]
        for start in starts:
            end = re.compile(r"^\s*(func\.func|// -----)", re.M).search(text, start.end())
            # The expectation may stand above the function.
            above = text.rfind("// -----", 0, start.start())
            body = text[max(above, 0):end.start() if end else len(text)]
            cases.append((start[1], body))
    problems = []
    for where, ops, label in wanted(trees):
        if not any(label == number and "expected-error" in body
                   and any(re.search(rf"(?<![\w.]){re.escape(op)}(?![\w.])", body) for op in ops)
                   for number, body in cases):
            problems.append(f"{where} (C{label}): no function @c{label}_... with "
                            f"{' or '.join(ops) or 'such an op'} and an expected-error in a *-invalid.mlir")
    return problems


OP = 'def Graph_{0}Op : {2}<"{1}", [Pure]> {{\n  let description = [{{\n    - (C1) a\n{3}  }}];\n}}\n'
GOOD = {
    "dialects/Graph/Shape.td": OP.format("Transpose", "transpose", "Graph_Op", "    - (C2) b\n")
    + "class Graph_Reduce<string name> : Graph_Op<name> {\n  let description = [{\n    - (C1) c\n  }];\n}\n"
    + 'def Graph_ReduceSumOp : Graph_Reduce<"reduce_sum">;\ndef Graph_ReduceMaxOp : Graph_Reduce<"reduce_max">;\n',
    "test/Dialect/Graph/transpose-invalid.mlir":
        "func.func @c1_rank() {\n  // expected-error @below {{x}}\n  graph.transpose\n}\n// -----\n"
        "func.func @c2_twice() {\n  // expected-error @below {{x}}\n  graph.transpose\n}\n",
    "test/Dialect/Graph/reduce-invalid.mlir":
        "func.func @c1_axis() {\n  // expected-error @below {{x}}\n  graph.reduce_max\n}\n",
}
INVALID = "test/Dialect/Graph/transpose-invalid.mlir"
BAD = [
    {INVALID: None},
    {INVALID: GOOD[INVALID].replace("@c2_", "@other_")},
    {INVALID: GOOD[INVALID].replace("expected-error", "expect", 1)},
    {INVALID: GOOD[INVALID].replace("graph.transpose", "graph.transpose_more")},
    {"test/Dialect/Graph/reduce-invalid.mlir": None},
    {"dialects/Kernel/Kernel.td": OP.format("MatMul", "matmul", "Kernel_Op", "")},
]
tree.main(check, GOOD, BAD)
