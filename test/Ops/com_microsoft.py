# RUN: %python %s
"""Operators of ONNX Runtime's own domain become those of the standard; its CPU kernels
are the reference."""
import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from harness import Case, Const, integers, main, normal, uniform
from onnx import helper

DOMAIN = "com.microsoft"
onnxruntime.set_default_logger_severity(4)


def run_reference(case, *inputs):
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    # Elements of less than a byte cannot be fed.
    few = {n: x for n, x in zip(names, inputs) if n and x.dtype.isbuiltin == 2}
    constants = [onnx.numpy_helper.from_array(x, n) for n, x in few.items()]
    ports = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
             for n, x in zip(names, inputs) if n and n not in few]
    node = helper.make_node(case.op, names, case.output_names(), domain=case.domain, **case.attributes)
    outputs = [onnx.ValueInfoProto(name=name) for name in case.output_names() if name]
    model = helper.make_model(helper.make_graph([node], "op", ports, outputs, constants), ir_version=10,
                              opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 1)])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    results = iter(session.run(None, {n: x for n, x in zip(names, inputs) if n and n not in few}))
    return [next(results) if name else None for name in case.output_names()]


def case(op, inputs, domain=DOMAIN, **others):
    made = Case(op, inputs, domain=domain, opset=21, **others)
    made.expect = lambda *arrays: run_reference(made, *arrays)
    made.name += f" outputs={others.get('outputs', 1)}"
    return made


def unpacked(op, inputs, **others):
    """Packed queries, keys and values have no CPU kernel; taken apart they have."""
    made = case(op, inputs, **others)

    def expect(*arrays):
        parts = []
        for array in arrays[:3]:
            packed = array is not None and array.ndim == 5
            parts += [part.reshape(*part.shape[:2], -1) for part in np.moveaxis(array, 3, 0)] if packed else [array]
        return run_reference(made, *parts[:3], *arrays[3:])
    made.expect = expect
    return made


def int32(*values):
    return np.array(values, np.int32)


def angles(rows=16, half=4):
    """Tables of cosines and sines."""
    turn = np.arange(rows)[:, None] / 10.0 ** np.linspace(0, 2, half)
    return [np.cos(turn).astype(np.float32), np.sin(turn).astype(np.float32)]


SUM = [True, False, False, True]
norms = [
    case("SimplifiedLayerNormalization", [normal(2, 3, 8), normal(8)], domain="", axis=-1, epsilon=1e-3),
    case("SkipLayerNormalization", [normal(2, 3, 8), normal(2, 3, 8), normal(8), normal(8)]),
    case("SkipLayerNormalization", [normal(2, 3, 8), normal(2, 3, 8), normal(8), None, normal(8)], outputs=SUM, epsilon=1e-3),
    case("SkipLayerNormalization", [normal(2, 3, 8), normal(1, 3, 8), normal(8), normal(8), normal(8)], outputs=SUM),
    case("SkipSimplifiedLayerNormalization", [normal(2, 3, 8), normal(2, 3, 8), normal(8)], outputs=SUM),
    case("SkipSimplifiedLayerNormalization", [normal(2, 3, 8), normal(2, 3, 8), normal(8), normal(8)], outputs=SUM, epsilon=1e-5),
    case("EmbedLayerNormalization", [int32(*range(6)).reshape(2, 3), int32(0, 1, 1, 0, 0, 1).reshape(2, 3), normal(9, 8),
                                     normal(5, 8), normal(2, 8), normal(8), normal(8), int32(1, 1, 0, 1, 1, 1).reshape(2, 3)],
         outputs=2, mask_index_type=1),
    case("EmbedLayerNormalization", [int32(*range(6)).reshape(2, 3), None, normal(9, 8), normal(5, 8), None, normal(8),
                                     normal(8), None, int32(4, 3, 2, 0, 1, 2).reshape(2, 3)], outputs=[True, False, True],
         epsilon=1e-5),
]

