// RUN: graphopt-opt %s | graphopt-opt | FileCheck %s

// A constant k is an extent of the results.
// CHECK-LABEL: func @top_k(
func.func @top_k(%x: tensor<?x40xf32>, %n: tensor<1xi64>) -> (tensor<?x5xi64>, tensor<?x?xf32>) {
  %k = arith.constant dense<5> : tensor<1xi64>
  // CHECK: graph.top_k %{{.+}} by %{{.+}} axis = 1 largest sorted : tensor<?x40xf32>, tensor<1xi64>
  %0, %1 = graph.top_k %x by %k axis = 1 largest sorted : tensor<?x40xf32>, tensor<1xi64>
  %2, %3 = graph.top_k %x by %n axis = -1 : tensor<?x40xf32>, tensor<1xi64>
  return %1, %2 : tensor<?x5xi64>, tensor<?x?xf32>
}

// What only the run knows is open, the rest is known.
// CHECK-LABEL: func @unique(
func.func @unique(%x: tensor<9x40xf32>) -> (tensor<9x?xf32>, tensor<?xi64>, tensor<40xi64>, tensor<?xi64>) {
  // CHECK: graph.unique %{{.+}} axis = 1 sorted : tensor<9x40xf32>
  %v, %f, %i, %c = graph.unique %x axis = 1 sorted : tensor<9x40xf32>
  return %v, %f, %i, %c : tensor<9x?xf32>, tensor<?xi64>, tensor<40xi64>, tensor<?xi64>
}

// CHECK-LABEL: func @non_max_suppression(
func.func @non_max_suppression(%b: tensor<?x9x4xf32>, %s: tensor<?x3x9xf32>, %n: tensor<1xi64>, %t: tensor<1xf32>) -> tensor<?x3xi64> {
  // CHECK: graph.non_max_suppression %{{.+}}, %{{.+}} max %{{.+}} overlap %{{.+}} threshold %{{.+}} centered :
  %y = graph.non_max_suppression %b, %s max %n overlap %t threshold %t centered
      : tensor<?x9x4xf32>, tensor<?x3x9xf32>, tensor<1xi64>, tensor<1xf32>, tensor<1xf32>
  return %y : tensor<?x3xi64>
}
