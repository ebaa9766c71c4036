// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Without a copy, where the step is positive.
// CHECK-LABEL: func @slice_is_a_view(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x9xf32>
// CHECK:         tensor.extract_slice %[[X]][0, 2] [%{{.+}}, 3] [1, 2] : tensor<?x9xf32> to tensor<?x3xf32>
func.func @slice_is_a_view(%x: tensor<?x9xf32>) -> tensor<?x3xf32> {
  %s = arith.constant dense<2> : tensor<1xi64>
  %e = arith.constant dense<-2> : tensor<1xi64>
  %a = arith.constant dense<1> : tensor<1xi64>
  %t = arith.constant dense<2> : tensor<1xi64>
  %y = graph.slice %x from %s to %e axes %a steps %t
      : tensor<?x9xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?x3xf32>
}

// What an open extent loses is known; the run refuses a shorter one.
// CHECK-LABEL: func @slice_from_second(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[D:.+]] = tensor.dim %[[X]], %c0
// CHECK:         %[[N:.+]] = arith.addi %[[D]], %c-1
// CHECK:         %[[OK:.+]] = arith.cmpi sge, %[[N]], %c0
// CHECK:         cf.assert %[[OK]]
// CHECK:         tensor.extract_slice %[[X]][1] [%[[N]]] [1]
func.func @slice_from_second(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<1> : tensor<1xi64>
  %e = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %y = graph.slice %x from %s to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?xf32>
}

// The first rows of a table, as many as another input has.
// CHECK-LABEL: func @slice_to_an_extent(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<512x4xf32>, %[[IDS:[^:]+]]: tensor<?xi64>
// CHECK:         %[[N:.+]] = tensor.dim %[[IDS]], %c0
// CHECK:         cf.assert
// CHECK:         tensor.extract_slice %[[X]][0, 0] [%[[N]], 4] [1, 1]
func.func @slice_to_an_extent(%x: tensor<512x4xf32>, %ids: tensor<?xi64> {graph.dims = ["n"]}) -> tensor<?x4xf32> {
  %z = arith.constant dense<0> : tensor<1xi64>
  %n = graph.shape %ids : tensor<?xi64>
  %y = graph.slice %x from %z to %n axes %z : tensor<512x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?x4xf32>
}

// Several elements of an open extent: as many as there are.
// CHECK-LABEL: func @slice_clamps(
// CHECK:         %[[D:.+]] = tensor.dim
// CHECK:         %[[N:.+]] = arith.minsi %[[D]], %c512
// CHECK-NOT:     cf.assert
func.func @slice_clamps(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<0> : tensor<1xi64>
  %e = arith.constant dense<512> : tensor<1xi64>
  %y = graph.slice %x from %s to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @pad_constant(
// CHECK:         %[[F:.+]] = linalg.fill ins(%cst{{.*}} : f32)
// CHECK:         tensor.insert_slice %{{.+}} into %[[F]][0, 2] [%{{.+}}, 4] [1, 1]
func.func @pad_constant(%x: tensor<?x4xf32>) -> tensor<?x7xf32> {
  %p = arith.constant dense<[0, 2, 0, 1]> : tensor<4xi64>
  %y = graph.pad constant %x by %p : tensor<?x4xf32>, tensor<4xi64>
  return %y : tensor<?x7xf32>
}

// Divisions stay in a table; rows are copied.
// CHECK-LABEL: func @pad_reflect(
// CHECK:         %[[TABLE:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<8xi64>)
// CHECK:           arith.remsi
// CHECK:         linalg.generic {{.*}} ins(%[[TABLE]] : tensor<8xi64>)
// CHECK-NOT:       arith.remsi
// CHECK:           tensor.extract
func.func @pad_reflect(%x: tensor<5x16xf32>) -> tensor<8x16xf32> {
  %p = arith.constant dense<[2, 0, 1, 0]> : tensor<4xi64>
  %y = graph.pad reflect %x by %p : tensor<5x16xf32>, tensor<4xi64>
  return %y : tensor<8x16xf32>
}
