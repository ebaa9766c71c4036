// RUN: graphopt-opt %s --graphopt-round-factors=precision=f16 -split-input-file | FileCheck %s
// RUN: graphopt-opt %s --graphopt-round-factors=precision=tf32 -split-input-file | FileCheck %s --check-prefix=SAME

// A constant, and a tensor that two products read: both are rounded once.
// CHECK-LABEL: func.func @twice(
// CHECK:         %[[X:.+]] = linalg.generic {{.+}} ins(%arg0 : tensor<?x2xf32>) outs(%{{.+}} : tensor<?x2xf16>)
// CHECK:           arith.truncf
// CHECK:         %[[W:.+]] = arith.constant dense_resource<{{.*}}_f16{{.*}}> : tensor<2x2xf16>
// CHECK:         kernel.matmul ins(%[[X]], %[[W]] : tensor<?x2xf16>, tensor<2x2xf16>)
// CHECK:         kernel.matmul ins(%[[X]], %[[W]] : tensor<?x2xf16>, tensor<2x2xf16>)
// CHECK-NOT:     arith.truncf
// CHECK:         return
// SAME-LABEL:  func.func @twice(
// SAME-NOT:      f16
func.func @twice(%x: tensor<?x2xf32>, %e: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [0.333333333, 1.0e+6]]> : tensor<2x2xf32>
  %a = kernel.matmul ins(%x, %w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x2xf32>
  %b = kernel.matmul ins(%x, %w : tensor<?x2xf32>, tensor<2x2xf32>) outs(%e : tensor<?x2xf32>) {
  ^bb0(%sum: f32):
    %0 = math.absf %sum : f32
    kernel.yield %0 : f32
  } -> tensor<?x2xf32>
  return %a, %b : tensor<?x2xf32>, tensor<?x2xf32>
}
// The nearest numbers, and an infinity.
// CHECK: {{.*}}_f16: "0x{{[0-9A-F]+}}003C00405535007C"

// -----

// What only moves numbers moves halves: the border of a convolution's input.
// CHECK-LABEL: func.func @border(
// CHECK-DAG:     %[[X:.+]] = linalg.generic {{.+}} ins(%arg0 : tensor<1x4x4x8xf32>)
// CHECK-DAG:     %[[W:.+]] = linalg.generic {{.+}} ins(%arg1 : tensor<16x8x3x3xf32>)
// CHECK:         %[[P:.+]] = tensor.pad %[[X]] low[0, 1, 1, 0] high[0, 1, 1, 0]
// CHECK:           tensor.yield %{{.+}} : f16
// CHECK:         kernel.conv ins(%[[P]], %[[W]] : tensor<1x6x6x8xf16>, tensor<16x8x3x3xf16>)
func.func @border(%x: tensor<1x4x4x8xf32>, %w: tensor<16x8x3x3xf32>, %e: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %p = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<1x4x4x8xf32> to tensor<1x6x6x8xf32>
  %y = kernel.conv ins(%p, %w : tensor<1x6x6x8xf32>, tensor<16x8x3x3xf32>)
      strides = [1, 1] dilations = [1, 1] groups = 1 outs(%e : tensor<1x4x4x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x4x16xf32>
  return %y : tensor<1x4x4x16xf32>
}
