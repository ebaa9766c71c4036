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

// What goes is not multiplied: it may be infinite.
// CHECK-LABEL: func @trilu(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x?xf32>
// CHECK:         linalg.generic {{.*}} ins(%[[X]] : tensor<?x?xf32>)
// CHECK:           linalg.index 0
// CHECK:           linalg.index 1
// CHECK:           arith.cmpi sge
// CHECK:           arith.select
func.func @trilu(%x: tensor<?x?xf32>, %k: tensor<i64>) -> tensor<?x?xf32> {
  %y = graph.trilu %x by %k upper : tensor<?x?xf32>, tensor<i64>
  return %y : tensor<?x?xf32>
}

// CHECK-LABEL: func @one_hot(
// CHECK-SAME:      %[[I:[^:]+]]: tensor<?xi64>
// CHECK:         cf.assert %{{.+}}, "the depth is negative"
// CHECK:         linalg.generic {{.*}} ins(%[[I]] : tensor<?xi64>)
// CHECK:           linalg.index 1
// CHECK:           arith.cmpi eq
// CHECK:           arith.select
func.func @one_hot(%i: tensor<?xi64>, %d: tensor<i64>, %v: tensor<2xf32>) -> tensor<?x?xf32> {
  %y = graph.one_hot %i depth %d values %v axis = -1 : tensor<?xi64>, tensor<i64>, tensor<2xf32>
  return %y : tensor<?x?xf32>
}
