// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_axis(%x: tensor<2x3xf32>) {
  %a = arith.constant dense<2> : tensor<i64>
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %y = graph.cumulate Sum %x axis %a : tensor<2x3xf32>, tensor<i64>
  return
}

// -----

func.func @c1_two(%x: tensor<2x3xf32>, %a: tensor<2xi64>) {
  // expected-error @below {{axis must have one element, but its type is 'tensor<2xi64>'}}
  %y = graph.cumulate Sum %x axis %a : tensor<2x3xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_narrow(%x: tensor<2x3xi8>, %a: tensor<i32>) {
  // expected-error @below {{CumProd is not defined for 'i8'}}
  %y = graph.cumulate Prod %x axis %a exclusive reverse : tensor<2x3xi8>, tensor<i32>
  return
}
