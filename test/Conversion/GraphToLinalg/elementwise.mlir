// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// An extent of 1 is read at 0; the same open dimension needs no check.
// CHECK-DAG: #[[ID:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (0, d1)>
// CHECK-LABEL: func @broadcast(
// CHECK:         linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]]
// CHECK:           arith.addf
func.func @broadcast(%x: tensor<?x4xf32> {graph.dims = ["n", ""]}, %y: tensor<1x4xf32>) -> tensor<?x4xf32> {
  %z = graph.binary Add %x, %y : tensor<?x4xf32>, tensor<1x4xf32>
  return %z : tensor<?x4xf32>
}

// Two open extents may differ: which one is repeated shows at run time.
// CHECK-LABEL: func @broadcast_unknown(
// CHECK:         arith.select
// CHECK:         tensor.extract
func.func @broadcast_unknown(%x: tensor<?xf32> {graph.dims = ["a"]}, %y: tensor<?xf32> {graph.dims = ["b"]}) -> tensor<?xf32> {
  %z = graph.binary Mul %x, %y : tensor<?xf32>, tensor<?xf32>
  return %z : tensor<?xf32>
}

// Booleans are bytes, unsigned integers signless with unsigned arithmetic.
// CHECK-LABEL: func @types(
// CHECK-SAME:      tensor<3xi8>, %{{.+}}: tensor<3xi8>) -> (tensor<3xi8>, tensor<3xi8>)
// CHECK:         arith.cmpi ult
// CHECK:         arith.extui
// CHECK:         arith.xori
func.func @types(%u: tensor<3xui8>, %c: tensor<3xi1>) -> (tensor<3xi1>, tensor<3xi1>) {
  %l = graph.binary Less %u, %u : tensor<3xui8>, tensor<3xui8>
  %n = graph.unary Not %c : tensor<3xi1>
  return %l, %n : tensor<3xi1>, tensor<3xi1>
}

// A square is a product.
// CHECK-LABEL: func @power(
// CHECK:         arith.mulf
// CHECK-NOT:     math.powf
func.func @power(%x: tensor<3xf32>) -> tensor<3xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %y = graph.binary Pow %x, %two : tensor<3xf32>, tensor<f32>
  return %y : tensor<3xf32>
}
