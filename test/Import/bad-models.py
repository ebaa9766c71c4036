# RUN: %python %s %graphopt-opt %t.tmp
"""What the importer says of models that are wrong or hostile, to the word."""
import os
import shutil
import subprocess
import sys

from onnx import AttributeProto
from onnx import TensorProto as T
from onnx import helper as h

TOOL, FOLDER = sys.argv[1:3]
failures = []


def value(name, dims=(2, 3), dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, dims)


def model(nodes, inputs=None, outputs=None, initializers=(), functions=(), opset=21, ir=10, imports=()):
    graph = h.make_graph(nodes, "g", inputs or [value("x")], outputs or [value("y", ("r", "c"))], initializers)
    opsets = [h.make_opsetid("", opset)] + [h.make_opsetid(domain, 1) for domain in imports]
    return h.make_model(graph, opset_imports=opsets, ir_version=ir, functions=functions)


def node(op, inputs, outputs, **attributes):
    return h.make_node(op, inputs.split(), outputs.split(), **attributes)


def function(name, nodes, imports=("local",)):
    opsets = [h.make_opsetid("", 21)] + [h.make_opsetid(domain, 1) for domain in imports]
    return h.make_function("local", name, ["a"], ["b"], nodes, opsets)


RELU = node("Relu", "x", "y", name="relu")
IDENTITY_OF_W = node("Relu", "W", "y", name="relu")


def weights(**fields):
    return T(**{"name": "W", "data_type": T.FLOAT, **fields})


def with_weights(**fields):
    return model([IDENTITY_OF_W], initializers=[weights(**fields)])


def external(location, offset=None, length=None, dims=(4,)):
    tensor = weights(dims=dims, data_location=T.EXTERNAL)
    for key, text in (("location", location), ("offset", offset), ("length", length)):
        if text is not None:
            tensor.external_data.add(key=key, value=str(text))
    return model([IDENTITY_OF_W], initializers=[tensor])


def nested(depth):
    body = h.make_graph([node("Identity", "x", "o")], "b", [], [value("o")])
    other = h.make_graph([node("Identity", "x", "o")], "e", [], [value("o")])
    for _ in range(depth):
        body = h.make_graph([node("If", "c", "o", then_branch=body, else_branch=other)], "b", [], [value("o")])
    return model(list(body.node), [value("x"), value("c", (), T.BOOL)], [value("o")])


def chain(levels, calls):
    """Functions F0, F1, ...: each calls the next one `calls` times."""
    functions = []
    for i in range(levels):
        body = [node(f"F{i + 1}", "a" if c == 0 else f"t{c - 1}", "b" if c == calls - 1 else f"t{c}", domain="local")
                for c in range(calls)]
        functions.append(function(f"F{i}", body))
    functions.append(function(f"F{levels}", [node("Relu", "a", "b")]))
    return model([node("F0", "x", "y", domain="local", name="call")], functions=functions, imports=["local"])


def check(name, content, message, arguments=()):
    """Imports `content`; stderr must hold `message`, with PATH for the model's file."""
    path = os.path.join(FOLDER, f"{name}.onnx")
    if content is not None:
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.SerializeToString())
    done = subprocess.run([TOOL, path, *arguments], capture_output=True, text=True, errors="replace", timeout=60)
    expected = f"error: {path}: {message}\n"
    if done.returncode != 1 or done.stdout or expected not in done.stderr:
        failures.append(f"{name}: exit code {done.returncode}\n  expected {expected}  got      {done.stderr[:800]}")


def scan(**attributes):
    body = h.make_graph([node("Add", "s e", "t")], "b", [value("s", (3,)), value("e", (3,))], [value("t", (3,))])
    inputs = [value("x"), value("z", (4, 3)), value("s0", (3,))]
    count = attributes.get("num_scan_inputs", 1)
    given = {"num_scan_inputs": count, **attributes}
    return model([node("Scan", "s0 x" if count == 1 else "x z", "y", name="scan", body=body, **given)], inputs)


