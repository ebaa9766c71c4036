// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// The inputs of all steps are one product; a step has one more.
// CHECK-LABEL: func @lstm(
// CHECK:         kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x1x8xf32>, tensor<8x16xf32>)
// CHECK:         scf.for
// CHECK:           kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<1x4xf32>, tensor<4x16xf32>)
// CHECK:           linalg.generic
// CHECK:             math.tanh
// CHECK:           tensor.insert_slice
// CHECK:           scf.yield
func.func @lstm(%x: tensor<?x1x8xf32>, %w: tensor<16x8xf32>, %r: tensor<16x4xf32>, %b: tensor<32xf32>) -> (tensor<?x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %y, %h, %c = graph.recurrent LSTM %x, %w, %r bias %b activations = ["Sigmoid", "Tanh", "Tanh"]
      alpha = [0.0, 0.0, 0.0] beta = [0.0, 0.0, 0.0]
      : (tensor<?x1x8xf32>, tensor<16x8xf32>, tensor<16x4xf32>, tensor<32xf32>) -> (tensor<?x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>)
  return %y, %h, %c : tensor<?x1x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}

// The candidate of a GRU multiplies r * h: a second product a step.
// CHECK-LABEL: func @gru_reverse(
// CHECK:         scf.for %[[I:[^ ]+]] =
// CHECK:           arith.subi %{{.+}}, %[[I]]
// CHECK:           kernel.matmul {{.+}} tensor<2x4xf32>, tensor<4x8xf32
// CHECK:           kernel.matmul {{.+}} tensor<2x4xf32>, tensor<4x4xf32
func.func @gru_reverse(%x: tensor<5x2x8xf32>, %w: tensor<12x8xf32>, %r: tensor<12x4xf32>) -> tensor<5x2x4xf32> {
  %y, %h = graph.recurrent GRU %x, %w, %r activations = ["Sigmoid", "Tanh"]
      alpha = [0.0, 0.0] beta = [0.0, 0.0] reverse
      : (tensor<5x2x8xf32>, tensor<12x8xf32>, tensor<12x4xf32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
  return %y : tensor<5x2x4xf32>
}

// Rows past their length keep their state.
// CHECK-LABEL: func @rnn_lengths(
// CHECK:         scf.for
// CHECK:           arith.cmpi slt
// CHECK:           arith.select
func.func @rnn_lengths(%x: tensor<5x2x8xf32>, %w: tensor<4x8xf32>, %r: tensor<4x4xf32>, %n: tensor<2xi32>) -> tensor<5x2x4xf32> {
  %y, %h = graph.recurrent RNN %x, %w, %r lengths %n activations = ["Tanh"] alpha = [0.0] beta = [0.0]
      : (tensor<5x2x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>, tensor<2xi32>) -> (tensor<5x2x4xf32>, tensor<2x4xf32>)
  return %y : tensor<5x2x4xf32>
}
