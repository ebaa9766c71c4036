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
