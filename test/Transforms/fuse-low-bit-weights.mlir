// RUN: graphopt-opt %s --graph-fuse-low-bit-weights | FileCheck %s
// RUN: graphopt-opt %s --graph-fuse-low-bit-weights=bfloat16 | FileCheck %s --check-prefix=HALF

// Blocks along the columns of 4-bit weights, a zero point for each.
// CHECK-LABEL: func @blocks(
// CHECK-SAME:      %[[X:.+]]: tensor<?x4xf32>
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<1> : tensor<4x3xi4>
// CHECK-DAG:     %[[S:.+]] = arith.constant dense<5.000000e-01> : tensor<2x3xf32>
// CHECK-DAG:     %[[Z:.+]] = arith.constant dense<2> : tensor<2x3xi4>
// CHECK:         graph.grid_matmul %[[X]], %[[W]], %[[S]], %[[Z]] block_size = 2
// CHECK-NOT:     graph.dequantize_linear
func.func @blocks(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<1> : tensor<4x3xi4>
  %s = arith.constant dense<0.5> : tensor<2x3xf32>
  %z = arith.constant dense<2> : tensor<2x3xi4>
  %f = graph.dequantize_linear %w, %s, %z axis = 0 block_size = 2 to f32 : tensor<4x3xi4>, tensor<2x3xf32>, tensor<2x3xi4>
  %y = graph.matmul %x, %f : tensor<?x4xf32>, tensor<4x3xf32>
  return %y : tensor<?x3xf32>
}

// A transpose is one of the weights, one scale a column is one block; the bias is
// added.
// CHECK-LABEL: func @gemm(
// CHECK:         %[[S:.+]] = graph.unsqueeze %{{.+}} axes = [1]
// CHECK:         %[[P:.+]] = graph.grid_matmul %{{.+}}, %{{.+}}, %[[S]] transB block_size = 4
// CHECK:         graph.binary Add %[[P]], %{{.+}}
func.func @gemm(%x: tensor<2x4xf32>, %bias: tensor<3xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<1> : tensor<3x4xui8>
  %s = arith.constant dense<0.5> : tensor<3xf32>
  %f = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<3x4xui8>, tensor<3xf32>
  %y = graph.gemm %x, %f, %bias transB : tensor<2x4xf32>, tensor<3x4xf32>, tensor<3xf32>
  return %y : tensor<2x3xf32>
}

// One scale for all.
// CHECK-LABEL: func @scalar(
// CHECK:         %[[S:.+]] = arith.constant dense<5.000000e-01> : tensor<3x1xf32>
// CHECK:         graph.grid_matmul %{{.+}}, %{{.+}}, %[[S]] transB block_size = 4
func.func @scalar(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<1> : tensor<3x4xi2>
  %s = arith.constant dense<0.5> : tensor<f32>
  %f = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<3x4xi2>, tensor<f32>
  %t = graph.transpose %f permutation = [1, 0] : tensor<3x4xf32>
  %y = graph.matmul %x, %t : tensor<2x4xf32>, tensor<4x3xf32>
  return %y : tensor<2x3xf32>
}

// A scale for each row of the weights, weights that the run computes, those of a batch,
// a vector on the left: no kernel has these.
// CHECK-LABEL: func @others(
// CHECK-NOT:     graph.grid_matmul
func.func @others(%x: tensor<2x3xf32>, %q: tensor<3x3xi8>, %v: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<5x2x3xf32>, tensor<3xf32>) {
  %w = arith.constant dense<1> : tensor<3x3xi8>
  %s = arith.constant dense<0.5> : tensor<3xf32>
  %f = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<3x3xi8>, tensor<3xf32>
  %a = graph.matmul %x, %f : tensor<2x3xf32>, tensor<3x3xf32>
  %g = graph.dequantize_linear %q, %s axis = 1 to f32 : tensor<3x3xi8>, tensor<3xf32>
  %b = graph.matmul %x, %g : tensor<2x3xf32>, tensor<3x3xf32>
  %u = arith.constant dense<1> : tensor<5x3x3xi8>
  %one = arith.constant dense<0.5> : tensor<f32>
  %h = graph.dequantize_linear %u, %one axis = 0 to f32 : tensor<5x3x3xi8>, tensor<f32>
  %c = graph.matmul %x, %h : tensor<2x3xf32>, tensor<5x3x3xf32>
  %k = graph.dequantize_linear %w, %s axis = 1 to f32 : tensor<3x3xi8>, tensor<3xf32>
  %d = graph.matmul %v, %k : tensor<3xf32>, tensor<3x3xf32>
  return %a, %b, %c, %d : tensor<2x3xf32>, tensor<2x3xf32>, tensor<5x2x3xf32>, tensor<3xf32>
}

