// RUN: graphopt-opt %s --graph-split-transposed-convs | FileCheck %s

// One convolution for each of two lines, three columns side by side; Relu moves
// into them.
// CHECK-LABEL: func @lines(
// CHECK-SAME:      %[[X:[^:]+]]: {{[^,]+}}, %[[W:[^:]+]]: {{[^,]+}}, %[[B:[^:]+]]:
// CHECK:         %[[REVERSED:.+]] = graph.slice %[[W]]
// CHECK:         %[[TAPS:.+]] = graph.transpose %[[REVERSED]] permutation = [2, 3, 0, 1] : tensor<8x5x2x3xf32>
// CHECK:         %[[TAPS0:.+]] = graph.slice %[[TAPS]]
// CHECK:         %[[W0:.+]] = graph.reshape %[[TAPS0]]
// CHECK:         %[[TAPS1:.+]] = graph.slice %[[TAPS]]
// CHECK:         %[[W1:.+]] = graph.reshape %[[TAPS1]]
// CHECK:         %[[B0:.+]] = graph.tile %[[B]]
// CHECK:         %[[Y0:.+]] = graph.conv %[[X]], %[[W0]], %[[B0]] strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 channels_last : tensor<?x4x6x5xf32>, tensor<24x5x1x1xf32>, tensor<24xf32>
// CHECK:         %[[R0:.+]] = graph.unary Relu %[[Y0]]
// CHECK:         graph.conv %[[X]], %[[W1]]
// CHECK:         %[[ALL:.+]] = graph.concat %[[R0]], {{.+}} axis = 2 : tensor<?x4x6x24xf32>, tensor<?x4x6x24xf32>
// CHECK:         %[[Y:.+]] = graph.reshape %[[ALL]]
// CHECK:         return %[[Y]]
func.func @lines(%x: tensor<?x4x6x5xf32>, %w: tensor<8x5x2x3xf32>, %b: tensor<8xf32>) -> tensor<?x8x18x8xf32> {
  %y = graph.conv %x, %w, %b strides = [1, 1] dilations = [1, 1] pads = [1, 2, 1, 2] groups = 1
      input_dilations = [2, 3] channels_last : tensor<?x4x6x5xf32>, tensor<8x5x2x3xf32>, tensor<8xf32>
  %r = graph.unary Relu %y : tensor<?x8x18x8xf32>
  return %r : tensor<?x8x18x8xf32>
}

// One spatial dimension has columns only. Two of them would leave registers
// mostly empty, so the function stays.
// CHECK-LABEL: func @columns(
// CHECK:         %[[Y:.+]] = graph.conv {{.+}} channels_last : tensor<1x6x5xf32>, tensor<2x5x1xf32>
// CHECK-NOT:     graph.concat
// CHECK:         graph.unary Sigmoid
func.func @columns(%x: tensor<1x6x5xf32>, %w: tensor<1x5x2xf32>) -> tensor<1x12x1xf32> {
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [1, 1] groups = 1
      input_dilations = [2] channels_last : tensor<1x6x5xf32>, tensor<1x5x2xf32>
  %s = graph.unary Sigmoid %y : tensor<1x12x1xf32>
  return %s : tensor<1x12x1xf32>
}

// Windows that overlap, that leave gaps, and of which something is cut off.
// CHECK-LABEL: func @stays(
// CHECK-COUNT-3: input_dilations
func.func @stays(%x: tensor<1x6x5xf32>, %w: tensor<1x5x3xf32>) -> (tensor<1x13x1xf32>, tensor<1x23x1xf32>, tensor<1x17x1xf32>) {
  %a = graph.conv %x, %w strides = [1] dilations = [1] pads = [2, 2] groups = 1
      input_dilations = [2] channels_last : tensor<1x6x5xf32>, tensor<1x5x3xf32>
  %b = graph.conv %x, %w strides = [1] dilations = [1] pads = [2, 2] groups = 1
      input_dilations = [4] channels_last : tensor<1x6x5xf32>, tensor<1x5x3xf32>
  %c = graph.conv %x, %w strides = [1] dilations = [1] pads = [2, 1] groups = 1
      input_dilations = [3] channels_last : tensor<1x6x5xf32>, tensor<1x5x3xf32>
  return %a, %b, %c : tensor<1x13x1xf32>, tensor<1x23x1xf32>, tensor<1x17x1xf32>
}
