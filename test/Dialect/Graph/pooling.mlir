// RUN: %graphopt-opt %s | FileCheck %s

// Rounded down and up; a window that would start after the input is none.
// CHECK-LABEL: func @ceil(
// CHECK-SAME:      -> (tensor<1x1x2xf32>, tensor<1x1x3xf32>, tensor<1x1x2xf32>)
func.func @ceil(%x: tensor<1x1x6xf32>, %y: tensor<1x1x4xf32>) -> (tensor<1x1x2xf32>, tensor<1x1x3xf32>, tensor<1x1x2xf32>) {
  %a = graph.pool Max %x kernel = [3] strides = [2] dilations = [1] pads = [0, 0] : tensor<1x1x6xf32>
  %b = graph.pool Max %x kernel = [3] strides = [2] dilations = [1] pads = [0, 0] ceil_mode : tensor<1x1x6xf32>
  %c = graph.pool Max %y kernel = [1] strides = [2] dilations = [1] pads = [0, 0] ceil_mode : tensor<1x1x4xf32>
  return %a, %b, %c : tensor<1x1x2xf32>, tensor<1x1x3xf32>, tensor<1x1x2xf32>
}

// CHECK-LABEL: func @channels_last(
func.func @channels_last(%x: tensor<1x8x8x?xf32>) -> tensor<1x4x4x?xf32> {
  %y = graph.pool Average %x kernel = [3, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] auto_pad = SameLower channels_last : tensor<1x8x8x?xf32>
  return %y : tensor<1x4x4x?xf32>
}

// CHECK-LABEL: func @indices(
// CHECK-SAME:      -> tensor<1x2x3xi64>
func.func @indices(%x: tensor<1x2x6xui8>) -> tensor<1x2x3xi64> {
  %y = graph.max_pool_indices %x kernel = [2] strides = [2] dilations = [1] pads = [0, 0] column_major : tensor<1x2x6xui8>
  return %y : tensor<1x2x3xi64>
}
