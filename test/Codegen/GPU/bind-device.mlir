// RUN: graphopt-opt %s --graphopt-bind-device -reconcile-unrealized-casts | FileCheck %s

module attributes {gpu.container_module} {
  gpu.module @kernels {
    llvm.func @first(%x: f32) attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
    llvm.func @helper() {
      llvm.return
    }
    llvm.func @second(%p: !llvm.ptr, %q: !llvm.ptr, %offset: i64, %size: i64, %stride: i64, %f: f32) attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
    llvm.func @third(%map: !llvm.ptr) attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
  }

  // Kernel number 1 has 5 arguments of a memref and a scalar, each in 8 bytes.
  // CHECK-LABEL: llvm.func @launch
  // CHECK-DAG:     %[[COUNT:.+]] = llvm.mlir.constant(6 : i64) : i64
  // CHECK:         %[[ARGS:.+]] = llvm.alloca %[[COUNT]] x i64
  // CHECK:         %[[ONE:.+]] = llvm.mlir.constant(1 : i32) : i32
  // CHECK-COUNT-6: llvm.store
  // CHECK:         %[[NONE:.+]] = llvm.mlir.constant(0 : i32) : i32
  // CHECK:         llvm.call @graphopt_cuda_launch(%[[ONE]], %{{.+}}, %{{.+}}, %{{.+}}, %[[ARGS]], %{{.+}}, %[[NONE]])
  llvm.func @launch(%blocks: i64, %f: f32, %desc: !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>) {
    %x = builtin.unrealized_conversion_cast %desc : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)> to memref<?xf32>
    %n = builtin.unrealized_conversion_cast %blocks : i64 to index
    %c1 = arith.constant 1 : index
    gpu.launch_func @kernels::@second blocks in (%n, %c1, %c1) threads in (%c1, %c1, %c1) args(%x : memref<?xf32>, %f : f32)
    llvm.return
  }

  // Another kernel gets what the driver makes of a tensor, by its address, bytes of an element, rank, and of each
  // dimension extent, stride and box.
  // CHECK-LABEL: llvm.func @tensor
  // CHECK-DAG:     %[[VALUES:.+]] = llvm.mlir.constant(9 : i64) : i64
  // CHECK-DAG:     %[[TENSOR:.+]] = llvm.alloca %[[VALUES]] x i64
  // CHECK-COUNT-9: llvm.store
  // CHECK:         llvm.store %[[TENSOR]], %{{.+}} : !llvm.ptr, !llvm.ptr
  // CHECK:         llvm.mlir.constant(1 : i32) : i32
  // CHECK:         %[[TENSORS:.+]] = llvm.mlir.constant(1 : i32) : i32
  // CHECK:         llvm.call @graphopt_cuda_launch(%{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}, %[[TENSORS]])
  llvm.func @tensor(%desc: !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>) {
    %x = builtin.unrealized_conversion_cast %desc : !llvm.struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)> to memref<?x72xf16>
    %c1 = arith.constant 1 : index
    %c64 = arith.constant 64 : index
    %any = memref.cast %x : memref<?x72xf16> to memref<*xf16>
    %map = nvgpu.tma.create.descriptor %any box[%c64, %c64] : memref<*xf16> -> <tensor = memref<64x64xf16, 3>, swizzle = swizzle_128b, l2promo = none, oob = zero, interleave = none>
    gpu.launch_func @kernels::@third blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%map : !nvgpu.tensormap.descriptor<tensor = memref<64x64xf16, 3>, swizzle = swizzle_128b, l2promo = none, oob = zero, interleave = none>)
    llvm.return
  }

  // CHECK-LABEL: llvm.func @element
  // CHECK:         %[[BITS:.+]] = llvm.call @graphopt_cuda_read(%{{.+}}, %{{.+}}) : (!llvm.ptr, i64) -> i64
  // CHECK:         %[[LOW:.+]] = llvm.trunc %[[BITS]] : i64 to i32
  // CHECK:         %[[F:.+]] = llvm.bitcast %[[LOW]] : i32 to f32
  // CHECK:         llvm.bitcast %{{.+}} : f32 to i32
  // CHECK:         llvm.call @graphopt_cuda_write(
  llvm.func @element(%desc: !llvm.struct<(ptr, ptr, i64)>) {
    %x = builtin.unrealized_conversion_cast %desc : !llvm.struct<(ptr, ptr, i64)> to memref<f32>
    %a = memref.load %x[] : memref<f32>
    memref.store %a, %x[] : memref<f32>
    llvm.return
  }
  // CHECK: llvm.func @graphopt_cuda_launch(i32, i64, i64, i32, !llvm.ptr, i32, i32) attributes {graphopt.runtime
}
