// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_no_result(%x: tensor<4xi64>) {
  // expected-error @below {{has results that are not its inits and a scalar}}
  kernel.call @f outs(%x : tensor<4xi64>)
  return
}

// -----

func.func @c1_other_type(%x: tensor<4xi64>) -> tensor<4xf32> {
  // expected-error @below {{has results that are not its inits and a scalar}}
  %r = kernel.call @f outs(%x : tensor<4xi64>) -> tensor<4xf32>
  return %r : tensor<4xf32>
}
