// RUN: graphopt-opt %s -split-input-file --graph-fuse-attention -verify-diagnostics | FileCheck %s

// What is no attention, with the reason, stays as it is.
// CHECK-NOT: graph.attention

// Two names may be two sizes, of which one is repeated if it is 1.
func.func @batches_may_differ(%q: tensor<?x4x9x8xf32> {graph.dims = ["a", "", "", ""]},
                              %k: tensor<?x4x9x8xf32> {graph.dims = ["b", "", "", ""]}) -> tensor<?x4x9x8xf32> {
  %t = graph.transpose %k permutation = [0, 1, 3, 2] : tensor<?x4x9x8xf32>
  %s = graph.matmul %q, %t : tensor<?x4x9x8xf32>, tensor<?x4x8x9xf32>
  // expected-remark @below {{is not computed as attention: its scores are no product of as many queries as keys}}
  %p = graph.softmax %s axis = -1 : tensor<?x4x9x9xf32>
  %y = graph.matmul %p, %k : tensor<?x4x9x9xf32>, tensor<?x4x9x8xf32>
  return %y : tensor<?x4x9x8xf32>
}

// -----

func.func @weights_are_read(%x: tensor<2x4x9x8xf32>) -> (tensor<2x4x9x8xf32>, tensor<2x4x9x9xf32>) {
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  // expected-remark @below {{its weights are used elsewhere, too}}
  %p = graph.softmax %s axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y, %p : tensor<2x4x9x8xf32>, tensor<2x4x9x9xf32>
}

// -----

func.func @number_that_counts(%x: tensor<2x4x9x8xf32>, %c: tensor<2x1x1x9xi1>) -> tensor<2x4x9x8xf32> {
  %low = arith.constant dense<-100.0> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %m = graph.where %c, %s, %low : tensor<2x1x1x9xi1>, tensor<2x4x9x9xf32>, tensor<f32>
  // expected-remark @below {{a mask gives scores a value that counts}}
  %p = graph.softmax %m axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y : tensor<2x4x9x8xf32>
}

// -----

func.func @replaced(%x: tensor<2x4x9x8xf32>, %c: tensor<9x9xi1>) -> tensor<2x4x9x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  // expected-remark @below {{some of its weights are replaced}}
  %p = graph.softmax %s axis = -1 : tensor<2x4x9x9xf32>
  %w = graph.where %c, %zero, %p : tensor<9x9xi1>, tensor<f32>, tensor<2x4x9x9xf32>
  %y = graph.matmul %w, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y : tensor<2x4x9x8xf32>
}

// -----

func.func @mask_broadcasts(%x: tensor<1x1x9x8xf32>, %m: tensor<5x1x9x9xf32>) -> tensor<5x1x9x8xf32> {
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<1x1x9x8xf32>
  %s = graph.matmul %x, %t : tensor<1x1x9x8xf32>, tensor<1x1x8x9xf32>
  %d = graph.binary Add %s, %m : tensor<1x1x9x9xf32>, tensor<5x1x9x9xf32>
  // expected-remark @below {{its scores are broadcast}}
  %p = graph.softmax %d axis = -1 : tensor<5x1x9x9xf32>
  %y = graph.matmul %p, %x : tensor<5x1x9x9xf32>, tensor<1x1x9x8xf32>
  return %y : tensor<5x1x9x8xf32>
}

// -----

// No product reads these weights: nothing is said.
func.func @classes(%x: tensor<2x8xf32>, %w: tensor<8x9xf32>) -> tensor<2x9xf32> {
  %s = graph.matmul %x, %w : tensor<2x8xf32>, tensor<8x9xf32>
  %p = graph.softmax %s axis = -1 : tensor<2x9xf32>
  return %p : tensor<2x9xf32>
}
