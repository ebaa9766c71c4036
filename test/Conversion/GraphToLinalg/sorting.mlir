// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Each row has a heap of positions in the result itself; the values are read
// afterwards.
// CHECK-LABEL: func @top_k(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x40xf32>
// CHECK:         %[[FIRST:.+]] = linalg.generic
// CHECK:         scf.forall (%[[ROW:.+]]) in (%{{.+}}) shared_outs(%[[ALL:.+]] = %[[FIRST]])
// CHECK:           %[[ITEMS:.+]] = tensor.extract_slice %[[ALL]][%[[ROW]], 0] [1, 5] [1, 1]
// CHECK:           %[[HEAP:.+]] = scf.for {{.+}} iter_args(%{{.+}} = %[[ITEMS]])
// CHECK:             scf.while
// CHECK:           scf.for %{{.+}} = %c5 to %c40 {{.+}} iter_args(%{{.+}} = %[[HEAP]])
// CHECK:             scf.if
// CHECK:               scf.while
// CHECK:           scf.for
// CHECK:             scf.while
// CHECK:         linalg.generic
// CHECK:           tensor.extract %[[X]]
func.func @top_k(%x: tensor<?x40xf32>) -> (tensor<?x5xf32>, tensor<?x5xi64>) {
  %k = arith.constant dense<5> : tensor<1xi64>
  %v, %i = graph.top_k %x by %k axis = 1 largest sorted : tensor<?x40xf32>, tensor<1xi64>
  return %v, %i : tensor<?x5xf32>, tensor<?x5xi64>
}

// CHECK-LABEL: func @top_k_runtime(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<40xi8>, %[[K:[^:]+]]: tensor<1xi64>
// CHECK:         %[[ELEMENT:.+]] = tensor.extract %[[K]]
// CHECK:         %[[N:.+]] = arith.index_cast %[[ELEMENT]] : i64 to index
// CHECK:         %[[GOOD:.+]] = arith.cmpi ule, %[[N]], %c40
// CHECK:         cf.assert %[[GOOD]], "k is not a number of elements in a row"
// CHECK:         tensor.empty(%[[N]])
// CHECK-NOT:     scf.forall
// CHECK:           arith.cmpi ugt
func.func @top_k_runtime(%x: tensor<40xui8>, %k: tensor<1xi64>) -> tensor<?xi64> {
  %v, %i = graph.top_k %x by %k axis = 0 : tensor<40xui8>, tensor<1xi64>
  return %i : tensor<?xi64>
}

// Positions are sorted; equal neighbours share a leader; leaders are counted,
// which is the extent of what is read then.
// CHECK-LABEL: func @unique(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<40xf32>
// CHECK:         scf.for
// CHECK:           scf.while
// CHECK:         %[[ORDER:.+]] = scf.for
// CHECK:           scf.while
// CHECK:         %[[LEADERS:.+]] = scf.for
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction"]{{.*}} ins(%[[ORDER]] :
// CHECK:           tensor.extract %[[LEADERS]]
// CHECK:           linalg.yield
// CHECK:         %[[COUNT:.+]] = arith.index_cast
// CHECK:         %[[INIT:.+]] = tensor.empty(%[[COUNT]]) : tensor<?xi64>
// CHECK:         %[[FIRSTS:.+]]:2 = scf.for {{.+}} iter_args(%{{.+}} = %[[INIT]],
// CHECK:         linalg.generic {{.*}} ins(%[[FIRSTS]]#0 :
// CHECK:           tensor.extract %[[X]]
func.func @unique(%x: tensor<40xf32>) -> tensor<?xf32> {
  %v, %f, %i, %c = graph.unique %x axis = 0 sorted : tensor<40xf32>
  return %v : tensor<?xf32>
}

// Candidates are sorted, then compared with what was kept of their class.
// CHECK-LABEL: func @non_max_suppression(
// CHECK:         %[[KEPT:.+]]:3 = scf.for
// CHECK:           scf.for
// CHECK:             scf.if
// CHECK:               tensor.insert
// CHECK:             scf.while
// CHECK:             scf.for
// CHECK:               scf.while
// CHECK:                 arith.divf
// CHECK:         tensor.extract_slice %[[KEPT]]#0[0, 0] [%[[KEPT]]#1, 3]
func.func @non_max_suppression(%b: tensor<1x9x4xf32>, %s: tensor<1x3x9xf32>, %n: tensor<1xi64>, %t: tensor<1xf32>) -> tensor<?x3xi64> {
  %y = graph.non_max_suppression %b, %s max %n overlap %t threshold %t
      : tensor<1x9x4xf32>, tensor<1x3x9xf32>, tensor<1xi64>, tensor<1xf32>, tensor<1xf32>
  return %y : tensor<?x3xi64>
}
