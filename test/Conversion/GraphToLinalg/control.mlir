// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize | FileCheck %s

// CHECK-LABEL: func @if(
// CHECK:         %[[C:.+]] = arith.cmpi ne
// CHECK:         scf.if %[[C]] -> (tensor<?xf32>)
// CHECK:           tensor.cast %{{.+}} : tensor<2xf32> to tensor<?xf32>
func.func @if(%c: tensor<i1>, %x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<?xf32> {
  %r = graph.if %c : tensor<i1> -> (tensor<?xf32>) {
    graph.yield %x : tensor<2xf32>
  } else {
    %z = graph.unary Exp %y : tensor<3xf32>
    graph.yield %z : tensor<3xf32>
  }
  return %r : tensor<?xf32>
}

// A loop that only the count ends writes its scan output in place.
// CHECK-LABEL: func @counted(
// CHECK:         %[[N:.+]] = arith.maxsi
// CHECK:         %[[E:.+]] = tensor.empty(%[[N]]) : tensor<?x4xf32>
// CHECK:         scf.for %[[I:[^ ]+]] = %c0 to %[[N]] step %c1 iter_args(%{{.+}} = %{{.+}}, %[[S:.+]] = %[[E]])
// CHECK:           tensor.insert_slice %{{.+}} into %[[S]][%[[I]], 0] [1, 4]
func.func @counted(%n: tensor<i64>, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  %r:2 = graph.loop max %n carry (%x) : (tensor<i64>, tensor<4xf32>) -> (tensor<4xf32>, tensor<?x4xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<4xf32>):
    %t = graph.binary Add %s, %x : tensor<4xf32>, tensor<4xf32>
    graph.yield %c, %t, %t : tensor<i1>, tensor<4xf32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<?x4xf32>
}

// A condition that the body computes ends the loop; its scan output is a buffer
// that becomes twice as large when it is full, and is freed then.
// CHECK-LABEL: func @conditional(
// CHECK:         scf.while (%{{.+}} = %{{.+}}) : (tensor<f32>, memref<?xf32>, index, i1)
// CHECK:           scf.condition
// CHECK:         ^bb0(%{{.+}}: tensor<f32>, %[[BUFFER:.+]]: memref<?xf32>, %[[I:.+]]: index)
// CHECK:           math.exp
// CHECK:           %[[ROOM:.+]] = scf.if
// CHECK:             arith.muli %{{.+}}, %c2
// CHECK:             %[[LARGER:.+]] = memref.alloc(
// CHECK:             memref.copy %[[BUFFER]], %{{.+}}
// CHECK:             memref.dealloc %[[BUFFER]]
// CHECK:             scf.yield %[[LARGER]]
// CHECK:           } else {
// CHECK:             scf.yield %[[BUFFER]]
// CHECK:           %[[ROW:.+]] = memref.subview %[[ROOM]][%[[I]]] [1] [1]
// CHECK:           bufferization.materialize_in_destination %{{.+}} in restrict writable %[[ROW]]
// CHECK:         bufferization.to_tensor %{{.+}} restrict : memref<?xf32>
func.func @conditional(%x: tensor<f32>, %limit: tensor<f32>) -> (tensor<f32>, tensor<?xf32>) {
  %r:2 = graph.loop carry (%x) : (tensor<f32>) -> (tensor<f32>, tensor<?xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<f32>):
    %t = graph.unary Exp %s : tensor<f32>
    %d = graph.binary Less %t, %limit : tensor<f32>, tensor<f32>
    graph.yield %d, %t, %t : tensor<i1>, tensor<f32>, tensor<f32>
  }
  return %r#0, %r#1 : tensor<f32>, tensor<?xf32>
}
