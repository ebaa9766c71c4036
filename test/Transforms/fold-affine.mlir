// RUN: graphopt-opt %s -split-input-file --graph-fold-affine | FileCheck %s

// A scale and a shift become part of the filters and of the bias.
// CHECK-LABEL: func @conv(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<2.0{{.*}}> : tensor<4x3x3x3xf32>
// CHECK-DAG:     %[[B:.+]] = arith.constant {{.+}} : tensor<4xf32>
// CHECK-DAG:     %[[C:.+]] = arith.constant {{.+}} : tensor<4x1x1xf32>
// CHECK-DAG:     %[[D:.+]] = arith.constant {{.+}} : tensor<f32>
// CHECK:         %[[C1:.+]] = graph.squeeze %[[C]] axes = [1, 2]
// CHECK:         %[[BIAS:.+]] = graph.binary Mul %[[B]], %[[C1]] : tensor<4xf32>, tensor<4xf32>
// CHECK:         %[[C4:.+]] = graph.unsqueeze %[[C1]] axes = [1, 2, 3]
// CHECK:         %[[FILTER:.+]] = graph.binary Mul %[[W]], %[[C4]] : tensor<4x3x3x3xf32>, tensor<4x1x1x1xf32>
// CHECK:         %[[SUM:.+]] = graph.binary Sub %[[BIAS]], %[[D]] : tensor<4xf32>, tensor<f32>
// CHECK:         %[[Y:.+]] = graph.conv %[[X]], %[[FILTER]], %[[SUM]]
// CHECK:         return %[[Y]]
func.func @conv(%x: tensor<?x3x?x?xf32>) -> tensor<?x4x?x?xf32> {
  %w = arith.constant dense<2.0> : tensor<4x3x3x3xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %c = arith.constant dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]> : tensor<4x1x1xf32>
  %d = arith.constant dense<0.5> : tensor<f32>
  %y = graph.conv %x, %w, %b strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1
      : tensor<?x3x?x?xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>
  %z = graph.binary Mul %c, %y : tensor<4x1x1xf32>, tensor<?x4x?x?xf32>
  %r = graph.binary Sub %z, %d : tensor<?x4x?x?xf32>, tensor<f32>
  return %r : tensor<?x4x?x?xf32>
}

// -----

// A shift gives a convolution a bias.
// CHECK-LABEL: func @new_bias(
// CHECK:         %[[N:.+]] = graph.unary Neg %{{.+}} : tensor<f32>
// CHECK:         %[[B:.+]] = graph.expand %[[N]] to %{{.+}} : tensor<f32>, tensor<1xi64>
// CHECK:         graph.conv %{{.+}}, %{{.+}}, %[[B]] {{.+}} tensor<4xf32>
func.func @new_bias(%x: tensor<1x3x8xf32>) -> tensor<1x4x8xf32> {
  %w = arith.constant dense<2.0> : tensor<4x3x3xf32>
  %d = arith.constant dense<0.5> : tensor<1xf32>
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [1, 1] groups = 1
      : tensor<1x3x8xf32>, tensor<4x3x3xf32>
  %r = graph.binary Sub %y, %d : tensor<1x4x8xf32>, tensor<1xf32>
  return %r : tensor<1x4x8xf32>
}

// -----

// CHECK-LABEL: func @batch_normalization(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-NOT:     graph.batch_normalization
// CHECK:         %[[D:.+]] = graph.unary Sqrt
// CHECK:         %[[S:.+]] = graph.binary Div %{{.+}}, %[[D]] : tensor<4xf32>, tensor<4xf32>
// CHECK:         %[[M:.+]] = graph.binary Mul %{{.+}}, %[[S]]
// CHECK:         %[[B:.+]] = graph.binary Sub %{{.+}}, %[[M]]
// CHECK:         %[[S3:.+]] = graph.unsqueeze %[[S]] axes = [1, 2]
// CHECK:         %[[Y:.+]] = graph.binary Mul %[[X]], %[[S3]]
// CHECK:         %[[B3:.+]] = graph.unsqueeze %[[B]] axes = [1, 2]
// CHECK:         %[[R:.+]] = graph.binary Add %[[Y]], %[[B3]]
// CHECK:         return %[[R]]
func.func @batch_normalization(%x: tensor<?x4x5x5xf32>) -> tensor<?x4x5x5xf32> {
  %s = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y, %m, %v = graph.batch_normalization %x, %s, %s, %s, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9
      : tensor<?x4x5x5xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  return %y : tensor<?x4x5x5xf32>
}

// -----

