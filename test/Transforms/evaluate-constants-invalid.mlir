// RUN: graphopt-opt %s -split-input-file -verify-diagnostics --graph-evaluate-constants

// Without the compiler behind it the pass says so and changes nothing.
// expected-error @below {{no evaluator of constants is registered}}
func.func @main() -> tensor<2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = graph.unary Exp %c : tensor<2xf32>
  return %e : tensor<2xf32>
}

// -----

// Where nothing depends on constants only there is nothing to run.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = graph.binary Add %x, %c : tensor<2xf32>, tensor<2xf32>
  return %e : tensor<2xf32>
}
