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

// Only the border is filled: rows above and below, then what is left and right of
// the others.
// CHECK-LABEL: func @pad(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x5x8xf32>
// CHECK:         %[[E:.+]] = tensor.empty() : tensor<7x7x8xf32>
// CHECK:         %[[ABOVE:.+]] = linalg.fill {{.+}} -> tensor<1x7x8xf32>
// CHECK:         %[[A:.+]] = tensor.insert_slice %[[ABOVE]] into %[[E]][0, 0, 0] [1, 7, 8]
// CHECK:         %[[BELOW:.+]] = linalg.fill {{.+}} -> tensor<2x7x8xf32>
// CHECK:         %[[B:.+]] = tensor.insert_slice %[[BELOW]] into %[[A]][5, 0, 0] [2, 7, 8]
// CHECK:         %[[RIGHT:.+]] = linalg.fill {{.+}} -> tensor<4x2x8xf32>
// CHECK:         %[[C:.+]] = tensor.insert_slice %[[RIGHT]] into %[[B]][1, 5, 0] [4, 2, 8]
// CHECK:         tensor.insert_slice %[[X]] into %[[C]][1, 0, 0] [4, 5, 8]
func.func @pad(%x: tensor<4x5x8xf32>) -> tensor<7x7x8xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1, 0, 0] high[2, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index):
    tensor.yield %zero : f32
  } : tensor<4x5x8xf32> to tensor<7x7x8xf32>
  return %y : tensor<7x7x8xf32>
}

// CHECK-LABEL: func @open_pad(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>, %[[N:[^:]+]]: index
// CHECK:         %[[SIZE:.+]] = affine.apply {{.+}}(){{.+}}%[[N]]
// CHECK:         %[[E:.+]] = tensor.empty(%[[SIZE]])
// CHECK:         %[[A:.+]] = tensor.insert_slice %{{.+}} into %[[E]][0] [1] [1]
// CHECK:         %[[B:.+]] = tensor.insert_slice %{{.+}} into %[[A]][%{{.+}}] [%[[N]]] [1]
// CHECK:         tensor.insert_slice %[[X]] into %[[B]][1]
func.func @open_pad(%x: tensor<?xf32>, %n: index) -> tensor<?xf32> {
  %zero = arith.constant 0.0 : f32
  %y = tensor.pad %x low[1] high[%n] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<?xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// One position has no next one.
// CHECK-LABEL: func @steps(
// CHECK:         tensor.extract_slice %{{.+}}[0, 1, 0] [1, 1, 13] [1, 1, 1]
// CHECK:         tensor.insert_slice %{{.+}} into %{{.+}}[0, 0, 0] [2, 1, 13] [2, 1, 1]
func.func @steps(%x: tensor<1x2x13xf32>, %y: tensor<2x13xf32>, %z: tensor<4x1x13xf32>) -> (tensor<1x13xf32>, tensor<4x1x13xf32>) {
  %0 = tensor.extract_slice %x[0, 1, 0] [1, 1, 13] [3, 2, 1] : tensor<1x2x13xf32> to tensor<1x13xf32>
  %1 = tensor.insert_slice %y into %z[0, 0, 0] [2, 1, 13] [2, 5, 1] : tensor<2x13xf32> into tensor<4x1x13xf32>
  return %0, %1 : tensor<1x13xf32>, tensor<4x1x13xf32>
}

// -----

// Nothing is in it, whatever the open extent is.
// CHECK-LABEL: func @no_elements(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x0x3xf32>
// CHECK:         %[[EMPTY:.+]] = tensor.empty() : tensor<0x3xf32>
// CHECK:         %[[Y:.+]] = tensor.cast %[[EMPTY]] : tensor<0x3xf32> to tensor<?x3xf32>
// CHECK:         return %[[Y]]
func.func @no_elements(%x: tensor<?x0x3xf32>) -> tensor<?x3xf32> {
  %y = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x0x3xf32> into tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// A part of it, which even at 0 would begin outside, and what is put into it; casts tell of it, too.
// CHECK-LABEL: func @no_part(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x0xf32>, %[[N:[^:]+]]: index, %[[Z:[^:]+]]: tensor<?x4xf32>
// CHECK-NOT:     slice
// CHECK:         %[[EMPTY:.+]] = tensor.empty(%[[N]]) : tensor<?xf32>
// CHECK-NOT:     slice
// CHECK:         return %[[EMPTY]], %[[Z]]
func.func @no_part(%x: tensor<?x0xf32>, %n: index, %z: tensor<?x4xf32>) -> (tensor<?xf32>, tensor<?x4xf32>) {
  %open = tensor.cast %x : tensor<?x0xf32> to tensor<?x?xf32>
  %y = tensor.extract_slice %open[0, 0] [%n, 1] [1, 1] : tensor<?x?xf32> to tensor<?xf32>
  %w = tensor.insert_slice %open into %z[0, 0] [%n, %n] [1, 1] : tensor<?x?xf32> into tensor<?x4xf32>
  return %y, %w : tensor<?xf32>, tensor<?x4xf32>
}
