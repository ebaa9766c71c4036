// RUN: graphopt-opt %s -split-input-file --graph-prune-layers="layers=1" -verify-diagnostics | FileCheck %s

// The branch goes with its norm; what is behind the sum reads the block's input,
// here the sum of the block before.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[F:.+]] = graph.matmul %[[X]]
// CHECK-NEXT:    %[[S:.+]] = graph.binary Add %[[X]], %[[F]]
// CHECK-NEXT:    %[[R:.+]] = graph.unary Relu %[[S]]
// CHECK-NEXT:    return %[[R]]
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %f = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  %y = graph.binary Add %x, %f : tensor<?x2xf32>, tensor<?x2xf32>
  %n = graph.rms_normalization %y, %s axis = -1 epsilon = 1.0e-5 : tensor<?x2xf32>, tensor<2xf32>
  %g = graph.matmul %n, %v : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{layer 1 removed}}
  %z = graph.binary Add %g, %y : tensor<?x2xf32>, tensor<?x2xf32>
  %r = graph.unary Relu %z : tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

// -----

// A norm behind the sum stays, and so does what the branch shares with others: both
// branches here are of %x, as where attention and neurons are side by side. A sum
// without weights is no block.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[F:.+]] = graph.matmul %[[X]]
// CHECK-NEXT:    %[[S:.+]] = graph.binary Add %[[X]], %[[F]]
// CHECK-NEXT:    %[[N:.+]] = graph.rms_normalization %[[S]]
// CHECK-NEXT:    %[[T:.+]] = graph.unary Tanh %[[N]]
// CHECK-NEXT:    %[[G:.+]] = graph.binary Add %[[N]], %[[T]]
// CHECK-NEXT:    return %[[G]]
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %f = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  %y = graph.binary Add %x, %f : tensor<?x2xf32>, tensor<?x2xf32>
  %g = graph.matmul %x, %v : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{layer 1 removed}}
  %z = graph.binary Add %y, %g : tensor<?x2xf32>, tensor<?x2xf32>
  %n = graph.rms_normalization %z, %s axis = -1 epsilon = 1.0e-5 : tensor<?x2xf32>, tensor<2xf32>
  %t = graph.unary Tanh %n : tensor<?x2xf32>
  %r = graph.binary Add %n, %t : tensor<?x2xf32>, tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}
