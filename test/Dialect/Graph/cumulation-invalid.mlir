// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_axis(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %y = graph.cumulate Sum %x axis = 2 : tensor<2x3xf32>
  return
}

// -----

func.func @c2_narrow(%x: tensor<2x3xi8>) {
  // expected-error @below {{CumProd is not defined for 'i8'}}
  %y = graph.cumulate Prod %x axis = 1 exclusive reverse : tensor<2x3xi8>
  return
}
