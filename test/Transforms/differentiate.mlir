// RUN: graphopt-opt %s --graph-differentiate --canonicalize --cse --split-input-file | FileCheck %s

// The gradient of a sum is 1 everywhere; what is repeated along a dimension gets a sum.
// CHECK-LABEL: func @product(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>, %[[W:[^:]+]]: tensor<4xf32>
// CHECK:         %[[ONES:.+]] = graph.constant_of_shape {{.+}} value = 1.0
// CHECK:         %[[P:.+]] = graph.binary Mul %[[ONES]], %[[X]]
// CHECK:         %[[D:.+]] = graph.reduce Sum %[[P]] axes = [0]
// CHECK:         return %[[D]]
func.func @product(%x: tensor<?x4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %y = graph.binary Mul %x, %w : tensor<?x4xf32>, tensor<4xf32>
  %d = graph.gradient %y by %w given %x at %w, %x : tensor<?x4xf32> by tensor<4xf32> given tensor<?x4xf32>
      at tensor<4xf32>, tensor<?x4xf32>
  return %d : tensor<4xf32>
}

// -----

// Which of two open extents is repeated shows in the run: n is divided into n / m parts.
// CHECK-LABEL: func @repeated_in_the_run(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[LEAST:.+]] = graph.binary Max
// CHECK:         %[[PARTS:.+]] = graph.binary Div {{.+}}, %[[LEAST]]
// CHECK:         %[[DIVIDED:.+]] = graph.concat
// CHECK:         %[[R:.+]] = graph.reshape {{.+}} to %[[DIVIDED]]
// CHECK:         graph.reduce Sum %[[R]] axes = [0] : tensor<?x?xf32>
func.func @repeated_in_the_run(%x: tensor<?xf32>, %w: tensor<?xf32>) -> tensor<?xf32> {
  %y = graph.binary Mul %x, %w : tensor<?xf32>, tensor<?xf32>
  %d = graph.gradient %y by %x given %w at %x, %w : tensor<?xf32> by tensor<?xf32> given tensor<?xf32>
      at tensor<?xf32>, tensor<?xf32>
  return %d : tensor<?xf32>
}

// -----

// At other values y is computed again.
// CHECK-LABEL: func @elsewhere(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<3xf32>, %[[AT:[^:]+]]: tensor<?xf32>
// CHECK-NOT:     graph.unary Exp %[[X]]
// CHECK:         %[[E:.+]] = graph.unary Exp %[[AT]]
// CHECK:         graph.binary Mul {{.+}}, %[[E]]
func.func @elsewhere(%x: tensor<3xf32>, %at: tensor<?xf32>) -> tensor<?xf32> {
  %y = graph.unary Exp %x : tensor<3xf32>
  %d = graph.gradient %y by %x at %at : tensor<3xf32> by tensor<3xf32> at tensor<?xf32>
  return %d : tensor<?xf32>
}

// -----

// A gradient of a gradient.
// CHECK-LABEL: func @second_order(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<3xf32>
// CHECK-DAG:     graph.unary Cos %[[X]]
// CHECK-DAG:     graph.unary Sin %[[X]]
// CHECK-NOT:     graph.gradient
func.func @second_order(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = graph.unary Sin %x : tensor<3xf32>
  %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
  %z = graph.binary Mul %d, %d : tensor<3xf32>, tensor<3xf32>
  %e = graph.gradient %z by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
  return %e : tensor<3xf32>
}

// -----

// What y does not depend on, or through integers only.
// CHECK-LABEL: func @zero(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?xf32>
// CHECK:         %[[S:.+]] = graph.shape %[[X]]
// CHECK:         %[[Z:.+]] = graph.constant_of_shape %[[S]] value = 0.0
// CHECK:         return %[[Z]]
func.func @zero(%x: tensor<?xf32>) -> tensor<?xf32> {
  %i = graph.cast %x to i64 : tensor<?xf32>
  %y = graph.cast %i to f32 : tensor<?xi64>
  %d = graph.gradient %y by %x at %x : tensor<?xf32> by tensor<?xf32> at tensor<?xf32>
  return %d : tensor<?xf32>
}

// -----

// The batch of a layer is a matter of more rows.
// CHECK-LABEL: func @linear(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x5x4xf32>, %[[W:[^:]+]]: tensor<4x3xf32>
// CHECK-DAG:     %[[V:.+]] = graph.transpose %[[W]] permutation = [1, 0]
// CHECK-DAG:     graph.matmul {{.+}}, %[[V]] : tensor<?x5x3xf32>, tensor<3x4xf32>
// CHECK-DAG:     graph.matmul {{.+}} : tensor<4x?xf32>, tensor<?x3xf32>
func.func @linear(%x: tensor<?x5x4xf32>, %w: tensor<4x3xf32>) -> (tensor<?x5x4xf32>, tensor<4x3xf32>) {
  %y = graph.matmul %x, %w : tensor<?x5x4xf32>, tensor<4x3xf32>
  %d:2 = graph.gradient %y by %x, %w at %x, %w : tensor<?x5x3xf32> by tensor<?x5x4xf32>, tensor<4x3xf32>
      at tensor<?x5x4xf32>, tensor<4x3xf32>
  return %d#0, %d#1 : tensor<?x5x4xf32>, tensor<4x3xf32>
}

// -----

