// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// constant_of_shape

func.func @c1_constant_of_shape(%s: tensor<?xi64>) {
  // expected-error @below {{shape must have one dimension of static extent}}
  %t = graph.constant_of_shape %s value = 0 : i64 : tensor<?xi64>
  return
}

// -----

func.func @c2_constant_of_shape() {
  %s = arith.constant dense<[2, -3]> : tensor<2xi64>
  // expected-error @below {{shape has the extent -3}}
  %t = graph.constant_of_shape %s value = 0 : i64 : tensor<2xi64>
  return
}

// -----

// range

func.func @c1_range(%a: tensor<i64>, %b: tensor<i32>) {
  // expected-error @below {{operands must be scalars of one type}}
  %t = graph.range %a to %a by %b : tensor<i64>, tensor<i64>, tensor<i32>
  return
}

// -----

func.func @c2_range(%a: tensor<i64>) {
  %z = arith.constant dense<0> : tensor<i64>
  // expected-error @below {{delta is 0}}
  %t = graph.range %a to %a by %z : tensor<i64>, tensor<i64>, tensor<i64>
  return
}

// -----

// trilu

func.func @c1_trilu(%x: tensor<4xf32>) {
  // expected-error @below {{input has rank 1, but a diagonal needs two dimensions}}
  %y = graph.trilu %x : tensor<4xf32>
  return
}

// -----

func.func @c2_trilu(%x: tensor<4x4xf32>, %k: tensor<2xi64>) {
  // expected-error @below {{k must have one element, but its type is 'tensor<2xi64>'}}
  %y = graph.trilu %x by %k upper : tensor<4x4xf32>, tensor<2xi64>
  return
}

// -----

// one_hot

func.func @c1_one_hot(%i: tensor<4xi64>, %d: tensor<i64>, %v: tensor<2xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %y = graph.one_hot %i depth %d values %v axis = 2 : tensor<4xi64>, tensor<i64>, tensor<2xf32>
  return
}

// -----

func.func @c2_one_hot(%i: tensor<4xi64>, %v: tensor<2xf32>) {
  %d = arith.constant dense<-3> : tensor<i64>
  // expected-error @below {{depth is -3}}
  %y = graph.one_hot %i depth %d values %v axis = 0 : tensor<4xi64>, tensor<i64>, tensor<2xf32>
  return
}

// -----

func.func @c3_one_hot(%i: tensor<4xi64>, %d: tensor<i64>, %v: tensor<3xf32>) {
  // expected-error @below {{values of type 'tensor<3xf32>' are not two elements}}
  %y = graph.one_hot %i depth %d values %v axis = 0 : tensor<4xi64>, tensor<i64>, tensor<3xf32>
  return
}

// -----

func.func @c1_random_rank(%s: tensor<?xi64>) {
  // expected-error @below {{shape}}
  %y = graph.random %s offset = 0.0 scale = 1.0 as f32 : tensor<?xi64>
  return
}

// -----

func.func @c2_random_extent() {
  %s = arith.constant dense<[2, -1]> : tensor<2xi64>
  // expected-error @below {{shape has the extent -1}}
  %y = graph.random %s normal offset = 0.0 scale = 1.0 as f32 : tensor<2xi64>
  return
}

// -----

func.func @c3_random_integers(%s: tensor<2xi64>) {
  // expected-error @below {{there are no random numbers of type 'i32'}}
  %y = graph.random %s offset = 0.0 scale = 1.0 as i32 : tensor<2xi64>
  return
}
