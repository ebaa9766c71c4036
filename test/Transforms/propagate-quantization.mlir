// RUN: graphopt-opt %s --graph-propagate-quantization | FileCheck %s

// What moves elements moves bytes; two grids that are one cancel.
// CHECK-LABEL: func @pool(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[Y:.+]] = graph.pool{{ +}}Max %[[X]] {{.*}} : tensor<1x4x8x8xui8>
// CHECK-NEXT:    return %[[Y]]
func.func @pool(%x: tensor<1x4x8x8xui8>) -> tensor<1x4x4x4xui8> {
  %s = arith.constant dense<0.3> : tensor<f32>
  %z = arith.constant dense<5> : tensor<ui8>
  %f = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>
  %p = graph.pool Max %f kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x8x8xf32>
  %y = graph.quantize_linear %p, %s, %z axis = 0 to ui8 : tensor<1x4x4x4xf32>, tensor<f32>, tensor<ui8>
  return %y : tensor<1x4x4x4xui8>
}

// What is quantized after a maximum is quantized where it is computed, but not by a
// scale that is negative or not known.
// CHECK-LABEL: func @behind_pool(
// CHECK:         %[[R:.+]] = graph.unary Relu
// CHECK-NEXT:    %[[Q:.+]] = graph.quantize_linear %[[R]], {{.*}} : tensor<1x4x8x8xf32>
// CHECK-NEXT:    %[[Y:.+]] = graph.pool{{ +}}Max %[[Q]] {{.*}} : tensor<1x4x8x8xui8>
// CHECK:         %[[P:.+]] = graph.pool{{ +}}Max {{.*}} : tensor<1x4x8x8xf32>
// CHECK-NEXT:    %[[Z:.+]] = graph.quantize_linear %[[P]]
// CHECK-NEXT:    return %[[Y]], %[[Z]]
func.func @behind_pool(%x: tensor<1x4x8x8xf32>, %t: tensor<f32>) -> (tensor<1x4x4x4xui8>, tensor<1x4x4x4xui8>) {
  %s = arith.constant dense<0.3> : tensor<f32>
  %z = arith.constant dense<5> : tensor<ui8>
  %r = graph.unary Relu %x : tensor<1x4x8x8xf32>
  %p = graph.pool Max %r kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x8x8xf32>
  %y = graph.quantize_linear %p, %s, %z axis = 0 to ui8 : tensor<1x4x4x4xf32>, tensor<f32>, tensor<ui8>
  %n = graph.unary Neg %x : tensor<1x4x8x8xf32>
  %q = graph.pool Max %n kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x8x8xf32>
  %w = graph.quantize_linear %q, %t, %z axis = 0 to ui8 : tensor<1x4x4x4xf32>, tensor<f32>, tensor<ui8>
  return %y, %w : tensor<1x4x4x4xui8>, tensor<1x4x4x4xui8>
}

// CHECK-LABEL: func @averages(
// CHECK:         graph.pool{{ +}}Average %{{.+}} : tensor<1x4x8x8xf32>
func.func @averages(%x: tensor<1x4x8x8xui8>, %s: tensor<f32>) -> tensor<1x4x4x4xf32> {
  %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<1x4x8x8xui8>, tensor<f32>
  %p = graph.pool Average %f kernel = [2, 2] strides = [2, 2] dilations = [1, 1] pads = [0, 0, 0, 0] : tensor<1x4x8x8xf32>
  return %p : tensor<1x4x4x4xf32>
}

// CHECK-LABEL: func @other_grid(
// CHECK:         graph.dequantize_linear
// CHECK:         graph.quantize_linear
func.func @other_grid(%x: tensor<4xui8>, %s: tensor<f32>, %t: tensor<f32>) -> tensor<4xui8> {
  %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<4xui8>, tensor<f32>
  %y = graph.quantize_linear %f, %t axis = 0 to ui8 : tensor<4xf32>, tensor<f32>
  return %y : tensor<4xui8>
}

// CHECK-LABEL: func @concat(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<2xi8>, %[[Y:[^:]+]]: tensor<3xi8>, %[[S:[^:]+]]: tensor<f32>
// CHECK-NEXT:    %[[C:.+]] = graph.concat %[[X]], %[[Y]] axis = 0
// CHECK-NEXT:    %[[F:.+]] = graph.dequantize_linear %[[C]], %[[S]]
// CHECK-NEXT:    return %[[F]]
func.func @concat(%x: tensor<2xi8>, %y: tensor<3xi8>, %s: tensor<f32>) -> tensor<5xf32> {
  %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<2xi8>, tensor<f32>
  %g = graph.dequantize_linear %y, %s axis = 0 to f32 : tensor<3xi8>, tensor<f32>
  %c = graph.concat %f, %g axis = 0 : tensor<2xf32>, tensor<3xf32>
  return %c : tensor<5xf32>
}

// Zeros are the zero point.
// CHECK-LABEL: func @pad(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<2xui8>, %[[S:[^:]+]]: tensor<f32>, %[[Z:[^:]+]]: tensor<ui8>
// CHECK:         graph.pad{{ +}}constant %[[X]] by %{{.+}} value %[[Z]]
func.func @pad(%x: tensor<2xui8>, %s: tensor<f32>, %z: tensor<ui8>) -> tensor<5xf32> {
  %by = arith.constant dense<[1, 2]> : tensor<2xi64>
  %f = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<2xui8>, tensor<f32>, tensor<ui8>
  %p = graph.pad constant %f by %by : tensor<2xf32>, tensor<2xi64>
  return %p : tensor<5xf32>
}

// CHECK-LABEL: func @relu(
// CHECK-NOT:     Relu
// CHECK:         return
func.func @relu(%x: tensor<2xi8>, %s: tensor<f32>) -> tensor<2xf32> {
  %z = arith.constant dense<-128> : tensor<i8>
  %f = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<2xi8>, tensor<f32>, tensor<i8>
  %r = graph.unary Relu %f : tensor<2xf32>
  return %r : tensor<2xf32>
}

// CHECK-LABEL: func @relu_of_negative_bytes(
// CHECK:         graph.unary{{ +}}Relu
func.func @relu_of_negative_bytes(%x: tensor<2xi8>, %s: tensor<f32>) -> tensor<2xf32> {
  %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<2xi8>, tensor<f32>
  %r = graph.unary Relu %f : tensor<2xf32>
  return %r : tensor<2xf32>
}
