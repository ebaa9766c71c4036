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
  %a = arith.constant dense<1> : tensor<i64>
  %y = graph.cumulate Sum %x axis %a : tensor<?x8xf16>, tensor<i64>
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
  %a = arith.constant dense<[-2]> : tensor<1xi64>
  %y = graph.cumulate Prod %x axis %a exclusive reverse : tensor<5x?xi32>, tensor<1xi64>
  return %y : tensor<5x?xi32>
}

// A dimension that only the run knows: each element looks for the one before it.
// CHECK-LABEL: func @any_axis(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<3x4xf32>, %[[A:[^:]+]]: tensor<i32>
// CHECK:         tensor.extract %[[A]][]
// CHECK:         cf.assert %{{.+}}, "the axis is not a dimension"
// CHECK:         scf.for
// CHECK:           scf.for {{.*}} iter_args(%[[Y:.+]] = %{{.+}}) -> (tensor<3x4xf32>)
// CHECK:             tensor.extract %[[Y]]
// CHECK:             tensor.extract %[[X]]
// CHECK:             tensor.insert %{{.+}} into %[[Y]]
func.func @any_axis(%x: tensor<3x4xf32>, %a: tensor<i32>) -> tensor<3x4xf32> {
  %y = graph.cumulate Sum %x axis %a : tensor<3x4xf32>, tensor<i32>
  return %y : tensor<3x4xf32>
}
