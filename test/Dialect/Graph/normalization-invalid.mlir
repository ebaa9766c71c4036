// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_softmax(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.softmax %x axis = 2 : tensor<2x3xf32>
  return
}

// -----

func.func @c1_lp_normalization(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis -3 is not in [-2, 2)}}
  %t = graph.lp_normalization %x axis = -3 p = 2 : tensor<2x3xf32>
  return
}

// -----

func.func @c2_lp_normalization(%x: tensor<2x3xf32>) {
  // expected-error @below {{p is 3, not 1 or 2}}
  %t = graph.lp_normalization %x axis = 1 p = 3 : tensor<2x3xf32>
  return
}

// -----

func.func @c1_layer_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t:3 = graph.layer_normalization %x, %s axis = 2 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c2_layer_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf16>) {
  // expected-error @below {{scale or bias has elements of type 'f16', the input of type 'f32'}}
  %t:3 = graph.layer_normalization %x, %s axis = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf16>
  return
}

// -----

func.func @c3_layer_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'tensor<4xf32>' does not broadcast to the input's shape}}
  %t:3 = graph.layer_normalization %x, %s, %b axis = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf32>, tensor<4xf32>
  return
}

// -----

func.func @c1_rms_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.rms_normalization %x, %s axis = 2 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c2_rms_normalization(%x: tensor<2x3xf32>, %s: tensor<1x2x3xf32>) {
  // expected-error @below {{does not broadcast to the input's shape}}
  %t = graph.rms_normalization %x, %s axis = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<1x2x3xf32>
  return
}
