// RUN: graphopt-opt %s -split-input-file --graph-prune-channels="channels=0:1 refit=never" -verify-diagnostics | FileCheck %s

// Filters and the bias of what makes a channel, the scale of what normalizes it,
// its part of the filters that read it.
// CHECK-LABEL: func @main(
// CHECK-NEXT:    %[[B1:.+]] = arith.constant dense<[1.000000e+01, 3.000000e+01]>
// CHECK-NEXT:    %[[W1:.+]] = arith.constant dense<{{\[\[\[\[}}1.000000e+00]]], {{\[\[\[}}3.000000e+00]]]]>
// CHECK-NEXT:    graph.conv %{{.+}}, %[[W1]], %[[B1]] strides
// CHECK:         graph.batch_normalization %{{.+}} : tensor<?x2x8x8xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
// CHECK-NEXT:    graph.pool Max %{{.+}} : tensor<?x2x8x8xf32>
// CHECK-NEXT:    %[[W2:.+]] = arith.constant dense<{{\[\[\[\[}}1.000000e+00]], {{\[\[}}3.000000e+00]]]]>
// CHECK-NEXT:    graph.conv %{{.+}}, %[[W2]] strides
func.func @main(%x: tensor<?x1x8x8xf32>) -> tensor<?x1x4x4xf32> {
  %w1 = arith.constant dense<[[[[1.0]]], [[[2.0]]], [[[3.0]]]]> : tensor<3x1x1x1xf32>
  %b1 = arith.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32>
  %s = arith.constant dense<[4.0, 5.0, 6.0]> : tensor<3xf32>
  %w2 = arith.constant dense<[[[[1.0]], [[2.0]], [[3.0]]]]> : tensor<1x3x1x1xf32>
  // expected-remark @below {{layer 0: 1 of 3 channels removed}}
  %c = graph.conv %x, %w1, %b1 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x1x8x8xf32>, tensor<3x1x1x1xf32>, tensor<3xf32>
  %n, %m, %v = graph.batch_normalization %c, %s, %s, %s, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9
      : tensor<?x3x8x8xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  %p = graph.pool Max %n kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<?x3x8x8xf32>
  // expected-remark @below {{channels left alone: it is an output of the model}}
  %y = graph.conv %p, %w2 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x3x4x4xf32>, tensor<1x3x1x1xf32>
  return %y : tensor<?x1x4x4xf32>
}

// -----

// Results that are added have one set of channels: a block that reads and makes the
// stream loses both. What is left over of groups are whole ones.
// CHECK-LABEL: func @main(
// CHECK:         %[[A:.+]] = graph.conv {{.+}} tensor<4x1x1x1xf32>
// CHECK:         %[[W:.+]] = arith.constant dense<2.000000e+00> : tensor<4x4x1x1xf32>
// CHECK-NEXT:    %[[F:.+]] = graph.conv %[[A]], %[[W]] strides
// CHECK-NEXT:    %[[S:.+]] = graph.binary Add %[[A]], %[[F]] : tensor<?x4x8x8xf32>, tensor<?x4x8x8xf32>
// CHECK:         graph.conv %[[S]], %{{.+}} groups = 2 : tensor<?x4x8x8xf32>, tensor<4x2x1x1xf32>
// CHECK:         graph.reduce Mean {{.+}} tensor<?x4x8x8xf32>
// CHECK:         graph.gemm %{{.+}}, %{{.+}} : tensor<?x4xf32>, tensor<4x2xf32>
func.func @main(%x: tensor<?x1x8x8xf32>) -> tensor<?x2xf32> {
  %w1 = arith.constant dense<1.0> : tensor<6x1x1x1xf32>
  %w2 = arith.constant dense<2.0> : tensor<6x6x1x1xf32>
  %w3 = arith.constant dense<3.0> : tensor<6x2x1x1xf32>
  %w4 = arith.constant dense<4.0> : tensor<6x2xf32>
  // expected-remark @below {{layer 0: 2 of 6 channels removed}}
  %a = graph.conv %x, %w1 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x1x8x8xf32>, tensor<6x1x1x1xf32>
  %f = graph.conv %a, %w2 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x6x8x8xf32>, tensor<6x6x1x1xf32>
  %s = graph.binary Add %a, %f : tensor<?x6x8x8xf32>, tensor<?x6x8x8xf32>
  %g = graph.conv %s, %w3 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 3
      : tensor<?x6x8x8xf32>, tensor<6x2x1x1xf32>
  %r = graph.reduce Mean %g axes = [2, 3] : tensor<?x6x8x8xf32>
  %y = graph.gemm %r, %w4 : tensor<?x6xf32>, tensor<6x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Parts of a concatenation, each of its own: the reader loses its part.
// CHECK-LABEL: func @main(
// CHECK:         graph.concat %{{.+}}, %{{.+}} axis = 1 : tensor<?x1x8x8xf32>, tensor<?x2x8x8xf32>
// CHECK-NEXT:    %[[W:.+]] = arith.constant dense<{{\[\[\[\[}}1.000000e+00]], {{\[\[}}3.000000e+00]], {{\[\[}}4.000000e+00]]]]>
// CHECK-NEXT:    graph.conv %{{.+}}, %[[W]] strides
func.func @main(%x: tensor<?x1x8x8xf32>) -> tensor<?x1x8x8xf32> {
  %w1 = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  %w2 = arith.constant dense<[[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]]> : tensor<1x4x1x1xf32>
  // expected-remark @below {{layer 0: 1 of 2 channels removed}}
  %a = graph.conv %x, %w1 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x1x8x8xf32>, tensor<2x1x1x1xf32>
  // expected-remark @below {{layer 1: 0 of 2 channels removed}}
  %b = graph.conv %x, %w1 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x1x8x8xf32>, tensor<2x1x1x1xf32>
  %c = graph.concat %a, %b axis = 1 : tensor<?x2x8x8xf32>, tensor<?x2x8x8xf32>
  // expected-remark @below {{channels left alone: it is an output of the model}}
  %y = graph.conv %c, %w2 strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x4x8x8xf32>, tensor<1x4x1x1xf32>
  return %y : tensor<?x1x8x8xf32>
}
