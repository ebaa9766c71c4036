// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Halves are summed in f32 and rounded once; the count of open rows is computed.
// CHECK-LABEL: func @mean(
// CHECK-DAG:     %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK:         linalg.fill ins(%[[ZERO]] : f32) outs(%{{.+}} : tensor<5xf32>)
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "reduction"]
// CHECK:           arith.addf {{.+}} : f32
// CHECK:         arith.muli
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK:           arith.divf
// CHECK:           arith.truncf
// CHECK:         tensor.expand_shape {{.+}} {{\[\[}}0, 1, 2]] output_shape [1, 5, 1]
func.func @mean(%x: tensor<?x5x?xf16>) -> tensor<1x5x1xf16> {
  %r = graph.reduce Mean %x axes = [2, 0] keepdims : tensor<?x5x?xf16>
  return %r : tensor<1x5x1xf16>
}

// The greatest of no signed, unsigned or float elements.
// CHECK-LABEL: func @neutral(
// CHECK-DAG:     arith.constant 0xFF800000 : f32
// CHECK-DAG:     arith.constant -2147483648 : i32
// CHECK-DAG:     arith.constant 0 : i8
// CHECK:         arith.maxui
// CHECK:         arith.maxsi
// CHECK:         arith.maximumf
func.func @neutral(%u: tensor<2x3xui8>, %i: tensor<2x3xi32>, %f: tensor<2x3xf32>) -> (tensor<2xui8>, tensor<2xi32>, tensor<2xf32>) {
  %a = graph.reduce Max %u axes = [1] : tensor<2x3xui8>
  %b = graph.reduce Max %i axes = [1] : tensor<2x3xi32>
  %c = graph.reduce Max %f axes = [1] : tensor<2x3xf32>
  return %a, %b, %c : tensor<2xui8>, tensor<2xi32>, tensor<2xf32>
}

// The exponentials do not overflow: the greatest element is taken off.
// CHECK-LABEL: func @log_sum_exp(
// CHECK:         arith.maximumf
// CHECK:         arith.subf
// CHECK:         math.exp
// CHECK:         math.log
// CHECK:         arith.addf
func.func @log_sum_exp(%x: tensor<?x5xf32>) -> tensor<?xf32> {
  %r = graph.reduce LogSumExp %x axes = [1] : tensor<?x5xf32>
  return %r : tensor<?xf32>
}

// The product of a shape is a size.
// CHECK-LABEL: func @count(
// CHECK-NOT:     linalg
// CHECK:         arith.muli
// CHECK-NOT:     linalg
func.func @count(%x: tensor<?x?xf32>) -> tensor<i64> {
  %s = graph.shape %x : tensor<?x?xf32>
  %r = graph.reduce Prod %s axes = [0] : tensor<2xi64>
  return %r : tensor<i64>
}

// The greatest element, then the last position of what equals it.
// CHECK-LABEL: func @arg(
// CHECK:         linalg.generic
// CHECK:           arith.maximumf
// CHECK:         linalg.generic
// CHECK:           arith.cmpf oeq
// CHECK:           arith.cmpf uno
// CHECK:           linalg.index 1
// CHECK:           arith.maxsi
func.func @arg(%x: tensor<?x5xf32>) -> tensor<?xi64> {
  %r = graph.arg Max %x axis = 1 last : tensor<?x5xf32>
  return %r : tensor<?xi64>
}
