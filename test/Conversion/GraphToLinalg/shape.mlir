// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// A computed shape becomes sizes; nothing of the shape tensor is left.
// CHECK-LABEL: func @reshape_to_computed_shape(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x?x384xf32>
// CHECK-DAG:     %[[B:.+]] = tensor.dim %[[X]], %c0
// CHECK-DAG:     %[[S:.+]] = tensor.dim %[[X]], %c1
// CHECK:         tensor.expand_shape %[[X]] {{\[\[}}0], [1], [2, 3]] output_shape [%[[B]], %[[S]], 12, 32]
// CHECK-NOT:     tensor.from_elements
func.func @reshape_to_computed_shape(
    %x: tensor<?x?x384xf32> {graph.dims = ["batch", "seq", ""]},
    %mask: tensor<?x?xi64> {graph.dims = ["batch", "seq"]}) -> tensor<?x?x12x32xf32> {
  %heads = arith.constant dense<[12, 32]> : tensor<2xi64>
  %s = graph.shape %mask : tensor<?x?xi64>
  %t = graph.concat %s, %heads axis = 0 : tensor<2xi64>, tensor<2xi64>
  %r = graph.reshape %x to %t : tensor<?x?x384xf32>, tensor<4xi64>
  return %r : tensor<?x?x12x32xf32>
}

// What is left for a -1 is a quotient in which equal extents cancel.
// CHECK-LABEL: func @reshape_infers_rest(
// CHECK:         tensor.collapse_shape %{{.+}} {{\[\[}}0, 1], [2]] : tensor<?x?x4xf32> into tensor<?x4xf32>
func.func @reshape_infers_rest(%x: tensor<?x?x4xf32> {graph.dims = ["a", "b", ""]}) -> tensor<?x4xf32> {
  %s = arith.constant dense<[-1, 4]> : tensor<2xi64>
  %r = graph.reshape %x to %s : tensor<?x?x4xf32>, tensor<2xi64>
  return %r : tensor<?x4xf32>
}

// What only the result's type tells.
// CHECK-LABEL: func @transpose_known(
// CHECK:         %[[X:.+]] = tensor.cast %{{.+}} : tensor<?x?xf32> to tensor<3x?xf32>
// CHECK:         linalg.transpose ins(%[[X]] : tensor<3x?xf32>) outs(%{{.+}} : tensor<?x3xf32>) permutation = [1, 0]
func.func @transpose_known(%x: tensor<?x?xf32>) -> tensor<?x3xf32> {
  %t = "graph.transpose"(%x) {permutation = array<i64: 1, 0>} : (tensor<?x?xf32>) -> tensor<?x3xf32>
  return %t : tensor<?x3xf32>
}

// -----

// CHECK-LABEL: func @transpose(
// CHECK:         linalg.transpose ins(%{{.+}} : tensor<?x3xf32>) outs(%{{.+}} : tensor<3x?xf32>) permutation = [1, 0]
func.func @transpose(%x: tensor<?x3xf32>) -> tensor<3x?xf32> {
  %t = graph.transpose %x permutation = [1, 0] : tensor<?x3xf32>
  return %t : tensor<3x?xf32>
}

// A part without elements is left out.
// CHECK-LABEL: func @concat(
// CHECK-SAME:      %[[A:[^:]+]]: tensor<?x4xf32>{{.*}}, %[[B:[^:]+]]: tensor<?x4xf32>
// CHECK:         tensor.concat dim(1) %[[A]], %[[B]] : (tensor<?x4xf32>, tensor<?x4xf32>)
func.func @concat(%a: tensor<?x4xf32> {graph.dims = ["n", ""]}, %b: tensor<?x4xf32> {graph.dims = ["n", ""]},
    %none: tensor<?x0xf32> {graph.dims = ["n", ""]}) -> tensor<?x8xf32> {
  %y = graph.concat %a, %none, %b axis = 1 : tensor<?x4xf32>, tensor<?x0xf32>, tensor<?x4xf32>
  return %y : tensor<?x8xf32>
}

