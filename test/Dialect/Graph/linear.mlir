// RUN: graphopt-opt %s --graph-infer-shapes | FileCheck %s

// Batch dimensions broadcast, open ones by name.
// CHECK-LABEL: func @batches(
// CHECK:         graph.matmul {{.+}} : tensor<?x1x4x5xf32>, tensor<3x5x6xf32>
// CHECK-NEXT:    return {{.+}} : tensor<?x3x4x6xf32>
func.func @batches(%x: tensor<?x1x4x5xf32> {graph.dims = ["n", "", "", ""]}, %y: tensor<3x5x6xf32>) -> tensor<?x3x4x6xf32> {
  %z = graph.matmul %x, %y : tensor<?x1x4x5xf32>, tensor<3x5x6xf32>
  return %z : tensor<?x3x4x6xf32>
}

// Products of bytes of any signs are summed in 32 bits.
// CHECK-LABEL: func @bytes(
// CHECK:         graph.matmul {{.+}} : tensor<2x3xui8>, tensor<3x4xi8>
// CHECK-NEXT:    return {{.+}} : tensor<2x4xi32>
func.func @bytes(%x: tensor<2x3xui8>, %y: tensor<3x4xi8>) -> tensor<2x4xi32> {
  %z = graph.matmul %x, %y : tensor<2x3xui8>, tensor<3x4xi8>
  return %z : tensor<2x4xi32>
}

// So are those of bytes that are wider on the left.
// CHECK-LABEL: func @pairs(
// CHECK-SAME:      -> tensor<2x4xi32>
func.func @pairs(%x: tensor<2x3xi16>, %y: tensor<3x4xi8>) -> tensor<2x4xi32> {
  %z = graph.matmul %x, %y : tensor<2x3xi16>, tensor<3x4xi8>
  return %z : tensor<2x4xi32>
}

// A vector's dimension is not in the result.
// CHECK-LABEL: func @vectors(
// CHECK-SAME:      -> (tensor<2x6xf32>, tensor<2x4xf32>, tensor<f32>)
func.func @vectors(%x: tensor<2x4x5xf32>, %y: tensor<2x5x6xf32>, %v: tensor<5xf32>) -> (tensor<2x6xf32>, tensor<2x4xf32>, tensor<f32>) {
  %a = graph.matmul %v, %y : tensor<5xf32>, tensor<2x5x6xf32>
  %b = graph.matmul %x, %v : tensor<2x4x5xf32>, tensor<5xf32>
  %c = graph.matmul %v, %v : tensor<5xf32>, tensor<5xf32>
  return %a, %b, %c : tensor<2x6xf32>, tensor<2x4xf32>, tensor<f32>
}

// CHECK-LABEL: func @gemm(
// CHECK:         graph.gemm {{.+}} transA transB {alpha = 5.000000e-01 : f32}
func.func @gemm(%x: tensor<5x?xf32>, %y: tensor<6x5xf32>, %z: tensor<?x1xf32>) -> tensor<?x6xf32> {
  %r = graph.gemm %x, %y, %z transA transB {alpha = 0.5 : f32} : tensor<5x?xf32>, tensor<6x5xf32>, tensor<?x1xf32>
  return %r : tensor<?x6xf32>
}

// The implicit output has what is there once, in the order of the alphabet.
// CHECK-LABEL: func @einsum(
// CHECK-SAME:      -> (tensor<2x5xf32>, tensor<7x?x2x5xf32>, tensor<3xf32>)
func.func @einsum(%x: tensor<3x2xf32>, %y: tensor<5x3xf32>, %z: tensor<7x1x3x3xf32>, %w: tensor<?x3x2xf32>) -> (tensor<2x5xf32>, tensor<7x?x2x5xf32>, tensor<3xf32>) {
  %a = graph.einsum "ji, kj" %x, %y : tensor<3x2xf32>, tensor<5x3xf32>
  %b = graph.einsum "...ij,...jb,kj->...bk" %z, %w, %y : tensor<7x1x3x3xf32>, tensor<?x3x2xf32>, tensor<5x3xf32>
  %c = graph.einsum "abii->i" %z : tensor<7x1x3x3xf32>
  return %a, %b, %c : tensor<2x5xf32>, tensor<7x?x2x5xf32>, tensor<3xf32>
}
