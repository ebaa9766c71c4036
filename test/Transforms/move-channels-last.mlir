// RUN: graphopt-opt %s -split-input-file --graph-move-channels-last | FileCheck %s

// The transposes between two convolutions meet; activation, residual and pooling
// follow.
// CHECK-LABEL: func @region(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[T:.+]] = graph.transpose %[[X]] permutation = [0, 2, 3, 1]
// CHECK:         %[[A:.+]] = graph.conv %[[T]], %{{.+}} channels_last : tensor<?x8x8x4xf32>
// CHECK:         %[[B:.+]] = graph.unary Relu %[[A]] : tensor<?x8x8x4xf32>
// CHECK:         %[[C:.+]] = graph.conv %[[B]], %{{.+}} channels_last
// CHECK:         %[[D:.+]] = graph.binary Add %[[C]], %[[A]] : tensor<?x8x8x4xf32>, tensor<?x8x8x4xf32>
// CHECK:         %[[E:.+]] = graph.pool Max %[[D]] {{.+}} channels_last
// CHECK:         %[[R:.+]] = graph.transpose %[[E]] permutation = [0, 3, 1, 2] : tensor<?x4x4x4xf32>
// CHECK:         return %[[R]]
func.func @region(%x: tensor<?x4x8x8xf32>, %w: tensor<4x4x3x3xf32>) -> tensor<?x4x4x4xf32> {
  %a = graph.conv %x, %w strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1
      : tensor<?x4x8x8xf32>, tensor<4x4x3x3xf32>
  %b = graph.unary Relu %a : tensor<?x4x8x8xf32>
  %c = graph.conv %b, %w strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1
      : tensor<?x4x8x8xf32>, tensor<4x4x3x3xf32>
  %d = graph.binary Add %c, %a : tensor<?x4x8x8xf32>, tensor<?x4x8x8xf32>
  %e = graph.pool Max %d kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0]
      : tensor<?x4x8x8xf32>
  return %e : tensor<?x4x4x4xf32>
}

// -----

// A value a channel, one a pixel, one number and a constant image have their form
// for nothing; a plain image has not.
// CHECK-LABEL: func @operands(
// CHECK-SAME:      %[[X:[^:]+]]: {{[^,]+}}, %[[GATE:[^:]+]]: {{[^,]+}}, %[[BIAS:[^:]+]]: {{[^,]+}}, %[[MASK:[^:]+]]: {{[^,]+}}, %[[PLAIN:[^:]+]]:
// CHECK:         %[[G:.+]] = graph.squeeze %[[GATE]] axes = [2, 3] : tensor<2x3x1x1xf32>
// CHECK:         %[[GATE4:.+]] = graph.unsqueeze %[[G]] axes = [1, 2] : tensor<2x3xf32>
// CHECK:         %[[A:.+]] = graph.binary Mul %[[X]], %[[GATE4]]
// CHECK:         %[[BIAS1:.+]] = graph.squeeze %[[BIAS]] axes = [1, 2] : tensor<3x1x1xf32>
// CHECK:         %[[B:.+]] = graph.binary Add %[[A]], %[[BIAS1]]
// CHECK:         %[[M:.+]] = graph.squeeze %[[MASK]] axes = [0] : tensor<1x4x5xf32>
// CHECK:         %[[MASK3:.+]] = graph.unsqueeze %[[M]] axes = [-1] : tensor<4x5xf32>
// CHECK:         %[[D:.+]] = graph.binary Mul %[[B]], %[[MASK3]]
// CHECK:         %[[E:.+]] = graph.binary Max %[[D]], %{{.+}} : tensor<2x4x5x3xf32>, tensor<f32>
// CHECK:         %[[C:.+]] = graph.transpose %{{.+}} permutation = [0, 2, 3, 1] : tensor<1x3x4x5xf32>
// CHECK:         %[[F:.+]] = graph.binary Add %[[E]], %[[C]]
// CHECK:         %[[R:.+]] = graph.transpose %[[F]] permutation = [0, 3, 1, 2]
// CHECK:         graph.binary Add %[[R]], %[[PLAIN]]
func.func @operands(%x: tensor<2x4x5x3xf32>, %gate: tensor<2x3x1x1xf32>, %bias: tensor<3x1x1xf32>,
                    %mask: tensor<1x4x5xf32>, %plain: tensor<2x3x4x5xf32>) -> tensor<2x3x4x5xf32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %image = arith.constant dense_resource<image> : tensor<1x3x4x5xf32>
  %t = graph.transpose %x permutation = [0, 3, 1, 2] : tensor<2x4x5x3xf32>
  %a = graph.binary Mul %t, %gate : tensor<2x3x4x5xf32>, tensor<2x3x1x1xf32>
  %b = graph.binary Add %a, %bias : tensor<2x3x4x5xf32>, tensor<3x1x1xf32>
  %c = graph.binary Mul %b, %mask : tensor<2x3x4x5xf32>, tensor<1x4x5xf32>
  %d = graph.binary Max %c, %zero : tensor<2x3x4x5xf32>, tensor<f32>
  %e = graph.binary Add %d, %image : tensor<2x3x4x5xf32>, tensor<1x3x4x5xf32>
  %f = graph.binary Add %e, %plain : tensor<2x3x4x5xf32>, tensor<2x3x4x5xf32>
  return %f : tensor<2x3x4x5xf32>
}

