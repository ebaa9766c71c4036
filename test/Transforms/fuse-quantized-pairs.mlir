// RUN: graphopt-opt %s --graph-fuse-quantized="bytes=false pairs=true" | FileCheck %s --check-prefixes=CHECK,PAIRS
// RUN: graphopt-opt %s --graph-fuse-quantized="bytes=true pairs=true" | FileCheck %s --check-prefixes=CHECK,BOTH

// Bytes without their zero point fit into 16 bits, so no sums make up for it.
// CHECK-LABEL: func @zero(
// PAIRS:         %[[X:.+]] = graph.cast %{{.+}} to i16 : tensor<?x5xui8>
// PAIRS:         %[[A:.+]] = graph.binary Sub %[[X]], %{{.+}} : tensor<?x5xi16>, tensor<i16>
// PAIRS:         %[[P:.+]] = graph.matmul %[[A]], %{{.+}} : tensor<?x5xi16>, tensor<5x6xi8>
// PAIRS-NEXT:    graph.cast %[[P]] to f32
// BOTH:          graph.matmul %{{.+}} : tensor<?x5xui8>, tensor<5x6xi8>
func.func @zero(%x: tensor<?x5xui8>, %w: tensor<5x6xi8>, %sx: tensor<f32>, %zx: tensor<ui8>, %sw: tensor<6xf32>) -> tensor<?x6xf32> {
  %a = graph.dequantize_linear %x, %sx, %zx axis = 0 to f32 : tensor<?x5xui8>, tensor<f32>, tensor<ui8>
  %b = graph.dequantize_linear %w, %sw axis = 1 to f32 : tensor<5x6xi8>, tensor<6xf32>
  %y = graph.matmul %a, %b : tensor<?x5xf32>, tensor<5x6xf32>
  return %y : tensor<?x6xf32>
}

// Unsigned bytes on the right, which no CPU multiplies four of.
// CHECK-LABEL: func @unsigned(
// CHECK:         graph.matmul %{{.+}} : tensor<3x5xi16>, tensor<5x6xui8>
func.func @unsigned(%x: tensor<3x5xui8>, %w: tensor<5x6xui8>, %s: tensor<f32>) -> tensor<3x6xf32> {
  %a = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<3x5xui8>, tensor<f32>
  %b = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<5x6xui8>, tensor<f32>
  %y = graph.matmul %a, %b : tensor<3x5xf32>, tensor<5x6xf32>
  return %y : tensor<3x6xf32>
}

// The model's own products of bytes.
// CHECK-LABEL: func @own(
// PAIRS:         graph.matmul %{{.+}} : tensor<3x5xi16>, tensor<5x6xi8>
// BOTH:          graph.matmul %{{.+}} : tensor<3x5xui8>, tensor<5x6xi8>
// PAIRS:         graph.matmul %{{.+}} : tensor<3x5xi16>, tensor<5x6xi8>
// BOTH:          %[[MOVED:.+]] = graph.binary Add %{{.+}} : tensor<3x5xi32>, tensor<i32>
// BOTH:          %[[U:.+]] = graph.cast %[[MOVED]] to ui8
// BOTH:          graph.matmul %[[U]], %{{.+}} : tensor<3x5xui8>, tensor<5x6xi8>
func.func @own(%x: tensor<3x5xui8>, %y: tensor<3x5xi8>, %w: tensor<5x6xi8>) -> (tensor<3x6xi32>, tensor<3x6xi32>) {
  %a = graph.matmul %x, %w : tensor<3x5xui8>, tensor<5x6xi8>
  %b = graph.matmul %y, %w : tensor<3x5xi8>, tensor<5x6xi8>
  return %a, %b : tensor<3x6xi32>, tensor<3x6xi32>
}

// The border is 0, and a group is two channels.
// CHECK-LABEL: func @border(
// PAIRS-DAG:     arith.constant dense<[0, 0, 1, 1, 0, 1, 1, 1]>
// BOTH-DAG:      arith.constant dense<[0, 0, 1, 1, 0, 1, 1, 1]>
// PAIRS:         %[[A:.+]] = graph.binary Sub %{{.+}}, %{{.+}} : tensor<1x3x8x8xi16>, tensor<i16>
// PAIRS:         %[[PADDED:.+]] = graph.pad constant %[[A]] by %{{[^ ]+}} : tensor<1x3x8x8xi16>
// PAIRS:         %[[SUM:.+]] = graph.conv %[[PADDED]], {{.*}} : tensor<1x4x10x10xi16>, tensor<2x4x3x3xi8>
// PAIRS:         graph.cast %[[SUM]] to f32
// BOTH:          graph.conv {{.*}} : tensor<1x4x10x10xui8>, tensor<2x4x3x3xi8>
func.func @border(%x: tensor<1x3x8x8xui8>, %w: tensor<2x3x3x3xi8>) -> tensor<1x2x8x8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %z = arith.constant dense<3> : tensor<ui8>
  %a = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<1x3x8x8xui8>, tensor<f32>, tensor<ui8>
  %b = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<2x3x3x3xi8>, tensor<f32>
  %y = graph.conv %a, %b strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1 : tensor<1x3x8x8xf32>, tensor<2x3x3x3xf32>
  return %y : tensor<1x2x8x8xf32>
}

// Where each channel has its own filter there are no pairs.
// CHECK-LABEL: func @depthwise(
// CHECK:         graph.conv {{.*}} : tensor<1x3x8x8xui8>, tensor<3x1x3x3xi8>
func.func @depthwise(%x: tensor<1x3x8x8xui8>, %w: tensor<3x1x3x3xi8>) -> tensor<1x3x6x6xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %a = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<1x3x8x8xui8>, tensor<f32>
  %b = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<3x1x3x3xi8>, tensor<f32>
  %y = graph.conv %a, %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 3 : tensor<1x3x8x8xf32>, tensor<3x1x3x3xf32>
  return %y : tensor<1x3x6x6xf32>
}

// The model's own convolutions of bytes.
// CHECK-LABEL: func @own_convolutions(
// PAIRS:         graph.conv {{.*}} : tensor<1x4x8x8xi16>, tensor<2x4x3x3xi8>
// BOTH:          graph.conv {{.*}} : tensor<1x4x8x8xui8>, tensor<2x4x3x3xi8>
// CHECK:         graph.conv {{.*}} : tensor<1x4x8x8xi16>, tensor<2x4x3x3xui8>
func.func @own_convolutions(%x: tensor<1x4x8x8xui8>, %w: tensor<2x4x3x3xi8>, %u: tensor<2x4x3x3xui8>) -> (tensor<1x2x6x6xi32>, tensor<1x2x6x6xi32>) {
  %a = graph.conv %x, %w strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 : tensor<1x4x8x8xui8>, tensor<2x4x3x3xi8>
  %b = graph.conv %x, %u strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 : tensor<1x4x8x8xui8>, tensor<2x4x3x3xui8>
  return %a, %b : tensor<1x2x6x6xi32>, tensor<1x2x6x6xi32>
}
