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

// What the driver made of a tensor is the parameter itself, of 128 bytes; barriers that count lie in shared memory.
// CHECK: gpu.module @tensor
// CHECK: llvm.mlir.global private @{{.+}}() {addr_space = 3 : i32{{.*}}} : !llvm.array<2 x i64>
// CHECK: llvm.func @kernel(%[[F:[^:]+]]: f32, %[[MAP:[^:]+]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant})
// CHECK:   nvvm.mbarrier.init %[[BARRIER:[^,]+]],
// CHECK:   nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.+}}, %[[MAP]], %{{.+}}, box[%{{.+}}, %{{.+}}]
!map = !nvgpu.tensormap.descriptor<tensor = memref<8x64xf16, #gpu.address_space<workgroup>>, swizzle = swizzle_128b, l2promo = none, oob = zero, interleave = none>
!barriers = !nvgpu.mbarrier.group<memorySpace = #gpu.address_space<workgroup>, num_barriers = 2>
gpu.module @tensor {
  gpu.func @kernel(%f: f32, %map: !map) workgroup(%box: memref<8x64xf16, #gpu.address_space<workgroup>>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %barriers = nvgpu.mbarrier.create -> !barriers
    nvgpu.mbarrier.init %barriers[%c1], %c1 : !barriers
    nvgpu.tma.async.load %map[%c0, %c1], %barriers[%c1] to %box : !map, !barriers -> memref<8x64xf16, #gpu.address_space<workgroup>>
    gpu.return
  }
}
