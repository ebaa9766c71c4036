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

// A float of a byte is its bits, in a constant too; conversions are arithmetic on them.
// CHECK-LABEL: func @small_floats(
// CHECK-SAME:      %[[X:.+]]: tensor<3xi8>) -> (tensor<3xf32>, tensor<3xi8>, tensor<2xi8>)
// CHECK:         %[[C:.+]] = arith.constant dense<[60, -68]> : tensor<2xi8>
// CHECK:         arith.extui %{{.+}} : i8 to i32
// CHECK-NOT:     f8E5M2
// CHECK:         arith.trunci %{{.+}} : i32 to i8
// CHECK:         return %{{.+}}, %{{.+}}, %[[C]]
func.func @small_floats(%x: tensor<3xf8E5M2>) -> (tensor<3xf32>, tensor<3xf8E4M3FN>, tensor<2xf8E5M2>) {
  %c = arith.constant dense<[1.0, -1.0]> : tensor<2xf8E5M2>
  %y = graph.cast %x to f32 : tensor<3xf8E5M2>
  %z = graph.cast %x to f8E4M3FN unsaturated : tensor<3xf8E5M2>
  return %y, %z, %c : tensor<3xf32>, tensor<3xf8E4M3FN>, tensor<2xf8E5M2>
}

// The same bits; of less than a byte, extended as the new type says.
// CHECK-LABEL: func @bitcast(
// CHECK:         arith.bitcast %{{.+}} : f32 to i32
// CHECK:         arith.andi %{{.+}}, %{{.+}} : i8
func.func @bitcast(%x: tensor<3xf32>, %n: tensor<3xi4>) -> (tensor<3xi32>, tensor<3xui4>) {
  %y = graph.bitcast %x to i32 : tensor<3xf32>
  %z = graph.bitcast %n to ui4 : tensor<3xi4>
  return %y, %z : tensor<3xi32>, tensor<3xui4>
}
