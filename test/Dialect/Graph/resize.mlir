// RUN: %graphopt-opt %s | FileCheck %s

// Extents are rounded down, in f32: 0.7 of 10 is 7 there.
// CHECK-LABEL: func @scales(
// CHECK-SAME:      -> tensor<3x7x?xf32>
// CHECK:         graph.resize nearest %{{.+}} scales %{{.+}} axes = [0, 1, -1] coordinates = asymmetric rounding = floor :
func.func @scales(%x: tensor<2x10x?xf32>) -> tensor<3x7x?xf32> {
  %s = arith.constant dense<[1.9, 0.7, 2.0]> : tensor<3xf32>
  %y = graph.resize nearest %x scales %s axes = [0, 1, -1] coordinates = asymmetric rounding = floor : tensor<2x10x?xf32>, tensor<3xf32>
  return %y : tensor<3x7x?xf32>
}

// Dimensions without an entry stay.
// CHECK-LABEL: func @sizes(
// CHECK-SAME:      -> tensor<?x8x9x4xf16>
func.func @sizes(%x: tensor<?x?x3x4xf16>) -> tensor<?x8x9x4xf16> {
  %s = arith.constant dense<[9, 8]> : tensor<2xi32>
  %y = graph.resize linear %x sizes %s axes = [2, 1] coordinates = half_pixel antialias exclude_outside : tensor<?x?x3x4xf16>, tensor<2xi32>
  return %y : tensor<?x8x9x4xf16>
}

// One scale: 2, and 1.5 rounded up.
// CHECK-LABEL: func @policy(
// CHECK-SAME:      -> (tensor<8x6xf32>, tensor<6x5xf32>)
func.func @policy(%x: tensor<4x3xf32>) -> (tensor<8x6xf32>, tensor<6x5xf32>) {
  %s = arith.constant dense<[6, 6]> : tensor<2xi64>
  %a = graph.resize cubic %x sizes %s axes = [0, 1] coordinates = half_pixel policy = not_smaller {cubic_coefficient = -5.000000e-01 : f32} : tensor<4x3xf32>, tensor<2xi64>
  %b = graph.resize cubic %x sizes %s axes = [0, 1] coordinates = half_pixel policy = not_larger : tensor<4x3xf32>, tensor<2xi64>
  return %a, %b : tensor<8x6xf32>, tensor<6x5xf32>
}
