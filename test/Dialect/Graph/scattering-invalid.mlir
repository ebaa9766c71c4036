// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// scatter_elements

func.func @c1_scatter_elements(%u: tensor<2xf32>, %x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{axis 1 is not in [-1, 1)}}
  %t = graph.scatter_elements %u into %x at %i axis = 1 : tensor<2xf32>, tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_scatter_elements(%u: tensor<2xf32>, %x: tensor<4xf32>) {
  %i = arith.constant dense<[3, 4]> : tensor<2xi64>
  // expected-error @below {{index 4 is out of range: not in [-4, 4)}}
  %t = graph.scatter_elements %u into %x at %i axis = 0 : tensor<2xf32>, tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c3_scatter_elements(%u: tensor<5x2xf32>, %x: tensor<4x9xf32>, %i: tensor<5x2xi64>) {
  // expected-error @below {{dimension 0 of data has extent 4, that of indices 5}}
  %t = graph.scatter_elements %u into %x at %i axis = 1 : tensor<5x2xf32>, tensor<4x9xf32>, tensor<5x2xi64>
  return
}

// -----

func.func @c4_scatter_elements(%u: tensor<3xf32>, %x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{dimension 0 of updates has extent 3, not 2}}
  %t = graph.scatter_elements %u into %x at %i axis = 0 : tensor<3xf32>, tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_scatter_elements_type(%u: tensor<2xf64>, %x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{data has elements of type 'f32', updates of 'f64'}}
  %t = graph.scatter_elements %u into %x at %i axis = 0 : tensor<2xf64>, tensor<4xf32>, tensor<2xi64>
  return
}

// -----

func.func @c5_scatter_elements(%u: tensor<2xf32>, %x: tensor<4xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{Sub does not reduce: only Add, Mul, Max and Min do}}
  %t = graph.scatter_elements %u into %x at %i axis = 0 reduction Sub : tensor<2xf32>, tensor<4xf32>, tensor<2xi64>
  return
}

// -----

// scatter_nd

func.func @c1_scatter_nd(%u: tensor<2xf32>, %x: tensor<4xf32>, %i: tensor<2x?xi64>) {
  // expected-error @below {{the last dimension of indices must be static}}
  %t = graph.scatter_nd %u into %x at %i : tensor<2xf32>, tensor<4xf32>, tensor<2x?xi64>
  return
}

// -----

func.func @c2_scatter_nd(%u: tensor<2xf32>, %x: tensor<9x4xf32>) {
  %i = arith.constant dense<[[0, 3], [8, 4]]> : tensor<2x2xi64>
  // expected-error @below {{index 4 is out of range: not in [-4, 4)}}
  %t = graph.scatter_nd %u into %x at %i : tensor<2xf32>, tensor<9x4xf32>, tensor<2x2xi64>
  return
}

// -----

func.func @c3_scatter_nd(%u: tensor<2xf32>, %x: tensor<4xf32>, %i: tensor<2x2xi64>) {
  // expected-error @below {{data of rank 1 has no positions of 2 elements}}
  %t = graph.scatter_nd %u into %x at %i : tensor<2xf32>, tensor<4xf32>, tensor<2x2xi64>
  return
}

// -----

func.func @c4_scatter_nd(%u: tensor<2xf32>, %x: tensor<4x8xf32>, %i: tensor<2x1xi64>) {
  // expected-error @below {{updates has rank 1, not 2}}
  %t = graph.scatter_nd %u into %x at %i : tensor<2xf32>, tensor<4x8xf32>, tensor<2x1xi64>
  return
}

// -----

func.func @c5_scatter_nd(%u: tensor<2xf32>, %x: tensor<4xf32>, %i: tensor<2x1xi64>) {
  // expected-error @below {{Less does not reduce}}
  %t = graph.scatter_nd %u into %x at %i reduction Less : tensor<2xf32>, tensor<4xf32>, tensor<2x1xi64>
  return
}

// -----

// tensor_scatter

func.func @c1_tensor_scatter(%u: tensor<2x3xf32>, %x: tensor<2x8xf32>) {
  // expected-error @below {{axis is the dimension of the samples}}
  %t = graph.tensor_scatter %u into %x axis = -2 : tensor<2x3xf32>, tensor<2x8xf32>
  return
}

// -----

func.func @c2_tensor_scatter(%u: tensor<2x9xf32>, %x: tensor<2x8xf32>) {
  // expected-error @below {{updates has 9 rows, but data only 8}}
  %t = graph.tensor_scatter %u into %x axis = 1 : tensor<2x9xf32>, tensor<2x8xf32>
  return
}

// -----

func.func @c3_tensor_scatter(%u: tensor<2x3xf32>, %x: tensor<2x8xf32>, %s: tensor<3xi64>) {
  // expected-error @below {{starts must have one element a sample, but its type is 'tensor<3xi64>'}}
  %t = graph.tensor_scatter %u into %x at %s axis = 1 : tensor<2x3xf32>, tensor<2x8xf32>, tensor<3xi64>
  return
}
