// RUN: graphopt-opt %s --pass-pipeline='builtin.module(gpu.module(graphopt-convert-to-nvvm))' | FileCheck %s

// What the hardware has needs no library; the rest is NVIDIA's.
// CHECK: llvm.func @__nv_exp(f64) -> f64
// CHECK: llvm.func @kernel({{.+}}) attributes {gpu.kernel, nvvm.kernel}
// CHECK:   nvvm.read.ptx.sreg.tid.x
// CHECK:   llvm.intr.fma
// CHECK:   llvm.intr.sqrt
// CHECK:   llvm.intr.roundeven
// CHECK:   llvm.call @__nv_exp
// CHECK:   nvvm.barrier
gpu.module @kernels {
  gpu.func @kernel(%x: memref<8xf64>) kernel {
    %i = gpu.thread_id x
    %a = memref.load %x[%i] : memref<8xf64>
    %b = math.fma %a, %a, %a : f64
    %c = math.sqrt %b : f64
    %d = math.roundeven %c : f64
    %e = math.exp %d : f64
    gpu.barrier
    memref.store %e, %x[%i] : memref<8xf64>
    gpu.return
  }
}
