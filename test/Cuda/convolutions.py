# RUN: %python %s
"""Convolutions of single channels, some pixels a thread, and by parts of their channels: like ONNX's reference."""
import emulator
import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(0)


def check(x, taps, strides=None, dilations=None, kind=TensorProto.FLOAT, open_dims=False, tolerance=1e-6,
          columns=None, **options):
    """A filter for each channel, or `columns` of all, a bias, rectified."""
    numpy_kind = helper.tensor_dtype_to_np_dtype(kind)
    groups, columns = (1, columns) if columns else (x[1], x[1])
    weight = random.standard_normal((columns, x[1] // groups, *taps)).astype(numpy_kind)
    bias = random.standard_normal(columns).astype(numpy_kind)
    pads = [extent // 2 for extent in taps] * 2
    conv = helper.make_node("Conv", ["x", "w", "b"], ["c"], group=groups, pads=pads, strides=strides or [1] * len(taps),
                            dilations=dilations or [1] * len(taps))
    dims = [f"d{i}" if open_dims and i != 1 else extent for i, extent in enumerate(x)]
    graph = helper.make_graph(
        [conv, helper.make_node("Relu", ["c"], ["y"])], "g", [helper.make_tensor_value_info("x", kind, dims)],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    value = random.standard_normal(x).astype(numpy_kind)
    y, = emulator.compile(model, **options).run([value])
    expected, = ReferenceEvaluator(model).run(None, {"x": value})
    error = np.abs(y.astype(np.float64) - expected).max() / np.abs(expected).max()
    assert y.shape == expected.shape and error <= tolerance, (x, taps, error)


check([1, 8, 9, 11], [3, 3])                                    # a line's last thread has pixels that are not there
check([2, 12, 14, 13], [5, 5], strides=[2, 2])
check([1, 64, 128, 128], [3, 3])                                # four pixels a thread
check([1, 6, 9, 12], [3, 3], dilations=[2, 3])                  # two channels a thread
check([1, 5, 9, 12], [3, 3])                                    # one: no runs
check([2, 8, 19], [4], open_dims=True)
check([1, 8, 5, 6, 7], [3, 3, 3], open_dims=True)
check([1, 16, 9, 9], [9, 9])                                    # too many taps for one piece of code
check([1, 16, 17, 15], [3, 3], strides=[1, 2], kind=TensorProto.FLOAT16, tolerance=2e-3, open_dims=True)
check([2, 72, 9, 7], [1, 1], columns=72, kind=TensorProto.FLOAT16, tolerance=4e-3, sm=90)     # copied as boxes
check([2, 72, 9, 7], [1, 1], columns=72, kind=TensorProto.FLOAT16, tolerance=4e-3, sm=90, open_dims=True)
check([2, 72, 9, 9], [1, 1], columns=40, kind=TensorProto.FLOAT16, tolerance=4e-3, sm=90, strides=[2, 2])
check([2, 72, 9, 7], [3, 3], columns=72, kind=TensorProto.FLOAT16, tolerance=4e-3, sm=90)
check([1, 128, 7, 6], [3, 3], columns=72)                       # by two parts of its depth
check([1, 128, 9, 9], [3, 3], columns=40, strides=[2, 2], kind=TensorProto.FLOAT16, tolerance=4e-3)