// -----

// Attributes and operands that name dimensions follow them.
// CHECK-LABEL: func @axes(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[AXES:.+]] = arith.constant dense<[3, 1]> : tensor<2xi64>
// CHECK-DAG:     %[[ALL:.+]] = arith.constant dense<[0, 3, 1, 2]> : tensor<4xi64>
// CHECK:         %[[A:.+]] = graph.slice %[[X]] from %{{.+}} to %{{.+}} axes %[[AXES]]
// CHECK:         %[[B:.+]] = graph.pad edge %[[A]] by %{{.+}} axes %[[ALL]]
// CHECK:         %[[C:.+]] = graph.concat %[[B]], %[[B]] axis = 3
// CHECK:         %[[D:.+]]:2 = graph.split %[[C]] axis = 2 into 2
// CHECK:         %[[E:.+]] = graph.softmax %[[D]]#1 axis = 3
// CHECK:         %[[F:.+]], %{{.+}}, %{{.+}} = graph.batch_normalization %[[E]], {{.+}} axis = 3
// CHECK:         %[[R:.+]] = graph.transpose %[[F]] permutation = [0, 3, 1, 2]
// CHECK:         return %[[R]]
func.func @axes(%x: tensor<?x4x5x3xf32>, %s: tensor<4xf32>) -> tensor<?x4x6x3xf32> {
  %t = graph.transpose %x permutation = [0, 3, 1, 2] : tensor<?x4x5x3xf32>
  %from = arith.constant dense<[1, 0]> : tensor<2xi64>
  %to = arith.constant dense<[3, 4]> : tensor<2xi64>
  %axes = arith.constant dense<[1, -2]> : tensor<2xi64>
  %a = graph.slice %t from %from to %to axes %axes
      : tensor<?x3x4x5xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>
  %pads = arith.constant dense<[0, 0, 1, 0, 0, 0, 1, 1]> : tensor<8xi64>
  %b = graph.pad edge %a by %pads : tensor<?x2x4x5xf32>, tensor<8xi64>
  %c = graph.concat %b, %b axis = 1 : tensor<?x2x6x6xf32>, tensor<?x2x6x6xf32>
  %d:2 = graph.split %c axis = -1 into 2 : tensor<?x4x6x6xf32>
  %e = graph.softmax %d#1 axis = 1 : tensor<?x4x6x3xf32>
  %f, %m, %v = graph.batch_normalization %e, %s, %s, %s, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9
      : tensor<?x4x6x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %f : tensor<?x4x6x3xf32>
}

// -----

