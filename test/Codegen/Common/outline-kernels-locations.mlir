// RUN: graphopt-opt %s --graphopt-outline-kernels --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// A call is at its node; the function and each op in it are at those of all calls.
// CHECK-LABEL: func.func @main(
// CHECK:         call @matmul_nx16(%{{.+}}) : {{.+}} loc(fused["dense", "relu"])
// CHECK-NEXT:    call @matmul_nx16(%{{.+}}) : {{.+}} loc(fused["dense_1", "relu_1"])
// CHECK-NEXT:    call @exp_64(%{{.+}}) : {{.+}} loc("exp")
// CHECK-NEXT:    call @exp_64(%{{.+}}) : {{.+}} loc("exp")
// CHECK:       func.func private @matmul_nx16(
// CHECK:         kernel.matmul
// CHECK:           arith.constant {{.+}} loc(fused<"shared">["two", "zero"])
// CHECK-NEXT:      arith.maximumf {{.+}} loc(fused<"shared">["relu", "relu_1"])
// CHECK:         } loc(fused<"shared">[fused["dense", "relu"], fused["dense_1", "relu_1"]])
// CHECK-NEXT:    return
// CHECK-NEXT:  } loc(fused<"shared">[fused["dense", "relu"], fused["dense_1", "relu_1"]])
// CHECK:       func.func private @exp_64(
// CHECK:         linalg.exp {{.+}} loc("exp")
func.func @main(%a: memref<?x16xf32>, %w: memref<1x16x16xf32>, %b: memref<?x16xf32>, %x: memref<64xf32>, %y: memref<64xf32>) {
  kernel.matmul ins(%a, %w : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%b : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %c = arith.constant 0.0 : f32 loc("two")
    %v = arith.maximumf %sum, %c : f32 loc("relu")
    kernel.yield %v : f32 loc("dense")
  } loc(fused["dense", "relu"])
  kernel.matmul ins(%b, %w : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%a : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %c = arith.constant 0.0 : f32 loc("zero")
    %v = arith.maximumf %sum, %c : f32 loc("relu_1")
    kernel.yield %v : f32 loc("dense_1")
  } loc(fused["dense_1", "relu_1"])
  linalg.exp ins(%x : memref<64xf32>) outs(%x : memref<64xf32>) loc("exp")
  linalg.exp ins(%y : memref<64xf32>) outs(%y : memref<64xf32>) loc("exp")
  return
}
