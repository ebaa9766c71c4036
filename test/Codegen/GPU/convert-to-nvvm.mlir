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

// Shared memory that a launch gives is no variable of the kernel; patterns of 1 KiB lie in it.
// CHECK: gpu.module @dynamic
// CHECK: llvm.mlir.global external @{{.+}}() {addr_space = 3 : i32, alignment = 1024 : i64{{.*}}} : !llvm.array<0 x i8>
gpu.module @dynamic {
  gpu.func @kernel(%y: memref<f32>) kernel {
    %c0 = arith.constant 0 : index
    %memory = gpu.dynamic_shared_memory : memref<?xi8, #gpu.address_space<workgroup>>
    %view = memref.view %memory[%c0][] : memref<?xi8, #gpu.address_space<workgroup>> to memref<f32, #gpu.address_space<workgroup>>
    %v = memref.load %view[] : memref<f32, #gpu.address_space<workgroup>>
    memref.store %v, %y[] : memref<f32>
    gpu.return
  }
}
