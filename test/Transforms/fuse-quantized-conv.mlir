// RUN: graphopt-opt %s --graph-fuse-quantized | FileCheck %s

// The border is the zero point. What the sums begin with is computed once: the bias, less
// the zero point times the sum of each filter. The scales meet before all that is scaled.
// CHECK-LABEL: func @to_bytes(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x4x8x8xui8>
// CHECK-DAG:     %[[FILTER:.+]] = arith.constant dense<{{.*}}> : tensor<2x4x3x3xi8>
// CHECK-DAG:     %[[PADS:.+]] = arith.constant dense<[0, 0, 1, 1, 0, 0, 1, 1]>
// CHECK-DAG:     %[[ONE:.+]] = arith.constant dense<1.000000e+00> : tensor<f32>
// CHECK:         %[[PADDED:.+]] = graph.pad constant %[[X]] by %[[PADS]] value %{{.+}} : tensor<1x4x8x8xui8>
// CHECK:         %[[SUM:.+]] = graph.conv %[[PADDED]], %[[FILTER]] {{.*}} pads = [0, 0, 0, 0] groups = 1 : tensor<1x4x10x10xui8>, tensor<2x4x3x3xi8>
// CHECK:         %[[START:.+]] = graph.binary Sub %{{.+}}, %{{.+}} : tensor<2x1x1xi32>, tensor<2x1x1xi32>
// CHECK:         %[[WHOLE:.+]] = graph.binary Add %[[SUM]], %[[START]]
// CHECK:         %[[FLOAT:.+]] = graph.cast %[[WHOLE]] to f32
// CHECK:         %[[SCALED:.+]] = graph.binary Mul %[[FLOAT]], %{{.+}} : tensor<1x2x8x8xf32>, tensor<2x1x1xf32>
// CHECK:         %[[ACTIVE:.+]] = graph.unary Relu %[[SCALED]]
// CHECK:         %[[Y:.+]] = graph.quantize_linear %[[ACTIVE]], %[[ONE]], %{{.+}} axis = 0 to ui8
// CHECK:         return %[[Y]]
func.func @to_bytes(%x: tensor<1x4x8x8xui8>) -> tensor<1x2x8x8xui8> {
  %sx = arith.constant dense<0.5> : tensor<f32>
  %zx = arith.constant dense<3> : tensor<ui8>
  %w = arith.constant dense<7> : tensor<2x4x3x3xi8>
  %sw = arith.constant dense<[0.25, 0.125]> : tensor<2xf32>
  %b = arith.constant dense<[11, 12]> : tensor<2xi32>
  %sb = arith.constant dense<[0.125, 0.0625]> : tensor<2xf32>
  %sy = arith.constant dense<2.0> : tensor<f32>
  %xf = graph.dequantize_linear %x, %sx, %zx axis = 0 to f32 : tensor<1x4x8x8xui8>, tensor<f32>, tensor<ui8>
  %wf = graph.dequantize_linear %w, %sw axis = 0 to f32 : tensor<2x4x3x3xi8>, tensor<2xf32>
  %bf = graph.dequantize_linear %b, %sb axis = 0 to f32 : tensor<2xi32>, tensor<2xf32>
  %c = graph.conv %xf, %wf, %bf strides = [1, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1 : tensor<1x4x8x8xf32>, tensor<2x4x3x3xf32>, tensor<2xf32>
  %r = graph.unary Relu %c : tensor<1x2x8x8xf32>
  %y = graph.quantize_linear %r, %sy, %zx axis = 0 to ui8 : tensor<1x2x8x8xf32>, tensor<f32>, tensor<ui8>
  return %y : tensor<1x2x8x8xui8>
}

// Three channels become four.
// CHECK-LABEL: func @whole_groups(
// CHECK-DAG:     arith.constant dense<[0, 0, 0, 0, 0, 1, 0, 0]>
// CHECK:         graph.conv {{.*}} : tensor<1x4x8x8xui8>, tensor<2x4x3x3xi8>
func.func @whole_groups(%x: tensor<1x3x8x8xui8>) -> tensor<1x2x6x6xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = arith.constant dense<7> : tensor<2x3x3x3xi8>
  %xf = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<1x3x8x8xui8>, tensor<f32>
  %wf = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<2x3x3x3xi8>, tensor<f32>
  %c = graph.conv %xf, %wf strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 : tensor<1x3x8x8xf32>, tensor<2x3x3x3xf32>
  return %c : tensor<1x2x6x6xf32>
}