// Where spatial dimensions end, so do the transposes.
// CHECK-LABEL: func @ends(
// CHECK-SAME:      %[[X:[^:]+]]: {{[^,]+}}, %[[Y:[^:]+]]:
// CHECK:         %[[M:.+]] = graph.reduce Mean %[[X]] axes = [1, 2] : tensor<?x4x5x3xf32>
// CHECK:         %[[K:.+]] = graph.reduce Mean %[[X]] axes = [1, 2] keepdims
// CHECK:         %[[F:.+]] = graph.reshape %[[K]] to
// CHECK:         %[[P:.+]] = graph.reshape %[[X]] to %{{.+}} : tensor<?x4x5x3xf32>, tensor<3xi64>
// CHECK:         %[[Q:.+]] = graph.squeeze %[[Y]] axes = [1] : tensor<?x1x5x3xf32>
// CHECK:         %[[S:.+]] = graph.transpose %[[Q]] permutation = [0, 2, 1]
// CHECK:         return %[[M]], %[[F]], %[[P]], %[[S]]
func.func @ends(%x: tensor<?x4x5x3xf32>, %y: tensor<?x1x5x3xf32>)
    -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x20x3xf32>, tensor<?x3x5xf32>) {
  %t = graph.transpose %x permutation = [0, 3, 1, 2] : tensor<?x4x5x3xf32>
  %m = graph.reduce Mean %t axes = [-1, -2] : tensor<?x3x4x5xf32>
  %k = graph.reduce Mean %t axes = [2, 3] keepdims : tensor<?x3x4x5xf32>
  %flat = arith.constant dense<[-1, 3]> : tensor<2xi64>
  %f = graph.reshape %k to %flat : tensor<?x3x1x1xf32>, tensor<2xi64>
  %shape = arith.constant dense<[0, 3, -1]> : tensor<3xi64>
  %p = graph.reshape %t to %shape : tensor<?x3x4x5xf32>, tensor<3xi64>
  %q = graph.transpose %p permutation = [0, 2, 1] : tensor<?x3x20xf32>
  %u = graph.transpose %y permutation = [0, 3, 1, 2] : tensor<?x1x5x3xf32>
  %s = graph.squeeze %u axes = [2] : tensor<?x3x1x5xf32>
  return %m, %f, %q, %s : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x20x3xf32>, tensor<?x3x5xf32>
}

// -----

// A matrix is no image with one spatial dimension; the order of rows is the model's.
// CHECK-LABEL: func @matrix(
// CHECK:         %[[T:.+]] = graph.transpose
// CHECK:         graph.binary Mul %[[T]]
// CHECK-NOT:     graph.restores_order
func.func @matrix(%x: tensor<2x3x5xf32>, %s: tensor<3xf32>) -> tensor<2x5x3xf32> {
  %t = graph.transpose %x permutation = [0, 2, 1] : tensor<2x3x5xf32>
  %y = graph.binary Mul %t, %s : tensor<2x5x3xf32>, tensor<3xf32>
  return %y : tensor<2x5x3xf32>
}

// -----

// One spatial dimension: the convolution says that it is one.
// CHECK-LABEL: func @line(
// CHECK:         %[[C:.+]] = graph.conv {{.+}} channels_last : tensor<?x?x3xf32>
// CHECK:         %[[R:.+]] = graph.unary Relu %[[C]] : tensor<?x?x4xf32>
// CHECK:         graph.transpose %[[R]] permutation = [0, 2, 1] : tensor<?x?x4xf32>
func.func @line(%x: tensor<?x3x?xf32>, %w: tensor<4x3x3xf32>) -> tensor<?x4x?xf32> {
  %a = graph.conv %x, %w strides = [2] dilations = [1] pads = [1, 1] groups = 1
      : tensor<?x3x?xf32>, tensor<4x3x3xf32>
  %b = graph.unary Relu %a : tensor<?x4x?xf32>
  return %b : tensor<?x4x?xf32>
}

// -----

// A resized image: other axes.
// CHECK-LABEL: func @resize(
// CHECK:         %[[C:.+]] = graph.conv {{.+}} channels_last : tensor<1x?x?x3xf32>
// CHECK:         %[[R:.+]] = graph.resize linear %[[C]] scales %{{.+}} axes = [0, 3, 1, 2] {{.+}} : tensor<1x?x?x4xf32>, tensor<4xf32>
// CHECK:         graph.transpose %[[R]] permutation = [0, 3, 1, 2] : tensor<1x?x?x4xf32>
func.func @resize(%x: tensor<1x3x?x?xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x?x?xf32> {
  %s = arith.constant dense<[1.0, 1.0, 2.0, 2.0]> : tensor<4xf32>
  %a = graph.conv %x, %w strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1
      : tensor<1x3x?x?xf32>, tensor<4x3x3x3xf32>
  %b = graph.resize linear %a scales %s axes = [0, 1, 2, 3] coordinates = half_pixel : tensor<1x4x?x?xf32>, tensor<4xf32>
  return %b : tensor<1x4x?x?xf32>
}

{-#
  dialect_resources: {
    builtin: {
      image: "0x10000000"
    }
  }
#-}
