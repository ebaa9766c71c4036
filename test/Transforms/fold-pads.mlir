// RUN: graphopt-opt %s --graph-fold-pads | FileCheck %s

// Zeros along spatial dimensions, whatever axes they are told with.
// CHECK-LABEL: func @conv(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         graph.conv %[[X]], {{.+}} pads = [2, 1, 4, 1] groups = 1 : tensor<?x3x?x8xf32>
func.func @conv(%x: tensor<?x3x?x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<?x4x?x8xf32> {
  %pads = arith.constant dense<[1, 0, 3, 0]> : tensor<4xi64>
  %axes = arith.constant dense<[-2, 0]> : tensor<2xi64>
  %p = graph.pad constant %x by %pads axes %axes : tensor<?x3x?x8xf32>, tensor<4xi64>, tensor<2xi64>
  %y = graph.conv %p, %w strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1
      : tensor<?x3x?x8xf32>, tensor<4x3x3x3xf32>
  return %y : tensor<?x4x?x8xf32>
}

// Other values, other dimensions and sizes that the run tells stay.
// CHECK-LABEL: func @stays(
// CHECK:         %[[P:.+]] = graph.pad constant
// CHECK:         graph.conv %[[P]]
// CHECK:         %[[Q:.+]] = graph.pad constant
// CHECK:         graph.conv %[[Q]]
// CHECK:         %[[R:.+]] = graph.pad edge
// CHECK:         graph.conv %[[R]]
func.func @stays(%x: tensor<1x2x8xf32>, %n: tensor<2xi64>, %w: tensor<4x3x1xf32>, %v: tensor<4x2x1xf32>)
    -> (tensor<1x4x9xf32>, tensor<1x4x9xf32>, tensor<1x4x9xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %axis = arith.constant dense<2> : tensor<1xi64>
  %last = arith.constant dense<[0, 1]> : tensor<2xi64>
  %all = arith.constant dense<[0, 1, 1, 0, 0, 0]> : tensor<6xi64>
  %p = graph.pad constant %x by %last value %one axes %axis
      : tensor<1x2x8xf32>, tensor<2xi64>, tensor<f32>, tensor<1xi64>
  %a = graph.conv %p, %v strides = [1] dilations = [1] pads = [0, 0] groups = 1
      : tensor<1x2x9xf32>, tensor<4x2x1xf32>
  %q = graph.pad constant %x by %all : tensor<1x2x8xf32>, tensor<6xi64>
  %b = graph.conv %q, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1
      : tensor<1x3x9xf32>, tensor<4x3x1xf32>
  %r = graph.pad edge %x by %last axes %axis : tensor<1x2x8xf32>, tensor<2xi64>, tensor<1xi64>
  %c = graph.conv %r, %v strides = [1] dilations = [1] pads = [0, 0] groups = 1
      : tensor<1x2x9xf32>, tensor<4x2x1xf32>
  return %a, %b, %c : tensor<1x4x9xf32>, tensor<1x4x9xf32>, tensor<1x4x9xf32>
}
