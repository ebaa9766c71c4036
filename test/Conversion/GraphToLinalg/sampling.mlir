// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Two tables a dimension, over all samples; outside, weights are 0. The channels
// share them.
// CHECK-LABEL: func @linear(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x3x?x?xf32>, %[[G:[^:]+]]: tensor<1x4x5x2xf32>
// CHECK:         linalg.generic {{.*}} ins(%[[G]] : tensor<1x4x5x2xf32>) outs(%{{.+}} : tensor<1x4x5xf32>)
// CHECK:         linalg.generic {{.*}} outs(%{{.+}} : tensor<2x1x4x5xi64>)
// CHECK:           arith.fptosi
// CHECK:         linalg.generic {{.*}} outs(%{{.+}} : tensor<2x1x4x5xf32>)
// CHECK:           arith.select
// CHECK:         linalg.generic {{.*}} outs(%{{.+}} : tensor<1x3x4x5xf32>)
// CHECK-COUNT-4:   tensor.extract %[[X]]
// CHECK-NOT:       tensor.extract
func.func @linear(%x: tensor<1x3x?x?xf32>, %g: tensor<1x4x5x2xf32>) -> tensor<1x3x4x5xf32> {
  %y = graph.grid_sample linear %x at %g outside = zeros : tensor<1x3x?x?xf32>, tensor<1x4x5x2xf32>
  return %y : tensor<1x3x4x5xf32>
}

// CHECK-LABEL: func @nearest_reflection(
// CHECK:         math.roundeven
// CHECK:         math.absf
// CHECK:         tensor.extract %{{.+}} : tensor<1x3x6xi8>
func.func @nearest_reflection(%x: tensor<1x3x6xi8>, %g: tensor<1x5x1xf32>) -> tensor<1x3x5xi8> {
  %y = graph.grid_sample nearest %x at %g outside = reflection : tensor<1x3x6xi8>, tensor<1x5x1xf32>
  return %y : tensor<1x3x5xi8>
}

// Each element looks for the windows that it is in.
// CHECK-LABEL: func @col2im(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x27x?xf32>
// CHECK:         cf.assert %{{.+}}, "there are not as many columns as windows"
// CHECK:         linalg.generic {{.*}} ins(%{{.+}} : tensor<3x3xi8>) outs(%{{.+}} : tensor<?x3x8x8xf32>)
// CHECK:           tensor.extract %[[X]]
// CHECK:           arith.select
// CHECK:           arith.addf
func.func @col2im(%x: tensor<?x27x?xf32>) -> tensor<?x3x8x8xf32> {
  %s = arith.constant dense<8> : tensor<2xi64>
  %b = arith.constant dense<3> : tensor<2xi64>
  %y = graph.col2im %x to %s block %b strides = [2, 2] dilations = [1, 1] pads = [1, 1, 1, 1] : tensor<?x27x?xf32>, tensor<2xi64>, tensor<2xi64>
  return %y : tensor<?x3x8x8xf32>
}

// The extents are asked for first.
// CHECK-LABEL: func @decode_image(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xi8>
// CHECK:         %[[COUNT:.+]] = tensor.dim %[[X]]
// CHECK:         %[[ROWS:.+]] = kernel.call @graphopt_image_rows ins(%[[COUNT]], %[[X]] : index, tensor<?xi8>) -> index
// CHECK:         %[[COLUMNS:.+]] = kernel.call @graphopt_image_columns ins(%[[COUNT]], %[[X]] : index, tensor<?xi8>) -> index
// CHECK:         %[[INIT:.+]] = tensor.empty(%[[ROWS]], %[[COLUMNS]]) : tensor<?x?x1xi8>
// CHECK:         kernel.call @graphopt_image_gray ins(%[[COUNT]], %[[X]], %[[ROWS]], %[[COLUMNS]] : index, tensor<?xi8>, index, index) outs(%[[INIT]] : tensor<?x?x1xi8>)
func.func @decode_image(%x: tensor<?xui8>) -> tensor<?x?x1xui8> {
  %y = graph.decode_image "Grayscale" %x : tensor<?xui8>
  return %y : tensor<?x?x1xui8>
}
