// RUN: graphopt-opt %s --graph-differentiate --split-input-file --verify-diagnostics

func.func @without_a_rule(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // expected-error @below {{there is no gradient of det}}
  %y = graph.det %x : tensor<3x3xf32>
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<f32> by tensor<3x3xf32> at tensor<3x3xf32>
  return %d : tensor<3x3xf32>
}

// -----

func.func @control_flow(%c: tensor<i1>, %x: tensor<3xf32>) -> tensor<3xf32> {
  // expected-error @below {{there is no gradient of if}}
  %y = graph.if %c : tensor<i1> -> (tensor<3xf32>) {
    %e = graph.unary Exp %x : tensor<3xf32>
    graph.yield %e : tensor<3xf32>
  } else {
    graph.yield %x : tensor<3xf32>
  }
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
  return %d : tensor<3xf32>
}

// -----

func.func @products_of_all_before(%x: tensor<3xf32>, %a: tensor<i64>) -> tensor<3xf32> {
  // expected-error @below {{there is no gradient of products of all elements before}}
  %y = graph.cumulate Prod %x axis %a : tensor<3xf32>, tensor<i64>
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
  return %d : tensor<3xf32>
}

// -----

func.func @open_kernel(%x: tensor<1x1x8xf32>, %w: tensor<1x1x?xf32>) -> tensor<1x1x8xf32> {
  // expected-error @below {{there is no gradient of a convolution whose kernel's extents or padding the run computes}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x1x8xf32>, tensor<1x1x?xf32>
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<1x1x?xf32> by tensor<1x1x8xf32> at tensor<1x1x8xf32>
  return %d : tensor<1x1x8xf32>
}

// -----

func.func @equation(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // expected-error @below {{there is no gradient of einsum with 'ii->i': a label is twice in a term, or in an ellipsis}}
  %y = graph.einsum "ii->i" %x : tensor<3x3xf32>
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3x3xf32> at tensor<3x3xf32>
  return %d : tensor<3x3xf32>
}

// -----

func.func @updates(%x: tensor<3xf32>, %u: tensor<1xf32>, %i: tensor<1xi64>) -> tensor<3xf32> {
  // expected-error @below {{there is no gradient of updates by Mul}}
  %y = graph.scatter_elements %u into %x at %i axis = 0 reduction Mul : tensor<1xf32>, tensor<3xf32>, tensor<1xi64>
  // expected-note @below {{its gradient is needed here}}
  %d = graph.gradient %y by %x at %x : tensor<3xf32> by tensor<3xf32> at tensor<3xf32>
  return %d : tensor<3xf32>
}

// -----

func.func @named_twice(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = graph.unary Exp %x : tensor<3xf32>
  // expected-error @below {{z 0 is a tensor that was named before}}
  %d = graph.gradient %y by %x given %x at %x, %x : tensor<3xf32> by tensor<3xf32> given tensor<3xf32>
      at tensor<3xf32>, tensor<3xf32>
  return %d : tensor<3xf32>
}
