// RUN: graphopt-opt %s --graphopt-bind-results -split-input-file -verify-diagnostics | FileCheck %s

// The result becomes an argument; its open extent is the input's.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>
// CHECK-SAME:      %[[OUT:[^:]+]]: memref<?x4xf32> {graph.dims = ["n", ""], graph.name = "y", graph.result = 0 : i64})
// CHECK:         %[[Y:.+]] = linalg.exp
// CHECK-NEXT:    bufferization.materialize_in_destination %[[Y]] in restrict writable %[[OUT]]
// CHECK-NEXT:    return
// CHECK:       func private @result_dims(%[[N:.+]]: index) -> (index, index) {
// CHECK:         %[[C4:.+]] = arith.constant 4 : index
// CHECK:         return %[[N]], %[[C4]]
func.func @main(%x: tensor<?x4xf32> {graph.name = "x", graph.dims = ["n", ""]})
    -> (tensor<?x4xf32> {graph.name = "y"}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A computed extent has no name, whatever the model says.
// CHECK-LABEL: module attributes {graph.open_dims = ["n"]}
// CHECK: func.func @main({{.+}}, %{{.+}}: memref<?xf32> {graph.dims = [""], graph.name = "y", graph.result = 0 : i64}
// CHECK: func private @result_dims(%[[N:.+]]: index) -> index {
// CHECK:   %[[SUM:.+]] = affine.apply #{{.+}}()[%[[N]], %[[N]]]
// CHECK:   return %[[SUM]]
func.func @main(%x: tensor<?xf32> {graph.name = "x", graph.dims = ["n"]})
    -> (tensor<?xf32> {graph.name = "y", graph.dims = ["n"]}) {
  %y = tensor.concat dim(0) %x, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// A size that depends on values: the result stays. Open dimensions get names.
// CHECK-LABEL: module attributes {graph.open_dims = ["i_0"]}
// CHECK: func.func @main(%{{.+}}: tensor<?xi64> {bufferization.writable = false, graph.dims = ["i_0"], graph.name = "i"})
// CHECK-SAME: -> (tensor<?xf32> {graph.dims = [""], graph.name = "y", graph.result = 0 : i64})
// CHECK: func private @result_dims(%{{.+}}: index) -> index {
// CHECK:   %[[NONE:.+]] = arith.constant -1 : index
// CHECK:   return %[[NONE]]
func.func @main(%i: tensor<?xi64> {graph.name = "i"}) -> (tensor<?xf32> {graph.name = "y"}) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %v = tensor.extract %i[%c0] : tensor<?xi64>
  %k = arith.index_cast %v : i64 to index
  %e = tensor.empty(%k) : tensor<?xf32>
  %y = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// A reshape of the result is undone on the buffer, so that nothing is copied.
// CHECK-LABEL: module attributes {graph.open_dims = ["x_0"]}
// CHECK:       func.func @main({{.+}}, %[[OUT:[^:]+]]: memref<?xf32>
// CHECK:         %[[DIM:.+]] = memref.dim %[[OUT]]
// CHECK:         %[[N:.+]] = arith.divui %[[DIM]]
// CHECK:         %[[FLAT:.+]] = memref.expand_shape %[[OUT]] {{\[\[}}0, 1]] output_shape [%[[N]], 4]
// CHECK:         bufferization.materialize_in_destination %{{.+}} in restrict writable %[[FLAT]]
func.func @main(%x: tensor<?x4xf32> {graph.name = "x"}) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x4xf32>
  %y = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %flat = tensor.collapse_shape %y [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  return %flat : tensor<?xf32>
}

// -----

// Parts of a result go to their places each, also if one is read again; a part
// that is joined itself, and read again, goes as a whole.
// CHECK-LABEL: module attributes {graph.open_dims = ["x_1"]}
// CHECK:       func.func @main({{.+}}, %[[OUT:[^:]+]]: memref<3x2x?xf32>
// CHECK-DAG:     %[[P0:.+]] = memref.subview %[[OUT]][0, 0, 0] [1, 2, %{{.+}}]
// CHECK-DAG:     %[[PLACE0:.+]] = memref.collapse_shape %[[P0]] {{\[\[}}0, 1], [2]]
// CHECK-DAG:     %[[P1:.+]] = memref.subview %[[OUT]][1, 0, 0] [2, 2, %{{.+}}]
// CHECK:         %[[Y:.+]] = linalg.exp
// CHECK:         %[[Z:.+]] = tensor.concat dim(0)
// CHECK:         bufferization.materialize_in_destination %[[Y]] in restrict writable %[[PLACE0]]
// CHECK:         bufferization.materialize_in_destination %[[Z]] in restrict writable %[[P1]]
// CHECK-NOT:     bufferization.materialize_in_destination {{.+}} %[[OUT]]
func.func @main(%x: tensor<2x?xf32> {graph.name = "x"}, %w: tensor<1x2x?xf32> {graph.name = "w", graph.dims = ["", "", "x_1"]})
    -> (tensor<3x2x?xf32>, tensor<2x2x?xf32>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c1 : tensor<2x?xf32>
  %e = tensor.empty(%n) : tensor<2x?xf32>
  %y = linalg.exp ins(%x : tensor<2x?xf32>) outs(%e : tensor<2x?xf32>) -> tensor<2x?xf32>
  %a = tensor.expand_shape %y [[0, 1], [2]] output_shape [1, 2, %n] : tensor<2x?xf32> into tensor<1x2x?xf32>
  %z = tensor.concat dim(0) %w, %w : (tensor<1x2x?xf32>, tensor<1x2x?xf32>) -> tensor<2x2x?xf32>
  %all = tensor.concat dim(0) %a, %z : (tensor<1x2x?xf32>, tensor<2x2x?xf32>) -> tensor<3x2x?xf32>
  %e2 = tensor.empty(%n) : tensor<2x2x?xf32>
  %neg = linalg.negf ins(%z : tensor<2x2x?xf32>) outs(%e2 : tensor<2x2x?xf32>) -> tensor<2x2x?xf32>
  return %all, %neg : tensor<3x2x?xf32>, tensor<2x2x?xf32>
}

// -----

// Two results that start from one tensor get one each, else they would end up in
// the same buffer.
// CHECK-LABEL: module attributes {graph.open_dims = []}
// CHECK:       func.func @main(
// CHECK:         %[[E0:.+]] = tensor.empty()
// CHECK:         %[[F0:.+]] = linalg.fill {{.+}} outs(%[[E0]]
// CHECK:         %[[E1:.+]] = tensor.empty()
// CHECK:         %[[F1:.+]] = linalg.fill {{.+}} outs(%[[E1]]
// CHECK:         linalg.reduce { arith.addf } ins(%{{.+}}) outs(%[[F1]]
// CHECK:         linalg.reduce { arith.addf } ins(%{{.+}}) outs(%[[F0]]
func.func @main(%x: tensor<4x8xf32> {graph.name = "x"}, %y: tensor<4x8xf32> {graph.name = "y"})
    -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %a = linalg.reduce {arith.addf} ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  %b = linalg.reduce {arith.addf} ins(%y : tensor<4x8xf32>) outs(%f : tensor<4xf32>) dimensions = [1]
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// A tensor that was computed is copied for the second op that updates it.
// CHECK-LABEL: module attributes {graph.open_dims = []}
// CHECK:       func.func @main(
// CHECK:         %[[BASE:.+]] = linalg.exp
// CHECK:         %[[COPY:.+]] = bufferization.alloc_tensor() copy(%[[BASE]])
// CHECK:         tensor.insert %{{.+}} into %[[COPY]]
// CHECK:         tensor.insert %{{.+}} into %[[BASE]]
func.func @main(%x: tensor<4xf32> {graph.name = "x"}) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %base = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %a = tensor.insert %zero into %base[%c0] : tensor<4xf32>
  %b = tensor.insert %zero into %base[%c1] : tensor<4xf32>
  return %a, %b : tensor<4xf32>, tensor<4xf32>
}

// -----

// The number of a sequence is returned, between results that are not.
// CHECK-LABEL: module attributes {graph.open_dims = []}
// CHECK:       func.func @main(
// CHECK-SAME:    %[[S:[^ ]+]]: i64
// CHECK-SAME:    memref<4xf32> {{.*}}graph.result = 1
// CHECK-SAME:    -> (i64 {graph.kind = "sequence", graph.name = "t", graph.result = 0 : i64})
// CHECK:         return %[[S]] : i64
func.func @main(%s: i64 {graph.name = "s", graph.kind = "sequence"}, %x: tensor<4xf32> {graph.name = "x"})
    -> (i64 {graph.name = "t", graph.kind = "sequence"}, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %s, %y : i64, tensor<4xf32>
}

// -----

// expected-error @below {{has a result that is not a ranked tensor: 'f32'}}
func.func @main(%x: f32) -> f32 {
  return %x : f32
}

// -----

// expected-error @below {{has no function @main of one block}}
module {
}

// -----

// A result is the caller's: what is computed over it has a tensor of its own, and a copy if it reads it.
// CHECK-LABEL: module attributes {graph.open_dims = []}
// CHECK:         %[[FIRST:.+]] = memref.subview %{{.+}}[0, 0] [4, 6]
// CHECK:         %[[LAST:.+]] = memref.subview %{{.+}}[4, 0] [4, 6]
// CHECK:         %[[X:.+]] = linalg.exp
// CHECK:         %[[OWN:.+]] = tensor.empty()
// CHECK:         %[[Y:.+]] = linalg.abs {{.+}} outs(%[[OWN]] :
// CHECK:         bufferization.materialize_in_destination %[[Y]] in restrict writable %[[FIRST]]
// CHECK:         bufferization.materialize_in_destination %[[X]] in restrict writable %[[LAST]]
func.func @main(%arg0: tensor<4x6xf32> {graph.dims = ["", ""], graph.name = "x"}) -> (tensor<8x6xf32> {graph.dims = ["", ""], graph.name = "y"}) {
  %e = tensor.empty() : tensor<4x6xf32>
  %x = linalg.exp ins(%arg0 : tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) -> tensor<4x6xf32>
  %y = linalg.abs ins(%x : tensor<4x6xf32>) outs(%x : tensor<4x6xf32>) -> tensor<4x6xf32>
  %z = tensor.concat dim(0) %y, %x : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
  return %z : tensor<8x6xf32>
}

// -----

// Also if the result is a view of it.
// CHECK-LABEL: module attributes {graph.open_dims = ["n"]}
// CHECK:         %[[X:.+]] = linalg.exp
// CHECK:         %[[CAST:.+]] = tensor.cast %[[X]]
// CHECK:         %[[COPY:.+]] = bufferization.alloc_tensor() copy(%[[X]])
// CHECK:         %[[Y:.+]] = tensor.insert %{{.+}} into %[[COPY]]
// CHECK:         bufferization.materialize_in_destination %[[CAST]] in restrict writable %{{.+}}memref<2x3xf32>
// CHECK:         bufferization.materialize_in_destination %[[Y]] in restrict writable %{{.+}}memref<2x?xf32>
func.func @main(%x: tensor<2x?xf32> {graph.dims = ["", "n"], graph.name = "x"})
    -> (tensor<3x2xf32> {graph.name = "a"}, tensor<2x?xf32> {graph.name = "b"}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %n = tensor.dim %x, %c1 : tensor<2x?xf32>
  %e = tensor.empty(%n) : tensor<2x?xf32>
  %y = linalg.exp ins(%x : tensor<2x?xf32>) outs(%e : tensor<2x?xf32>) -> tensor<2x?xf32>
  %known = tensor.cast %y : tensor<2x?xf32> to tensor<2x3xf32>
  %flat = tensor.collapse_shape %known [[0, 1]] : tensor<2x3xf32> into tensor<6xf32>
  %a = tensor.expand_shape %flat [[0, 1]] output_shape [3, 2] : tensor<6xf32> into tensor<3x2xf32>
  %b = tensor.insert %one into %y[%c0, %c1] : tensor<2x?xf32>
  return %a, %b : tensor<3x2xf32>, tensor<2x?xf32>
}

// -----

// A result whose extent the run finds is returned: a copy, if it could be computed where it goes to in
// another tensor, or is a part of one, be it reshaped. What nobody else reads is returned as it is.
// CHECK-LABEL: module attributes {graph.open_dims = []}
// CHECK:         %[[EXP:.+]] = linalg.exp
// CHECK:         %[[BOTH:.+]] = tensor.concat dim(0) %[[EXP]], %[[EXP]]
// CHECK:         %[[PART:.+]] = tensor.extract_slice
// CHECK:         %[[FLAT:.+]] = tensor.collapse_shape %[[PART]]
// CHECK-DAG:     %[[A:.+]] = bufferization.alloc_tensor() copy(%[[EXP]])
// CHECK-DAG:     %[[C:.+]] = bufferization.alloc_tensor() copy(%[[FLAT]])
// CHECK:         return %[[A]], %[[BOTH]], %[[C]]
func.func @main(%size: tensor<i64> {graph.dims = [], graph.name = "size"}, %x: tensor<9x2x3xf32> {graph.dims = ["", "", ""], graph.name = "x"})
    -> (tensor<?xf32> {graph.name = "a"}, tensor<?xf32> {graph.name = "b"}, tensor<?x3xf32> {graph.name = "c"}) {
  %one = arith.constant 1.0 : f32
  %c2 = arith.constant 2 : index
  %count = tensor.extract %size[] : tensor<i64>
  %n = arith.index_cast %count : i64 to index
  %e = tensor.empty(%n) : tensor<?xf32>
  %ones = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %f = tensor.empty(%n) : tensor<?xf32>
  %a = linalg.exp ins(%ones : tensor<?xf32>) outs(%f : tensor<?xf32>) -> tensor<?xf32>
  %b = tensor.concat dim(0) %a, %a : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %part = tensor.extract_slice %x[0, 0, 0] [%n, 2, 3] [1, 1, 1] : tensor<9x2x3xf32> to tensor<?x2x3xf32>
  %c = tensor.collapse_shape %part [[0, 1], [2]] : tensor<?x2x3xf32> into tensor<?x3xf32>
  return %a, %b, %c : tensor<?xf32>, tensor<?xf32>, tensor<?x3xf32>
}
