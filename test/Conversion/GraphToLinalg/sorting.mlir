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
