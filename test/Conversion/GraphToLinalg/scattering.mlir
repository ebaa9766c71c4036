// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// All indices are looked at first, then written one after the other.
// CHECK-LABEL: func @scatter_elements(
// CHECK-SAME:      %[[U:[^:]+]]: tensor<3x4xf32>, %[[X:[^:]+]]: tensor<3x9xf32>, %[[I:[^:]+]]: tensor<3x4xi64>
// CHECK:         linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]{{.*}} ins(%[[I]]
// CHECK:           arith.maxui
// CHECK:         cf.assert %{{.+}}, "an index is out of range"
// CHECK:         scf.for %[[ROW:.+]] = {{.+}} iter_args(%[[OUTER:.+]] = %[[X]])
// CHECK:           scf.for %[[COLUMN:.+]] = {{.+}} iter_args(%[[Y:.+]] = %[[OUTER]])
// CHECK:             %[[UPDATE:.+]] = tensor.extract %[[U]][%[[ROW]], %[[COLUMN]]]
// CHECK:             %[[AT:.+]] = arith.select
// CHECK:             %[[OLD:.+]] = tensor.extract %[[Y]][%[[ROW]], %[[AT]]]
// CHECK:             %[[SUM:.+]] = arith.addf %[[OLD]], %[[UPDATE]]
// CHECK:             tensor.insert %[[SUM]] into %[[Y]][%[[ROW]], %[[AT]]]
func.func @scatter_elements(%u: tensor<3x4xf32>, %x: tensor<3x9xf32>, %i: tensor<3x4xi64>) -> tensor<3x9xf32> {
  %y = graph.scatter_elements %u into %x at %i axis = 1 reduction Add : tensor<3x4xf32>, tensor<3x9xf32>, tensor<3x4xi64>
  return %y : tensor<3x9xf32>
}

// Constant indices were checked.
// CHECK-LABEL: func @scatter_constant(
// CHECK-NOT:     cf.assert
// CHECK:         tensor.insert
func.func @scatter_constant(%u: tensor<2xf32>, %x: tensor<9xf32>) -> tensor<9xf32> {
  %i = arith.constant dense<[3, -1]> : tensor<2xi64>
  %y = graph.scatter_elements %u into %x at %i axis = 0 : tensor<2xf32>, tensor<9xf32>, tensor<2xi64>
  return %y : tensor<9xf32>
}

// Slices are joined as a whole, in their place.
// CHECK-LABEL: func @scatter_nd(
// CHECK-SAME:      %[[U:[^:]+]]: tensor<?x8xf32>, %[[X:[^:]+]]: tensor<5x?x8xf32>
// CHECK-COUNT-2: cf.assert %{{.+}}, "an index is out of range"
// CHECK:         scf.for %[[N:.+]] = {{.+}} iter_args(%[[Y:.+]] = %[[X]])
// CHECK:           %[[UPDATE:.+]] = tensor.extract_slice %[[U]][%[[N]], 0] [1, 8]
// CHECK:           %[[OLD:.+]] = tensor.extract_slice %[[Y]]{{.+}} [1, 1, 8]
// CHECK:           %[[NEW:.+]] = linalg.generic {{.*}} ins(%[[UPDATE]] : tensor<8xf32>) outs(%[[OLD]] : tensor<8xf32>)
// CHECK:             arith.maximumf
// CHECK:           tensor.insert_slice %[[NEW]] into %[[Y]]
func.func @scatter_nd(%u: tensor<?x8xf32>, %x: tensor<5x?x8xf32>, %i: tensor<?x2xi64>) -> tensor<5x?x8xf32> {
  %y = graph.scatter_nd %u into %x at %i reduction Max : tensor<?x8xf32>, tensor<5x?x8xf32>, tensor<?x2xi64>
  return %y : tensor<5x?x8xf32>
}

// A run of rows is one slice,
// CHECK-LABEL: func @tensor_scatter(
// CHECK:         cf.assert %{{.+}}, "updates end outside of the cache"
// CHECK:         scf.for
// CHECK:           tensor.insert_slice
// CHECK-NOT:       tensor.insert_slice
// CHECK:         return
func.func @tensor_scatter(%u: tensor<2x3x8xf32>, %x: tensor<2x9x8xf32>, %s: tensor<2xi64>) -> tensor<2x9x8xf32> {
  %y = graph.tensor_scatter %u into %x at %s axis = 1 : tensor<2x3x8xf32>, tensor<2x9x8xf32>, tensor<2xi64>
  return %y : tensor<2x9x8xf32>
}

// or two: what is left goes to the front.
// CHECK-LABEL: func @tensor_scatter_circular(
// CHECK-NOT:     cf.assert
// CHECK:         scf.for
// CHECK:           tensor.insert_slice
// CHECK:           tensor.insert_slice {{.+}}[%{{.+}}, 0, 0]
func.func @tensor_scatter_circular(%u: tensor<2x3x8xf32>, %x: tensor<2x9x8xf32>, %s: tensor<2xi64>) -> tensor<2x9x8xf32> {
  %y = graph.tensor_scatter %u into %x at %s axis = 1 circular : tensor<2x3x8xf32>, tensor<2x9x8xf32>, tensor<2xi64>
  return %y : tensor<2x9x8xf32>
}
