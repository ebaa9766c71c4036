// RUN: %graphopt-opt %s --kernel-pack-constants=cpu=sse4.2 | FileCheck %s

// Five columns are two vectors of four lanes. Blocks of three 4-bit numbers begin a word
// of their own each: five are two words. Zero points that differ stay, moved by 8 as the
// weights are.
// CHECK-LABEL: func @blocks(
// CHECK-DAG:     %[[W:.+]] = arith.constant dense_resource<constant_packed> : tensor<1x2x8xi32>
// CHECK-DAG:     %[[S:.+]] = arith.constant dense_resource<constant_packed_1> : tensor<1x2x8xf32>
// CHECK-DAG:     %[[Z:.+]] = arith.constant dense_resource<constant_packed_2> : tensor<1x2x8xi8>
// CHECK:         kernel.grid_matmul ins(%{{.+}}, %[[W]], %[[S]] : tensor<?x5xf32>, tensor<1x2x8xi32>, tensor<1x2x8xf32>) zero(%[[Z]] : tensor<1x2x8xi8>) packed bits = 4 block_size = 3 outs
func.func @blocks(%a: tensor<?x5xf32>, %c: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = arith.constant dense<[[1, 2, 3, 4, 5], [-1, -2, -3, -4, -5], [7, 7, 7, 7, 7], [-8, -8, -8, -8, -8], [0, 0, 0, 0, 1]]> : tensor<5x5xi8>
  %s = arith.constant dense<[[0.5, 0.25, 0.125, 2.0, 4.0], [1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<2x5xf32>
  %z = arith.constant dense<[[0, 1, 2, 3, 4], [-8, 0, 0, 0, 7]]> : tensor<2x5xi8>
  %r = kernel.grid_matmul ins(%a, %w, %s : tensor<?x5xf32>, tensor<5x5xi8>, tensor<2x5xf32>) zero(%z : tensor<2x5xi8>) bits = 4 block_size = 3 outs(%c : tensor<?x5xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x5xf32>
  return %r : tensor<?x5xf32>
}

// One zero point for all is a number of the op. The weights are read
// the other way round.
// CHECK-LABEL: func @common(
// CHECK:         kernel.grid_matmul ins({{.+}} : tensor<?x5xf32>, tensor<1x2x4xi32>, tensor<1x1x4xf32>) packed unsigned_rhs bits = 8 block_size = 5 offset = 3
func.func @common(%a: tensor<?x5xf32>, %c: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 255]]> : tensor<3x5xi8>
  %e = tensor.empty() : tensor<5x3xi8>
  %t = linalg.transpose ins(%w : tensor<3x5xi8>) outs(%e : tensor<5x3xi8>) permutation = [1, 0]
  %s = arith.constant dense<0.5> : tensor<1x3xf32>
  %z = arith.constant dense<3> : tensor<1x3xi8>
  %r = kernel.grid_matmul ins(%a, %t, %s : tensor<?x5xf32>, tensor<5x3xi8>, tensor<1x3xf32>) zero(%z : tensor<1x3xi8>) unsigned_rhs bits = 8 block_size = 5 outs(%c : tensor<?x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x3xf32>
  return %r : tensor<?x3xf32>
}

// Halves of f16 lie in rows, two of them in the place of a word's.
// CHECK-LABEL: func @halves(
// CHECK:         kernel.grid_matmul ins({{.+}} : tensor<?x3xf32>, tensor<1x2x8xf16>, tensor<1x1x4xf32>) packed bits = 16 block_size = 3 outs
func.func @halves(%a: tensor<?x3xf32>, %c: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf16>
  %s = arith.constant dense<1.0> : tensor<1x2xf32>
  %r = kernel.grid_matmul ins(%a, %w, %s : tensor<?x3xf32>, tensor<3x2xf16>, tensor<1x2xf32>) bits = 16 block_size = 3 outs(%c : tensor<?x2xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}

// CHECK:         constant_packed: "0x40000000790F00006A0F0000
// CHECK-SAME:    0000000080000000800000008000000080000000900000000000000000000000
// CHECK:         constant_packed_2: "0x4000000008090A0B0C000000000808080F000000"
// CHECK:         constant_packed_3: "0x4000000001020304060708090B0C0D0E00000000050000000A000000FF00000000000000"
// CHECK:         constant_packed_{{[0-9]+}}: "0x40000000003C0040000000000042004400000000004500460000000000000000{{0*}}"
