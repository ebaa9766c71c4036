// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-DAG: #[[LAST:.+]] = affine_map<(d0, d1, d2, d3) -> (d3)>

// Channels last, border around, the bias in the epilogue, channels first again.
// CHECK-LABEL: func @conv(
// CHECK:         %[[X:.+]] = linalg.transpose {{.+}} permutation = [0, 2, 3, 1]
// CHECK:         %[[P:.+]] = tensor.pad %[[X]] low[0, 3, 3, 0] high[0, 3, 3, 0]
// CHECK:         %[[Y:.+]] = kernel.conv ins(%[[P]], %{{.+}}) strides = [2, 2] dilations = [1, 1] groups = 1
// CHECK-SAME:      extras(%{{.+}} : tensor<64xf32>) maps [#[[LAST]]]
// CHECK:           arith.addf
// CHECK:         linalg.transpose ins(%[[Y]] : {{.+}} permutation = [0, 3, 1, 2]
func.func @conv(%x: tensor<?x3x224x224xf32>, %w: tensor<64x3x7x7xf32>, %b: tensor<64xf32>) -> tensor<?x64x112x112xf32> {
  %y = graph.conv %x, %w, %b strides = [2, 2] dilations = [1, 1] pads = [3, 3, 3, 3] groups = 1 : tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>
  return %y : tensor<?x64x112x112xf32>
}

// CHECK-LABEL: func @channels_last(
// CHECK-NOT:     linalg.transpose
// CHECK:         kernel.conv {{.+}} groups = 2
func.func @channels_last(%x: tensor<1x9x8x4xf32>, %w: tensor<6x2x3x1xf32>) -> tensor<1x4x4x6xf32> {
  %y = graph.conv %x, %w strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 2 channels_last : tensor<1x9x8x4xf32>, tensor<6x2x3x1xf32>
  return %y : tensor<1x4x4x6xf32>
}

// One filter a channel; the border depends on an open extent, and is larger in
// front.
// CHECK-LABEL: func @depthwise(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x?x7x4xf16>
// CHECK:         %[[LESS:.+]] = arith.shrsi %[[ALL:.+]], %c1
// CHECK:         %[[NEGATIVE:.+]] = arith.subi %c0, %[[LESS]]
// CHECK:         %[[MORE:.+]] = arith.addi %[[ALL]], %[[NEGATIVE]]
// CHECK:         tensor.pad %[[X]] low[0, %[[MORE]], 0, 0] high[0, %[[LESS]], 0, 0]
// CHECK:         kernel.depthwise_conv
// CHECK:           arith.truncf
func.func @depthwise(%x: tensor<1x?x7x4xf16>, %w: tensor<4x1x3x1xf16>) -> tensor<1x?x4x4xf16> {
  %y = graph.conv %x, %w strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] auto_pad = SameLower groups = 4 channels_last : tensor<1x?x7x4xf16>, tensor<4x1x3x1xf16>
  return %y : tensor<1x?x4x4xf16>
}

// Two filters a channel are a grouped convolution.
// CHECK-LABEL: func @multiplier(
// CHECK:         kernel.conv {{.+}} groups = 4
func.func @multiplier(%x: tensor<1x7x4xf32>, %w: tensor<8x1x3xf32>) -> tensor<1x5x8xf32> {
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 4 channels_last : tensor<1x7x4xf32>, tensor<8x1x3xf32>
  return %y : tensor<1x5x8xf32>
}

// The elements are spread over zeros; a negative border is cut off.
// CHECK-LABEL: func @input_dilations(
// CHECK:         %[[ZEROS:.+]] = linalg.fill
// CHECK:         %[[SPREAD:.+]] = tensor.insert_slice %{{.+}} into %[[ZEROS]][0, 1, 0] [1, 7, 4] [1, 2, 1] : tensor<1x7x4xf32> into tensor<1x14x4xf32>
// CHECK:         tensor.extract_slice %[[SPREAD]][0, 0, 0] [1, 12, 4] [1, 1, 1]
// CHECK:         kernel.conv
func.func @input_dilations(%x: tensor<1x7x4xf32>, %w: tensor<4x4x2xf32>) -> tensor<1x11x4xf32> {
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [1, -2] groups = 1 input_dilations = [2] channels_last : tensor<1x7x4xf32>, tensor<4x4x2xf32>
  return %y : tensor<1x11x4xf32>
}

// A filter of open extents cannot be packed.
// CHECK-LABEL: func @open_filter(
// CHECK-NOT:     kernel.conv
// CHECK:         linalg.generic {{.*}} "reduction", "reduction"]
func.func @open_filter(%x: tensor<1x9x4xf16>, %w: tensor<?x2x3xf16>, %b: tensor<?xf16>) -> tensor<1x7x?xf16> {
  %y = graph.conv %x, %w, %b strides = [1] dilations = [1] pads = [0, 0] groups = 2 channels_last : tensor<1x9x4xf16>, tensor<?x2x3xf16>, tensor<?xf16>
  return %y : tensor<1x7x?xf16>
}

// Nothing slides in the last dimension: rows are those of the one before.
// CHECK-LABEL: func @unit_dimension(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x9x1x4xf32>, %[[W:[^:]+]]: tensor<6x4x3x1xf32>
// CHECK-DAG:     %[[ROWS:.+]] = tensor.collapse_shape %[[X]] {{\[\[}}0], [1, 2], [3]]
// CHECK-DAG:     %[[TAPS:.+]] = tensor.collapse_shape %[[W]] {{\[\[}}0], [1], [2, 3]]
// CHECK:         %[[Y:.+]] = kernel.conv ins(%[[ROWS]], %[[TAPS]] : tensor<?x9x4xf32>, tensor<6x4x3xf32>) strides = [2] dilations = [1]
// CHECK:         tensor.expand_shape %[[Y]] {{\[\[}}0], [1, 2], [3]] {{.+}} into tensor<?x4x1x6xf32>
func.func @unit_dimension(%x: tensor<?x9x1x4xf32>, %w: tensor<6x4x3x1xf32>, %b: tensor<6xf32>) -> tensor<?x4x1x6xf32> {
  %y = graph.conv %x, %w, %b strides = [2, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 channels_last : tensor<?x9x1x4xf32>, tensor<6x4x3x1xf32>, tensor<6xf32>
  return %y : tensor<?x4x1x6xf32>
}
