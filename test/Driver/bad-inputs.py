# RUN: %python %s %graphopt %t.tmp
"""Wrong or hostile models, and wrong arguments: `graphopt compile` says what is wrong,
exits with a code that is not 0, and leaves nothing behind. It neither crashes nor
takes long nor much memory."""
import os
import re
import resource
import shutil
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

TOOL, FOLDER = sys.argv[1:3]
TIMEOUT_S, MEMORY_BYTES = 20, 8 << 30
failures = []


def value(name, dims=(2, 3), dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, dims)


def ints(name, *values):
    return h.make_tensor(name, T.INT64, [len(values)], values)


def model(nodes, inputs=None, outputs=None, initializers=(), opset=21, functions=(), ir=10):
    graph = h.make_graph(nodes, "g", inputs or [value("x")], outputs or [value("y", ("r", "c"))], initializers)
    imports = [h.make_opsetid("", opset)] + ([h.make_opsetid("local", 1)] if functions else [])
    result = h.make_model(graph, opset_imports=imports, ir_version=ir, functions=functions)
    return result


def node(op, inputs, outputs, name=None, **attributes):
    return h.make_node(op, inputs.split(), outputs.split(), name=name or f"the_{op.lower()}", **attributes)


def external(location, offset=None, length=None, dims=(4,)):
    """y = Relu(W), W in another file."""
    tensor = T(name="W", data_type=T.FLOAT, dims=dims, data_location=T.EXTERNAL)
    for key, text in (("location", location), ("offset", offset), ("length", length)):
        if text is not None:
            tensor.external_data.add(key=key, value=str(text))
    return model([node("Relu", "W", "y")], [value("x")], [value("y", dims)], [tensor])


def doubling_functions(levels):
    """Each calls the next one twice."""
    functions = []
    for i in range(levels):
        body = [h.make_node(f"F{i + 1}", ["a"], ["t"], domain="local"),
                h.make_node(f"F{i + 1}", ["t"], ["b"], domain="local")]
        functions.append(h.make_function("local", f"F{i}", ["a"], ["b"], body, [h.make_opsetid("local", 1)]))
    functions.append(h.make_function("local", f"F{levels}", ["a"], ["b"], [h.make_node("Relu", ["a"], ["b"])],
                                     [h.make_opsetid("", 21)]))
    return model([h.make_node("F0", ["x"], ["y"], domain="local")], functions=functions)