// Weights of f16 stay so, whichever way they are turned; what is no constant is widened.
// CHECK-LABEL: func @halves(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<5.000000e-01> : tensor<4x3xf16>
// CHECK-DAG:     %[[ONE:.+]] = arith.constant dense<1.000000e+00> : tensor<1x3xf32>
// CHECK:         graph.grid_matmul %[[X]], %[[W]], %[[ONE]] block_size = 4 : tensor<?x4xf32>, tensor<4x3xf16>
// CHECK:         graph.grid_matmul %[[X]], %{{.+}}, %{{.+}} transB block_size = 4 : tensor<?x4xf32>, tensor<3x4xf16>, tensor<3x1xf32>
// CHECK:         graph.matmul
func.func @halves(%x: tensor<?x4xf32>, %v: tensor<4x3xf16>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x3xf16>
  %f = graph.cast %w to f32 : tensor<4x3xf16>
  %y = graph.matmul %x, %f : tensor<?x4xf32>, tensor<4x3xf32>
  %t = arith.constant dense<0.25> : tensor<3x4xf16>
  %g = graph.cast %t to f32 : tensor<3x4xf16>
  %p = graph.transpose %g permutation = [1, 0] : tensor<3x4xf32>
  %z = graph.matmul %x, %p : tensor<?x4xf32>, tensor<4x3xf32>
  %c = graph.cast %v to f32 : tensor<4x3xf16>
  %u = graph.matmul %x, %c : tensor<?x4xf32>, tensor<4x3xf32>
  return %y, %z, %u : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// Where products of bf16 are not faster nothing is rounded; who reads the result as bf16
// gets it so.
// HALF-LABEL: func @bfloat16(
// HALF-SAME:      %[[X:.+]]: tensor<?x4xf32>
// HALF:         %[[ONE:.+]] = arith.constant dense<1.000000e+00> : tensor<1x3xf32>
// HALF:         %[[P:.+]] = graph.grid_matmul %[[X]], %{{.+}}, %[[ONE]] block_size = 4 : tensor<?x4xf32>, tensor<4x3xbf16>
// HALF:         %[[ROUNDED:.+]] = graph.cast %[[P]] to bf16
// HALF:         return %[[P]], %[[ROUNDED]]
// CHECK-LABEL: func @bfloat16(
// CHECK:         graph.matmul
func.func @bfloat16(%x: tensor<?x4xf32>) -> (tensor<?x3xf32>, tensor<?x3xbf16>) {
  %w = arith.constant dense<0.5> : tensor<4x3xbf16>
  %h = graph.cast %x to bf16 : tensor<?x4xf32>
  %y = graph.matmul %h, %w : tensor<?x4xbf16>, tensor<4x3xbf16>
  %f = graph.cast %y to f32 : tensor<?x3xbf16>
  return %f, %y : tensor<?x3xf32>, tensor<?x3xbf16>
}

// What graph-quantize writes: sides that are rounded and read as f32. Products of bf16 take them
// as they are stored; elsewhere weights are unpacked, and the other side is not rounded.
// CHECK-LABEL: func @rounded(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<5.000000e-01> : tensor<4x3xbf16>
// CHECK-DAG:     %[[T:.+]] = arith.constant dense<2.500000e-01> : tensor<3x4xbf16>
// CHECK:         %[[H:.+]] = graph.cast %[[X]] to bf16
// CHECK:         graph.matmul %[[H]], %[[W]] wide : tensor<?x4xbf16>, tensor<4x3xbf16>
// CHECK:         %[[TURNED:.+]] = graph.transpose %[[T]] permutation = [1, 0]
// CHECK:         %[[Q:.+]] = graph.matmul %[[H]], %[[TURNED]] wide : tensor<?x4xbf16>, tensor<4x3xbf16>
// CHECK:         graph.binary Add %[[Q]], %{{.+}} : tensor<?x3xf32>, tensor<3xf32>
// CHECK:         graph.matmul %[[X]], %{{.+}} : tensor<?x4xf32>, tensor<4x3xf32>
// HALF-LABEL: func @rounded(
// HALF-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>
// HALF-DAG:     %[[W:.+]] = arith.constant dense<5.000000e-01> : tensor<4x3xbf16>
// HALF-DAG:     %[[T:.+]] = arith.constant dense<2.500000e-01> : tensor<3x4xbf16>
// HALF:         graph.grid_matmul %[[X]], %[[W]], %{{.+}} block_size = 4 : tensor<?x4xf32>, tensor<4x3xbf16>
// HALF:         %[[Q:.+]] = graph.grid_matmul %[[X]], %[[T]], %{{.+}} transB block_size = 4
// HALF:         graph.binary Add %[[Q]], %{{.+}} : tensor<?x3xf32>, tensor<3xf32>
// HALF:         graph.grid_matmul %[[X]], %[[W]], %{{.+}} block_size = 4 : tensor<?x4xf32>, tensor<4x3xbf16>
func.func @rounded(%x: tensor<?x4xf32>, %bias: tensor<3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %w = arith.constant dense<0.5> : tensor<4x3xbf16>
  %t = arith.constant dense<0.25> : tensor<3x4xbf16>
  %h = graph.cast %x to bf16 : tensor<?x4xf32>
  %f = graph.cast %h to f32 : tensor<?x4xbf16>
  %v = graph.cast %w to f32 : tensor<4x3xbf16>
  %y = graph.matmul %f, %v : tensor<?x4xf32>, tensor<4x3xf32>
  %u = graph.cast %t to f32 : tensor<3x4xbf16>
  %z = graph.gemm %f, %u, %bias transB : tensor<?x4xf32>, tensor<3x4xf32>, tensor<3xf32>
  // A side that nobody rounded.
  %o = graph.matmul %x, %v : tensor<?x4xf32>, tensor<4x3xf32>
  return %y, %z, %o : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// Convolutions alike, if channels come in pairs; elsewhere their input is not rounded.
// CHECK-LABEL: func @rounded_conv(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x4x?x9xf32>
// CHECK:         %[[H:.+]] = graph.cast %[[X]] to bf16
// CHECK:         %[[F:.+]] = graph.cast %[[H]] to f32
// CHECK:         graph.conv %[[H]], %{{.+}}, %{{.+}} strides = [2, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1 wide : tensor<1x4x?x9xbf16>, tensor<6x4x3x3xbf16>, tensor<6xf32>
// CHECK:         graph.conv %[[F]], %{{.+}} groups = 2 : tensor<1x4x?x9xf32>
// HALF-LABEL: func @rounded_conv(
// HALF-SAME:      %[[X:[^:]+]]: tensor<1x4x?x9xf32>
// HALF:         graph.conv %[[X]], %{{.+}}, %{{.+}} strides = [2, 1]
// HALF:         graph.conv %[[X]], %{{.+}} groups = 2
func.func @rounded_conv(%x: tensor<1x4x?x9xf32>) -> (tensor<1x6x?x9xf32>, tensor<1x6x?x9xf32>) {
  %w = arith.constant dense<0.5> : tensor<6x4x3x3xbf16>
  %g = arith.constant dense<0.5> : tensor<6x2x1x1xbf16>
  %bias = arith.constant dense<1.5> : tensor<6xf32>
  %h = graph.cast %x to bf16 : tensor<1x4x?x9xf32>
  %f = graph.cast %h to f32 : tensor<1x4x?x9xbf16>
  %v = graph.cast %w to f32 : tensor<6x4x3x3xbf16>
  %y = graph.conv %f, %v, %bias strides = [2, 1] dilations = [1, 1] pads = [1, 1, 1, 1] groups = 1 : tensor<1x4x?x9xf32>, tensor<6x4x3x3xf32>, tensor<6xf32>
  %u = graph.cast %g to f32 : tensor<6x2x1x1xbf16>
  %z = graph.conv %f, %u strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 2 : tensor<1x4x?x9xf32>, tensor<6x2x1x1xf32>
  return %y, %z : tensor<1x6x?x9xf32>, tensor<1x6x?x9xf32>
}
