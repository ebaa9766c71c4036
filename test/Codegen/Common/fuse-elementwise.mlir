// RUN: graphopt-opt %s --graphopt-fuse-elementwise --canonicalize --cse -split-input-file | FileCheck %s

// A chain becomes one op.
// CHECK-LABEL: func @merges_chain(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[Y:.+]] = linalg.generic {{.+}} ins(%[[X]] :
// CHECK:           math.exp
// CHECK:           math.absf
// CHECK:         return %[[Y]]
func.func @merges_chain(%x: tensor<?x8xf32>, %e: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %a = linalg.exp ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = linalg.abs ins(%a : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %b : tensor<?x8xf32>
}

// -----

// A result with two readers is computed once.
// CHECK-LABEL: func @keeps_shared(
// CHECK-COUNT-1: math.exp
// CHECK-NOT:     math.exp
func.func @keeps_shared(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %a = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %b = linalg.abs ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %c = linalg.negf ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %b, %c : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// A broadcast is read through; an exponential is not computed once a row.
// CHECK-LABEL: func @broadcast(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x8xf32>, %[[B:[^:]+]]: tensor<8xf32>
// CHECK:         %[[EXP:.+]] = linalg.generic {{.+}} ins(%[[B]] :
// CHECK:           math.exp
// CHECK:         linalg.generic {{.+}} ins(%[[X]], %[[EXP]] : tensor<4x8xf32>, tensor<8xf32>)
func.func @broadcast(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %e1 = tensor.empty() : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %a = linalg.exp ins(%b : tensor<8xf32>) outs(%e1 : tensor<8xf32>) -> tensor<8xf32>
  %w = linalg.broadcast ins(%a : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
  %y = linalg.add ins(%x, %w : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A transpose stays an op of its own.
// CHECK-LABEL: func @keeps_transpose(
// CHECK-COUNT-2: linalg.generic
func.func @keeps_transpose(%x: tensor<4x8xf32>, %z: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<8x4xf32>
  %t = linalg.transpose ins(%x : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>) permutation = [1, 0]
  %y = linalg.add ins(%t, %z : tensor<8x4xf32>, tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// The reshape moves behind the op, which works on two dimensions.
// CHECK-LABEL: func @sinks_reshape(
// CHECK:         linalg.generic {{.+}} ins(%{{.+}} : tensor<8x16xf32>)
// CHECK:         tensor.expand_shape
func.func @sinks_reshape(%x: tensor<8x16xf32>) -> tensor<2x4x16xf32> {
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, 4, 16] : tensor<8x16xf32> into tensor<2x4x16xf32>
  %e = tensor.empty() : tensor<2x4x16xf32>
  %y = linalg.exp ins(%r : tensor<2x4x16xf32>) outs(%e : tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  return %y : tensor<2x4x16xf32>
}
