"""What gpu_check.py compiles: kernels as models of one operator.

Each is a Case:
  name
  model      an onnx.ModelProto
  precision  as --precision
  tolerance  of the greatest value
  work       floating-point operations, or None
  peer       of a PyTorch function of the same inputs: its name in gpu_peers.py, with arguments
  is_small   for tools that make a program a hundred times slower
"""
import collections

from onnx import TensorProto, helper

Case = collections.namedtuple("Case", "name model precision tolerance work peer is_small")

KINDS = {"f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
TOLERANCE = {"f32": 1e-4, "tf32": 2e-2, "f16": 2e-2, "bf16": 2e-2}
SMALL = 1 << 24  # operations


def _case(name, node, inputs, kind, precision, work, peer):
    ports = [helper.make_tensor_value_info(port, KINDS[kind], shape) for port, shape in inputs]
    graph = helper.make_graph([node], "case", ports, [helper.make_tensor_value_info("y", KINDS[kind], None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10)
    lowest = precision if kind == "f32" else kind
    return Case(f"{name}_{lowest}", model, precision, TOLERANCE[lowest], work, peer, work < SMALL)


# How products may be computed: the tensors' type, and what f32 may be rounded to.
WAYS = [("f32", "f32"), ("f32", "tf32"), ("f16", "f32"), ("bf16", "f32")]
# Rows, depth, columns: cubes; few rows, as decoding has; sizes that fill no tile.
PRODUCTS = [(4096, 4096, 4096), (2048, 2048, 2048), (1024, 1024, 1024), (512, 512, 512), (128, 384, 1536),
            (16, 4096, 4096), (1, 4096, 4096), (70, 33, 45), (257, 100, 129), (3, 77, 50)]
# Batch, channels, extent, filters, kernel, stride: of ResNet-50; of no tile's sizes.
CONVOLUTIONS = [(1, 64, 56, 64, 3, 1), (1, 256, 14, 256, 3, 1), (1, 256, 56, 64, 1, 1), (8, 128, 28, 128, 3, 1),
                (1, 3, 224, 64, 7, 2), (2, 5, 13, 9, 3, 2)]
# Batch, heads, rows, size of a head, causal.
ATTENTIONS = [(1, 12, 128, 64, False), (1, 12, 512, 64, False), (8, 12, 128, 32, False), (1, 32, 1024, 128, True),
              (2, 3, 33, 40, True)]


def products():
    for m, k, n in PRODUCTS:
        for kind, precision in WAYS:
            yield _case(f"product_{m}x{k}x{n}", helper.make_node("MatMul", ["a", "b"], ["y"]),
                        [("a", [m, k]), ("b", [k, n])], kind, precision, 2 * m * k * n, ("product", {}))


def convolutions():
    for batch, channels, extent, filters, kernel, stride in CONVOLUTIONS:
        pad = kernel // 2
        out = (extent + 2 * pad - kernel) // stride + 1
        work = 2 * batch * filters * channels * (kernel * out) ** 2
        for kind, precision in WAYS[:3]:
            node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[pad] * 4, strides=[stride] * 2)
            yield _case(f"conv_{batch}x{channels}x{extent}_{filters}x{kernel}s{stride}", node,
                        [("x", [batch, channels, extent, extent]), ("w", [filters, channels, kernel, kernel])],
                        kind, precision, work, ("convolution", {"stride": stride, "padding": pad}))


def attentions():
    for batch, heads, rows, size, causal in ATTENTIONS:
        work = 4 * batch * heads * rows * rows * size // (2 if causal else 1)
        for kind, precision in WAYS[:3]:
            node = helper.make_node("Attention", ["q", "k", "v"], ["y"], is_causal=int(causal))
            yield _case(f"attention_{batch}x{heads}x{rows}x{size}{'_causal' if causal else ''}", node,
                        [(port, [batch, heads, rows, size]) for port in "qkv"], kind, precision, work,
                        ("attention", {"causal": causal}))


def all_cases():
    return [*products(), *convolutions(), *attentions()]
