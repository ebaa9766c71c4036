// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func @constant_of_shape(
// CHECK:         linalg.fill ins(%cst{{.*}} : f32) outs(%{{.+}} : tensor<?x3xf32>)
func.func @constant_of_shape(%x: tensor<?x3xi8>) -> tensor<?x3xf32> {
  %s = graph.shape %x : tensor<?x3xi8>
  %y = graph.constant_of_shape %s value = 2.5 : f32 : tensor<2xi64>
  return %y : tensor<?x3xf32>
}

// As long as an extent; nothing is read but the sizes.
// CHECK-LABEL: func @range(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[N:.+]] = tensor.dim %[[X]], %c0
// CHECK:         %[[E:.+]] = tensor.empty(%[[N]]) : tensor<?xi64>
// CHECK:         linalg.generic {{.*}} outs(%[[E]] : tensor<?xi64>)
// CHECK:           linalg.index 0
func.func @range(%x: tensor<?xf32>) -> tensor<?xi64> {
  %n = graph.size %x : tensor<?xf32>
  %z = arith.constant dense<0> : tensor<i64>
  %o = arith.constant dense<1> : tensor<i64>
  %y = graph.range %z to %n by %o : tensor<i64>, tensor<i64>, tensor<i64>
  return %y : tensor<?xi64>
}
