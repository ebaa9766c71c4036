// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-DAG: #[[DIAGONAL:.+]] = affine_map<(d0) -> (d0, d0)>

// Batch, rows and columns are brought together, then multiplied.
// CHECK-LABEL: func @attention(
// CHECK-DAG:     %[[K:.+]] = linalg.transpose ins(%arg1 {{.+}} permutation = [0, 2, 3, 1]
// CHECK-DAG:     %[[Q:.+]] = linalg.transpose ins(%arg0 {{.+}} permutation = [0, 2, 1, 3]
// CHECK:         kernel.matmul ins(%[[Q]], %[[K]]
// CHECK-NOT:     linalg.generic
func.func @attention(%q: tensor<?x?x12x64xf32> {graph.dims = ["n", "s", "", ""]}, %k: tensor<?x?x12x64xf32> {graph.dims = ["n", "s", "", ""]}) -> tensor<?x12x?x?xf32> {
  %y = graph.einsum "bihd,bjhd->bhij" %q, %k : tensor<?x?x12x64xf32>, tensor<?x?x12x64xf32>
  return %y : tensor<?x12x?x?xf32>
}

// Two summed dimensions are one, and so are two rows.
// CHECK-LABEL: func @merged(
// CHECK:         tensor.collapse_shape {{.+}} {{\[\[}}0, 1], [2, 3]]
// CHECK:         tensor.collapse_shape {{.+}} {{\[\[}}0, 1], [2]]
// CHECK:         kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<6x20xf32>, tensor<20x7xf32>)
// CHECK:         tensor.expand_shape {{.+}} {{\[\[}}0, 1], [2]]
func.func @merged(%x: tensor<2x3x4x5xf32>, %w: tensor<4x5x7xf32>) -> tensor<2x3x7xf32> {
  %y = graph.einsum "abcd,cde->abe" %x, %w : tensor<2x3x4x5xf32>, tensor<4x5x7xf32>
  return %y : tensor<2x3x7xf32>
}

// What only one input has is summed first; nothing summed is an outer product.
// CHECK-LABEL: func @outer(
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// CHECK:           arith.mulf
func.func @outer(%x: tensor<2x3xf32>, %y: tensor<4xf32>) -> tensor<2x4xf32> {
  %z = graph.einsum "ij,k->ik" %x, %y : tensor<2x3xf32>, tensor<4xf32>
  return %z : tensor<2x4xf32>
}

// CHECK-LABEL: func @trace(
// CHECK:         linalg.generic {indexing_maps = [#[[DIAGONAL]],
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction"]
func.func @trace(%x: tensor<3x3xf32>) -> tensor<f32> {
  %y = graph.einsum "ii" %x : tensor<3x3xf32>
  return %y : tensor<f32>
}

// Halves of a dot product are summed in f32.
// CHECK-LABEL: func @dot(
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK:           arith.mulf {{.+}} : f32
// CHECK:         arith.truncf
func.func @dot(%x: tensor<?x3xf16> {graph.dims = ["n", ""]}, %y: tensor<?x3xf16> {graph.dims = ["n", ""]}) -> tensor<?xf16> {
  %z = graph.einsum "ij,ij->i" %x, %y : tensor<?x3xf16>, tensor<?x3xf16>
  return %z : tensor<?xf16>
}