def files():
    whole = model([RELU]).SerializeToString()
    check("empty", b"", "the file is empty")
    check("missing", None, "cannot be opened: No such file or directory")
    check("text", b"hello world, this is no protobuf", "not an ONNX model")
    check("noise", bytes(range(255, -1, -1)) * 16, "not an ONNX model")
    check("truncated", whole[:-5], "the file is truncated: its last field goes on past its end")
    check("no_graph", b"\x08\x0a", "not an ONNX model, or truncated: it holds no graph")
    # A node that claims more bytes than its graph has.
    check("damaged", b"\x08\x0a\x3a\x02\x0a\x7f", "damaged ONNX model: a field runs past the end of its message")
    check("nested_deeply", nested(30), "subgraphs are nested more than 24 deep")


def scans():
    text = "node 'scan' (Scan, opset 21): "
    check("scan_count", scan(num_scan_inputs=3), text + "num_scan_inputs is 3, but it has 2 inputs")
    check("scan_axes", scan(scan_input_axes=[0, 1]),
          text + "scan_input_axes has 2 entries and scan_input_directions has 1 for 1 values")
    check("scan_axis", scan(scan_input_axes=[2]), text + "axis 2 is not in [-2, 1]")
    check("scan_direction", scan(scan_input_directions=[2]),
          text + "scan_input_directions has an entry 2, which is neither 0 nor 1")
    check("scan_lengths", scan(num_scan_inputs=2), text + "its inputs are scanned 2 times and 4 times")
    body = h.make_graph([node("Add", "s e", "t")], "b", [value("s", (3,)), value("e", (3,))], [value("t", (3,))])
    old = model([node("Scan", "n s0 x", "y", name="scan", body=body, num_scan_inputs=1)],
                [value("n", (2,), T.INT64), value("s0"), value("x", (2, 5, 3))], opset=8)
    check("scan_sequence_lens", old, "node 'scan' (Scan) has input 'sequence_lens', which is not supported")


def versions():
    check("opset_999", model([RELU], opset=999), "opset 999 is not supported: 1 to 28 are")
    check("opset_0", model([RELU], opset=0), "opset 0 is not supported: 1 to 28 are")
    check("ir_99", model([RELU], ir=99), "ir_version 99 is not supported: 1 to 14 are")
    none = model([RELU])
    del none.opset_import[:]
    check("no_opset", none, "the model imports no opset of the standard")


def operators():
    check("unknown_operators",
          model([node("Frobnicate", "x", "a", name="first"), node("Frobnicate", "a", "b", name="second"),
                 node("Twiddle", "b", "y", domain="com.example")],
                imports=["com.example"]),
          "unsupported operators in 3 nodes:\n"
          "  Frobnicate (domain ai.onnx, opset 21): not an operator of ONNX; 2 nodes: first, second\n"
          "  Twiddle (domain com.example, opset 1): unknown operator; 1 node: Twiddle_0")
    words = [value("y", dtype=T.STRING)]
    check("strings_with_0", model([node("Identity", "W", "y")], outputs=words, initializers=[
        weights(data_type=T.STRING, dims=[2], string_data=[b"a", b"b\0c"])]),
          "tensor 'W' holds a string with a byte that is 0")
    check("raw_strings", model([node("Identity", "W", "y")], outputs=words, initializers=[
        weights(data_type=T.STRING, dims=[1], raw_data=b"a")]), "tensor 'W' holds 0 strings, but its dims need 1")
    check("few_strings", model([node("Identity", "W", "y")], outputs=words, initializers=[
        weights(data_type=T.STRING, dims=[3], string_data=[b"a", b"b"])]),
          "tensor 'W' holds 2 strings, but its dims need 3")
    check("complex", model([node("Identity", "x", "y")], [value("x", dtype=T.COMPLEX64)],
                           [value("y", dtype=T.COMPLEX64)]),
          "input 'x' has element type complex64, which is not supported")
    check("cast_to_complex", model([node("Cast", "x", "y", name="cast", to=T.COMPLEX64)],
                                   outputs=[value("y", dtype=T.COMPLEX64)]),
          "node 'cast' (Cast, opset 21): attribute 'to' is element type complex64, which is not supported")
    check("weights_of_float6", model([node("Identity", "W", "y")],
                                     initializers=[weights(data_type=T.FLOAT6E2M3, dims=[4], raw_data=b"123")]),
          "tensor 'W' has element type float6e2m3, which is not supported")
    check("broadcast", model([node("Add", "x z", "y", name="add")], [value("x", (2, 3)), value("z", (4, 5))]),
          "node 'add' (Add, opset 21): cannot broadcast extents 3 and 5")
    check("two_errors", model([node("Add", "x z", "a", name="one"), node("Relu", "a", "b"),
                               node("Mul", "x z", "c", name="two"), node("Relu", "c", "y")],
                              [value("x", (2, 3)), value("z", (4, 5))]),
          "node 'one' (Add, opset 21): cannot broadcast extents 3 and 5\n"
          "node 'two' (Mul, opset 21): cannot broadcast extents 3 and 5")


