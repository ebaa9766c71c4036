// RUN: graphopt-opt %s -split-input-file --graph-prune-heads="count=1 score=weights refit=never min-per-layer=0" -verify-diagnostics

// Keys are an output, as a cache is: its size is the caller's.
func.func @main(%x: tensor<1x2x3x1xf32>, %k: tensor<1x2x3x1xf32>) -> tensor<1x2x3x1xf32> {
  // expected-remark @below {{heads left alone: it comes from an input of the model}}
  %a = graph.attention %x, %k, %k scale = 1.0 : tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>
  return %a : tensor<1x2x3x1xf32>
}

// -----

// The sum over all heads' channels is another one without a head.
func.func @main(%x: tensor<1x3x1xf32>) -> tensor<1x3x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %wo = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %heads = arith.constant dense<[1, 3, 2, 1]> : tensor<4xi64>
  %merged = arith.constant dense<[1, 3, 2]> : tensor<3xi64>
  %q = graph.matmul %x, %w : tensor<1x3x1xf32>, tensor<1x2xf32>
  %h = graph.reshape %q to %heads : tensor<1x3x2xf32>, tensor<4xi64>
  %t = graph.transpose %h permutation = [0, 2, 1, 3] : tensor<1x3x2x1xf32>
  // expected-remark @below {{heads left alone: 'norm' normalizes over it}}
  %a = graph.attention %t, %t, %t scale = 1.0 : tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>
  %u = graph.transpose %a permutation = [0, 2, 1, 3] : tensor<1x2x3x1xf32>
  %c = graph.reshape %u to %merged : tensor<1x3x2x1xf32>, tensor<3xi64>
  %n = graph.rms_normalization %c, %s axis = -1 epsilon = 1.0e-5 : tensor<1x3x2xf32>, tensor<2xf32> loc("norm")
  %y = graph.matmul %n, %wo : tensor<1x3x2xf32>, tensor<2x1xf32>
  return %y : tensor<1x3x1xf32>
}
