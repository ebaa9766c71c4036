# RUN: %python %s %root
# END.
"""Each pass in a Passes.td has a test whose RUN line names its flag."""
import re

import tree

DEF = re.compile(r'^\s*def\s+(\w+)\s*:\s*(?:Interface)?Pass\w*\s*<\s*"([^"]+)"', re.M)


def check(trees):
    runs = "\n".join(line for name in trees.matching(".mlir", ".test", ".py", ".onnxtxt", under=("test/",))
                     for line in trees.text(name).splitlines() if "RUN:" in line or line.endswith("\\"))
    problems = []
    for name in trees.matching("Passes.td"):
        for pass_name, flag in DEF.findall(trees.text(name)):
            if not re.search(rf"(?<![\w-]){'-{0,2}'}{re.escape(flag)}(?![\w-])", runs):
                problems.append(f"{name}: no RUN line under test/ names --{flag} ({pass_name})")
    return problems


GOOD = {
    "include/graphopt/Transforms/Passes.td":
        'def FoldTransposes : Pass<"graph-fold-transposes", "func::FuncOp"> {}\n',
    "test/Transforms/fold-transposes.mlir": "// RUN: graphopt-opt %s --graph-fold-transposes | FileCheck %s\n",
}
BAD = [
    {"test/Transforms/fold-transposes.mlir": None},
    {"test/Transforms/fold-transposes.mlir": "// RUN: graphopt-opt %s --graph-fold-transposes-twice\n"},
    {"test/Transforms/fold-transposes.mlir": "// about --graph-fold-transposes\n"},
    {"include/graphopt/Codegen/Passes.td": 'def PlanMemory\n  : Pass<"plan-memory"> {}\n'},
]
tree.main(check, GOOD, BAD)