// By the image: a transposed convolution, cut where the stride left something over. By the filter: a convolution
// with the gradient.
// CHECK-LABEL: func @windows(
// CHECK:         %[[L:.+]] = graph.conv {{.+}} strides = [1] dilations = [1] pads = [1, 2] groups = 1 input_dilations = [2]
// CHECK:         graph.pad constant %[[L]]
// CHECK:         %[[F:.+]] = graph.conv {{.+}} strides = [1] dilations = [2] pads = [1, 1] groups = 1
// CHECK:         graph.pad constant %[[F]]
func.func @windows(%x: tensor<2x3x?xf32>, %w: tensor<4x3x3xf32>) -> (tensor<2x3x?xf32>, tensor<4x3x3xf32>) {
  %y = graph.conv %x, %w strides = [2] dilations = [1] pads = [1, 1] groups = 1 : tensor<2x3x?xf32>, tensor<4x3x3xf32>
  %d:2 = graph.gradient %y by %x, %w at %x, %w : tensor<2x4x?xf32> by tensor<2x3x?xf32>, tensor<4x3x3xf32>
      at tensor<2x3x?xf32>, tensor<4x3x3xf32>
  return %d#0, %d#1 : tensor<2x3x?xf32>, tensor<4x3x3xf32>
}

// -----

// The gradient goes to the element that was the greatest.
// CHECK-LABEL: func @pooling(
// CHECK:         %[[I:.+]] = graph.max_pool_indices
// CHECK:         %[[FLAT:.+]] = graph.reshape %[[I]]
// CHECK:         graph.scatter_elements {{.+}} at %[[FLAT]] axis = 0 reduction Add
func.func @pooling(%x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %y = graph.pool Max %x kernel = [2] strides = [2] dilations = [1] pads = [0, 0] : tensor<2x3x8xf32>
  %d = graph.gradient %y by %x at %x : tensor<2x3x4xf32> by tensor<2x3x8xf32> at tensor<2x3x8xf32>
  return %d : tensor<2x3x8xf32>
}

// -----

// CHECK-LABEL: func @reduction(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xf32>
// CHECK:         %[[U:.+]] = graph.unsqueeze
// CHECK:         %[[S:.+]] = graph.shape %[[X]]
// CHECK:         graph.expand %[[U]] to %[[S]]
func.func @reduction(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = graph.reduce Sum %x axes = [0] : tensor<?x4xf32>
  %d = graph.gradient %y by %x at %x : tensor<4xf32> by tensor<?x4xf32> at tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}

// -----

// y * (g - sum(g * y))
// CHECK-LABEL: func @softmax(
// CHECK:         %[[Y:.+]] = graph.softmax
// CHECK:         %[[P:.+]] = graph.binary Mul %[[G:.+]], %[[Y]]
// CHECK:         %[[S:.+]] = graph.reduce Sum %[[P]] axes = [1] keepdims
// CHECK:         %[[D:.+]] = graph.binary Sub %[[G]], %[[S]]
// CHECK:         graph.binary Mul %[[Y]], %[[D]]
func.func @softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = graph.softmax %x axis = -1 : tensor<?x4xf32>
  %d = graph.gradient %y by %x at %x : tensor<?x4xf32> by tensor<?x4xf32> at tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}

// -----

// What is fused is taken apart for its gradient, and stays as it is for its value.
// CHECK-LABEL: func @normalization(
// CHECK:         graph.layer_normalization
// CHECK:         graph.reduce Mean
// CHECK:         graph.unary Sqrt
func.func @normalization(%x: tensor<?x4xf32>, %s: tensor<4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %y, %m, %v = graph.layer_normalization %x, %s axis = -1 epsilon = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
  %d = graph.gradient %y by %x at %x : tensor<?x4xf32> by tensor<?x4xf32> at tensor<?x4xf32>
  return %y, %d : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// A slice's place is that of the positions before it.
// CHECK-LABEL: func @slice(
// CHECK:         %[[RANGE:.+]] = graph.range
// CHECK:         graph.slice %[[RANGE]]
// CHECK:         graph.pad constant
func.func @slice(%x: tensor<?x4xf32>, %from: tensor<1xi64>, %to: tensor<1xi64>) -> tensor<?x4xf32> {
  %axis = arith.constant dense<0> : tensor<1xi64>
  %y = graph.slice %x from %from to %to axes %axis : tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  %d = graph.gradient %y by %x at %x : tensor<?x4xf32> by tensor<?x4xf32> at tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}

// -----

// Rows that were taken twice get two gradients.
// CHECK-LABEL: func @gather(
// CHECK-SAME:      %{{[^:]+}}: tensor<?x4xf32>, %[[I:[^:]+]]: tensor<?xi64>
// CHECK:         %[[AT:.+]] = graph.unsqueeze %[[I]] axes = [1]
// CHECK:         graph.scatter_nd {{.+}} at %[[AT]] reduction Add
func.func @gather(%x: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %y = graph.gather %x at %i axis = 0 : tensor<?x4xf32>, tensor<?xi64>
  %d = graph.gradient %y by %x at %x : tensor<?x4xf32> by tensor<?x4xf32> at tensor<?x4xf32>
  return %d : tensor<?x4xf32>
}

// -----

// In a body, of what is around.
// CHECK-LABEL: func @in_a_branch(
// CHECK:         graph.if
// CHECK:           graph.unary Cos
// CHECK-NOT:     graph.gradient
func.func @in_a_branch(%c: tensor<i1>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = graph.unary Sin %x : tensor<3xf32>
  %r = graph.if %c : tensor<i1> -> (tensor<3xf32>) {
    %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
    graph.yield %d : tensor<3xf32>
  } else {
    graph.yield %x : tensor<3xf32>
  }
  return %r : tensor<3xf32>
}
