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

// What an open extent loses is known.
// CHECK-LABEL: func @slice_from_second(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[D:.+]] = tensor.dim %[[X]], %c0
// CHECK:         %[[LESS:.+]] = arith.addi %[[D]], %c-1
// CHECK:         %[[N:.+]] = arith.maxsi %[[LESS]], %c0
// CHECK-NOT:     cf.assert
// CHECK:         tensor.extract_slice %[[X]][%{{.+}}] [%[[N]]] [1]
func.func @slice_from_second(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<1> : tensor<1xi64>
  %e = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %y = graph.slice %x from %s to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?xf32>
}

// The first rows of a table, as many as another input has, or all.
// CHECK-LABEL: func @slice_to_an_extent(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<512x4xf32>, %[[IDS:[^:]+]]: tensor<?xi64>
// CHECK:         %[[N:.+]] = tensor.dim %[[IDS]], %c0
// CHECK:         %[[MORE:.+]] = arith.addi %[[N]], %c-512
// CHECK:         %[[BEYOND:.+]] = arith.maxsi %[[MORE]], %c0
// CHECK:         %[[ROWS:.+]] = arith.subi %[[N]], %[[BEYOND]]
// CHECK-NOT:     cf.assert
// CHECK:         tensor.extract_slice %[[X]][0, 0] [%[[ROWS]], 4] [1, 1]
func.func @slice_to_an_extent(%x: tensor<512x4xf32>, %ids: tensor<?xi64> {graph.dims = ["n"]}) -> tensor<?x4xf32> {
  %z = arith.constant dense<0> : tensor<1xi64>
  %n = graph.shape %ids : tensor<?xi64>
  %y = graph.slice %x from %z to %n axes %z : tensor<512x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?x4xf32>
}

// Parts that meet again add up to the whole.
// CHECK-LABEL: func @slice_and_concat(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[D:.+]] = tensor.dim %[[X]], %c0
// CHECK:         tensor.empty(%[[D]])
func.func @slice_and_concat(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<0> : tensor<1xi64>
  %m = arith.constant dense<3> : tensor<1xi64>
  %e = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %0 = graph.slice %x from %s to %m : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  %1 = graph.slice %x from %m to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  %y = graph.concat %0, %1 axis = 0 : tensor<?xf32>, tensor<?xf32>
  return %y : tensor<?xf32>
}

// A table's part broadcasts with what it was cut for: they must be as long, and
// nothing is copied.
// CHECK-LABEL: func @slice_plus(
// CHECK-SAME:      %[[T:[^:]+]]: tensor<512xf32>, %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[PART:.+]] = tensor.extract_slice %[[T]]
// CHECK:         cf.assert %{{.+}}, "shapes do not broadcast"
// CHECK:         linalg.generic {{.*}} ins(%[[PART]], %[[X]] :
// CHECK-NOT:     linalg.generic
func.func @slice_plus(%t: tensor<512xf32>, %x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %z = arith.constant dense<0> : tensor<1xi64>
  %n = graph.shape %x : tensor<?xf32>
  %p = graph.slice %t from %z to %n : tensor<512xf32>, tensor<1xi64>, tensor<1xi64>
  %y = graph.binary Add %p, %x : tensor<?xf32>, tensor<?xf32>
  return %y : tensor<?xf32>
}

// At most one element is repeated.
// CHECK-LABEL: func @first_minus(
// CHECK:         cf.assert %{{.+}}, "shapes do not broadcast"
// CHECK:         %[[ONE:.+]] = tensor.extract_slice %{{.+}} : tensor<?xf32> to tensor<1xf32>
// CHECK:         linalg.generic {{.*}} ins(%[[ONE]],
func.func @first_minus(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<0> : tensor<1xi64>
  %e = arith.constant dense<1> : tensor<1xi64>
  %f = graph.slice %x from %s to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  %y = graph.binary Sub %f, %x : tensor<?xf32>, tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @slice_clamps(
// CHECK-NOT:     cf.assert
func.func @slice_clamps(%x: tensor<?xf32> {graph.dims = ["n"]}) -> tensor<?xf32> {
  %s = arith.constant dense<0> : tensor<1xi64>
  %e = arith.constant dense<512> : tensor<1xi64>
  %y = graph.slice %x from %s to %e : tensor<?xf32>, tensor<1xi64>, tensor<1xi64>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @pad_constant(
// CHECK:         tensor.pad %{{.+}} low[0, 2] high[0, 1]
// CHECK:           tensor.yield %cst
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

// The positions of what is taken make a gather of whole rows.
// CHECK-LABEL: func @compress(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<9x8xf32>, %[[C:[^:]+]]: tensor<9xi8>
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction"]{{.*}} ins(%[[C]]
// CHECK:         %[[AT:.+]]:2 = scf.for
// CHECK:           scf.if
// CHECK:         linalg.generic {{.*}} ins(%[[AT]]#0 : tensor<?xi64>)
// CHECK:           tensor.extract %[[X]]
func.func @compress(%x: tensor<9x8xf32>, %c: tensor<9xi1>) -> tensor<?x8xf32> {
  %y = graph.compress %x by %c axis = 0 : tensor<9x8xf32>, tensor<9xi1>
  return %y : tensor<?x8xf32>
}

// The innermost dimension is read in order.
// CHECK-LABEL: func @reverse_sequence(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4x8xf32>, %[[N:[^:]+]]: tensor<4xi64>
// CHECK:         linalg.generic {{.*}} ins(%[[N]] : tensor<4xi64>)
// CHECK:           %[[B:.+]] = linalg.index 1
// CHECK:           %[[I:.+]] = linalg.index 2
// CHECK:           %[[T:.+]] = arith.select
// CHECK:           tensor.extract %[[X]][%[[T]], %[[B]], %[[I]]]
func.func @reverse_sequence(%x: tensor<?x4x8xf32>, %n: tensor<4xi64>) -> tensor<?x4x8xf32> {
  %y = graph.reverse_sequence %x lengths %n batch = 1 time = 0 : tensor<?x4x8xf32>, tensor<4xi64>
  return %y : tensor<?x4x8xf32>
}
