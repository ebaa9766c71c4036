# RUN: %python %s
"""A block sums by halves in shared memory; without one of its barriers that is wrong."""
import numpy as np
from launcher import Kernels, difference, problem_of

BLOCK = """
gpu.module @kernels {
  gpu.func @sum(%x: memref<?xf32>, %y: memref<?xf32>)
      workgroup(%part: memref<256xf32, #gpu.address_space<workgroup>>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %t = gpu.thread_id x
    %n = gpu.block_dim x
    %block = gpu.block_id x
    %first = arith.muli %block, %n : index
    %at = arith.addi %first, %t : index
    %mine = memref.load %x[%at] : memref<?xf32>
    memref.store %mine, %part[%t] : memref<256xf32, #gpu.address_space<workgroup>>
    gpu.barrier // written before it is read
    scf.while (%width = %n) : (index) -> index {
      %half = arith.shrui %width, %c1 : index
      %more = arith.cmpi ugt, %half, %c0 : index
      scf.condition(%more) %half : index
    } do {
    ^bb0(%half: index):
      %reads = arith.cmpi ult, %t, %half : index
      scf.if %reads {
        %other = arith.addi %t, %half : index
        %a = memref.load %part[%t] : memref<256xf32, #gpu.address_space<workgroup>>
        %b = memref.load %part[%other] : memref<256xf32, #gpu.address_space<workgroup>>
        %s = arith.addf %a, %b : f32
        memref.store %s, %part[%t] : memref<256xf32, #gpu.address_space<workgroup>>
      }
      gpu.barrier // summed before the next half
      scf.yield %half : index
    }
    %isFirst = arith.cmpi eq, %t, %c0 : index
    scf.if %isFirst {
      %sum = memref.load %part[%c0] : memref<256xf32, #gpu.address_space<workgroup>>
      memref.store %sum, %y[%block] : memref<?xf32>
    }
    gpu.return
  }
}
"""

x = np.random.default_rng(0).standard_normal(4 * 256).astype(np.float32)


def run(text):
    kernels = Kernels(text)

    def once(schedule):
        y = kernels.launch("sum", 4, 256, [x, np.zeros(4, np.float32)], schedule=schedule)[1]
        return difference(y, x.reshape(4, 256).sum(1))
    return problem_of(once)

problem = run(BLOCK)
assert not problem, problem
for line in BLOCK.splitlines():
    if "gpu.barrier" in line:
        assert run(BLOCK.replace(line, "")), f"nothing is wrong without {line}"
