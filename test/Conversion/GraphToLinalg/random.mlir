// RUN: graphopt-opt %s --convert-graph-to-linalg | FileCheck %s

// Ops without a seed take their turn from one counter of the module, and equal ones
// stay apart.
// CHECK:         memref.global "private" @graphopt_random_executions : memref<i64> = dense<0>
// CHECK-NOT:     memref.global
// CHECK-LABEL:   func @unseeded(
// CHECK-COUNT-2:   memref.atomic_rmw addi
func.func @unseeded() -> (tensor<4xf32>, tensor<4xf32>) {
  %s = arith.constant dense<4> : tensor<1xi64>
  %a = graph.random %s offset = 0.0 scale = 1.0 as f32 : tensor<1xi64>
  %b = graph.random %s offset = 0.0 scale = 1.0 as f32 : tensor<1xi64>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// A seed needs none.
// CHECK-LABEL: func @seeded(
// CHECK-NOT:     memref
// CHECK:         linalg.generic
// CHECK:           arith.constant 3528531795 : i64
func.func @seeded() -> tensor<4xf32> {
  %s = arith.constant dense<4> : tensor<1xi64>
  %a = graph.random %s offset = 0.0 scale = 1.0 seed = 1.0 as f32 : tensor<1xi64>
  return %a : tensor<4xf32>
}
