// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// slice

func.func @c1_slice(%x: tensor<8xf32>, %s: tensor<1xi64>, %e: tensor<2xi64>) {
  // expected-error @below {{ends has 2 elements, starts 1}}
  %t = graph.slice %x from %s to %e : tensor<8xf32>, tensor<1xi64>, tensor<2xi64>
  return
}

// -----

func.func @c2_slice(%x: tensor<8x8xf32>, %s: tensor<2xi64>) {
  %a = arith.constant dense<[1, -1]> : tensor<2xi64>
  // expected-error @below {{axes [1, -1] name dimension 1 twice}}
  %t = graph.slice %x from %s to %s axes %a : tensor<8x8xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @c3_slice(%x: tensor<8xf32>, %s: tensor<1xi64>) {
  %z = arith.constant dense<0> : tensor<1xi64>
  // expected-error @below {{has a step of 0}}
  %t = graph.slice %x from %s to %s steps %z : tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  return
}

// -----

// pad

func.func @c1_pad(%x: tensor<8x8xf32>, %p: tensor<2xi64>) {
  // expected-error @below {{pads has 2 elements, but the input has rank 2}}
  %t = graph.pad constant %x by %p : tensor<8x8xf32>, tensor<2xi64>
  return
}

// -----

func.func @c2_pad(%x: tensor<8x8xf32>, %p: tensor<2xi64>) {
  %a = arith.constant dense<2> : tensor<1xi64>
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.pad constant %x by %p axes %a : tensor<8x8xf32>, tensor<2xi64>, tensor<1xi64>
  return
}

// -----

func.func @c3_pad(%x: tensor<8xf32>) {
  %p = arith.constant dense<[-5, -4]> : tensor<2xi64>
  // expected-error @below {{dimension 0 would have extent -1}}
  %t = graph.pad constant %x by %p : tensor<8xf32>, tensor<2xi64>
  return
}

// -----

func.func @c4_pad(%x: tensor<8xf32>, %p: tensor<2xi64>, %v: tensor<f64>) {
  // expected-error @below {{pads a tensor of 'f32' with 'tensor<f64>'}}
  %t = graph.pad constant %x by %p value %v : tensor<8xf32>, tensor<2xi64>, tensor<f64>
  return
}

// -----

// compress

func.func @c1_compress(%x: tensor<4x8xf32>, %c: tensor<4xi1>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %y = graph.compress %x by %c axis = 2 : tensor<4x8xf32>, tensor<4xi1>
  return
}

// -----

// reverse_sequence

func.func @c1_reverse_sequence(%x: tensor<8x8xf32>, %n: tensor<8xi64>) {
  // expected-error @below {{axes [1, 1] name dimension 1 twice}}
  %t = graph.reverse_sequence %x lengths %n batch = 1 time = 1 : tensor<8x8xf32>, tensor<8xi64>
  return
}

// -----

func.func @c2_compress(%x: tensor<4x8xf32>, %c: tensor<4x1xi1>) {
  // expected-error @below {{condition has rank 2, not 1}}
  %y = graph.compress %x by %c axis = 0 : tensor<4x8xf32>, tensor<4x1xi1>
  return
}

// -----

func.func @c2_reverse_sequence(%x: tensor<8x4xf32>, %n: tensor<8xi64>) {
  // expected-error @below {{lengths of type 'tensor<8xi64>' are not one for each sequence of 'tensor<8x4xf32>'}}
  %t = graph.reverse_sequence %x lengths %n batch = 1 time = 0 : tensor<8x4xf32>, tensor<8xi64>
  return
}
