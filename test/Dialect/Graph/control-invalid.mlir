// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_if(%c: tensor<i1>, %x: tensor<2xf32>) {
  // expected-error @below {{result has type 'tensor<3xf32>', but a branch yields 'tensor<2xf32>'}}
  %r = graph.if %c : tensor<i1> -> (tensor<3xf32>) {
    graph.yield %x : tensor<2xf32>
  } else {
    graph.yield %x : tensor<2xf32>
  }
  return
}

// -----

func.func @c2_if(%c: tensor<2xi1>, %x: tensor<2xf32>) {
  // expected-error @below {{condition must have one element, not 2}}
  %r = graph.if %c : tensor<2xi1> -> (tensor<2xf32>) {
    graph.yield %x : tensor<2xf32>
  } else {
    graph.yield %x : tensor<2xf32>
  }
  return
}

// -----

func.func @c1_loop(%n: tensor<i64>, %x: tensor<2xf32>) {
  // expected-error @below {{initial value of type 'tensor<2xf32>' does not fit 'tensor<3xf32>'}}
  %r = graph.loop max %n carry (%x) : (tensor<i64>, tensor<2xf32>) -> (tensor<3xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<3xf32>):
    graph.yield %c, %s : tensor<i1>, tensor<3xf32>
  }
  return
}

// -----

func.func @c2_loop(%n: tensor<i64>, %x: tensor<2xf32>) {
  // expected-error @below {{body must yield a condition and 1 values}}
  %r = graph.loop max %n carry (%x) : (tensor<i64>, tensor<2xf32>) -> (tensor<2xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>):
    graph.yield %c : tensor<i1>
  }
  return
}

// -----

func.func @c3_loop(%n: tensor<i64>, %x: tensor<2xf32>) {
  // expected-error @below {{scan output of type 'tensor<2xf32>' does not fit the result 'tensor<?x3xf32>'}}
  %r:2 = graph.loop max %n carry (%x) : (tensor<i64>, tensor<2xf32>) -> (tensor<2xf32>, tensor<?x3xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>):
    graph.yield %c, %s, %s : tensor<i1>, tensor<2xf32>, tensor<2xf32>
  }
  return
}

// -----

func.func @c1_gradient(%x: tensor<2xf32>, %y: tensor<f32>) {
  // expected-error @below {{has 2 inputs for 1 tensors}}
  %d = graph.gradient %y by %x at %x, %x : tensor<f32> by tensor<2xf32> at tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func @c1_gradient_type(%x: tensor<2xf32>, %y: tensor<f32>, %v: tensor<2xf64>) {
  // expected-error @below {{input 0 holds 'f64', but stands for 'tensor<2xf32>'}}
  %d = graph.gradient %y by %x at %v : tensor<f32> by tensor<2xf32> at tensor<2xf64>
  return
}

// -----

func.func @c2_gradient(%x: tensor<2xi64>, %y: tensor<f32>) {
  // expected-error @below {{must be variadic of ranked tensor of floating-point values}}
  %d = graph.gradient %y by %x at %x : tensor<f32> by tensor<2xi64> at tensor<2xi64>
  return
}
