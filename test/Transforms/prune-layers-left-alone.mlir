// RUN: graphopt-opt %s -split-input-file --graph-prune-layers="count=0 score=leave-one-out" -verify-diagnostics

// What is inside is an output as well, as a cache of keys is.
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %f = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32> loc("key")
  // expected-remark @below {{layer left alone: 'key' in it is an output of the model}}
  %y = graph.binary Add %x, %f : tensor<?x2xf32>, tensor<?x2xf32>
  return %y, %f : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Both sides have weights: neither is the other's input.
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %f = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  %g = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{layer left alone: both of its sides are computed}}
  %y = graph.binary Add %f, %g : tensor<?x2xf32>, tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Nothing would be saved.
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %f = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{layer left alone: what it computes is read elsewhere too}}
  %y = graph.binary Add %x, %f : tensor<?x2xf32>, tensor<?x2xf32>
  %z = graph.binary Mul %y, %f : tensor<?x2xf32>, tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}