simple = [
    case("Gelu", [normal(3, 5)]),
    case("BiasGelu", [normal(2, 3, 5), normal(5)]),
    case("FastGelu", [normal(2, 3, 5)]),
    case("FastGelu", [normal(2, 3, 5), normal(5)]),
    case("QuickGelu", [normal(3, 5)], alpha=1.5),
    case("FusedMatMul", [normal(2, 3, 4), normal(2, 4, 5)], alpha=0.3),
    case("TransposeMatMul", [normal(2, 4, 3), normal(2, 5, 4)], alpha=0.3, transA=1, transB=1),
    *[case("FusedGemm", [normal(3, 4), normal(5, 4), normal(5)], transB=1, alpha=0.5, beta=2.0, activation=kind, **params)
      for kind, params in (("Relu", {}), ("Tanh", {}), ("Sigmoid", {}), ("Softplus", {}), ("Softsign", {}),
                           ("LeakyRelu", {"activation_alpha": 0.2}), ("Elu", {"activation_alpha": 0.7}),
                           ("HardSigmoid", {"activation_alpha": 0.3, "activation_beta": 0.4}))],
    case("FusedGemm", [normal(4, 3), normal(4, 5)], transA=1, activation="Relu"),
    *[case("CDist", [normal(7, 4), normal(5, 4)], metric=metric) for metric in ("euclidean", "sqeuclidean")],
    case("ExpandDims", [normal(3, 4), Const(-2, "int32")]), case("ExpandDims", [normal(3, 4), Const(0, "int32")]),
    *[case("GridSample", [normal(1, 2, 5, 6), uniform(-1.1, 1.1, 1, 3, 4, 2)], mode=mode, padding_mode=outside, align_corners=corners)
      for mode in ("bilinear", "nearest", "bicubic") for outside, corners in (("zeros", 0), ("border", 1), ("reflection", 0))
      if (mode, outside) != ("bicubic", "border")],
    *[case("Pad", [normal(3, 3), Const([1, 0, 2, 1], "int64"), *value], mode=mode)
      for mode, value in (("constant", [np.float32([0.5])]), ("constant", []), ("edge", []), ("reflect", []))],
    case("Trilu", [normal(4, 5)]), case("Trilu", [normal(4, 5), np.int64(1)], upper=0),
    case("FusedMatMul", [normal(2, 4, 3), normal(2, 5, 4)], transA=1, transB=1),
    case("FusedMatMul", [normal(3, 2, 4), normal(4, 2, 5)], transBatchA=1, transBatchB=1),
    case("FusedMatMul", [normal(3, 2, 6, 4), normal(4, 2, 6, 3)], transBatchA=1, transBatchB=1, transA=0),
    case("FusedMatMul", [normal(4, 2, 3), normal(5, 2, 4)], transBatchA=1, transA=1, transBatchB=1, transB=1),
    *[case("FusedConv", [normal(1, 3, 6, 7), normal(4, 3, 3, 3), normal(4)], activation=kind, pads=[1, 1, 1, 1],
           strides=[2, 1], **({"activation_params": params} if params else {}))
      for kind, params in (("Relu", []), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 0.7]), ("HardSigmoid", [0.3, 0.4]),
                           ("Tanh", []), ("Sigmoid", []))],
    case("FusedConv", [normal(1, 4, 6, 7), normal(4, 2, 3, 3), normal(4), normal(1, 4, 4, 5)], activation="Relu", group=2),
    case("RotaryEmbedding", [normal(2, 3, 16), integers(0, 9, 2, 3), *angles()], open="none"),
    case("RotaryEmbedding", [normal(2, 3, 16), np.array([4]), *angles()], num_heads=2),
    case("RotaryEmbedding", [normal(2, 3, 5, 8), integers(0, 9, 2, 5), *angles()], interleaved=1),
    case("RotaryEmbedding", [normal(2, 3, 16), integers(0, 9, 2, 3), *angles(half=2)], num_heads=2, rotary_embedding_dim=4),
]

# ------------------------------------------------------------------ attention

WEIGHTS = [Const(normal(16, 48) / 4), Const(normal(48))]
PADDING = int32(1, 1, 1, 0, 1, 1, 1, 1).reshape(2, 4)
x = normal(2, 4, 16)
attention = [
    case("Attention", [x, *WEIGHTS], num_heads=2),
    case("Attention", [x, WEIGHTS[0]], num_heads=2, scale=0.7, unidirectional=1),
    case("Attention", [x, Const(normal(16, 40)), Const(normal(40))], num_heads=2, qkv_hidden_sizes=[16, 16, 8]),
    case("Attention", [x, *WEIGHTS, PADDING], num_heads=2),
    case("Attention", [x, *WEIGHTS, int32(3, 4)], num_heads=2),
    case("Attention", [x, *WEIGHTS, int32(3, 4, 1, 0)], num_heads=2, open="none"),
    case("Attention", [x, *WEIGHTS, np.stack([PADDING] * 4, 1)], num_heads=2, mask_filter_value=-1e4),
    case("Attention", [x, *WEIGHTS, PADDING, None, normal(1, 2, 4, 4)], num_heads=2),
    case("Attention", [x, *WEIGHTS, None, normal(2, 2, 2, 3, 8)], num_heads=2, unidirectional=1, outputs=2),
    case("Attention", [x, *WEIGHTS, integers(0, 2, 2, 7, dtype=np.int32), normal(2, 2, 2, 3, 8)], num_heads=2, outputs=2,
         unidirectional=1),
]


