// RUN: graphopt-opt %s --graph-infer-shapes | FileCheck %s

// Static extents of the argument reach the result.
// CHECK-LABEL: func @narrows(
// CHECK-SAME:      -> tensor<3x2xf32>
// CHECK:         graph.transpose %{{.+}} permutation = [1, 0] : tensor<2x3xf32>
func.func @narrows(%x: tensor<2x3xf32>) -> tensor<?x?xf32> {
  %y = "graph.transpose"(%x) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
