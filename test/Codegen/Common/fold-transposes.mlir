// RUN: %graphopt-opt %s --kernel-fold-transposes | FileCheck %s

#id = affine_map<(b, h, s, d) -> (b, h, s, d)>

// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[HEADS_LAST:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK-DAG: #[[ROWS_FIRST:.+]] = affine_map<(d0, d1, d2, d3) -> (d2, d0, d1, d3)>

// All four transposes become layouts; two in a row are one.
// CHECK-LABEL: func @layouts(
// CHECK-SAME:      %[[Q:[^:]+]]: tensor<1x5x4x8xf32>, %[[K:[^:]+]]: tensor<7x1x4x8xf32>, %[[Y:[^:]+]]: tensor<1x5x4x8xf32>
// CHECK-NOT:     linalg.transpose
// CHECK:         %[[R:.+]] = kernel.attention ins(%[[Q]], %[[K]], %[[K]] : {{.+}}) layouts [#[[HEADS_LAST]], #[[ROWS_FIRST]], #[[ROWS_FIRST]], #[[HEADS_LAST]]] {{.+}} outs(%[[Y]] : tensor<1x5x4x8xf32>)
// CHECK:         return %[[R]] : tensor<1x5x4x8xf32>
func.func @layouts(%q: tensor<1x5x4x8xf32>, %k: tensor<7x1x4x8xf32>, %y: tensor<1x5x4x8xf32>) -> tensor<1x5x4x8xf32> {
  %eq = tensor.empty() : tensor<1x4x5x8xf32>
  %ek = tensor.empty() : tensor<1x7x4x8xf32>
  %el = tensor.empty() : tensor<1x4x7x8xf32>
  %qt = linalg.transpose ins(%q : tensor<1x5x4x8xf32>) outs(%eq : tensor<1x4x5x8xf32>) permutation = [0, 2, 1, 3]
  %kt = linalg.transpose ins(%k : tensor<7x1x4x8xf32>) outs(%ek : tensor<1x7x4x8xf32>) permutation = [1, 0, 2, 3]
  %lt = linalg.transpose ins(%kt : tensor<1x7x4x8xf32>) outs(%el : tensor<1x4x7x8xf32>) permutation = [0, 2, 1, 3]
  %r = kernel.attention ins(%qt, %lt, %lt : tensor<1x4x5x8xf32>, tensor<1x4x7x8xf32>, tensor<1x4x7x8xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 outs(%eq : tensor<1x4x5x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x8xf32>
  %rt = linalg.transpose ins(%r : tensor<1x4x5x8xf32>) outs(%y : tensor<1x5x4x8xf32>) permutation = [0, 2, 1, 3]
  return %rt : tensor<1x5x4x8xf32>
}

// The last dimension must stay; a result that is read twice is computed as it is.
// CHECK-LABEL: func @others(
// CHECK:         %[[K:.+]] = linalg.transpose
// CHECK:         kernel.attention ins(%{{.+}}, %[[K]], %{{.+}} : {{.+}}) layouts [#[[ID]], #[[ID]], #[[ID]], #[[ID]]]
// CHECK:         linalg.transpose
func.func @others(%q: tensor<1x4x5x8xf32>, %k: tensor<1x4x8x5xf32>) -> (tensor<1x4x5x8xf32>, tensor<1x5x4x8xf32>) {
  %e = tensor.empty() : tensor<1x4x5x8xf32>
  %f = tensor.empty() : tensor<1x5x4x8xf32>
  %kt = linalg.transpose ins(%k : tensor<1x4x8x5xf32>) outs(%e : tensor<1x4x5x8xf32>) permutation = [0, 1, 3, 2]
  %r = kernel.attention ins(%q, %kt, %q : tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 outs(%e : tensor<1x4x5x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x8xf32>
  %rt = linalg.transpose ins(%r : tensor<1x4x5x8xf32>) outs(%f : tensor<1x5x4x8xf32>) permutation = [0, 2, 1, 3]
  return %r, %rt : tensor<1x4x5x8xf32>, tensor<1x5x4x8xf32>
}

// A merged product, cut after it was transposed: each is a view of it.
// CHECK-LABEL: func @merged(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x5x3x4x8xf32>
// CHECK-NOT:     linalg.transpose
// CHECK-DAG:     %[[Q:.+]] = tensor.extract_slice %[[X]][0, 0, 0, 0, 0] [1, 5, 1, 4, 8] [1, 1, 1, 1, 1]
// CHECK-DAG:     %[[K:.+]] = tensor.extract_slice %[[X]][0, 0, 1, 0, 0] [1, 5, 1, 4, 8] [1, 1, 1, 1, 1]
// CHECK-DAG:     %[[P:.+]] = tensor.collapse_shape %[[Q]] {{\[\[}}0, 1], [2], [3], [4]]
// CHECK-DAG:     %[[L:.+]] = tensor.collapse_shape %[[K]] {{\[\[}}0, 1], [2], [3], [4]]
// CHECK-NOT:     linalg.transpose
// CHECK:         kernel.attention ins(%[[P]], %[[L]], %[[L]] : tensor<5x1x4x8xf32>, {{.+}}) layouts [#[[ROWS_FIRST]], #[[ROWS_FIRST]], #[[ROWS_FIRST]], #[[ID]]]
func.func @merged(%x: tensor<1x5x3x4x8xf32>, %y: tensor<1x4x5x8xf32>) -> tensor<1x4x5x8xf32> {
  %e = tensor.empty() : tensor<3x1x4x5x8xf32>
  %t = linalg.transpose ins(%x : tensor<1x5x3x4x8xf32>) outs(%e : tensor<3x1x4x5x8xf32>) permutation = [2, 0, 3, 1, 4]
  %qs = tensor.extract_slice %t[0, 0, 0, 0, 0] [1, 1, 4, 5, 8] [1, 1, 1, 1, 1] : tensor<3x1x4x5x8xf32> to tensor<1x1x4x5x8xf32>
  %ks = tensor.extract_slice %t[1, 0, 0, 0, 0] [1, 1, 4, 5, 8] [1, 1, 1, 1, 1] : tensor<3x1x4x5x8xf32> to tensor<1x1x4x5x8xf32>
  %q = tensor.collapse_shape %qs [[0, 1], [2], [3], [4]] : tensor<1x1x4x5x8xf32> into tensor<1x4x5x8xf32>
  %k = tensor.collapse_shape %ks [[0, 1], [2], [3], [4]] : tensor<1x1x4x5x8xf32> into tensor<1x4x5x8xf32>
  %r = kernel.attention ins(%q, %k, %k : tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>, tensor<1x4x5x8xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 outs(%y : tensor<1x4x5x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x8xf32>
  return %r : tensor<1x4x5x8xf32>
}

// Heads that are one dimension with the batch are split in front of the transpose.
// CHECK-LABEL: func @expanded(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x8x4xf32>
// CHECK:         %[[E:.+]] = tensor.expand_shape %[[X]] {{\[\[}}0], [1, 2], [3]] output_shape [%{{.+}}, 2, 4, 4]
// CHECK-NOT:     linalg.transpose
// CHECK:         kernel.attention ins(%[[E]], %[[E]], %[[E]] : {{.+}}) layouts [#[[SECOND:.+]], #[[SECOND]], #[[SECOND]], #[[ID]]]
func.func @expanded(%x: tensor<?x8x4xf32>, %y: tensor<2x4x?x4xf32>, %n: index) -> tensor<2x4x?x4xf32> {
  %e = tensor.empty(%n) : tensor<8x?x4xf32>
  %t = linalg.transpose ins(%x : tensor<?x8x4xf32>) outs(%e : tensor<8x?x4xf32>) permutation = [1, 0, 2]
  %q = tensor.expand_shape %t [[0, 1], [2], [3]] output_shape [2, 4, %n, 4] : tensor<8x?x4xf32> into tensor<2x4x?x4xf32>
  %r = kernel.attention ins(%q, %q, %q : tensor<2x4x?x4xf32>, tensor<2x4x?x4xf32>, tensor<2x4x?x4xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 outs(%y : tensor<2x4x?x4xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<2x4x?x4xf32>
  return %r : tensor<2x4x?x4xf32>
}