def names():
    check("missing_initializer", model([node("Add", "x W", "y", name="add")]),
          "node 'add' (Add) reads 'W', which no node, input or initializer defines")
    check("missing_named", model([h.make_node("Gradient", ["x"], ["y"], "gradient", domain="ai.onnx.preview.training", xs=["x"], y="z")],
                                 imports=["ai.onnx.preview.training"]),
          "node 'gradient' (Gradient) reads 'z', which no node, input or initializer defines")
    check("named_sequence", model([node("SequenceConstruct", "x", "s"), node("Exp", "x", "z"),
                                   h.make_node("Gradient", ["x", "x"], ["y"], "gradient", domain="ai.onnx.preview.training",
                                               xs=["x"], zs=["s"], y="z")], imports=["ai.onnx.preview.training"]),
          "node 'gradient' (Gradient, opset 21): input 1 holds 'f32', but stands for '!graph.sequence<tensor<2x3xf32>>'")
    check("undefined_output", model([node("Relu", "x", "z")]),
          "no node, input or initializer defines output 'y'")
    check("cycle", model([node("Add", "x c", "a", name="add"), node("Relu", "a", "b", name="relu"),
                          node("Neg", "b", "c", name="neg"), node("Abs", "b", "y", name="abs")]),
          "these nodes need each other's results: node 'neg' (Neg), node 'relu' (Relu), node 'add' (Add)")
    check("own_result", model([node("Add", "x y", "y", name="add")]),
          "these nodes need each other's results: node 'add' (Add)")
    check("nul", model([node("Relu", "x\0a", "y", name="relu")], [value("x\0a")]),
          "the name of an input of node 'relu' (Relu) holds a NUL character")


def sizes():
    check("negative_dim", model([RELU], [value("x", (-5, 3))]), "dimension 0 of input 'x' is -5")
    check("negative_weights", with_weights(dims=[-2, 3], raw_data=bytes(24)), "dimension 0 of tensor 'W' is -2")
    overflow = "the dims of {} overflow: it would be too large for any memory"
    check("overflowing_dims", model([RELU], [value("x", (1 << 40, 1 << 40))]), overflow.format("input 'x'"))
    check("overflowing_weights", with_weights(dims=[1 << 32, 1 << 32, 4]), overflow.format("tensor 'W'"))
    check("short_weights", with_weights(dims=[1000], raw_data=bytes(8)),
          "tensor 'W' holds 8 bytes, but its dims need 4000")
    check("long_weights", with_weights(dims=[2], raw_data=bytes(4000)),
          "tensor 'W' holds 4000 bytes, but its dims need 8")
    check("unknown_type", with_weights(dims=[2], raw_data=bytes(8), data_type=99),
          "tensor 'W' has raw data of element type data type 99")
    sparse = h.make_sparse_tensor(weights(dims=[1], float_data=[1]),
                                  T(name="i", data_type=T.INT64, dims=[1], int64_data=[5]), [1 << 40])
    proto = model([IDENTITY_OF_W])
    proto.graph.sparse_initializer.append(sparse)
    check("large_sparse", proto, "sparse tensor 'W' would have 4398046511104 bytes as a dense one; "
                                 "the limit is 1073741824")


