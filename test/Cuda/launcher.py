"""Kernels written by hand, launched on the emulated GPU:

    kernels = Kernels(TEXT)                 # MLIR with a gpu.module
    y, = kernels.launch("sum", 1, 64, [x, y], schedule=3)[1:]
"""
import ctypes
import dataclasses
import math
import os
import subprocess
import tempfile

import emulator
import ml_dtypes
import numpy as np

PIPELINE = ("builtin.module(gpu.module(convert-scf-to-cf,graphopt-convert-to-nvvm,convert-nvvm-to-llvm,"
            "reconcile-unrealized-casts,"
            "canonicalize,cse))")
SCHEDULES = 10  # in which a fault must be seen once
SHARED_BYTES = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES

_driver = ctypes.CDLL(os.path.join(emulator.DRIVER, "libcuda.so.1"), ctypes.RTLD_GLOBAL)
_driver.fakeCudaProblem.restype = ctypes.c_char_p
bfloat16 = ml_dtypes.bfloat16


class LaunchError(Exception):
    """A launch that the driver refuses, or a kernel that does what it must not."""


def _check(result):
    if result:
        raise LaunchError(_driver.fakeCudaProblem().decode() or f"CUDA error {result}")


def allocate(array):
    """The address of a copy on the GPU."""
    address = ctypes.c_uint64()
    _check(_driver.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(max(array.nbytes, 1))))
    _check(_driver.cuMemcpyHtoDAsync_v2(address, ctypes.c_void_p(array.ctypes.data), ctypes.c_size_t(array.nbytes),
                                        None))
    return address


def _descriptor(array, address):
    """A memref's parts, as 8 bytes each."""
    strides = [s // array.itemsize for s in array.strides]
    return [address, address, *map(ctypes.c_int64, (0, *array.shape, *strides))]


@dataclasses.dataclass
class Tensor:
    """What a kernel gets of its array argument `number`, to copy boxes of it: halves of this shape."""
    number: int
    shape: tuple
    box: tuple

    def describe(self, address):
        # As graphopt_cuda_launch asks for it: elements of 16 bits, lines of 128 bytes that are turned.
        unsigned, double = ctypes.c_uint * 5, ctypes.c_uint64 * 5
        memory = ctypes.create_string_buffer(128 + 64)
        place = -ctypes.addressof(memory) % 64
        strides = [2 * math.prod(self.shape[i + 1:]) for i in range(len(self.shape))]
        _check(_driver.cuTensorMapEncodeTiled(
            ctypes.byref(memory, place), 1, len(self.shape), address, double(*self.shape[::-1]),
            double(*strides[-2::-1]), unsigned(*self.box[::-1]), unsigned(1, 1, 1, 1, 1), 0, 3, 2, 0))
        return (ctypes.c_char * 128).from_buffer(memory, place)


class Kernels:
    def __init__(self, text, pipeline=PIPELINE):
        with tempfile.TemporaryDirectory(prefix="graphopt-kernels-") as folder:
            lowered, library = os.path.join(folder, "kernels.mlir"), os.path.join(folder, "kernels.so")
            tool = os.path.join(emulator.BUILD, "bin", "graphopt-opt")
            subprocess.run([tool, "-", f"--pass-pipeline={pipeline}", "-o", lowered], input=text, text=True, check=True)
            emulator.emulate(lowered, library)
            os.environ["GRAPHOPT_EMULATED"] = library
            self.module = ctypes.c_void_p()
            _driver.cuCtxPushCurrent_v2(None)
            _check(_driver.cuModuleLoadDataEx(ctypes.byref(self.module), b".version", 0, None, None))

    def launch(self, name, blocks, threads, arguments, shared=0, schedule=0):
        """The arrays among `arguments` after the run; others are Tensors or ctypes' scalars."""
        os.environ["GRAPHOPT_EMULATOR_SCHEDULE"] = str(schedule)
        function = ctypes.c_void_p()
        _check(_driver.cuModuleGetFunction(ctypes.byref(function), self.module, name.encode()))
        if shared > 48 * 1024:
            _check(_driver.cuFuncSetAttribute(function, SHARED_BYTES, shared))
        arrays = [np.ascontiguousarray(a) if isinstance(a, np.ndarray) else None for a in arguments]
        addresses = [allocate(a) if a is not None else None for a in arrays]
        parts = []
        for argument, array, address in zip(arguments, arrays, addresses):
            if isinstance(argument, Tensor):
                parts.append(argument.describe(addresses[argument.number]))
            else:
                parts += [argument] if array is None else _descriptor(array, address)
        pointers = (ctypes.c_void_p * (len(parts) + 1))(*[ctypes.addressof(part) for part in parts])
        try:
            _check(_driver.cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, shared, None, pointers, None))
            results = [np.empty_like(a) for a in arrays if a is not None]
            for result, address in zip(results, (a for a in addresses if a is not None)):
                _check(_driver.cuMemcpyDtoHAsync_v2(ctypes.c_void_p(result.ctypes.data), address,
                                                    ctypes.c_size_t(result.nbytes), None))
            return results
        finally:
            for address in addresses:
                if address is not None:
                    _driver.cuMemFree_v2(address)


def problem_of(run, schedules=SCHEDULES):
    """What is wrong in the first of the schedules that `run(schedule)` does not come through, or None."""
    for schedule in range(schedules):
        try:
            if problem := run(schedule):
                return problem
        except LaunchError as error:
            return str(error)
    return None


def difference(actual, expected, tolerance=1e-5):
    """What is wrong with an array, or None."""
    a, e = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    error = np.abs(a - e).max() / max(np.abs(e).max(), 1e-30)
    return None if error <= tolerance else f"error {error:.2e}"
