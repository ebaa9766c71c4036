// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Along the innermost dimension the sum is a scalar.
// CHECK-LABEL: func @rows(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x8xf16>
// CHECK:         scf.for %[[R:[^ ]+]] =
// CHECK:           scf.for %[[C:[^ ]+]] = {{.*}} iter_args(%[[Y:.+]] = %{{.+}}, %[[SUM:.+]] = %{{.+}}) -> (tensor<?x8xf16>, f32)
// CHECK:             %[[E:.+]] = tensor.extract %[[X]][%[[R]], %[[C]]]
// CHECK:             %[[NEXT:.+]] = arith.addf %[[SUM]], %{{.+}} : f32
// CHECK:             %[[HALF:.+]] = arith.truncf %[[NEXT]]
// CHECK:             tensor.insert %[[HALF]] into %[[Y]][%[[R]], %[[C]]]
func.func @rows(%x: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %y = graph.cumulate Sum %x axis = 1 : tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// Along another one each step is element-wise; this one goes backwards and
// stores what it had before.
// CHECK-LABEL: func @slices(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<5x?xi32>
// CHECK:         %[[ONES:.+]] = linalg.fill
// CHECK:         scf.for %[[I:[^ ]+]] = {{.*}} iter_args(%[[Y:.+]] = %{{.+}}, %[[PRODUCT:.+]] = %[[ONES]])
// CHECK:           %[[AT:.+]] = arith.subi %c4, %[[I]]
// CHECK:           tensor.insert_slice %{{.+}} into %[[Y]][%[[AT]], 0]
// CHECK:           tensor.extract_slice %[[X]][%[[AT]], 0]
// CHECK:           linalg.generic {{.*}} outs(%[[PRODUCT]] :
// CHECK:             arith.muli
func.func @slices(%x: tensor<5x?xi32>) -> tensor<5x?xi32> {
  %y = graph.cumulate Prod %x axis = 0 exclusive reverse : tensor<5x?xi32>
  return %y : tensor<5x?xi32>
}
