// RUN: graphopt-opt %s --graphopt-decompose-tensor-ops | FileCheck %s

// CHECK-LABEL: func @concat(
// CHECK-SAME:      %[[A:[^:]+]]: tensor<2xf32>, %[[B:[^:]+]]: tensor<?xf32>
// CHECK:         %[[E:.+]] = tensor.empty
// CHECK:         %[[FIRST:.+]] = tensor.insert_slice %[[A]] into %[[E]]
// CHECK:         tensor.insert_slice %[[B]] into %[[FIRST]]
func.func @concat(%a: tensor<2xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %y = tensor.concat dim(0) %a, %b : (tensor<2xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func @pad(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[FILL:.+]] = linalg.fill
// CHECK:         tensor.insert_slice %[[X]] into %[[FILL]][1]
func.func @pad(%x: tensor<?xf32>) -> tensor<?xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}
