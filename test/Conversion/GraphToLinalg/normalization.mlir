// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func @softmax(
// CHECK:         arith.maximumf
// CHECK:         arith.subf
// CHECK:         math.exp
// CHECK:         arith.addf
// CHECK:         arith.divf
// CHECK:         linalg.generic
// CHECK:           arith.mulf
// CHECK:           arith.truncf
func.func @softmax(%x: tensor<?x384xf16>) -> tensor<?x384xf16> {
  %y = graph.softmax %x axis = -1 : tensor<?x384xf16>
  return %y : tensor<?x384xf16>
}

// CHECK-LABEL: func @log_softmax(
// CHECK:         math.exp
// CHECK:         math.log
// CHECK:         arith.subf
func.func @log_softmax(%x: tensor<3x?x5xf32>) -> tensor<3x?x5xf32> {
  %y = graph.log_softmax %x axis = 1 : tensor<3x?x5xf32>
  return %y : tensor<3x?x5xf32>
}

// The least index of the greatest element.
// CHECK-LABEL: func @hardmax(
// CHECK:         arith.maximumf
// CHECK:         linalg.index 1
// CHECK:         arith.minsi
// CHECK:         arith.select
func.func @hardmax(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %y = graph.hardmax %x axis = 1 : tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// No division by a norm of 0.
// CHECK-LABEL: func @lp_normalization(
// CHECK:         math.sqrt
// CHECK:         arith.divf
// CHECK:         arith.select
func.func @lp_normalization(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %y = graph.lp_normalization %x axis = 1 p = 2 : tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// Mean, then variance around it, then all else in one pass. Outputs that nobody
// reads cost nothing.
// CHECK-LABEL: func @layer_normalization(
// CHECK-COUNT-2: iterator_types = ["parallel", "reduction"]
// CHECK:         math.sqrt
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]}
// CHECK:           arith.subf
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      arith.addf
// CHECK-NOT:     tensor.expand_shape
func.func @layer_normalization(%x: tensor<?x384xf32>, %s: tensor<384xf32>, %b: tensor<384xf32>) -> tensor<?x384xf32> {
  %y:3 = graph.layer_normalization %x, %s, %b axis = -1 epsilon = 1.0e-5 : tensor<?x384xf32>, tensor<384xf32>, tensor<384xf32>
  return %y#0 : tensor<?x384xf32>
}

// CHECK-LABEL: func @rms_normalization(
// CHECK:         math.sqrt
func.func @rms_normalization(%x: tensor<2x?xf16>, %s: tensor<1xf32>) -> tensor<2x?xf32> {
  %y = graph.rms_normalization %x, %s axis = -1 epsilon = 1.0e-5 : tensor<2x?xf16>, tensor<1xf32>
  return %y : tensor<2x?xf32>
}

// One factor a channel, then one pass.
// CHECK-LABEL: func @batch_normalization(
// CHECK:         math.sqrt
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel"]}
// CHECK:           arith.subf
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      arith.addf
// CHECK-NOT:     linalg.generic
func.func @batch_normalization(%x: tensor<?x64x7xf32>, %s: tensor<64xf32>) -> tensor<?x64x7xf32> {
  %y:3 = graph.batch_normalization %x, %s, %s, %s, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9 : tensor<?x64x7xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
  return %y#0 : tensor<?x64x7xf32>
}

// CHECK-LABEL: func @batch_normalization_training(
// CHECK-COUNT-2: iterator_types = ["reduction", "parallel", "reduction"]
// CHECK:         arith.mulf
func.func @batch_normalization_training(%x: tensor<?x64x7xf32>, %s: tensor<64xf32>) -> (tensor<?x64x7xf32>, tensor<64xf32>, tensor<64xf32>) {
  %y:3 = graph.batch_normalization %x, %s, %s, %s, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9 training : tensor<?x64x7xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
  return %y#0, %y#1, %y#2 : tensor<?x64x7xf32>, tensor<64xf32>, tensor<64xf32>
}

// The groups are a dimension of their own meanwhile.
// CHECK-LABEL: func @group_normalization(
// CHECK:         %[[X:.+]] = tensor.expand_shape {{.+}} {{\[\[}}0], [1, 2], [3]] {{.+}} into tensor<?x8x8x7xf32>
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%[[X]]
// CHECK:         tensor.collapse_shape {{.+}} {{\[\[}}0], [1, 2], [3]]
func.func @group_normalization(%x: tensor<?x64x7xf32>, %s: tensor<64xf32>) -> tensor<?x64x7xf32> {
  %y = graph.group_normalization %x, %s, %s axis = 1 groups = 8 epsilon = 1.0e-5 : tensor<?x64x7xf32>, tensor<64xf32>, tensor<64xf32>
  return %y : tensor<?x64x7xf32>
}

// Each channel for itself.
// CHECK-LABEL: func @instance_normalization(
// CHECK-NOT:     tensor.expand_shape
// CHECK-COUNT-2: iterator_types = ["parallel", "parallel", "reduction"]
func.func @instance_normalization(%x: tensor<2x?x7xf32>, %s: tensor<?xf32>) -> tensor<2x?x7xf32> {
  %y = graph.group_normalization %x, %s, %s axis = 1 groups = 0 epsilon = 1.0e-5 : tensor<2x?x7xf32>, tensor<?xf32>, tensor<?xf32>
  return %y : tensor<2x?x7xf32>
}

// Zeros before the first and after the last channel.
// CHECK-LABEL: func @lrn(
// CHECK:         tensor.pad %{{.+}} low[0, 1, 0] high[0, 2, 0]
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK:         math.powf
func.func @lrn(%x: tensor<1x?x7xf32>) -> tensor<1x?x7xf32> {
  %y = graph.lrn %x axis = 1 size = 4 alpha = 1.0e-4 beta = 0.75 bias = 1.0 : tensor<1x?x7xf32>
  return %y : tensor<1x?x7xf32>
}
