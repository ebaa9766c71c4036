// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Rows are read at the index of their last dimension; positions are wrapped, once
// all were found to be in range.
// CHECK-LABEL: func @gather_rows(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<30x8xf32>, %[[I:[^:]+]]: tensor<?xi64>
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction"]{{.*}} ins(%[[I]] : tensor<?xi64>)
// CHECK:         cf.assert %{{.+}}, "an index is out of range"
// CHECK:         linalg.generic {{.*}} ins(%[[I]] : tensor<?xi64>)
// CHECK:         ^bb0(%[[AT:.+]]: i64, %{{.+}}: f32):
// CHECK:           arith.addi %{{.+}}, %c30
// CHECK:           %[[ROW:.+]] = arith.select
// CHECK:           %[[COLUMN:.+]] = linalg.index 1
// CHECK:           tensor.extract %[[X]][%[[ROW]], %[[COLUMN]]]
func.func @gather_rows(%x: tensor<30x8xf32>, %i: tensor<?xi64>) -> tensor<?x8xf32> {
  %y = graph.gather %x at %i axis = 0 : tensor<30x8xf32>, tensor<?xi64>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @gather_one_is_a_view(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x7x8xf32>
// CHECK:         tensor.extract_slice %[[X]][0, 6, 0] [%{{.+}}, 1, 8] [1, 1, 1] : tensor<?x7x8xf32> to tensor<?x8xf32>
func.func @gather_one_is_a_view(%x: tensor<?x7x8xf32>) -> tensor<?x8xf32> {
  %i = arith.constant dense<-1> : tensor<i64>
  %y = graph.gather %x at %i axis = 1 : tensor<?x7x8xf32>, tensor<i64>
  return %y : tensor<?x8xf32>
}

// Constant positions were checked, and none is negative.
// CHECK-LABEL: func @gather_constants(
// CHECK-NOT:     cf.assert
// CHECK-NOT:     arith.select
func.func @gather_constants(%x: tensor<4x8xf32>) -> tensor<3x8xf32> {
  %i = arith.constant dense<[3, 0, 2]> : tensor<3xi64>
  %y = graph.gather %x at %i axis = 0 : tensor<4x8xf32>, tensor<3xi64>
  return %y : tensor<3x8xf32>
}

// An element of a shape is the size itself.
// CHECK-LABEL: func @gather_size(
// CHECK:         %[[D:.+]] = tensor.dim %{{.+}}, %c1
// CHECK:         tensor.empty(%[[D]])
// CHECK-NOT:     tensor.extract
func.func @gather_size(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  %s = graph.shape %x : tensor<?x?xf32>
  %i = arith.constant dense<-1> : tensor<1xi64>
  %n = graph.gather %s at %i axis = 0 : tensor<2xi64>, tensor<1xi64>
  %y = graph.constant_of_shape %n value = 1.0 : f32 : tensor<1xi64>
  return %y : tensor<?xf32>
}

// The elements of a position are read as scalars.
// CHECK-LABEL: func @gather_nd(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<3x4x8xf32>, %[[I:[^:]+]]: tensor<?x2xi64>
// CHECK:         linalg.generic {{.*}} ins(%[[I]], %[[I]] : tensor<?x2xi64>, tensor<?x2xi64>)
func.func @gather_nd(%x: tensor<3x4x8xf32>, %i: tensor<?x2xi64>) -> tensor<?x8xf32> {
  %y = graph.gather_nd %x at %i batch = 0 : tensor<3x4x8xf32>, tensor<?x2xi64>
  return %y : tensor<?x8xf32>
}

// Counted first: the result is as large as it must be.
// CHECK-LABEL: func @non_zero(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x8xf32>
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]{{.*}} ins(%[[X]]
// CHECK:           arith.cmpf une
// CHECK:         %[[COUNT:.+]] = arith.index_cast
// CHECK:         %[[INIT:.+]] = tensor.empty(%[[COUNT]]) : tensor<2x?xi64>
// CHECK:         scf.for {{.+}} iter_args(%{{.+}} = %[[INIT]], %{{.+}} = %c0)
// CHECK:           scf.for
// CHECK:             scf.if
// CHECK-COUNT-2:       tensor.insert
func.func @non_zero(%x: tensor<?x8xf32>) -> tensor<2x?xi64> {
  %y = graph.non_zero %x : tensor<?x8xf32>
  return %y : tensor<2x?xi64>
}
