// RUN: graphopt-opt %s | graphopt-opt | FileCheck %s

// CHECK-LABEL: func @syntax(
func.func @syntax(%x: tensor<?x?x8xf32>, %u: tensor<?x?x8xf32>, %i: tensor<?x?x8xi32>, %p: tensor<?x1xi64>, %s: tensor<?xi64>) {
  // CHECK: graph.scatter_elements %{{.+}} into %{{.+}} at %{{.+}} axis = 1 : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xi32>
  %0 = graph.scatter_elements %u into %x at %i axis = 1 : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x?x8xi32>
  // CHECK: graph.scatter_nd %{{.+}} into %{{.+}} at %{{.+}} reduction Max : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x1xi64>
  %1 = graph.scatter_nd %u into %x at %p reduction Max : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?x1xi64>
  // CHECK: graph.tensor_scatter %{{.+}} into %{{.+}} at %{{.+}} axis = 1 circular : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?xi64>
  %2 = graph.tensor_scatter %u into %x at %s axis = 1 circular : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<?xi64>
  return
}