def heads(*lengths, width=16):
    return [normal(2, length, width) for length in lengths]


attention += [
    case("MultiHeadAttention", heads(4, 5, 5), num_heads=2),
    case("MultiHeadAttention", [*heads(4, 5), *heads(5, width=8)], num_heads=2, scale=0.4),
    case("MultiHeadAttention", [*heads(4, 4, 4), Const(normal(48))], num_heads=2, unidirectional=1,
         open=[["b", "s", None]] * 3 + [None]),
    unpacked("MultiHeadAttention", [normal(2, 4, 2, 3, 8)], num_heads=2),
    unpacked("MultiHeadAttention", [normal(2, 4, 2, 3, 8), None, None, Const(normal(48))], num_heads=2),
    unpacked("MultiHeadAttention", [normal(2, 4, 16), normal(2, 5, 2, 2, 8)], num_heads=2),
    case("MultiHeadAttention", [normal(2, 4, 16), normal(2, 2, 5, 8), normal(2, 2, 5, 8)], num_heads=2),
    case("MultiHeadAttention", [*heads(4, 4, 4), None, PADDING], num_heads=2),
    case("MultiHeadAttention", [*heads(3, 4, 4), None, np.stack([PADDING] * 3, 1)], num_heads=2),
    case("MultiHeadAttention", [*heads(4, 4, 4), None, PADDING, normal(2, 1, 4, 4)], num_heads=2, mask_filter_value=-50.0),
    case("MultiHeadAttention", [*heads(4, 4, 4), None, None, None, normal(2, 2, 3, 8), normal(2, 2, 3, 8)], num_heads=2,
         outputs=3),
    case("MultiHeadAttention", [*heads(1, 1, 1), None, integers(0, 2, 2, 4, dtype=np.int32), None, normal(2, 2, 3, 8),
                                normal(2, 2, 3, 8)], num_heads=2, outputs=3),
]


