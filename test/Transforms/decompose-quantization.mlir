// RUN: graphopt-opt %s --graph-decompose-quantization --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @quantize(
// CHECK-SAME:      %[[X:.+]]: tensor<?x4xf32>, %[[S:.+]]: tensor<4xf32>, %[[Z:.+]]: tensor<4xi8>
// CHECK-DAG:     %[[D:.+]] = graph.binary Div %[[X]], %[[S]]
// CHECK:         %[[R:.+]] = graph.unary Round %[[D]]
// CHECK:         %[[F:.+]] = graph.cast %{{.+}} to f32 : tensor<4xi8>
// CHECK:         %[[A:.+]] = graph.binary Add %[[R]], %[[F]]
// CHECK:         %[[LOW:.+]] = arith.constant dense<-1.280000e+02>
// CHECK:         graph.binary Max %[[A]], %[[LOW]]
// CHECK:         %[[HIGH:.+]] = arith.constant dense<1.270000e+02>
// CHECK:         %[[C:.+]] = graph.binary Min %{{.+}}, %[[HIGH]]
// CHECK:         graph.cast %[[C]] to i8
func.func @quantize(%x: tensor<?x4xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> tensor<?x4xi8> {
  %q = graph.quantize_linear %x, %s, %z axis = 1 to i8 : tensor<?x4xf32>, tensor<4xf32>, tensor<4xi8>
  return %q : tensor<?x4xi8>
}

// -----

// A scale in the middle of dimensions, and one for two neighbours each.
// CHECK-LABEL: func @dequantize(
// CHECK:         graph.unsqueeze %{{.+}} axes = [1] : tensor<4xf32>
// CHECK:         %[[P:.+]] = arith.constant dense<[0, 0, 1, 1]> : tensor<4xi64>
// CHECK:         graph.gather %{{.+}} at %[[P]] axis = 1
func.func @dequantize(%x: tensor<2x4x3xui8>, %s: tensor<4xf32>, %t: tensor<2x2x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %y = graph.dequantize_linear %x, %s axis = 1 to f32 : tensor<2x4x3xui8>, tensor<4xf32>
  %z = graph.dequantize_linear %x, %t axis = 1 block_size = 2 to f32 : tensor<2x4x3xui8>, tensor<2x2x3xf32>
  return %y, %z : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// -----

func.func @open_blocks(%x: tensor<?x4xui8>, %s: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{blocks along an open dimension are not supported}}
  %y = graph.dequantize_linear %x, %s axis = 0 block_size = 2 to f32 : tensor<?x4xui8>, tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