def compile_bad(name, content, *messages, arguments=(), out=None, prefix=()):
    """Compiles a model that cannot be compiled; each of `messages` is a regular
    expression that stderr has to match."""
    folder = os.path.join(FOLDER, name)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "model.onnx")
    if content is not None:
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.SerializeToString())
    out = out or os.path.join(folder, "out")

    def limits():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        done = subprocess.run([*prefix, TOOL, "compile", path, "-o", out, *arguments], capture_output=True,
                              text=True, errors="replace", timeout=TIMEOUT_S, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        failures.append(f"{name}: no end after {TIMEOUT_S} s")
        return
    problems = []
    if done.returncode <= 0 or done.returncode >= 126:
        problems.append(f"exit code {done.returncode}")
    if "error:" not in done.stderr:
        problems.append("no `error:`")
    if "PLEASE submit a bug report" in done.stderr or "Assertion" in done.stderr:
        problems.append("crashed")
    problems += [f"no match for /{m}/" for m in messages if not re.search(m, done.stderr)]
    left = [f for _, _, files in os.walk(out) for f in files]
    if left:
        problems.append(f"left behind: {left}")
    if problems:
        failures.append(f"{name}: {'; '.join(problems)}\n    stderr: {done.stderr.strip()[:600]}")


def files_that_are_no_models():
    whole = model([node("Relu", "x", "y")]).SerializeToString()
    compile_bad("truncated", whole[:-5], r"model\.onnx")
    compile_bad("not_onnx", b"This is a text, not a model.\n" * 40, r"model\.onnx")
    compile_bad("empty", b"", r"empty")
    compile_bad("missing", None, r"model\.onnx.*[Nn]o such file|[Nn]o such file.*model\.onnx")


def graphs():
    compile_bad("unknown_operators",
                model([node("Frobnicate", "x", "a", "first"), node("Relu", "a", "b"),
                       h.make_node("Twiddle", ["b"], ["y"], name="second", domain="com.example")]),
                "Frobnicate", "Twiddle", "first", "second")
    compile_bad("unsupported_type",
                model([node("Identity", "x", "y", "copies_numbers")], [value("x", dtype=T.COMPLEX64)],
                      [value("y", dtype=T.COMPLEX64)]), "complex64")
    compile_bad("opset_999", model([node("Relu", "x", "y")], opset=999), "999")
    compile_bad("missing_initializer", model([node("Add", "x W", "y")]), r"\bW\b")
    compile_bad("cycle", model([node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")]))
    compile_bad("too_few_inputs", model([node("Add", "x", "y")]), "the_add|Add")
    compile_bad("unknown_attribute", model([node("Relu", "x", "y", slope=3)]), "slope")
    compile_bad("doubling_functions", doubling_functions(40))
    compile_bad("negative_dim", model([node("Relu", "x", "y")], [value("x", (-5, 3))]), "-5")
    zeros = T(name="W", data_type=T.FLOAT, dims=[-2, 3], raw_data=bytes(24))
    compile_bad("negative_dim_of_weights", model([node("Add", "x W", "y")], initializers=[zeros]), "W", "-2")
    huge = T(name="W", data_type=T.FLOAT, dims=[1 << 32, 1 << 32, 4], raw_data=b"")
    compile_bad("overflowing_dims", model([node("Relu", "W", "y")], initializers=[huge]), "W")
    short = T(name="W", data_type=T.FLOAT, dims=[1000], raw_data=bytes(8))
    compile_bad("short_weights", model([node("Relu", "W", "y")], initializers=[short]), "W")
    long = T(name="W", data_type=T.FLOAT, dims=[2], raw_data=bytes(4000))
    compile_bad("long_weights", model([node("Relu", "W", "y")], initializers=[long]), "W")


def external_data():
    folder = os.path.join(FOLDER, "data")
    os.makedirs(folder, exist_ok=True)
    cases = {
        "outside": (external("../secret.bin", 0, 16), "secret"),
        "absolute": (external("/etc/passwd", 0, 16), "passwd"),
        "link": (external("link.bin", 0, 16), "link"),
        "gone": (external("gone.bin", 0, 16), "gone"),
        "past_end": (external("data.bin", 8, 16), "data.bin|W"),
        "far_past_end": (external("data.bin", 1 << 62, 16), "data.bin|W"),
        "negative_offset": (external("data.bin", -8, 16), "offset|W"),
        "odd_offset": (external("data.bin", "0x10z", 16), "offset|W"),
        "short": (external("data.bin", 0, 16, dims=(1000,)), "W"),
    }
    for name, (proto, message) in cases.items():
        name = f"external_{name}"
        folder = os.path.join(FOLDER, name)
        os.makedirs(folder, exist_ok=True)
        for file in (os.path.join(folder, "data.bin"), os.path.join(FOLDER, "secret.bin")):
            with open(file, "wb") as stream:
                stream.write(bytes(16))
        if not os.path.lexists(os.path.join(folder, "link.bin")):
            os.symlink("../secret.bin", os.path.join(folder, "link.bin"))
        compile_bad(name, proto, message)


def operators():
    conv = [value("x", (1, 4, 8, 8)), value("w", (4, 1, 3, 3))]
    rank4 = [value("y", ("a", "b", "c", "d"))]
    compile_bad("group_0", model([node("Conv", "x w", "y", group=0)], conv, rank4), "the_conv", "group")
    compile_bad("stride_0", model([node("Conv", "x w", "y", group=4, strides=[0, 0])], conv, rank4), "the_conv")
    compile_bad("reshape", model([node("Reshape", "x s", "y")], initializers=[ints("s", 4, 5)]), "the_reshape")
    compile_bad("gather", model([node("Gather", "x i", "y")], initializers=[ints("i", 99)]), "the_gather", "99")
    compile_bad("expand", model([node("Expand", "x s", "y")], [value("x", (1, 1))],
                                initializers=[ints("s", 1 << 40, 1 << 20)]), "the_expand")
    compile_bad("broadcast", model([node("Add", "x z", "y")], [value("x", (2, 3)), value("z", (4, 5))]), "the_add")
    compile_bad("types", model([node("Add", "x z", "y")], [value("x"), value("z", dtype=T.INT64)]), "the_add")
    compile_bad("permutation", model([node("Transpose", "x", "y", perm=[0, 7])]), "the_transpose")
    compile_bad("axis", model([node("Concat", "x x", "y", axis=9)]), "the_concat")


def arguments():
    good = model([node("Relu", "x", "y")], [value("x", ("n", 3))], [value("y", ("n", 3))])
    compile_bad("shape_of_none", good, "nothing", arguments=["--shape", "nothing=1x3"])
    compile_bad("shape_of_other_rank", good, "x", "rank|dim", arguments=["--shape", "x=1x3x4"])
    compile_bad("shape_of_other_size", good, "x", "4", arguments=["--shape", "x=1x4"])
    for text in ("x=1xx3", "x=-1x3", "x", "x=1x99999999999999999999"):
        compile_bad(f"shape_{text.replace('=', '_')}", good, arguments=["--shape", text])
    compile_bad("unknown_stage", good, "nonsense", arguments=["--emit=nonsense"])
    compile_bad("unknown_flag", good, "frobnicate", arguments=["--frobnicate"])


def places():
    """Folders that cannot be written; a disk that is full."""
    weights = np.random.default_rng(0).standard_normal((1024, 1024)).astype(np.float32)
    big = model([node("MatMul", "x W", "y")], [value("x", (1, 1024))], [value("y", (1, 1024))],
                [numpy_helper.from_array(weights, "W")])
    os.makedirs(FOLDER, exist_ok=True)
    blocked = os.path.join(FOLDER, "a_file")
    with open(blocked, "w"):
        pass
    compile_bad("folder_below_file", big, "a_file", out=os.path.join(blocked, "out"))
    if os.geteuid():
        print("not root: no full disk")
        return
    # A mount of this process's own: it goes when the command ends.
    for name, options, message in (("full_disk", "size=1m", "[Nn]o space|full"), ("read_only", "ro", "[Rr]ead-only")):
        disk = os.path.join(FOLDER, name, "disk")
        os.makedirs(disk, exist_ok=True)
        script = ('mount -t tmpfs -o "$1" tmpfs "$2" || exit 125; disk=$2; shift 2; "$@"; code=$?; '
                  'left=$(find "$disk" -type f); [ -z "$left" ] || echo "left: $left" >&2; exit $code')
        probe = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", options, disk, "true"])
        if probe.returncode:
            print("no mounts here: no full disk")
            return
        compile_bad(name, big, message, r"(?s)\A(?!.*left:)", out=disk,
                    prefix=["unshare", "-m", "sh", "-c", script, "sh", options, disk])


shutil.rmtree(FOLDER, ignore_errors=True)
for group in (files_that_are_no_models, graphs, external_data, operators, arguments, places):
    group()
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
