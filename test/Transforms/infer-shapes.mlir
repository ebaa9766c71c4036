// RUN: graphopt-opt %s --graph-infer-shapes | FileCheck %s

// Static extents of the argument reach the result.
// CHECK-LABEL: func @narrows(
// CHECK-SAME:      -> tensor<3x2xf32>
// CHECK:         graph.transpose %{{.+}} permutation = [1, 0] : tensor<2x3xf32>
func.func @narrows(%x: tensor<2x3xf32>) -> tensor<?x?xf32> {
  %y = "graph.transpose"(%x) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Integers that follow from extents become constants.
// CHECK-LABEL: func @knows_elements(
// CHECK:         arith.constant dense<[3, 2]> : tensor<2xi64>
// CHECK:         arith.constant dense<true> : tensor<i1>
// CHECK:         return
func.func @knows_elements(%x: tensor<2x3xf32>) -> (tensor<2xi64>, tensor<i1>) {
  %t = graph.transpose %x permutation = [1, 0] : tensor<2x3xf32>
  %s = graph.shape %t : tensor<3x2xf32>
  %n = graph.size %x : tensor<2x3xf32>
  %six = arith.constant dense<6> : tensor<i64>
  %c = graph.binary Equal %n, %six : tensor<i64>, tensor<i64>
  return %s, %c : tensor<2xi64>, tensor<i1>
}
