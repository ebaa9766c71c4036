// RUN: graphopt-opt %s -split-input-file --graph-prune-layers="layers=1 unit=layer" -verify-diagnostics | FileCheck %s
// RUN: not graphopt-opt %s -split-input-file --graph-prune-layers="layers=1 unit=head" 2>&1 | FileCheck %s --check-prefix=UNIT
// RUN: not graphopt-opt %s -split-input-file --graph-prune-layers="count=1 score=weights" 2>&1 | FileCheck %s --check-prefix=SCORE
// UNIT: error: there is no unit 'head'
// SCORE: error: layers have no score 'weights'

// Attention and what follows it are a layer; behind the sums are norms, the last
// of which goes with its layer.
// CHECK-LABEL: func @main(
// CHECK:         graph.attention
// CHECK-NOT:     graph.attention
// CHECK:         %[[S:.+]] = graph.binary Add
// CHECK:         %[[T:.+]] = graph.binary Add
// CHECK-NEXT:    %[[N:.+]] = graph.rms_normalization %[[T]]
// CHECK-NEXT:    %[[R:.+]] = graph.unary Relu %[[N]]
// CHECK-NEXT:    return %[[R]]
func.func @main(%x: tensor<1x1x?x2xf32>) -> tensor<1x1x?x2xf32> {
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %k0 = graph.matmul %x, %w : tensor<1x1x?x2xf32>, tensor<2x2xf32>
  %a0 = graph.attention %x, %k0, %x scale = 1.0 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %s0 = graph.binary Add %x, %a0 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %n0, %mean, %deviation = graph.layer_normalization %s0, %s axis = -1 epsilon = 1.0e-5 : tensor<1x1x?x2xf32>, tensor<2xf32>
  %f0 = graph.matmul %n0, %w : tensor<1x1x?x2xf32>, tensor<2x2xf32>
  %t0 = graph.binary Add %f0, %n0 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %m0 = graph.rms_normalization %t0, %s axis = -1 epsilon = 1.0e-5 : tensor<1x1x?x2xf32>, tensor<2xf32>
  %k1 = graph.matmul %m0, %w : tensor<1x1x?x2xf32>, tensor<2x2xf32>
  %a1 = graph.attention %m0, %k1, %m0 scale = 1.0 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %s1 = graph.binary Add %m0, %a1 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %n1 = graph.rms_normalization %s1, %s axis = -1 epsilon = 1.0e-5 : tensor<1x1x?x2xf32>, tensor<2xf32>
  %f1 = graph.matmul %n1, %w : tensor<1x1x?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{layer 1 removed}}
  %t1 = graph.binary Add %f1, %n1 : tensor<1x1x?x2xf32>, tensor<1x1x?x2xf32>
  %m1 = graph.rms_normalization %t1, %s axis = -1 epsilon = 1.0e-5 : tensor<1x1x?x2xf32>, tensor<2xf32>
  %r = graph.unary Relu %m1 : tensor<1x1x?x2xf32>
  return %r : tensor<1x1x?x2xf32>
}
