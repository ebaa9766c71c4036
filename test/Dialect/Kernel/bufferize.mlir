// RUN: %graphopt-opt %s -split-input-file \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   | FileCheck %s

#identity = affine_map<(m, n) -> (m, n)>

// An extra read through the identity shares init's buffer.
// CHECK-LABEL: func @residual_in_place(
// CHECK-SAME:      %[[A:[^:]+]]: memref<4x3xf32>, %[[B:[^:]+]]: memref<3x8xf32>, %[[X:[^:]+]]: memref<4x8xf32>
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     memref.copy
// CHECK:         kernel.matmul ins(%[[A]], %[[B]] : {{.+}}) outs(%[[X]] : {{.+}}) extras(%[[X]] :
func.func @residual_in_place(%a: tensor<4x3xf32>, %b: tensor<3x8xf32>,
                             %x: tensor<4x8xf32> {bufferization.writable = true}) -> tensor<4x8xf32> {
  %r = kernel.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x8xf32>) outs(%x : tensor<4x8xf32>)
         extras(%x : tensor<4x8xf32>) maps [#identity] {
  ^bb0(%sum: f32, %e: f32):
    %0 = arith.addf %sum, %e : f32
    kernel.yield %0 : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// lhs is read after parts of init are written: it may not share init's buffer.
// CHECK-LABEL: func @lhs_is_init(
// CHECK:         memref.alloc
// CHECK:         kernel.matmul
func.func @lhs_is_init(%b: tensor<8x8xf32>, %x: tensor<4x8xf32> {bufferization.writable = true}) -> tensor<4x8xf32> {
  %r = kernel.matmul ins(%x, %b : tensor<4x8xf32>, tensor<8x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// init is also returned, so the panels get a new buffer; its old value is not
// copied there, because it is never read.
// CHECK-LABEL: func @init_is_not_read(
// CHECK:         %[[P:.+]] = memref.alloc
// CHECK-NOT:     memref.copy
// CHECK:         kernel.pack {{.+}} outs(%[[P]] :
func.func @init_is_not_read(%w: tensor<3x20xf32>, %e: tensor<3x3x8xf32>) -> (tensor<3x3x8xf32>, tensor<3x3x8xf32>) {
  %p = kernel.pack ins(%w : tensor<3x20xf32>) permutation = [0, 1] groups = 1
         outs(%e : tensor<3x3x8xf32>) -> tensor<3x3x8xf32>
  return %p, %e : tensor<3x3x8xf32>, tensor<3x3x8xf32>
}
