// RUN: %graphopt-opt %s | FileCheck %s

// CHECK-LABEL: func @channels_first(
// CHECK:         graph.conv {{.+}} strides = [2, 2] dilations = [1, 1] pads = [3, 3, 3, 3] groups = 1 : tensor<?x3x224x?xf32>
func.func @channels_first(%x: tensor<?x3x224x?xf32>, %w: tensor<64x3x7x7xf32>, %b: tensor<64xf32>) -> tensor<?x64x112x?xf32> {
  %y = graph.conv %x, %w, %b strides = [2, 2] dilations = [1, 1] pads = [3, 3, 3, 3] groups = 1 : tensor<?x3x224x?xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>
  return %y : tensor<?x64x112x?xf32>
}

// CHECK-LABEL: func @channels_last(
func.func @channels_last(%x: tensor<1x9x8x4xf32>, %w: tensor<6x2x3x1xf32>) -> tensor<1x5x4x6xf32> {
  %y = graph.conv %x, %w strides = [2, 2] dilations = [2, 1] pads = [2, 0, 2, 0] groups = 2 channels_last : tensor<1x9x8x4xf32>, tensor<6x2x3x1xf32>
  return %y : tensor<1x5x4x6xf32>
}

// Extents that follow from the input's, and those that are given.
// CHECK-LABEL: func @output(
// CHECK-SAME:      -> (tensor<1x6x4xf32>, tensor<1x6x9xf32>, tensor<1x6x20xf32>)
func.func @output(%x: tensor<1x4x7xf32>, %y: tensor<1x4x?xf32>, %w: tensor<6x4x3xf32>) -> (tensor<1x6x4xf32>, tensor<1x6x9xf32>, tensor<1x6x20xf32>) {
  %a = graph.conv %x, %w strides = [2] dilations = [1] pads = [0, 0] auto_pad = SameUpper groups = 1 : tensor<1x4x7xf32>, tensor<6x4x3xf32>
  // Dilated to 13, 2 taken off in front.
  %b = graph.conv %x, %w strides = [1] dilations = [1] pads = [-2, 0] groups = 1 input_dilations = [2] : tensor<1x4x7xf32>, tensor<6x4x3xf32>
  %c = graph.conv %y, %w strides = [1] dilations = [1] pads = [0, 0] auto_pad = SameLower groups = 1 input_dilations = [3] output_shape = [20] : tensor<1x4x?xf32>, tensor<6x4x3xf32>
  return %a, %b, %c : tensor<1x6x4xf32>, tensor<1x6x9xf32>, tensor<1x6x20xf32>
}
