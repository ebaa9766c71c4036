# RUN: %python %s
"""Arrays on the GPU from Python: used where they are, beside the host's; streams; errors with the driver's words."""
import ctypes
import os

import numpy as np
import onnx.parser

import emulator
import graphopt

MODEL = onnx.parser.parse_model("""
<ir_version: 10, opset_import: ["" : 21]>
add (float[n, 3] x, float[n, 3] y) => (float[n, 3] sum, float[n, 3] product) { sum = Add (x, y)  product = Mul (x, y) }
""")
driver = ctypes.CDLL(os.path.join(emulator.DRIVER, "libcuda.so.1"), ctypes.RTLD_GLOBAL)


class Memory:
    """As PyTorch's and CuPy's arrays look from outside."""

    def __init__(self, array, strides=None):
        address = ctypes.c_uint64()
        assert not driver.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(array.nbytes))
        assert not driver.cuMemcpyHtoDAsync_v2(address, ctypes.c_void_p(array.ctypes.data),
                                               ctypes.c_size_t(array.nbytes), None)
        self.array = array
        self.__cuda_array_interface__ = {"shape": array.shape, "typestr": array.dtype.str, "version": 3,
                                         "data": (address.value, False), "strides": strides}

    def numpy(self):
        copy = np.empty_like(self.array)
        address = ctypes.c_uint64(self.__cuda_array_interface__["data"][0])
        assert not driver.cuMemcpyDtoHAsync_v2(ctypes.c_void_p(copy.ctypes.data), address,
                                               ctypes.c_size_t(copy.nbytes), None)
        return copy


def expect(kind, text, action):
    try:
        action()
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"no error: {text}")


model = emulator.compile(MODEL)
x = np.arange(12, dtype=np.float32).reshape(4, 3)
y = x[::-1].copy()
gpu_x, gpu_sum = Memory(x), Memory(np.zeros_like(x))

# Each where it is.
results = model(gpu_x, y)
np.testing.assert_array_equal(results["sum"], x + y)
call = model.bind(gpu_x, y).write_to(sum=gpu_sum)
for stream in None, 0, 2:
    outputs = call.run(stream)
    assert outputs[0] is gpu_sum
    np.testing.assert_array_equal(gpu_sum.numpy(), x + y)
    np.testing.assert_array_equal(outputs[1], x * y)
assert driver.fakeCudaCaptures() == 1
own = np.zeros((4, 4), np.float32)[:, :3]
expect(ValueError, "not contiguous and writeable", lambda: call.write_to(sum=own))
expect(ValueError, "is to be written to float32 [3, 4]", lambda: call.write_to(sum=Memory(np.zeros((3, 4), np.float32))))
expect(TypeError, "no memory for an output 'z'", lambda: call.write_to(z=own))

# What cannot be used is refused before anything is run.
expect(TypeError, "is given as float64", lambda: model(Memory(x.astype(float)), y))
expect(ValueError, "not contiguous", lambda: model(Memory(x, strides=(4, 16)), y))
np.testing.assert_array_equal(model(Memory(x, strides=(12, 4)), y)["sum"], x + y)
shifted = Memory(np.zeros((5, 3), np.float32))
about = shifted.__cuda_array_interface__
shifted.__cuda_array_interface__ = {**about, "shape": (4, 3), "data": (about["data"][0] + 4, False)}
expect(graphopt.RunError, "not aligned to 64 bytes", lambda: model(shifted, y))

# The driver's words.
driver.fakeCudaFail(5, 719, 0)
expect(graphopt.RunError, "the CUDA driver refused a call (CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure)",
       lambda: model(x, y))
driver.fakeCudaFail(0, 0, 0)
np.testing.assert_array_equal(model(x, y)["sum"], x + y)

# A model for CPUs has no use for them.
expect(TypeError, "on a GPU, which the model is not compiled for", lambda: graphopt.compile(MODEL)(gpu_x, y))