// With open sizes each input is inserted where the ones before it end.
// CHECK-LABEL: func @concat_open(
// CHECK-SAME:      %[[A:[^:]+]]: tensor<?x4xf32>{{.*}}, %[[B:[^:]+]]: tensor<2x4xf32>
// CHECK-DAG:     %[[D:.+]] = tensor.dim %[[A]], %c0
// CHECK:         tensor.insert_slice %[[A]] into %{{.+}}[0, 0] [%[[D]], 4]
// CHECK:         tensor.insert_slice %[[B]] into %{{.+}}[%[[D]], 0] [2, 4]
func.func @concat_open(%a: tensor<?x4xf32> {graph.dims = ["n", ""]}, %b: tensor<2x4xf32>) -> tensor<?x4xf32> {
  %y = graph.concat %a, %b axis = 0 : tensor<?x4xf32>, tensor<2x4xf32>
  return %y : tensor<?x4xf32>
}

// A shape that only the run knows: read, resolved, checked.
// CHECK-LABEL: func @reshape_to_data(
// CHECK:         %[[N:.+]] = tensor.extract %{{.+}}[%c0] : tensor<2xi64>
// CHECK:         cf.assert
// CHECK:         tensor.expand_shape
func.func @reshape_to_data(%x: tensor<4x6xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %r = graph.reshape %x to %s : tensor<4x6xf32>, tensor<2xi64>
  return %r : tensor<?x?xf32>
}

// Repeating is a map; no copy is needed before the consumer.
// CHECK-LABEL: func @expand(
// CHECK:         linalg.generic {indexing_maps = [#{{.+}}, #{{.+}}], {{.*}}} ins(%{{.+}} : tensor<?x1xf32>) outs(%{{.+}} : tensor<2x?x6xf32>)
func.func @expand(%x: tensor<?x1xf32> {graph.dims = ["n", ""]}) -> tensor<2x?x6xf32> {
  %s = arith.constant dense<[2, 1, 6]> : tensor<3xi64>
  %y = graph.expand %x to %s : tensor<?x1xf32>, tensor<3xi64>
  return %y : tensor<2x?x6xf32>
}

// CHECK-LABEL: func @tile(
// CHECK:         linalg.generic {{.*}} outs(%{{.+}} : tensor<2x3x4xf32>)
// CHECK:         tensor.collapse_shape %{{.+}} {{\[\[}}0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
func.func @tile(%x: tensor<3x4xf32>) -> tensor<6x4xf32> {
  %r = arith.constant dense<[2, 1]> : tensor<2xi64>
  %y = graph.tile %x by %r : tensor<3x4xf32>, tensor<2xi64>
  return %y : tensor<6x4xf32>
}

// CHECK-LABEL: func @split(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x6xf32>
// CHECK-DAG:     tensor.extract_slice %[[X]][0, 0] [%{{.+}}, 2] [1, 1]
// CHECK-DAG:     tensor.extract_slice %[[X]][0, 2] [%{{.+}}, 4] [1, 1]
func.func @split(%x: tensor<?x6xf32>) -> (tensor<?x2xf32>, tensor<?x4xf32>) {
  %s = arith.constant dense<[2, 4]> : tensor<2xi64>
  %a, %b = graph.split %x axis = 1 into 2 sizes %s : tensor<?x6xf32>, tensor<2xi64>
  return %a, %b : tensor<?x2xf32>, tensor<?x4xf32>
}

// The run refuses an open extent that is not 1.
// CHECK-LABEL: func @squeeze(
// CHECK:         cf.assert
// CHECK:         cf.assert
// CHECK:         tensor.collapse_shape
func.func @squeeze(%x: tensor<?x?xf32> {graph.dims = ["n", "m"]}) -> tensor<?xf32> {
  %y = graph.squeeze %x axes = [1] : tensor<?x?xf32>
  return %y : tensor<?xf32>
}
