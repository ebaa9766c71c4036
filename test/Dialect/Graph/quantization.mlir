// RUN: graphopt-opt %s --graph-infer-shapes | FileCheck %s

// One scale for all, one an index of an axis, one a block.
// CHECK-LABEL: func @grids(
// CHECK:         %[[Q:.+]] = graph.quantize_linear %{{.+}}, %{{.+}}, %{{.+}} axis = 0 to ui8 : tensor<?x8xf32>, tensor<f32>, tensor<ui8>
// CHECK:         graph.dequantize_linear %[[Q]], %{{.+}} axis = 1 to f32 : tensor<?x8xui8>, tensor<8xf32>
// CHECK:         graph.quantize_linear %{{.+}}, %{{.+}} axis = 1 block_size = 4 to i8 : tensor<?x8xf32>, tensor<?x2xf32>
// CHECK:         return {{.+}} : tensor<?x8xf32>, tensor<?x8xi8>
func.func @grids(%x: tensor<?x8xf32>, %s: tensor<f32>, %z: tensor<ui8>, %t: tensor<8xf32>, %u: tensor<?x2xf32>) -> (tensor<?x8xf32>, tensor<?x8xi8>) {
  %q = graph.quantize_linear %x, %s, %z axis = 0 to ui8 : tensor<?x8xf32>, tensor<f32>, tensor<ui8>
  %y = graph.dequantize_linear %q, %t axis = 1 to f32 : tensor<?x8xui8>, tensor<8xf32>
  %b = graph.quantize_linear %x, %u axis = 1 block_size = 4 to i8 : tensor<?x8xf32>, tensor<?x2xf32>
  return %y, %b : tensor<?x8xf32>, tensor<?x8xi8>
}
