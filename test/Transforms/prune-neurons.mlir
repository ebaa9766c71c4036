// RUN: graphopt-opt %s -split-input-file --graph-prune-neurons="neurons=0:1 refit=never" -verify-diagnostics | FileCheck %s

// Columns, the bias and rows.
// CHECK-LABEL: func @main(
// CHECK-NEXT:    %[[W1:.+]] = arith.constant dense<{{\[}}[1.000000e+00, 3.000000e+00], [4.000000e+00, 6.000000e+00]]>
// CHECK-NEXT:    graph.matmul %{{.+}}, %[[W1]] : tensor<?x2xf32>, tensor<2x2xf32>
// CHECK-NEXT:    %[[B1:.+]] = arith.constant dense<[1.000000e+00, 3.000000e+00]>
// CHECK-NEXT:    graph.binary Add %{{.+}}, %[[B1]] : tensor<?x2xf32>, tensor<2xf32>
// CHECK-NEXT:    graph.unary Relu
// CHECK-NEXT:    %[[W2:.+]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [5.000000e+00, 6.000000e+00]]>
// CHECK-NEXT:    graph.matmul %{{.+}}, %[[W2]] : tensor<?x2xf32>, tensor<2x2xf32>
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w1 = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %b1 = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %w2 = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  // expected-remark @below {{layer 0: 1 of 3 neurons removed}}
  %h = graph.matmul %x, %w1 : tensor<?x2xf32>, tensor<2x3xf32>
  %s = graph.binary Add %h, %b1 : tensor<?x3xf32>, tensor<3xf32>
  %r = graph.unary Relu %s : tensor<?x3xf32>
  %y = graph.matmul %r, %w2 : tensor<?x3xf32>, tensor<3x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Both halves of a gate, of transposed weights.
// CHECK-LABEL: func @main(
// CHECK:         %[[GATE:.+]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [5.000000e+00, 6.000000e+00]]>
// CHECK-NEXT:    graph.gemm %{{.+}}, %[[GATE]] transB
// CHECK-NEXT:    %[[UP:.+]] = arith.constant dense<{{\[}}[7.000000e+00, 8.000000e+00], [1.100000e+01, 1.200000e+01]]>
// CHECK-NEXT:    graph.gemm %{{.+}}, %[[UP]] transB
// CHECK:         %[[DOWN:.+]] = arith.constant dense<{{\[}}[1.000000e+00], [3.000000e+00]]>
// CHECK-NEXT:    graph.gemm %{{.+}}, %[[DOWN]]
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  %wg = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %wu = arith.constant dense<[[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]]> : tensor<3x2xf32>
  %wd = arith.constant dense<[[1.0], [2.0], [3.0]]> : tensor<3x1xf32>
  // expected-remark @below {{layer 0: 1 of 3 neurons removed}}
  %g = graph.gemm %x, %wg transB : tensor<?x2xf32>, tensor<3x2xf32>
  %u = graph.gemm %x, %wu transB : tensor<?x2xf32>, tensor<3x2xf32>
  %s = graph.unary Sigmoid %g : tensor<?x3xf32>
  %m = graph.binary Mul %s, %u : tensor<?x3xf32>, tensor<?x3xf32>
  %y = graph.gemm %m, %wd : tensor<?x3xf32>, tensor<3x1xf32>
  return %y : tensor<?x1xf32>
}
