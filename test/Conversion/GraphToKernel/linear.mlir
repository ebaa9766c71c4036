// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-DAG: #[[COLUMN:.+]] = affine_map<(d0, d1) -> (d1)>

// Batch dimensions stay; one that is 1 for certain is repeated by the kernel.
// CHECK-LABEL: func @batches(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x1x4x5xf32>{{.*}}, %[[Y:[^:]+]]: tensor<3x5x6xf32>
// CHECK-NOT:     linalg.generic
// CHECK:         kernel.matmul ins(%[[X]], %[[Y]] : {{.+}}) outs(%{{.+}} : tensor<?x3x4x6xf32>)
func.func @batches(%x: tensor<?x1x4x5xf32> {graph.dims = ["n", "", "", ""]}, %y: tensor<3x5x6xf32>) -> tensor<?x3x4x6xf32> {
  %z = graph.matmul %x, %y : tensor<?x1x4x5xf32>, tensor<3x5x6xf32>
  return %z : tensor<?x3x4x6xf32>
}

// Which batch is repeated shows at run time: both are copied to the full size.
// CHECK-LABEL: func @unknown_batches(
// CHECK:         %[[N:.+]] = arith.select
// CHECK:         %[[X:.+]] = linalg.generic
// CHECK:         %[[Y:.+]] = linalg.generic
// CHECK:         kernel.matmul ins(%[[X]], %[[Y]] :
func.func @unknown_batches(%x: tensor<?x4x5xf32> {graph.dims = ["n", "", ""]}, %y: tensor<?x5x6xf32> {graph.dims = ["m", "", ""]}) -> tensor<?x4x6xf32> {
  %z = graph.matmul %x, %y : tensor<?x4x5xf32>, tensor<?x5x6xf32>
  return %z : tensor<?x4x6xf32>
}

// A vector on the left is a matrix of one row.
// CHECK-LABEL: func @vector_left(
// CHECK:         %[[V:.+]] = tensor.expand_shape {{.+}} : tensor<5xf32> into tensor<1x5xf32>
// CHECK:         %[[Z:.+]] = kernel.matmul ins(%[[V]], {{.+}} outs(%{{.+}} : tensor<2x1x6xf32>)
// CHECK:         tensor.collapse_shape %[[Z]] {{\[\[}}0], [1, 2]]
func.func @vector_left(%v: tensor<5xf32>, %y: tensor<2x5x6xf32>) -> tensor<2x6xf32> {
  %z = graph.matmul %v, %y : tensor<5xf32>, tensor<2x5x6xf32>
  return %z : tensor<2x6xf32>
}

// A product with one column is a sum along each row, which has no lanes to lose;
// halves are summed in f32.
// CHECK-LABEL: func @vector_right(
// CHECK-NOT:     kernel.matmul
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK:           arith.addf {{.+}} : f32
// CHECK:           arith.truncf
func.func @vector_right(%x: tensor<2x4x5xf16>, %v: tensor<5xf16>) -> tensor<2x4xf16> {
  %z = graph.matmul %x, %v : tensor<2x4x5xf16>, tensor<5xf16>
  return %z : tensor<2x4xf16>
}

// CHECK-LABEL: func @one_column(
// CHECK-NOT:     kernel.matmul
// CHECK:         linalg.generic
// CHECK:         tensor.expand_shape {{.+}} {{\[\[}}0], [1, 2]]
func.func @one_column(%x: tensor<2x4x5xf32>, %y: tensor<5x1xf32>) -> tensor<2x4x1xf32> {
  %z = graph.matmul %x, %y : tensor<2x4x5xf32>, tensor<5x1xf32>
  return %z : tensor<2x4x1xf32>
}

// CHECK-LABEL: func @unsigned(
// CHECK:         kernel.matmul {{.+}} unsigned_lhs unsigned_rhs
func.func @unsigned(%x: tensor<2x3xui32>, %y: tensor<3x4xui32>) -> tensor<2x4xui32> {
  %z = graph.matmul %x, %y : tensor<2x3xui32>, tensor<3x4xui32>
  return %z : tensor<2x4xui32>
}

// alpha, beta and the bias are the product's epilogue, before it is rounded.
// CHECK-LABEL: func @gemm(
// CHECK:         %[[A:.+]] = linalg.transpose ins(%arg0
// CHECK:         %[[B:.+]] = linalg.transpose ins(%arg1
// CHECK:         kernel.matmul ins(%[[A]], %[[B]] : {{.+}}) {{.+}} extras(%arg2 : tensor<6xf16>) maps [#[[COLUMN]]] {
// CHECK:         ^bb0(%[[SUM:.+]]: f32, %[[BIAS:.+]]: f16):
// CHECK:           arith.mulf %[[SUM]]
// CHECK:           arith.extf %[[BIAS]]
// CHECK:           arith.addf
// CHECK:           arith.truncf
func.func @gemm(%x: tensor<5x?xf16>, %y: tensor<6x5xf16>, %z: tensor<6xf16>) -> tensor<?x6xf16> {
  %r = graph.gemm %x, %y, %z transA transB {alpha = 0.5 : f32} : tensor<5x?xf16>, tensor<6x5xf16>, tensor<6xf16>
  return %r : tensor<?x6xf16>
}
