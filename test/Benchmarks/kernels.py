#!/usr/bin/env python3
"""Times single kernels beside what the core can do at most.

  kernels.py [--onnxruntime] [--rounds N] [--cpu NAME] [WORD...]

Without arguments all kernels of kernels.json, else those whose line in the table holds one
of the words. Each becomes a model of one operator (ONNX lays channels first; the transposes
around a convolution cancel with graphopt's own, as in the middle of a network, and borders
are part of the input) that is compiled for this machine. Kernels of "type": "int8" multiply
unsigned by signed bytes, with a scale a channel, and round their result to bytes again. In each round a loop of
multiply-adds in registers (kernels.c), a loop that reads as many bytes as the kernel does,
and the kernel run one after the other on one core; each counts with its least CPU time of
all rounds. "of peak" is the kernel's rate by that of multiply-adds. Where reading takes
longer than multiplying ("read" under bound), "of bound" says how near the kernel is to that.
"""
import argparse
import ctypes
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from engines import BUILD, ROOT

OPSET = 20


# ------------------------------------------------------------------------------ models

class Kernel:
    """One line of kernels.json."""

    def __init__(self, kind, sizes):
        self.kind, self.sizes = kind, sizes
        self.rng = np.random.default_rng(0)
        self.nodes, self.constants = [], []
        self.is_int8 = sizes.get("type") == "int8"
        getattr(self, kind)(**{key: value for key, value in sizes.items() if key != "type"})
        self.bytes = (1 if self.is_int8 else 4) * sum(map(math.prod, [*self.inputs.values(), self.output])) \
            + sum(array.nbytes for array in self.constants)

    def __str__(self):
        return " ".join([self.kind, *(f"{name} {value}" for name, value in self.sizes.items())])

    def gemm(self, m, k, n, activation=None):
        self.flops = 2 * m * k * n
        self.inputs, self.output = {"x": (m, k)}, (m, n)
        self.product("MatMul", self.constant(k, n), n, k, "y" if not activation else "s")
        if activation:
            self.node(activation, ["s"], "y")

    def window(self, channels, out, size, kernel, stride, groups):
        """`size` counts pixels of the input without its border."""
        outer = (size - 1) // stride + 1
        border = size + (kernel - 1) // 2 * 2
        self.flops = 2 * outer * outer * out * channels // groups * kernel * kernel
        self.inputs, self.output = {"x": (1, border, border, channels)}, (1, outer, outer, out)
        self.product("Conv", self.constant(out, channels // groups, kernel, kernel), out,
                     channels // groups * kernel * kernel, "y",
                     kernel_shape=[kernel, kernel], strides=[stride, stride], group=groups)

    def conv(self, out, size, kernel, stride=1, groups=1, **rest):
        self.window(rest["in"], out, size, kernel, stride, groups)

    def depthwise(self, channels, size, kernel, stride=1):
        self.window(channels, channels, size, kernel, stride, channels)

    def product(self, op, weights, channels, depth, output, **attributes):
        """Of x and weights with so many output channels, sums of `depth` products."""
        if not self.is_int8:
            return self.node(op, ["x", weights], output, **attributes)
        zero, scale = self.add(np.uint8(128)), self.add(np.float32(0.02))
        scales = self.add(self.rng.uniform(0.005, 0.01, channels).astype(np.float32))
        zeros = self.add(np.zeros(channels, np.int8))
        spread = self.add(np.float32(0.02 * 0.01 * 74 * math.sqrt(depth)))  # 74: of equally likely bytes
        self.node(f"QLinear{op}", ["x", scale, zero, weights, scales, zeros, spread, zero], output, **attributes)

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))

    def random(self, is_signed, shape):
        if not self.is_int8:
            return self.rng.standard_normal(shape, dtype=np.float32)
        low, high = (-127, 128) if is_signed else (0, 256)
        return self.rng.integers(low, high, shape, np.int8 if is_signed else np.uint8)

    def constant(self, *shape):
        return self.add(self.random(True, shape))

    def add(self, array):
        self.constants.append(np.asarray(array))
        return f"w{len(self.constants) - 1}"

    def write(self, path, last):
        """Writes the model, its images with channels `last`, or first as ONNX has them;
        gives inputs for it."""
        is_image = self.kind in ("conv", "depthwise")

        def outside(shape):
            return tuple(shape[i] for i in (0, 3, 1, 2)) if is_image and not last else shape
        nodes, inputs = self.nodes, self.inputs
        if is_image and last:
            inner = helper.make_node(nodes[0].op_type, ["first", *nodes[0].input[1:]], ["result"])
            inner.attribute.extend(nodes[0].attribute)
            nodes = [helper.make_node("Transpose", ["x"], ["first"], perm=[0, 3, 1, 2]), inner,
                     helper.make_node("Transpose", ["result"], ["y"], perm=[0, 2, 3, 1])]
        element = TensorProto.UINT8 if self.is_int8 else TensorProto.FLOAT
        graph = helper.make_graph(
            nodes, "kernel",
            [helper.make_tensor_value_info(name, element, outside(shape)) for name, shape in inputs.items()],
            [helper.make_tensor_value_info("y", element, outside(self.output))],
            [numpy_helper.from_array(array, f"w{i}") for i, array in enumerate(self.constants)])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10), path)
        return {name: self.random(False, outside(shape)) for name, shape in inputs.items()}


