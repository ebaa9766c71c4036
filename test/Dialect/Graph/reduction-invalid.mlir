// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_kind(%x: tensor<2x3xi32>) {
  // expected-error @below {{LogSum is not defined for 'i32'}}
  %t = graph.reduce LogSum %x axes = [0] : tensor<2x3xi32>
  return
}

// -----

func.func @c1_narrow(%x: tensor<2x3xi8>) {
  // expected-error @below {{Sum is not defined for 'i8'}}
  %t = graph.reduce Sum %x axes = [0] : tensor<2x3xi8>
  return
}

// -----

func.func @c2_range(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.reduce Sum %x axes = [2] : tensor<2x3xf32>
  return
}

// -----

func.func @c2_twice(%x: tensor<2x3xf32>) {
  // expected-error @below {{name dimension 1 twice}}
  %t = graph.reduce Sum %x axes = [1, -1] : tensor<2x3xf32>
  return
}

// -----

func.func @c1_arg(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis -3 is not in [-2, 2)}}
  %t = graph.arg Min %x axis = -3 : tensor<2x3xf32>
  return
}

// -----

func.func @c2_arg(%x: tensor<2x0xf32>) {
  // expected-error @below {{dimension 1 has no elements}}
  %t = graph.arg Max %x axis = 1 keepdims : tensor<2x0xf32>
  return
}
