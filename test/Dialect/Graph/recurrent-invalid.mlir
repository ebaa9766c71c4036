// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_recurrent(%x: tensor<5x2x8xf32>, %w: tensor<4x7xf32>, %r: tensor<4x4xf32>) {
  // expected-error @below {{failed to infer returned types}}
  // expected-error @below {{weights of type 'tensor<4x7xf32>' does not fit the other operands}}
  %y, %h = graph.recurrent RNN %x, %w, %r activations = ["Tanh"] alpha = [0.0] beta = [0.0]
      : (tensor<5x2x8xf32>, tensor<4x7xf32>, tensor<4x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

func.func @c2_recurrent(%x: tensor<5x2x8xf32>, %w: tensor<4x8xf32>, %r: tensor<4x4xf32>, %c: tensor<2x4xf32>) {
  // expected-error @below {{failed to infer returned types}}
  // expected-error @below {{RNN has no cell state}}
  %y, %h = graph.recurrent RNN %x, %w, %r cell %c activations = ["Tanh"] alpha = [0.0] beta = [0.0]
      : (tensor<5x2x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
  return
}

// -----

func.func @c3_recurrent(%x: tensor<5x2x8xf32>, %w: tensor<4x8xf32>, %r: tensor<4x4xf32>) {
  // expected-error @below {{failed to infer returned types}}
  // expected-error @below {{unknown activation "Tan"}}
  %y, %h = graph.recurrent RNN %x, %w, %r activations = ["Tan"] alpha = [0.0] beta = [0.0]
      : (tensor<5x2x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
  return
}
