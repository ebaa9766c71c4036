# RUN: %python %s
"""A kernel that follows an address of the host's fails, and so does a host that follows one of the GPU's."""
import ctypes
import multiprocessing
import signal

import numpy as np
from launcher import Kernels, allocate, difference, problem_of

KERNEL = """
gpu.module @kernels {
  memref.global "private" constant @table : memref<4xf32> = dense<[1.0, 2.0, 4.0, 8.0]>
  gpu.func @copy(%x: memref<?xf32>, %y: memref<?xf32>) kernel {
    %t = gpu.thread_id x
    %v = memref.load %x[%t] : memref<?xf32>
    memref.store %v, %y[%t] : memref<?xf32>
    gpu.return
  }
  // Each thread turns 4 elements around on its stack, and scales them.
  gpu.func @turn(%x: memref<?xf32>, %y: memref<?xf32>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c3 = arith.constant 3 : index
    %c4 = arith.constant 4 : index
    %t = gpu.thread_id x
    %first = arith.muli %t, %c4 : index
    %table = memref.get_global @table : memref<4xf32>
    %own = memref.alloca() : memref<4xf32>
    scf.for %i = %c0 to %c4 step %c1 {
      %at = arith.addi %first, %i : index
      %v = memref.load %x[%at] : memref<?xf32>
      %odd = arith.cmpf ogt, %v, %v : f32
      %j = arith.subi %c3, %i : index
      %place = arith.select %odd, %i, %j : index
      memref.store %v, %own[%place] : memref<4xf32>
    }
    scf.for %i = %c0 to %c4 step %c1 {
      %at = arith.addi %first, %i : index
      %v = memref.load %own[%i] : memref<4xf32>
      %scale = memref.load %table[%i] : memref<4xf32>
      %w = arith.mulf %v, %scale : f32
      memref.store %w, %y[%at] : memref<?xf32>
    }
    gpu.return
  }
}
"""

kernels = Kernels(KERNEL)
x = np.random.default_rng(0).standard_normal(32).astype(np.float32)


def run(name, threads, expected):
    return problem_of(lambda schedule: difference(
        kernels.launch(name, 1, threads, [x, np.zeros_like(x)], schedule=schedule)[1], expected))


assert not run("copy", 32, x)
assert not run("turn", 8, (x.reshape(8, 4)[:, ::-1] * [1, 2, 4, 8]).ravel())

# The parts of a memref by hand: x is the host's.
host = ctypes.c_uint64(x.ctypes.data)
given = [host, host, ctypes.c_int64(0), ctypes.c_int64(32), ctypes.c_int64(1)]
for arguments in ([*given, x], [x, *given]):
    problem = problem_of(lambda schedule: kernels.launch("copy", 1, 32, arguments, schedule=schedule))
    assert problem == ("kernel copy, block (0, 0, 0), thread (0, 0, 0): follows an address that is not the GPU's, "
                       "or not aligned"), problem
assert not run("copy", 32, x), "the next launch is as good as ever"

# The host reads and writes what the kernel could.
address = allocate(x)
for access in (lambda: ctypes.string_at(address.value, 4), lambda: ctypes.memset(address.value, 0, 4)):
    process = multiprocessing.get_context("fork").Process(target=access)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGSEGV, process.exitcode
