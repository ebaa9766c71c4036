// RUN: graphopt-opt %s --graph-list-nodes | FileCheck %s

// One entry a node, in the order of the ops: all ops of a node, all nodes of a
// merged op, bodies of control flow too. Constants are no nodes.
// CHECK:      module attributes {graph.nodes = [
// CHECK-SAME:   {name = "/dense/MatMul", text = "matmul (?x8xf32, 8x8xf32) -> ?x8xf32"},
// CHECK-SAME:   {name = "scale", text = "binary Mul (?x8xf32, f32) -> ?x8xf32; binary Add (?x8xf32, f32) -> ?x8xf32"},
// CHECK-SAME:   {name = "shift", text = "binary Add (?x8xf32, f32) -> ?x8xf32"},
// CHECK-SAME:   {name = "choice", text = "if (i1) -> ?x8xf32"},
// CHECK-SAME:   {name = "then", text = "unary Tanh (?x8xf32) -> ?x8xf32"},
// CHECK-SAME:   {name = "largest", text = "reduce Max (?x8xf32) -> ?xf32"}]}
module {
  func.func @main(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>, %p: tensor<i1>) -> tensor<?xf32> {
    %c = arith.constant dense<2.0> : tensor<f32> loc("two")
    %0 = graph.matmul %x, %w : tensor<?x8xf32>, tensor<8x8xf32> loc("/dense/MatMul")
    %1 = graph.binary Mul %0, %c : tensor<?x8xf32>, tensor<f32> loc("scale")
    %2 = graph.binary Add %1, %c : tensor<?x8xf32>, tensor<f32> loc(fused["scale", "shift"])
    %3 = graph.if %p : tensor<i1> -> (tensor<?x8xf32>) {
      %4 = graph.unary Tanh %2 : tensor<?x8xf32> loc("then")
      graph.yield %4 : tensor<?x8xf32>
    } else {
      graph.yield %2 : tensor<?x8xf32>
    } loc("choice")
    %5 = graph.reduce Max %3 axes = [1] : tensor<?x8xf32> loc("largest")
    return %5 : tensor<?xf32>
  }
}