def shapes_that_fill_memory():
    huge = 1 << 33
    sizes = value("s", (huge,), T.INT64)
    message = f"shape has {huge} elements; tensors have at most 64 dimensions"
    for op, read, inputs in (("Reshape", "x s", [value("x"), sizes]), ("Expand", "x s", [value("x"), sizes]),
                             ("ConstantOfShape", "s", [sizes])):
        check(f"rank_of_{op}", model([node(op, read, "t", name="n"), node("Identity", "t", "y")], inputs),
              f"node 'n' ({op}, opset 21): {message}")
    check("split", model([node("Split", "x", "y", name="split", num_outputs=huge)]),
          f"node 'split' (Split) has num_outputs {huge}, but 1 output")


def equations():
    for i, equation in enumerate(("i,`j->i", "i.j", "......", "i->...j...", "i->j->k")):
        einsum = [node("Einsum", "x", "y", name="sum", equation=equation)]
        message = f"node 'sum' (Einsum) has the equation '{equation}', " \
                  "which is not made of letters, '...', ',' and '->'"
        check(f"einsum{i}", model(einsum), message)
        wrapped = h.make_node("Einsum", ["a"], ["b"], name="sum")
        wrapped.attribute.add(name="equation", type=AttributeProto.STRING, ref_attr_name="e")
        inner = function("F", [wrapped])
        inner.attribute.append("e")
        check(f"inner_einsum{i}", model([node("F", "x", "y", domain="local", e=equation)], imports=["local"],
                                        functions=[inner]), message.replace("sum'", "F_0/sum'"))


def functions():
    check("doubling", chain(40, 2),
          f"the model has {1 << 40} nodes once its functions are inlined; the limit is 262144")
    check("deep_functions", chain(100, 1), "model-local functions call each other more than 64 deep")
    check("endless", model([node("F", "x", "y", domain="local")], imports=["local"],
                           functions=[function("F", [node("F", "a", "b", domain="local", name="again")])]),
          "model-local function 'F' calls itself, at node 'again' (F)")


def external_data():
    with open(os.path.join(FOLDER, "data.bin"), "wb") as file:
        file.write(bytes(16))
    os.symlink("/etc/passwd", os.path.join(FOLDER, "link.bin"))
    os.mkdir(os.path.join(FOLDER, "folder"))
    os.mkfifo(os.path.join(FOLDER, "pipe"))
    what = "external data of tensor 'W'"
    for name, proto, message in (
            ("above", external("../data.bin"), ": '../data.bin' is not inside the model's folder"),
            ("inner_above", external("folder/../../data.bin"),
             ": 'folder/../../data.bin' is not inside the model's folder"),
            ("absolute", external("/etc/passwd"), ": '/etc/passwd' is not inside the model's folder"),
            ("link", external("link.bin"), ": 'link.bin' leads out of the model's folder"),
            ("folder_itself", external("folder"), ": 'folder' is not a regular file"),
            ("pipe", external("pipe"), ": 'pipe' is not a regular file"),
            ("gone", external("gone.bin"), ": 'gone.bin': No such file or directory"),
            ("no_location", external(None), " names no file"),
            ("past_end", external("data.bin", 8, 16),
             ": 16 bytes at offset 8 lie past the end of 'data.bin', which has 16"),
            ("far_past_end", external("data.bin", (1 << 64) - 8, 16),
             f": 16 bytes at offset {(1 << 64) - 8} lie past the end of 'data.bin', which has 16"),
            ("negative_offset", external("data.bin", -8), ": offset '-8' is not a non-negative number"),
            ("odd_length", external("data.bin", 0, "0x10"), ": length '0x10' is not a non-negative number"),
            ("short", external("data.bin", 0, 4), " has 4 bytes, but its dims need 16"),
            ("whole_file_short", external("data.bin", dims=(1000,)),
             ": 4000 bytes at offset 0 lie past the end of 'data.bin', which has 16")):
        check(f"external_{name}", proto, what + message)
    forged = weights(dims=[4], data_location=T.EXTERNAL)
    forged.external_data.add(key="graphopt.weight", value="0")
    check("forged_reference", model([IDENTITY_OF_W], initializers=[forged]),
          "tensor 'W' uses the reserved key 'graphopt.weight' in its external data")