def grouped(length, past=None, seqlens=None, total=None, packed=False, room=0, **others):
    """4 queries of 2 keys; `room` is what the cache has beyond the keys."""
    depth = others.pop("depth", 16)
    before, batch = past or 0, 1 if past and length > 1 else 2  # of several, the CPU kernel takes no more
    if packed:
        inputs = [normal(batch, length, 8 * depth), None, None]
    else:
        inputs = [normal(batch, length, heads * depth) for heads in (4, 2, 2)]
    inputs += [None, None] if past is None else [normal(batch, 2, before + room, depth) for _ in range(2)]
    total = total or before + length
    inputs += [int32(*seqlens or [total - 1] * batch), int32(total)[0]]
    if others.get("do_rotary"):
        inputs += map(Const, angles(32, others.pop("half", depth // 2)))
    if "positions" in others:
        inputs += [None] * (9 - len(inputs)) + [others.pop("positions")]
    if "bias" in others:
        inputs += [None] * (10 - len(inputs)) + [others.pop("bias")]
    # Behind its keys a cache may hold anything.
    outputs = [True, False, False] if room or seqlens else [True, True, True]
    # Widths and counts of heads are those of weights.
    dims = {3: [0, 1], 4: [0, 2], 1: [0]}
    opened = [x if x is None or isinstance(x, Const) else
              [f"d{size}" if axis in dims.get(x.ndim, []) and x.dtype != bool else None for axis, size in enumerate(x.shape)]
              for x in inputs]
    made = case("GroupQueryAttention", inputs, num_heads=4, kv_num_heads=2, outputs=outputs, open=opened, **others)
    # Without the other outputs the kernel reads a cache with room wrongly.
    everything = case("GroupQueryAttention", inputs, num_heads=4, kv_num_heads=2, outputs=3, **others)
    made.expect = lambda *arrays: [y if there else None for y, there in zip(run_reference(everything, *arrays), outputs)]
    return made


attention += [
    grouped(5),
    grouped(5, packed=True),
    grouped(5, do_rotary=1),
    grouped(5, do_rotary=1, rotary_interleaved=1, packed=True),
    grouped(5, depth=32, half=8, do_rotary=1),
    grouped(5, softcap=2.0, scale=0.5),
    *[grouped(6, local_window_size=window) for window in (1, 2, 3, 7)],
    grouped(1, past=4),
    grouped(1, past=4, do_rotary=1),
    grouped(3, past=4, do_rotary=1, packed=True),
    grouped(1, past=4, seqlens=[4, 2], do_rotary=1),
    grouped(1, past=4, room=3, total=5, do_rotary=1),
    grouped(5, past=0, room=8, total=5, do_rotary=1),
    *[grouped(1, past=6, local_window_size=window) for window in (2, 5)],
    grouped(4, bias=normal(1, 4, 4, 4)),
    grouped(1, past=4, bias=normal(2, 1, 1, 5)),
    grouped(3, do_rotary=1, positions=np.array([[2, 3, 4]] * 2)),
]



def grid(kind, scale, zero, *shape):
    limits = np.iinfo(kind)
    values = [integers(limits.min, limits.max + 1, *shape, dtype=kind)] if shape else []
    return values + [np.float32(scale), np.array(zero, kind)]


# Scales without ties, which the kernels round elsewhere.
quantized = []
for kind, zero in (("uint8", 117), ("int8", -3)):
    one, two = grid(kind, 0.25, zero, 2, 3, 9, 8), grid(kind, 0.5, zero + 4, 3, 9, 8)
    result = grid(kind, 0.4703, zero)
    quantized += [
        *[case(op, [*one, *two, *grid(kind, scale, zero)]) for op, scale in (("QLinearAdd", 0.93), ("QLinearMul", 15.7))],
        case("QLinearLeakyRelu", [*one, *result], alpha=0.25),
        case("QLinearSigmoid", [*one, *grid(kind, 1 / 256, {"uint8": 0, "int8": -128}[kind])]),
        case("QLinearSoftmax", [*one, *grid(kind, 1 / 256, {"uint8": 0, "int8": -128}[kind])], axis=-1),
        *[case("QLinearGlobalAveragePool", [*one, *result], channels_last=last) for last in (0, 1)],
        case("QLinearAveragePool", [*one, *result], kernel_shape=[2, 2], strides=[1, 2], channels_last=1),
        case("NhwcMaxPool", one[:1], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1]),
        *[case("QLinearConv", [*grid(kind, 0.25, zero, *((1, 7, 6, 4) if last else (1, 4, 7, 6))), *grid("int8", 0.5, 0, 8, 4, 3, 3),
                               *grid(kind, 6.13, zero), integers(-99, 99, 8, dtype=np.int32)], channels_last=last, pads=[1, 1, 0, 1],
               strides=[2, 1]) for last in (0, 1)],
        case("QLinearAveragePool", [*one, *result], kernel_shape=[2, 2], strides=[2, 2], pads=[1, 0, 1, 0]),
        case("QGemm", [*grid(kind, 0.25, zero, 5, 9), *grid("int8", 0.5, 0, 9, 4), integers(-99, 99, 4, dtype=np.int32),
                       *grid(kind, 64.0, zero)]),
        case("QGemm", [*grid(kind, 0.25, zero, 5, 9), grid("int8", 0.5, 0, 4, 9)[0], np.float32([0.5, 0.25, 1, 0.5]),
                       np.zeros(4, np.int8), integers(-99, 99, 4, dtype=np.int32)], transB=1),
    ]

for softmax in quantized:
    if softmax.op == "QLinearSoftmax":
        softmax.attributes["opset"] = 13  # since when it is along one axis


def packed(*shape):
    return integers(0, 256, *shape, dtype=np.uint8)


# MatMulNBits has more cases in low_bit_weights.py.
weights = integers(-128, 128, 38, 20, dtype=np.int8)
quantized += [
    case("MatMulNBits", [normal(2, 3, 64), Const(packed(24, 2, 16)), Const(normal(24, 2)), *zeros], K=64, N=24, bits=4,
         block_size=32, tolerance=1e-4)
    for zeros in ([], [Const(packed(24, 1))])
] + [
    case("QuantizeLinear", [normal(3, 5), Const(0.1), Const(3, "int8")]),
    case("QuantizeLinear", [normal(3, 5), Const(normal(5) ** 2 + 0.1), Const([1, 2, 3, 4, 5], "uint8")], axis=1),
    case("DequantizeLinear", [packed(3, 5), Const(0.1), Const(3, "uint8")]),
    case("DequantizeLinear", [packed(3, 5), Const(normal(3)), Const([1, 2, 3], "uint8")], axis=0),
    case("DynamicQuantizeMatMul", [normal(2, 7, 38), Const(weights), Const(0.02)], tolerance=1e-2),
    case("DynamicQuantizeMatMul", [normal(7, 38), Const(weights), Const(normal(20)), Const(packed(20).view(np.int8)),
                                   Const(normal(20))], tolerance=1e-2),
    case("MatMulIntegerToFloat", [packed(7, 38), Const(weights), np.float32(0.1), Const(0.02)]),
    case("MatMulIntegerToFloat", [packed(2, 7, 38), Const(weights), np.float32(0.1), Const(normal(20)), Const(7, "uint8"),
                                  Const(3, "int8"), Const(normal(20))]),
]

# Joined, chosen, looked up.
for kind, zero in (("uint8", 117), ("int8", -3)):
    one, two, three = grid(kind, 0.25, zero, 2, 3), grid(kind, 0.5, zero + 4, 2, 5), grid(kind, 0.25, zero, 2, 1)
    result = grid(kind, 0.4703, zero)
    quantized += [
        case("QLinearConcat", [*result, *one, *two, *three], axis=1),
        case("QLinearConcat", [*one[1:], *one, *three], axis=-1),
        case("QLinearWhere", [np.array([[True, False, True]]), *one, *grid(kind, 0.5, zero + 4, 2, 1), *result]),
    ]
BYTES = [packed(2, 4, 16), integers(-128, 128, 16, 48, dtype=np.int8), normal(48), np.float32(0.05)]
quantized += [
    case("QAttention", [*BYTES, np.float32(0.02), None, np.uint8(121), np.int8(3)], num_heads=2, tolerance=1e-4),
    case("QAttention", [*BYTES, uniform(0.01, 0.03, 48), None, np.uint8(121), integers(-9, 9, 48, dtype=np.int8)],
         num_heads=2, unidirectional=1, tolerance=1e-4),
    case("QAttention", [*BYTES, np.float32(0.02), int32(3, 4), np.uint8(121)], num_heads=2, tolerance=1e-4),
    case("QAttention", [*BYTES, np.float32(0.02), None, np.uint8(121), np.int8(0), normal(2, 2, 2, 3, 8)], num_heads=2,
         unidirectional=1, outputs=2, tolerance=1e-4),
]


def tables(kind, segments=True):
    ids = int32(*range(6)).reshape(2, 3)
    parts = [grid(kind, scale, zero, *shape) for scale, zero, shape in (
        (0.05, 3, (9, 8)), (0.02, -2, (5, 8)), (0.03, 1, (2, 8)), (0.04, 5, (8,)), (0.06, 0, (8,)))] \
        if kind == "int8" else [grid(kind, scale, 128, *shape) for scale, shape in (
            (0.05, (9, 8)), (0.02, (5, 8)), (0.03, (2, 8)), (0.04, (8,)), (0.06, (8,)))]
    if not segments:
        parts[2] = [None] * 3
    arrays, scales, zeros = zip(*parts)
    return [ids, ids % 2 if segments else None, *arrays, None, *scales, *zeros]


quantized += [case("QEmbedLayerNormalization", tables(kind, segments), outputs=2, epsilon=1e-5, tolerance=1e-4, open="none")
              for kind in ("uint8", "int8") for segments in (True, False)]

# Tables of a type of their own, and in bytes.
places = np.array([[0, 3], [5, 2]])
few = integers(0, 16, 6, 32).astype(ml_dtypes.uint4)
quantized += [
    case("GatherBlockQuantized", [Const(table), places, Const(normal(6, 32 // block)), *zeros], block_size=block,
         quantize_axis=1, **others)
    for block in (16, 32) for table, zeros, others in (
        (few, [Const(integers(0, 16, 6, 32 // block).astype(ml_dtypes.uint4))], {}),
        (few.astype(np.int8).astype(ml_dtypes.int4), [], {}),
        (packed(6, 16), [], {"bits": 4}),
        (packed(6, 16), [Const(packed(6, 1))], {"bits": 4}),
        (packed(6, 32), [], {"bits": 8}),
        (packed(6, 32), [Const(packed(6, 32 // block))], {"bits": 8}))
] + [
    case("GatherBlockQuantized", [Const(few), np.array([31, 0, 7]), Const(normal(1, 32))], block_size=16, quantize_axis=0,
         gather_axis=1),
]

main([*norms, *simple, *attention, *quantized])