// Signed images are moved by 128, unsigned weights around 128 back.
// CHECK-LABEL: func @signs(
// CHECK:         graph.conv {{.*}} : tensor<1x4x8x8xui8>, tensor<2x4x1x1xi8>
func.func @signs(%x: tensor<1x4x8x8xi8>) -> tensor<1x2x8x8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = arith.constant dense<7> : tensor<2x4x1x1xui8>
  %zw = arith.constant dense<128> : tensor<ui8>
  %xf = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<1x4x8x8xi8>, tensor<f32>
  %wf = graph.dequantize_linear %w, %s, %zw axis = 0 to f32 : tensor<2x4x1x1xui8>, tensor<f32>, tensor<ui8>
  %c = graph.conv %xf, %wf strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 : tensor<1x4x8x8xf32>, tensor<2x4x1x1xf32>
  return %c : tensor<1x2x8x8xf32>
}

// A zero point among the weights' values would need sums of windows.
// CHECK-LABEL: func @asymmetric_weights(
// CHECK:         graph.conv {{.*}} : tensor<1x4x8x8xf32>, tensor<2x4x1x1xf32>
func.func @asymmetric_weights(%x: tensor<1x4x8x8xui8>) -> tensor<1x2x8x8xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %w = arith.constant dense<7> : tensor<2x4x1x1xi8>
  %zw = arith.constant dense<3> : tensor<i8>
  %xf = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<1x4x8x8xui8>, tensor<f32>
  %wf = graph.dequantize_linear %w, %s, %zw axis = 0 to f32 : tensor<2x4x1x1xi8>, tensor<f32>, tensor<i8>
  %c = graph.conv %xf, %wf strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 : tensor<1x4x8x8xf32>, tensor<2x4x1x1xf32>
  return %c : tensor<1x2x8x8xf32>
}

// Numbers by which is multiplied and divided meet the scale; what keeps order stops them,
// as they may be negative.
// CHECK-LABEL: func @numbers(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4xui8>, %[[S:[^:]+]]: tensor<f32>, %[[A:[^:]+]]: tensor<f32>
// CHECK-DAG:     %[[R:.+]] = arith.constant dense<5.000000e-01>
// CHECK-DAG:     %[[F:.+]] = graph.dequantize_linear %[[X]], %[[S]]
// CHECK-DAG:     %[[ACTIVE:.+]] = graph.unary{{ +}}Relu %[[F]]
// CHECK:         %[[P:.+]] = graph.binary{{ +}}Div %[[R]], %[[A]]
// CHECK:         %[[Y:.+]] = graph.binary{{ +}}Mul %[[ACTIVE]], %[[P]]
// CHECK:         graph.quantize_linear %[[Y]]
func.func @numbers(%x: tensor<4xui8>, %s: tensor<f32>, %a: tensor<f32>) -> tensor<4xui8> {
  %t = arith.constant dense<2.0> : tensor<f32>
  %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<4xui8>, tensor<f32>
  %r = graph.unary Relu %f : tensor<4xf32>
  %d = graph.binary Div %r, %a : tensor<4xf32>, tensor<f32>
  %y = graph.quantize_linear %d, %t axis = 0 to ui8 : tensor<4xf32>, tensor<f32>
  return %y : tensor<4xui8>
}
