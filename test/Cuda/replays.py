# RUN: %python %s
"""What is replayed as a CUDA graph, and what cannot be: where the host reads, allocates, or counts."""
import ctypes
import os

import numpy as np
import onnx.parser

import emulator
import graphopt

driver = ctypes.CDLL(os.path.join(emulator.DRIVER, "libcuda.so.1"), ctypes.RTLD_GLOBAL)


def run(text, *arrays, **options):
    """The outputs of four runs, and how many were captured and replayed."""
    head = '<ir_version: 10, opset_import: ["" : 21]>\n'
    call = emulator.compile(onnx.parser.parse_model(head + text), **options).bind(*arrays)
    before = driver.fakeCudaCaptures(), driver.fakeCudaReplays()
    outputs = [np.copy(call.run()[0]) for _ in range(4)]
    return outputs, (driver.fakeCudaCaptures() - before[0], driver.fakeCudaReplays() - before[1])


x = np.array([[1, 0, 2], [0, 3, 0]], np.float32)

outputs, graphs = run("m (float[n, 3] x) => (float[n, 3] y) { a = Exp (x)  y = Softmax <axis = 0> (a) }", x)
expected = np.exp(np.exp(x)) / np.exp(np.exp(x)).sum(0)
for y in outputs:
    np.testing.assert_allclose(y, expected, rtol=1e-6)
assert graphs == (1, 3), graphs

# What the driver makes of tensors is the graph's, too.
a, b = (np.arange(16 * k, dtype=np.float16).reshape(16, k) % 7 for k in (24, 32))
outputs, graphs = run("m (float16[16, 24] a, float16[16, 32] b) => (float16[24, 32] y) { t = Transpose (a)  y = MatMul (t, b) }",
                      a, b, sm=90)
for y in outputs:
    np.testing.assert_array_equal(y, a.T @ b)
assert graphs == (1, 3), graphs

# A loop whose turns are known without the GPU.
outputs, graphs = run("""m (float[2, 3] x) => (float[2, 3] y) {
  count = Constant <value = int64 {3}> ()  go = Constant <value = bool {1}> ()
  y = Loop (count, go, x) <body = b (int64 i, bool c, float[2, 3] v) => (bool d, float[2, 3] w) { d = Identity (c)  w = Add (v, x) }>
}""", x)
for y in outputs:
    np.testing.assert_array_equal(y, 4 * x)
assert graphs == (1, 3), graphs

# A count that the GPU finds.
outputs, graphs = run("m (float[n, 3] x) => (int64[2, k] y) { y = NonZero (x) }", x)
for y in outputs:
    np.testing.assert_array_equal(y, np.nonzero(x))
assert graphs == (0, 0), graphs

# Random numbers differ from run to run, unless a seed is given.
outputs, graphs = run("m (float[2, 3] x) => (float[2, 3] y) { r = RandomUniformLike (x)  y = Add (x, r) }", x)
assert len({y.tobytes() for y in outputs}) == 4 and graphs == (0, 0), graphs
outputs, graphs = run("m (float[2, 3] x) => (float[2, 3] y) { r = RandomUniformLike <seed = 1.0> (x)  y = Add (x, r) }", x)
assert len({y.tobytes() for y in outputs}) == 1 and graphs == (1, 3), graphs