# ----------------------------------------------------------------------------- engines

def build_loops(folder):
    library = os.path.join(folder, "kernels.so")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC",
                    os.path.join(HERE, "kernels.c"), "-o", library], check=True)
    loops = ctypes.CDLL(library)
    for function, arguments in (("peak", [ctypes.c_double]), ("peak_bytes", [ctypes.c_double]),
                                ("bandwidth", [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_double]),
                                ("least_time", [ctypes.c_void_p] * 5 + [ctypes.c_int64, ctypes.c_double])):
        getattr(loops, function).argtypes, getattr(loops, function).restype = arguments, ctypes.c_double
    return loops


class Graphopt:
    """The call is repeated in C: some kernels take less time than a call from Python."""

    def __init__(self, loops, kernel, folder, cpu):
        sys.path.insert(0, os.path.join(ROOT, "python"))
        import graphopt
        path = os.path.join(folder, "model.onnx")
        arrays = kernel.write(path, last=True)
        subprocess.run([os.path.join(BUILD, "bin", "graphopt"), "compile", path, "-o", folder, "--emit=shared",
                        f"--cpu={cpu}"], check=True, stdout=subprocess.DEVNULL)
        self.loops, self.model = loops, graphopt.load(folder)
        self.call = self.model.bind(**arrays)
        self.call.run()

    def least_time(self, span):
        call, workspace = self.call, self.model._take_workspace(self.call._need)
        least = self.loops.least_time(
            ctypes.cast(self.model._descriptor.run, ctypes.c_void_p), ctypes.addressof(call._context),
            call._inputs, call._outputs, workspace.ctypes.data, call._need, span)
        self.model._workspaces.append(workspace)
        assert least > 0, "the run failed"
        return least


class OnnxRuntime:
    def __init__(self, kernel, folder):
        import onnxruntime
        path = os.path.join(folder, "first.onnx")
        arrays = kernel.write(path, last=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()
        for name, array in arrays.items():
            self.binding.bind_cpu_input(name, array)
        self.binding.bind_output("y")

    def least_time(self, span):
        least, end = math.inf, time.perf_counter() + span
        while time.perf_counter() < end:
            start = time.thread_time()
            self.session.run_with_iobinding(self.binding)
            least = min(least, time.thread_time() - start)
        return least


# ----------------------------------------------------------------------------- measure

def measure(kernel, loops, options):
    with tempfile.TemporaryDirectory(prefix="graphopt-kernel-") as folder:
        engines = [Graphopt(loops, kernel, folder, options.cpu)]
        if options.onnxruntime:
            engines.append(OnnxRuntime(kernel, folder))
        count = -(-kernel.bytes // 2048) * 512
        memory = np.ones(count + 16, np.float32)  # zeros would be one page for all
        data = memory.ctypes.data + -memory.ctypes.data % 64
        span = options.slice_ms / 1e3
        peak, bandwidth, times = 0, 0, [math.inf] * len(engines)
        for _ in range(options.rounds):
            peak = max(peak, (loops.peak_bytes if kernel.is_int8 else loops.peak)(span / 4))
            bandwidth = max(bandwidth, loops.bandwidth(data, count, span / 4))
            times = [min(least, engine.least_time(span)) for least, engine in zip(times, engines)]
        return times, kernel.flops / peak, kernel.bytes / bandwidth


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--onnxruntime", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slice-ms", type=float, default=40)
    parser.add_argument("--cpu", default="host", help="as in graphopt compile")
    options = parser.parse_args()
    with open(os.path.join(HERE, "kernels.json"), encoding="utf-8") as file:
        table = json.load(file)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
    with tempfile.TemporaryDirectory(prefix="graphopt-kernels-") as scratch:
        loops = build_loops(scratch)
        print(f"One core, vectors of {loops.vector_bits()} bits, peak {loops.peak(0.2) / 1e9:.1f} GFLOP/s, "
              f"of bytes {loops.peak_bytes(0.2) / 1e9:.1f}\n")
        peers = " onnxruntime us | graphopt / onnxruntime |" if options.onnxruntime else ""
        print(f"| kernel | us | GFLOP/s | of peak | bound | of bound |{peers}\n|{'---|' * (6 + peers.count('|'))}")
        for kind, lines in table.items():
            for sizes in lines:
                kernel = Kernel(kind, sizes)
                if options.words and not any(word in str(kernel) for word in options.words):
                    continue
                (least, *other), multiply, read = measure(kernel, loops, options)
                peers = "".join(f" {time * 1e6:.1f} | {least / time:.2f} |" for time in other)
                print(f"| {kernel} | {least * 1e6:.1f} | {kernel.flops / least / 1e9:.1f} | {multiply / least:.0%} | "
                      f"{'read' if read > multiply else 'multiply'} | {max(multiply, read) / least:.0%} |{peers}",
                      flush=True)


if __name__ == "__main__":
    main()
