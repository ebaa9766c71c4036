# RUN: %python %s graphopt %t
"""The sums of a tile fit the registers of each CPU: no inner loop that multiplies
vectors touches the stack. One register too many costs a factor of two."""
import os
import re
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

tool, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)

ROWS = ["avx512", "avx2", "sse4.2", "neon"]
# (rows, depth, columns); few rows have more vectors, three vectors have fewer rows.
PRODUCTS = [(m, 384, n) for m in (None, 128, 7, 4, 3, 2, 1) for n in (384, 64, 24, 10)]
# (in, out, kernel, stride, dilation, groups); groups = in: depthwise.
WINDOWS = [(64, 64, 3, 1, 1, 1), (64, 24, 3, 2, 1, 1), (3, 32, 7, 2, 1, 1), (32, 32, 3, 1, 2, 1), (64, 64, 3, 1, 1, 4),
           (64, 48, 1, 1, 1, 1), (64, 48, 1, 2, 1, 1),
           *[(c, c, k, s, d, c) for c in (32, 20) for k, s in ((3, 1), (3, 2), (5, 1), (5, 2), (7, 1)) for d in (1, 2)]]
# (queries, keys, depth of keys, of values); None: any number.
ATTENTIONS = [(None, None, 32, 64), (128, 128, 32, 32), (197, 197, 64, 64), (1, 384, 64, 64)]
MULTIPLY = re.compile(r"v?fmadd\w+ps|v?mulps|fmla|fmul\s+v")
STACK = re.compile(r"\(%rsp|\[sp")
STORE = re.compile(r"v?mov[ua]ps %[xyz]mm\d+, .*\(|st[rpu]+ q")
FIXED = re.compile(r"\(%rsp\)|\[sp(, #\w+)?\]")


def write_model(path):
    nodes, inputs, outputs, constants = [], [], [], []

    def add(op, shape, weights, **attributes):
        i = len(nodes)
        inputs.append(helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, shape))
        outputs.append(helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, None))
        constants.append(numpy_helper.from_array(np.ones(weights, np.float32), f"w{i}"))
        nodes.append(helper.make_node(op, [f"x{i}", f"w{i}"], [f"y{i}"], **attributes))

    for m, k, n in PRODUCTS:
        add("MatMul", ["m" if m is None else m, k], [k, n])
    for c, o, kernel, stride, dilation, groups in WINDOWS:
        add("Conv", [1, c, 41, 41], [o, c // groups, kernel, kernel], strides=[stride] * 2, dilations=[dilation] * 2,
            group=groups)
    graph = helper.make_graph(nodes, "kernels", inputs, outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)


def write_attentions(path):
    """As the stage import leaves it."""
    arguments, body, results, types = [], [], [], []
    for i, (m, n, depth, width) in enumerate(ATTENTIONS):
        def add(name, rows, size, variable):
            shape = f"tensor<1x6x{'?' if rows is None else rows}x{size}xf32>"
            dim = variable if rows is None else ""
            attributes = f'{{graph.dims = ["", "", "{dim}", ""], graph.dtype = "float", graph.name = "{name[1:]}"}}'
            (results if name[1] == "y" else arguments).append((name, shape, attributes))
            return shape
        q, k, v, y = add(f"%q{i}", m, depth, "m"), add(f"%k{i}", n, depth, "n"), add(f"%v{i}", n, width, "n"), \
            add(f"%y{i}", m, width, "m")
        body.append(f"  %y{i} = graph.attention %q{i}, %k{i}, %v{i} scale = 0.125 : {q}, {k}, {v}")
        types.append(y)
    with open(path, "w") as file:
        print('module attributes {graph.model = "kernels", graph.open_dims = ["m", "n"], graph.stage = "import"} {', file=file)
        print(f"func.func @main({', '.join(f'{n}: {t} {a}' for n, t, a in arguments)}) -> "
              f"({', '.join(f'{t} {a}' for _, t, a in results)}) {{", *body,
              f"  return {', '.join(n for n, _, _ in results)} : {', '.join(types)}", "}", "}", sep="\n", file=file)


def functions(text):
    """name -> [(address, instruction)]"""
    found = {}
    for line in text.splitlines():
        if head := re.fullmatch(r"[0-9a-f]+ <(.+)>:", line):
            lines = found.setdefault(head[1], [])
        elif code := re.match(r"\s*([0-9a-f]+):\s+(.+)", line):
            lines.append((int(code[1], 16), code[2].replace("\t", " ")))
    return found


def inner_loops(lines):
    """The instructions of each loop that holds no other loop."""
    at = {address: i for i, (address, _) in enumerate(lines)}
    loops = []
    for i, (address, text) in enumerate(lines):
        jump = re.match(r"(?:j\w+|b\.\w+|b|cbn?z\s+\w+,|tbn?z\s+\w+, #\w+,)\s+(?:0x)?([0-9a-f]+)\b", text)
        if jump and (target := int(jump[1], 16)) <= address and target in at:
            loops.append((at[target], i))
    for begin, end in loops:
        if not any(begin <= b and e <= end and (b, e) != (begin, end) for b, e in loops):
            yield [text for _, text in lines[begin:end + 1]]


def disassemble(model, row):
    folder = os.path.join(out, row + os.path.basename(model))
    files = subprocess.run([tool, "compile", model, "-o", folder, "--emit=object", f"--cpu={row}"], check=True,
                           capture_output=True, text=True).stdout.split()
    (obj,) = [name for name in files if os.path.basename(name) == "kernels.o"]
    return subprocess.run(["llvm-objdump", "-d", "--no-show-raw-insn", obj], check=True, capture_output=True,
                          text=True).stdout


def find_spills(kind, loop):
    if sum(bool(MULTIPLY.match(line)) for line in loop) < 2:
        return None
    # The values of a tile that Winograd's form transforms are more than registers.
    if kind == "winograd_conv" and any(STORE.match(line) and not STACK.search(line) for line in loop):
        return None
    # Scores and sums of attention are on the stack, one after the other.
    if kind == "attention":
        return [line for line in loop if STORE.match(line) and FIXED.search(line)]
    return [line for line in loop if STACK.search(line)]


models, problems = [os.path.join(out, "kernels.onnx"), os.path.join(out, "attention.mlir")], []
write_model(models[0])
write_attentions(models[1])
for row in ROWS:
    checked = {}
    for name, lines in [item for model in models for item in functions(disassemble(model, row)).items()]:
        kind = re.search("matmul|(depthwise_|winograd_)?conv|attention", name)
        for loop in inner_loops(lines) if kind else ():
            spills = find_spills(kind[0], loop)
            if spills is None:
                continue
            checked[kind[0]] = checked.get(kind[0], 0) + 1
            if spills:
                problems.append(f"{row}: {name}: {len(spills)} of {len(loop)} instructions: {spills[0]}")
    print(row, checked)
    # Each product and convolution has such a loop, or it shares another's code.
    assert checked["matmul"] > 40 and checked["conv"] >= 7 and checked["depthwise_conv"] >= 12 and checked["winograd_conv"] >= 1
    assert checked["attention"] >= 2 * len(ATTENTIONS)
sys.exit("\n".join(problems) or None)
