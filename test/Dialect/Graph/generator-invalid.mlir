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