def shapes():
    proto = model([node("Add", "x z", "y")], [value("x", ("n", 3)), value("z", ("n", "m"))])
    inputs = "; the model's inputs are:\n  x: nx3\n  z: nxm"
    for name, text, message in (
            ("name", "q=1x3", "--shape names input 'q', which the model does not have"),
            ("rank", "x=1x3x4", "--shape of input 'x' has rank 3, but the input has rank 2"),
            ("fixed", "x=1x4", "--shape of input 'x' sets dimension 1 to 4, but the model fixes it to 3")):
        check(f"shape_{name}", proto, message + inputs, [f"--shape={text}"])
    check("shape_conflict", proto, "--shape of input 'z' sets 'n' to 2, but input 'x' sets it to 1" + inputs,
          ["--shape=x=1x3", "--shape=z=2x3"])
    unranked = model([node("Neg", "x", "y")])
    unranked.graph.input[0].type.tensor_type.ClearField("shape")
    check("no_rank", unranked, "input 'x' has no rank; give its shape with --shape")


def few_bits():
    """MatMulNBits, x [2, 64] with 3 columns of two blocks."""
    def product(extra="", b_type=T.UINT8, b_bytes=96, scales=6, tensors=(), **attributes):
        made = h.make_node("MatMulNBits", ["x", "B", "s", *extra.split(",")] if extra else ["x", "B", "s"], ["y"],
                           name="n", domain="com.microsoft", **{"K": 64, "N": 3, "bits": 4, "block_size": 32, **attributes})
        held = [T(name="B", data_type=b_type, dims=[b_bytes], raw_data=bytes(b_bytes)),
                T(name="s", data_type=T.FLOAT, dims=[scales], raw_data=bytes(4 * scales)), *tensors]
        return model([made], [value("x", (2, 64))], initializers=held, imports=["com.microsoft"])

    def floats(name, count):
        return T(name=name, data_type=T.FLOAT, dims=[count], raw_data=bytes(4 * count))
    for name, proto, message in [
            ("bits", product(bits=3), "has weights of 3 bits in blocks of 32, which is not supported"),
            ("size", product(b_bytes=95), "has input 'B' of another type or size than its attributes say"),
            ("negative", product(K=-1), "has weights of no size that memory has"),
            ("scales", product(scales=5), "has input 'scales' of another size than its weights need"),
            ("zeros", product("z", tensors=[floats("z", 6)]), "has zero points that are floats, which is not supported"),
            ("order", product(",g", tensors=[T(name="g", data_type=T.INT32, dims=[64], raw_data=bytes(256))]),
             "has input 'g_idx', which is not supported"),
            ("open", model([h.make_node("MatMulNBits", ["x", "B", "s"], ["y"], name="n", domain="com.microsoft", K=64, N=3,
                                        bits=4, block_size=32)],
                           [value("x", (2, 64)), value("B", (3, 2, 16), T.UINT8), value("s", (3, 2))],
                           imports=["com.microsoft"]), "has input 'B' that is no constant, which is not supported")]:
        check(f"few_bits_{name}", proto, f"node 'n' (MatMulNBits) {message}")


