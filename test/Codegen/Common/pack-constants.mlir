// RUN: %graphopt-opt %s --kernel-pack-constants=cpu=sse4.2 | FileCheck %s
// RUN: %graphopt-opt %s --kernel-pack-constants=cpu=alderlake | FileCheck %s --check-prefix=DOT

// Five columns are two vectors of four lanes: one panel, with three columns of
// zeros.
// CHECK-LABEL: func @matrix(
// CHECK-NOT:     tensor<3x5xi8>
// CHECK:         %[[P:.+]] = arith.constant dense_resource<constant_packed> : tensor<1x3x8xi8>
// CHECK:         kernel.matmul ins(%{{.+}}, %[[P]] : tensor<?x3xi8>, tensor<1x3x8xi8>) packed
func.func @matrix(%a: tensor<?x3xi8>, %c: tensor<?x5xi32>) -> tensor<?x5xi32> {
  %w = arith.constant dense<[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15]]> : tensor<3x5xi8>
  %r = kernel.matmul ins(%a, %w : tensor<?x3xi8>, tensor<3x5xi8>) outs(%c : tensor<?x5xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x5xi32>
  return %r : tensor<?x5xi32>
}

// A transpose of a reshaped constant is done on the way; nothing is left of it.
// CHECK-LABEL: func @transposed(
// CHECK-NOT:     linalg.transpose
// CHECK:         %[[P:.+]] = arith.constant dense_resource<constant_packed_1> : tensor<1x3x8xi8>
// CHECK:         kernel.matmul ins(%{{.+}}, %[[P]] : tensor<2x4x3xi8>, tensor<1x3x8xi8>) packed
func.func @transposed(%a: tensor<2x4x3xi8>, %c: tensor<2x4x5xi32>) -> tensor<2x4x5xi32> {
  %flat = arith.constant dense<[1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14, 5, 10, 15]> : tensor<15xi8>
  %w = tensor.expand_shape %flat [[0, 1]] output_shape [5, 3] : tensor<15xi8> into tensor<5x3xi8>
  %e = tensor.empty() : tensor<3x5xi8>
  %t = linalg.transpose ins(%w : tensor<5x3xi8>) outs(%e : tensor<3x5xi8>) permutation = [1, 0]
  %r = kernel.matmul ins(%a, %t : tensor<2x4x3xi8>, tensor<3x5xi8>) outs(%c : tensor<2x4x5xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<2x4x5xi32>
  return %r : tensor<2x4x5xi32>
}

// The same after element-wise fusion, which knows generic ops only.
// CHECK-LABEL: func @copied(
// CHECK-NOT:     linalg.generic
// CHECK:         %[[P:.+]] = arith.constant dense_resource<constant_packed_1> : tensor<1x3x8xi8>
// CHECK:         kernel.matmul ins(%{{.+}}, %[[P]] : tensor<2x4x3xi8>, tensor<1x3x8xi8>) packed
func.func @copied(%a: tensor<2x4x3xi8>, %c: tensor<2x4x5xi32>) -> tensor<2x4x5xi32> {
  %flat = arith.constant dense<[1, 6, 11, 2, 7, 12, 3, 8, 13, 4, 9, 14, 5, 10, 15]> : tensor<15xi8>
  %w = tensor.expand_shape %flat [[0, 1]] output_shape [5, 3] : tensor<15xi8> into tensor<5x3xi8>
  %e = tensor.empty() : tensor<3x5xi8>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<5x3xi8>) outs(%e : tensor<3x5xi8>) {
  ^bb0(%in: i8, %out: i8):
    linalg.yield %in : i8
  } -> tensor<3x5xi8>
  %r = kernel.matmul ins(%a, %t : tensor<2x4x3xi8>, tensor<3x5xi8>) outs(%c : tensor<2x4x5xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<2x4x5xi32>
  return %r : tensor<2x4x5xi32>
}

// A filter of two groups with one output channel each, and two taps.
// CHECK-LABEL: func @filter(
// CHECK:         %[[P:.+]] = arith.constant dense_resource<constant_packed_2> : tensor<2x2x1x4xi8>
// CHECK:         kernel.conv ins(%{{.+}}, %[[P]] : {{.+}}) packed strides
func.func @filter(%x: tensor<1x?x2xi8>, %y: tensor<1x?x2xi32>) -> tensor<1x?x2xi32> {
  %w = arith.constant dense<[[[1, 2]], [[3, 4]]]> : tensor<2x1x2xi8>
  %r = kernel.conv ins(%x, %w : tensor<1x?x2xi8>, tensor<2x1x2xi8>)
         strides = [1] dilations = [1] groups = 2 outs(%y : tensor<1x?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<1x?x2xi32>
  return %r : tensor<1x?x2xi32>
}

// All elements of a splat are one; the rest of the panel is still zero.
// CHECK-LABEL: func @splat_filter(
// CHECK:         %[[P:.+]] = arith.constant dense_resource<constant_packed_3> : tensor<2x1x1x8xi8>
// CHECK:         kernel.depthwise_conv ins(%{{.+}}, %[[P]] : {{.+}}) packed strides
func.func @splat_filter(%x: tensor<1x9x13xi8>, %y: tensor<1x9x13xi32>) -> tensor<1x9x13xi32> {
  %w = arith.constant dense<7> : tensor<13x1x1xi8>
  %r = kernel.depthwise_conv ins(%x, %w : tensor<1x9x13xi8>, tensor<13x1x1xi8>)
         strides = [1] dilations = [1] outs(%y : tensor<1x9x13xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<1x9x13xi32>
  return %r : tensor<1x9x13xi32>
}

// A filter that is computed is packed when the model runs.
// CHECK-LABEL: func @open_filter(
// CHECK-SAME:      %[[W:[^:]+]]: tensor<6x3x3x3xf32>
// CHECK:         %[[E:.+]] = tensor.empty() : tensor<1x3x3x3x8xf32>
// CHECK:         %[[P:.+]] = kernel.pack ins(%[[W]] : {{.+}}) permutation = [2, 3, 1, 0] groups = 1 outs(%[[E]] :
// CHECK:         kernel.conv ins(%{{.+}}, %[[P]] : {{.+}}) packed
func.func @open_filter(%w: tensor<6x3x3x3xf32>, %x: tensor<1x9x9x3xf32>, %y: tensor<1x7x7x6xf32>) -> tensor<1x7x7x6xf32> {
  %r = kernel.conv ins(%x, %w : tensor<1x9x9x3xf32>, tensor<6x3x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<1x7x7x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x6xf32>
  return %r : tensor<1x7x7x6xf32>
}

// A computed right side, and one that differs between batches, stay plain.
// CHECK-LABEL: func @stays_plain(
// CHECK-NOT:     packed
// CHECK:         return
func.func @stays_plain(%a: tensor<2x4x3xf32>, %b: tensor<3x5xf32>, %c: tensor<2x4x5xf32>) -> (tensor<2x4x5xf32>, tensor<2x4x5xf32>) {
  %w = arith.constant dense<1.0> : tensor<2x3x5xf32>
  %r = kernel.matmul ins(%a, %w : tensor<2x4x3xf32>, tensor<2x3x5xf32>) outs(%c : tensor<2x4x5xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<2x4x5xf32>
  %s = kernel.matmul ins(%a, %b : tensor<2x4x3xf32>, tensor<3x5xf32>) outs(%c : tensor<2x4x5xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<2x4x5xf32>
  return %r, %s : tensor<2x4x5xf32>, tensor<2x4x5xf32>
}

// Two readers of a weight share its panels; the original's bytes are gone, but
// those of a weight that is also returned are not.
// CHECK-LABEL: func @shared(
// CHECK-DAG:     arith.constant dense_resource<shared_packed> : tensor<1x2x4xi8>
// CHECK-DAG:     arith.constant dense_resource<shared_packed> : tensor<1x2x4xi8>
// CHECK-DAG:     arith.constant dense_resource<returned_packed> : tensor<1x2x4xi8>
// CHECK-DAG:     arith.constant dense_resource<returned> : tensor<2x2xi8>
func.func @shared(%a: tensor<?x2xi8>, %c: tensor<?x2xi32>) -> (tensor<?x2xi32>, tensor<?x2xi32>, tensor<?x2xi32>, tensor<2x2xi8>) {
  %v = arith.constant dense_resource<shared> : tensor<2x2xi8>
  %w = arith.constant dense_resource<returned> : tensor<2x2xi8>
  %r = kernel.matmul ins(%a, %v : tensor<?x2xi8>, tensor<2x2xi8>) outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  %s = kernel.matmul ins(%a, %v : tensor<?x2xi8>, tensor<2x2xi8>) outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  %t = kernel.matmul ins(%a, %w : tensor<?x2xi8>, tensor<2x2xi8>) outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  return %r, %s, %t, %w : tensor<?x2xi32>, tensor<?x2xi32>, tensor<?x2xi32>, tensor<2x2xi8>
}

// Subnormal weights, 0x00000001 and 0x807fffff, become zeros of their sign; the least
// normal number, an infinity and NaN stay.
// CHECK-LABEL: func @subnormal(
// CHECK:         dense_resource<subnormal_packed> : tensor<1x1x8xf32>
func.func @subnormal(%a: tensor<?x1xf32>, %c: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = arith.constant dense_resource<subnormal> : tensor<1x5xf32>
  %r = kernel.matmul ins(%a, %w : tensor<?x1xf32>, tensor<1x5xf32>) outs(%c : tensor<?x5xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x5xf32>
  return %r : tensor<?x5xf32>
}

// Four rows of a column lie together where a CPU adds up four products: 5 rows are
// two steps. Without such an instruction, or with signed bytes on the left, they do not.
// DOT-LABEL:   func @interleaved(
// DOT:           kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x5xi8>, tensor<1x2x32xi8>) packed interleave = 4 unsigned_lhs
// CHECK-LABEL: func @interleaved(
// CHECK:         kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x5xi8>, tensor<1x5x4xi8>) packed unsigned_lhs
func.func @interleaved(%a: tensor<?x5xi8>, %c: tensor<?x2xi32>) -> tensor<?x2xi32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]> : tensor<5x2xi8>
  %r = kernel.matmul ins(%a, %w : tensor<?x5xi8>, tensor<5x2xi8>) unsigned_lhs outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  return %r : tensor<?x2xi32>
}
// Two lie together where the left side has 16 bits.
// CHECK-LABEL: func @pairs(
// CHECK:         kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x5xi16>, tensor<1x3x8xi8>) packed interleave = 2 outs
func.func @pairs(%a: tensor<?x5xi16>, %c: tensor<?x2xi32>) -> tensor<?x2xi32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 11]]> : tensor<5x2xi8>
  %r = kernel.matmul ins(%a, %w : tensor<?x5xi16>, tensor<5x2xi8>) outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  return %r : tensor<?x2xi32>
}
// DOT-LABEL:   func @signed(
// DOT:           kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x5xi8>, tensor<1x5x8xi8>) packed outs
func.func @signed(%a: tensor<?x5xi8>, %c: tensor<?x2xi32>) -> tensor<?x2xi32> {
  %w = arith.constant dense<[[-1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]> : tensor<5x2xi8>
  %r = kernel.matmul ins(%a, %w : tensor<?x5xi8>, tensor<5x2xi8>) outs(%c : tensor<?x2xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<?x2xi32>
  return %r : tensor<?x2xi32>
}

// The first four bytes of a blob are its alignment.
// CHECK:      dialect_resources
// CHECK-NOT:  shared:
// CHECK-DAG:  constant_packed: "0x400000000102030405000000060708090A0000000B0C0D0E0F000000"
// CHECK-DAG:  constant_packed_1: "0x400000000102030405000000060708090A0000000B0C0D0E0F000000"
// CHECK-DAG:  constant_packed_2: "0x4000000001000000020000000300000004000000"
// CHECK-DAG:  constant_packed_3: "0x4000000007070707070707070707070707000000"
// CHECK-DAG:  subnormal_packed: "0x40000000000000000000008000008000000080FF0000C07F000000000000000000000000"
// DOT-DAG:    : "0x400000000103050702040608000000000000000000000000000000000000000000000000090000000A000000000000000000000000000000000000000000000000000000"
// CHECK-DAG:  shared_packed: "0x400000000102000003040000"
// CHECK-DAG:  returned_packed: "0x400000000506000007080000"
// CHECK-DAG:  returned: "0x0400000005060708"
{-#
  dialect_resources: {
    builtin: {
      shared: "0x0400000001020304",
      subnormal: "0x0400000001000000FFFF7F8000008000000080FF0000C07F",
      returned: "0x0400000005060708"
    }
  }
#-}
