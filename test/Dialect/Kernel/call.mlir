// RUN: %graphopt-opt %s -split-input-file \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   | FileCheck %s

// Inputs are read only, inits are written only; a scalar stays.
// CHECK-LABEL: func @in_place(
// CHECK-SAME:      %[[X:[^:]+]]: memref<?xi64>, %[[N:[^:]+]]: index
// CHECK-NEXT:    %[[Y:.+]] = memref.alloc(%[[N]])
// CHECK-NEXT:    %[[COUNT:.+]] = kernel.call @f ins(%[[N]], %[[X]] : index, memref<?xi64>) outs(%[[Y]] : memref<?xi64>) -> i64
// CHECK-NEXT:    return %[[Y]], %[[COUNT]]
func.func @in_place(%x: tensor<?xi64>, %n: index) -> (tensor<?xi64>, i64) {
  %e = tensor.empty(%n) : tensor<?xi64>
  %r:2 = kernel.call @f ins(%n, %x : index, tensor<?xi64>) outs(%e : tensor<?xi64>) -> tensor<?xi64>, i64
  return %r#0, %r#1 : tensor<?xi64>, i64
}

// -----

// An input is not written over: the init needs a buffer of its own.
// CHECK-LABEL: func @old_value(
// CHECK-SAME:      %[[X:[^:]+]]: memref<4xi64>
// CHECK:         %[[Y:.+]] = memref.alloc()
// CHECK:         kernel.call @f ins(%[[X]] : {{.+}}) outs(%[[Y]] : {{.+}})
func.func @old_value(%x: tensor<4xi64> {bufferization.writable = true}) -> (tensor<4xi64>, tensor<4xi64>) {
  %r = kernel.call @f ins(%x : tensor<4xi64>) outs(%x : tensor<4xi64>) -> tensor<4xi64>
  return %x, %r : tensor<4xi64>, tensor<4xi64>
}

// -----

// What has gaps is copied, to and fro.
// CHECK-LABEL: func @gaps(
// CHECK:         %[[IN:.+]] = memref.subview
// CHECK:         %[[DENSE:.+]] = memref.alloc() {{.*}}: memref<4x2xf32>
// CHECK:         memref.copy %[[IN]], %[[DENSE]]
// CHECK:         %[[OUT:.+]] = memref.alloc() {{.*}}: memref<4x2xf32>
// CHECK:         kernel.call @f ins(%[[DENSE]] : memref<4x2xf32>) outs(%[[OUT]] : memref<4x2xf32>)
// CHECK:         memref.copy %[[OUT]], %{{.+}}
func.func @gaps(%x: tensor<4x8xf32>, %y: tensor<4x8xf32> {bufferization.writable = true}) -> tensor<4x8xf32> {
  %a = tensor.extract_slice %x[0, 3] [4, 2] [1, 1] : tensor<4x8xf32> to tensor<4x2xf32>
  %b = tensor.extract_slice %y[0, 1] [4, 2] [1, 1] : tensor<4x8xf32> to tensor<4x2xf32>
  %r = kernel.call @f ins(%a : tensor<4x2xf32>) outs(%b : tensor<4x2xf32>) -> tensor<4x2xf32>
  %z = tensor.insert_slice %r into %y[0, 1] [4, 2] [1, 1] : tensor<4x2xf32> into tensor<4x8xf32>
  return %z : tensor<4x8xf32>
}
