"""Small networks with random weights in the shapes that real ones have, built with
onnx.helper; and `check`, which the tests beside this file call with one of them."""
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

import models

OPSET = 20


class Net:
    """Builds a graph; every method returns the name of a value."""

    def __init__(self, name, seed=0):
        self.name, self.random = name, np.random.default_rng(seed)
        self.nodes, self.inputs, self.outputs, self.initializers = [], [], [], []

    def input(self, name, dims, dtype=np.float32):
        """A dim is a number, or a name if it is open."""
        self.inputs.append(helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), dims))
        return name

    def output(self, value, name, dims, dtype=np.float32):
        self.node("Identity", [value], name=name)
        self.outputs.append(helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), dims))

    def constant(self, values, dtype=np.float32):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def ints(self, *values):
        return self.constant(values, np.int64)

    def weight(self, *shape, scale=None):
        """Normal values; by default so that a layer keeps its input's deviation."""
        fan_in = np.prod(shape[1:]) if len(shape) > 2 else shape[0]
        scale = scale or np.sqrt(2 / fan_in)
        return self.constant(self.random.standard_normal(shape) * scale)

    def node(self, op, inputs, name=None, outputs=1, **attributes):
        names = [name or f"{op}_{len(self.nodes)}"]
        names += [f"{names[0]}_{i}" for i in range(1, outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, x, rows, columns, bias=True):
        y = self.node("MatMul", [x, self.weight(rows, columns, scale=rows ** -0.5)])
        return self.node("Add", [y, self.weight(columns, scale=0.1)]) if bias else y

    def conv(self, x, inside, outside, size, stride=1, groups=1, bias=True, **attributes):
        operands = [x, self.weight(outside, inside // groups, size, size)]
        if bias:
            operands.append(self.weight(outside, scale=0.1))
        return self.node("Conv", operands, strides=[stride] * 2, pads=[size // 2] * 4, group=groups,
                         **attributes)

    def batch_norm(self, x, channels):
        statistics = [self.constant(1 + 0.1 * self.random.standard_normal(channels)),
                      self.weight(channels, scale=0.1), self.weight(channels, scale=0.1),
                      self.constant(self.random.uniform(0.5, 1.5, channels))]
        return self.node("BatchNormalization", [x, *statistics])

    def model(self):
        graph = helper.make_graph(self.nodes, self.name, self.inputs, self.outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        onnx.checker.check_model(model, full_check=True)
        return model


def transformer(layers=2, width=72, heads=3, inner=200, words=301, batch="batch", length="length"):
    """An encoder as BERT has it: embeddings, masked attention, GELU written out."""
    net = Net("transformer")
    ids = net.input("input_ids", [batch, length], np.int64)
    mask = net.input("attention_mask", [batch, length], np.int64)
    size = net.node("Gather", [net.node("Shape", [ids]), net.ints(1)])
    positions = net.node("Slice", [net.weight(512, width, scale=0.3), net.ints(0), size, net.ints(0)])
    x = net.node("Add", [net.node("Gather", [net.weight(words, width, scale=1), ids]), positions])
    far = net.node("Sub", [net.constant(1), net.node("Cast", [mask], to=onnx.TensorProto.FLOAT)])
    far = net.node("Mul", [net.node("Unsqueeze", [far, net.ints(1, 2)]), net.constant(-1e9)])

    def norm(value):
        scale = net.constant(1 + 0.1 * net.random.standard_normal(width))
        return net.node("LayerNormalization", [value, scale, net.weight(width, scale=0.1)], axis=-1)

    def split(value, order):
        value = net.node("Reshape", [value, net.ints(0, 0, heads, width // heads)])
        return net.node("Transpose", [value], perm=order)

    x = norm(x)
    for _ in range(layers):
        q, k, v = (split(net.linear(x, width, width), order)
                   for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = net.node("Div", [net.node("MatMul", [q, k]), net.constant((width // heads) ** 0.5)])
        weights = net.node("Softmax", [net.node("Add", [scores, far])], axis=-1)
        mixed = net.node("Transpose", [net.node("MatMul", [weights, v])], perm=[0, 2, 1, 3])
        mixed = net.node("Reshape", [mixed, net.ints(0, 0, width)])
        x = norm(net.node("Add", [net.linear(mixed, width, width), x]))
        h = net.linear(x, width, inner)
        erf = net.node("Erf", [net.node("Div", [h, net.constant(2 ** 0.5)])])
        gelu = net.node("Mul", [net.node("Mul", [h, net.node("Add", [erf, net.constant(1)])]), net.constant(0.5)])
        x = norm(net.node("Add", [net.linear(gelu, inner, width), x]))
    net.output(x, "hidden", [batch, length, width])
    return net.model()


def resnet(batch=1, size=64):
    """Bottleneck blocks with batch normalization and projections."""
    net = Net("resnet")
    x = net.input("image", [batch, 3, size, size])
    x = net.node("Relu", [net.batch_norm(net.conv(x, 3, 32, 7, 2, bias=False), 32)])
    x = net.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    channels = 32
    for inner, stride in ((16, 1), (16, 1), (24, 2), (24, 1)):
        y = net.node("Relu", [net.batch_norm(net.conv(x, channels, inner, 1, bias=False), inner)])
        y = net.node("Relu", [net.batch_norm(net.conv(y, inner, inner, 3, stride, bias=False), inner)])
        y = net.batch_norm(net.conv(y, inner, 4 * inner, 1, bias=False), 4 * inner)
        if stride > 1 or channels != 4 * inner:
            x = net.batch_norm(net.conv(x, channels, 4 * inner, 1, stride, bias=False), 4 * inner)
        channels = 4 * inner
        x = net.node("Relu", [net.node("Add", [y, x])])
    x = net.node("Flatten", [net.node("GlobalAveragePool", [x])])
    x = net.node("Gemm", [x, net.weight(10, channels, scale=channels ** -0.5), net.weight(10, scale=0.1)], transB=1)
    net.output(x, "logits", [batch, 10])
    return net.model()


def mobilenet(batch="batch", height="height", width="width"):
    """Inverted residuals: depthwise convolutions, ReLU6, squeeze and excite."""
    net = Net("mobilenet")

    def relu6(value):
        return net.node("Clip", [value, net.constant(0), net.constant(6)])
    x = net.input("image", [batch, 3, height, width])
    x = net.node("HardSwish", [net.conv(x, 3, 16, 3, 2)])
    channels = 16
    for wide, narrow, size, stride in ((48, 24, 3, 2), (72, 24, 5, 1), (96, 40, 5, 2)):
        y = relu6(net.conv(x, channels, wide, 1))
        y = relu6(net.conv(y, wide, wide, size, stride, groups=wide))
        gate = net.node("GlobalAveragePool", [y])
        gate = net.node("Relu", [net.conv(gate, wide, 12, 1)])
        gate = net.node("HardSigmoid", [net.conv(gate, 12, wide, 1)], alpha=1 / 6, beta=0.5)
        y = net.conv(net.node("Mul", [y, gate]), wide, narrow, 1)
        x = net.node("Add", [x, y]) if (narrow, stride) == (channels, 1) else y
        channels = narrow
    x = net.node("ReduceMean", [x, net.ints(2, 3)], keepdims=0)
    net.output(net.linear(x, channels, 12), "logits", [batch, 12])
    return net.model()


def decoder(layers=2, heads=4, groups=2, head=16, words=211, past="past", batch=1):
    """A step of a LLaMA: RMS norm and rotary embedding written out, grouped
    attention over a cache that goes in and comes out, SwiGLU."""
    net = Net("decoder")
    width, inner, total = heads * head, 160, f"{past}_and_one" if isinstance(past, str) else past + 1
    ids = net.input("input_ids", [batch, 1], np.int64)
    position = net.input("position", [1], np.int64)
    caches = [net.input(f"cache_{i}", [2, batch, groups, past, head]) for i in range(layers)]
    angles = np.outer(np.arange(128), 10000.0 ** (-np.arange(0, head, 2) / head))
    cos, sin = (net.node("Gather", [net.constant(np.tile(f(angles), 2)), position]) for f in (np.cos, np.sin))

    def norm(value):
        square = net.node("ReduceMean", [net.node("Pow", [value, net.constant(2)]), net.ints(-1)])
        root = net.node("Sqrt", [net.node("Add", [square, net.constant(1e-6)])])
        return net.node("Mul", [net.node("Div", [value, root]), net.weight(width, scale=1)])

    def rotate(value):
        low, high = net.node("Split", [value], outputs=2, axis=-1, num_outputs=2)
        turned = net.node("Concat", [net.node("Neg", [high]), low], axis=-1)
        return net.node("Add", [net.node("Mul", [value, cos]), net.node("Mul", [turned, sin])])

    def split(value, count):
        value = net.node("Reshape", [value, net.ints(batch, 1, count, head)])
        return net.node("Transpose", [value], perm=[0, 2, 1, 3])

    def repeat(value):  # each group of queries has one head of keys and values
        value = net.node("Unsqueeze", [value, net.ints(2)])
        shape = net.node("Shape", [value])
        factors = net.ints(1, 1, heads // groups, 1, 1)
        value = net.node("Expand", [value, net.node("Mul", [shape, factors])])
        return net.node("Reshape", [value, net.ints(batch, heads, -1, head)])

    x = net.node("Gather", [net.weight(words, width, scale=1), ids])
    for i, cache in enumerate(caches):
        h = norm(x)
        q = rotate(split(net.linear(h, width, width, bias=False), heads))
        k = rotate(split(net.linear(h, width, groups * head, bias=False), groups))
        v = split(net.linear(h, width, groups * head, bias=False), groups)
        old = net.node("Split", [cache], outputs=2, axis=0, num_outputs=2)
        k, v = (net.node("Concat", [net.node("Squeeze", [o, net.ints(0)]), new], axis=2)
                for o, new in zip(old, (k, v)))
        both = net.node("Concat", [net.node("Unsqueeze", [value, net.ints(0)]) for value in (k, v)], axis=0)
        net.output(both, f"cache_out_{i}", [2, batch, groups, total, head])
        keys = net.node("Transpose", [repeat(k)], perm=[0, 1, 3, 2])
        scores = net.node("Mul", [net.node("MatMul", [q, keys]), net.constant(head ** -0.5)])
        mixed = net.node("MatMul", [net.node("Softmax", [scores], axis=-1), repeat(v)])
        mixed = net.node("Reshape", [net.node("Transpose", [mixed], perm=[0, 2, 1, 3]), net.ints(batch, 1, width)])
        x = net.node("Add", [x, net.linear(mixed, width, width, bias=False)])
        h = norm(x)
        gate = net.linear(h, width, inner, bias=False)
        gate = net.node("Mul", [gate, net.node("Sigmoid", [gate])])
        h = net.node("Mul", [gate, net.linear(h, width, inner, bias=False)])
        x = net.node("Add", [x, net.linear(h, inner, width, bias=False)])
    net.output(net.linear(norm(x), width, words, bias=False), "logits", [batch, 1, words])
    return net.model()


def unet(size=40, height="height", width="width"):
    """Down and up again: pooling, transposed convolution, resize, skips."""
    net = Net("unet")
    x = net.input("image", [1, 1, height, width])
    first = net.node("LeakyRelu", [net.conv(x, 1, 12, 3)], alpha=0.1)
    x = net.node("AveragePool", [first], kernel_shape=[2, 2], strides=[2, 2])
    second = net.node("InstanceNormalization", [net.conv(x, 12, 20, 3, dilations=[1, 1]),
                                                net.constant(np.ones(20)), net.constant(np.zeros(20))])
    x = net.node("MaxPool", [net.node("Elu", [second])], kernel_shape=[2, 2], strides=[2, 2])
    x = net.node("Relu", [net.conv(x, 20, 32, 3)])
    x = net.node("ConvTranspose", [x, net.weight(32, 20, 2, 2, scale=0.1), net.weight(20, scale=0.1)], strides=[2, 2])
    x = net.node("Relu", [net.conv(net.node("Concat", [x, second], axis=1), 40, 16, 3)])
    scales = net.constant([1, 1, 2, 2])
    x = net.node("Resize", [x, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")
    x = net.node("Concat", [x, first], axis=1)
    net.output(net.node("Sigmoid", [net.conv(x, 28, 1, 1)]), "mask", [1, 1, height, width])
    return net.model()


def tagger(length="length", batch="batch", words=97):
    """Both directions of an LSTM, then a GRU, then a label for each word."""
    net = Net("tagger")
    ids = net.input("words", [length, batch], np.int64)
    x = net.node("Gather", [net.weight(words, 24, scale=1), ids])
    lstm = [net.weight(2, 4 * 20, 24, scale=0.2), net.weight(2, 4 * 20, 20, scale=0.2), net.weight(2, 8 * 20, scale=0.1)]
    y = net.node("LSTM", [x, *lstm], outputs=3, hidden_size=20, direction="bidirectional")[0]
    y = net.node("Reshape", [net.node("Transpose", [y], perm=[0, 2, 1, 3]), net.ints(0, 0, 40)])
    gru = [net.weight(1, 3 * 16, 40, scale=0.2), net.weight(1, 3 * 16, 16, scale=0.2), net.weight(1, 6 * 16, scale=0.1)]
    y = net.node("GRU", [y, *gru], outputs=2, hidden_size=16, linear_before_reset=1)[0]
    y = net.linear(net.node("Squeeze", [y, net.ints(1)]), 16, 7)
    net.output(net.node("ArgMax", [y], axis=-1, keepdims=0), "labels", [length, batch], np.int64)
    net.output(net.node("LogSoftmax", [y], axis=-1), "scores", [length, batch, 7])
    return net.model()


def check(model, samples, tolerance=2e-5, what=""):
    """Whether the compiled model and onnxruntime agree on all samples; prints a line.

    model    ModelProto, or the bytes of a file
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(model if isinstance(model, bytes) else model.SerializeToString())
        reference = models.Reference(path)
        pairs = [(sample, reference.run(sample)) for sample in samples]
        if len(pairs) > 1 and models.error(pairs[0][1], pairs[1][1]) == 0:
            sys.exit(f"{what}: the samples do not tell anything: equal outputs")
        compiled, worst, problem = models.check(path, pairs, tolerance, os.path.join(folder, "out"))
        print(f"{what}: {len(pairs)} runs, max error {worst:.1e}, {problem or 'ok'}")
        return not problem
