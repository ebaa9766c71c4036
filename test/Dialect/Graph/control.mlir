// RUN: graphopt-opt %s --canonicalize | FileCheck %s

// Only the branch that a constant condition takes is left.
// CHECK-LABEL: func @constant_condition(
// CHECK-SAME:      %[[X:.+]]: tensor<2xf32>
// CHECK-NOT:     graph.if
// CHECK:         %[[Y:.+]] = graph.unary Exp %[[X]]
// CHECK:         return %[[Y]]
func.func @constant_condition(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = arith.constant dense<false> : tensor<i1>
  %r = graph.if %c : tensor<i1> -> (tensor<2xf32>) {
    graph.yield %x : tensor<2xf32>
  } else {
    %y = graph.unary Exp %x : tensor<2xf32>
    graph.yield %y : tensor<2xf32>
  }
  return %r : tensor<2xf32>
}