// Columns of weights, in both forms; a shift of a product is the kernel's epilogue.
// CHECK-LABEL: func @products(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<2.0{{.*}}> : tensor<3x4xf32>
// CHECK-DAG:     %[[T:.+]] = arith.constant dense<3.0{{.*}}> : tensor<4x3xf32>
// CHECK-DAG:     %[[C:.+]] = arith.constant {{.+}} : tensor<4xf32>
// CHECK:         %[[V:.+]] = graph.binary Mul %[[W]], %[[C]] : tensor<3x4xf32>, tensor<4xf32>
// CHECK:         %[[A:.+]] = graph.matmul %[[X]], %[[V]]
// CHECK:         %[[BC:.+]] = graph.binary Mul %[[C]], %[[C]]
// CHECK:         %[[Y:.+]] = graph.binary Add %[[A]], %[[BC]]
// CHECK:         %[[C2:.+]] = graph.unsqueeze %[[C]] axes = [1]
// CHECK:         %[[U:.+]] = graph.binary Div %[[T]], %[[C2]] : tensor<4x3xf32>, tensor<4x1xf32>
// CHECK:         %[[Z:.+]] = graph.gemm %[[X]], %[[U]], %[[C]] transB
// CHECK:         return %[[Y]], %[[Z]]
func.func @products(%x: tensor<?x3xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %w = arith.constant dense<2.0> : tensor<3x4xf32>
  %t = arith.constant dense<3.0> : tensor<4x3xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %a = graph.matmul %x, %w : tensor<?x3xf32>, tensor<3x4xf32>
  %b = graph.binary Add %a, %c : tensor<?x4xf32>, tensor<4xf32>
  %y = graph.binary Mul %b, %c : tensor<?x4xf32>, tensor<4xf32>
  %g = graph.gemm %x, %t transB : tensor<?x3xf32>, tensor<4x3xf32>
  %h = graph.binary Div %g, %c : tensor<?x4xf32>, tensor<4xf32>
  %z = graph.binary Add %h, %c : tensor<?x4xf32>, tensor<4xf32>
  return %y, %z : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Not where somebody else reads the value, where the number differs by pixel, nor
// where it is divided by the value.
// CHECK-LABEL: func @stays(
// CHECK-SAME:      %{{[^,]+}}, %[[W:[^:]+]]:
// CHECK:         %[[Y:.+]] = graph.conv
// CHECK:         graph.binary Mul %[[Y]]
// CHECK:         graph.binary Add
// CHECK:         %[[Z:.+]] = graph.conv
// CHECK:         graph.binary Div %{{.+}}, %[[Z]]
func.func @stays(%x: tensor<1x3x8xf32>, %u: tensor<4x3x1xf32>) -> (tensor<1x4x8xf32>, tensor<1x4x8xf32>) {
  %w = arith.constant dense<2.0> : tensor<4x3x1xf32>
  %d = arith.constant dense<0.5> : tensor<f32>
  %p = arith.constant dense<0.25> : tensor<8xf32>
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1
      : tensor<1x3x8xf32>, tensor<4x3x1xf32>
  %a = graph.binary Mul %y, %p : tensor<1x4x8xf32>, tensor<8xf32>
  %b = graph.binary Add %a, %y : tensor<1x4x8xf32>, tensor<1x4x8xf32>
  %z = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1
      : tensor<1x3x8xf32>, tensor<4x3x1xf32>
  %c = graph.binary Div %d, %z : tensor<f32>, tensor<1x4x8xf32>
  return %b, %c : tensor<1x4x8xf32>, tensor<1x4x8xf32>
}

// Weights of bf16 would be rounded again.
// CHECK-LABEL: func @wide(
// CHECK:         %[[Y:.+]] = graph.matmul %{{.+}}, %{{.+}} wide
// CHECK:         graph.binary Mul %[[Y]]
// CHECK:         %[[Z:.+]] = graph.conv %{{.+}} wide
// CHECK:         graph.binary Mul %[[Z]]
func.func @wide(%x: tensor<2x3xbf16>, %image: tensor<1x2x5x5xbf16>) -> (tensor<2x4xf32>, tensor<1x3x5x5xf32>) {
  %w = arith.constant dense<0.5> : tensor<3x4xbf16>
  %c = arith.constant dense<3.0> : tensor<f32>
  %y = graph.matmul %x, %w wide : tensor<2x3xbf16>, tensor<3x4xbf16>
  %a = graph.binary Mul %y, %c : tensor<2x4xf32>, tensor<f32>
  %f = arith.constant dense<0.5> : tensor<3x2x1x1xbf16>
  %z = graph.conv %image, %f strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 wide : tensor<1x2x5x5xbf16>, tensor<3x2x1x1xbf16>
  %b = graph.binary Mul %z, %c : tensor<1x3x5x5xf32>, tensor<f32>
  return %a, %b : tensor<2x4xf32>, tensor<1x3x5x5xf32>
}