def maps():
    scores = h.make_map_type_proto(T.STRING, h.make_tensor_type_proto(T.FLOAT, []))
    many = h.make_sequence_type_proto(scores)
    m, z = h.make_value_info("m", scores), h.make_value_info("z", many)
    ml = dict(domain="ai.onnx.ml", name="n")

    def one(op, inputs=None, outputs=None, **attributes):
        return model([node(op, "m", "y", **ml, **attributes)], inputs or [m], outputs, imports=["ai.onnx.ml"])
    zipped = node("ZipMap", "x", "z", domain="ai.onnx.ml", name="zip", classlabels_strings=["a", "b", "c"])
    for name, proto, message in (
            ("vocabulary", one("DictVectorizer", int64_vocabulary=[1]), "node 'n' (DictVectorizer, opset 21): it has no vocabulary for keys of type '!graph.string'"),
            ("twice", one("DictVectorizer", string_vocabulary=["a", "b", "a"]), "node 'n' (DictVectorizer, opset 21): a vocabulary with equal entries is not supported"),
            ("keys", one("CastMap"), "node 'n' (CastMap, opset 21): input is no map of integers"),
            ("labels", model([zipped], [value("x", (2, 4))], [z], imports=["ai.onnx.ml"]),
             "node 'zip' (ZipMap, opset 21): there are 3 class labels for an input of type 'tensor<2x4xf32>'"),
            ("reader", model([zipped, node("SequenceLength", "z", "y", name="n")], outputs=[value("y", (), T.INT64)], imports=["ai.onnx.ml"]),
             "node 'n' (SequenceLength) reads the map 'z', which is not supported"),
            ("sequence", one("DictVectorizer", [h.make_value_info("m", many)], string_vocabulary=["a"]),
             "input 'm' is a sequence of maps, which is not supported"),
            ("part", model([zipped, node("Relu", "x", "z.keys", name="part")], [value("x", (2, 3))], [z], imports=["ai.onnx.ml"]),
             "node 'part' (Relu) gives 'z.keys', the name of a part of a map")):
        check(f"map_{name}", proto, message)


def microsoft():
    def contrib(op, inputs, **attributes):
        made = [h.make_node(op, inputs, ["y"], name="n", domain="com.microsoft", **attributes)]
        names = {"x": (2, 3, 8), "i": (2,), "m": (2, 1, 9, 9)}
        return model(made, [value(name, dims, T.INT32 if name in "im" else T.FLOAT) for name, dims in names.items()],
                     imports=["com.microsoft"])
    grouped = ["x", "x", "x", "", "", "i", "i"]
    for name, proto, message in (
            ("smooth", contrib("GroupQueryAttention", grouped, num_heads=2, kv_num_heads=2, smooth_softmax=1),
             "(GroupQueryAttention) has attribute 'smooth_softmax', which is not supported"),
            ("sink", contrib("GroupQueryAttention", [*grouped, "", "", "", "", "x"], num_heads=2, kv_num_heads=2),
             "(GroupQueryAttention) has input 'head_sink', which is not supported"),
            ("mask", contrib("MultiHeadAttention", ["x", "x", "x", "", "m"], num_heads=2),
             "(MultiHeadAttention) has a key_padding_mask of 4 dimensions, which is not supported"),
            ("rotary", contrib("Attention", ["x", "x"], num_heads=2, do_rotary=1),
             "(Attention) has attribute 'do_rotary', which is not supported"),
            ("activation", contrib("FusedConv", ["x", "x"], activation="Mish"),
             "(FusedConv) has activation 'Mish', which is not supported")):
        check(f"microsoft_{name}", proto, f"node 'n' {message}")


shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
for group in (files, scans, versions, operators, names, sizes, shapes_that_fill_memory, equations, functions, external_data,
              shapes, few_bits, maps, microsoft):
    group()
print("\n".join(failures) or "ok")
sys.exit(bool(failures))
