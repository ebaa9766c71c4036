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

// -----

func.func @c1_batch_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t:3 = graph.batch_normalization %x, %s, %s, %s, %s axis = 2 epsilon = 1.0e-5 momentum = 0.9 : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c2_batch_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %m: tensor<2xf32>) {
  // expected-error @below {{'tensor<2xf32>' has not one element for each of 3 channels}}
  %t:3 = graph.batch_normalization %x, %s, %s, %m, %s axis = 1 epsilon = 1.0e-5 momentum = 0.9 : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<2xf32>, tensor<3xf32>
  return
}

// -----

func.func @c3_batch_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>, %m: tensor<3xf16>) {
  // expected-error @below {{mean has element type 'f32', variance 'f16'}}
  %t:3 = graph.batch_normalization %x, %s, %s, %s, %m axis = 1 epsilon = 1.0e-5 momentum = 0.9 : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf16>
  return
}

// -----

func.func @c1_group_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{axis 0 is the batch}}
  %t = graph.group_normalization %x, %s, %s axis = 0 groups = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c2_group_normalization(%x: tensor<2x3xf32>, %s: tensor<2xf32>) {
  // expected-error @below {{'tensor<2xf32>' has not one element for each of 3 channels}}
  %t = graph.group_normalization %x, %s, %s axis = 1 groups = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func @c2_group_normalization_types(%x: tensor<2x3xf32>, %s: tensor<3xf16>) {
  // expected-error @below {{scale or bias has elements of type 'f16', the input of type 'f32'}}
  %t = graph.group_normalization %x, %s, %s axis = 1 groups = 1 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf16>, tensor<3xf16>
  return
}

// -----

func.func @c3_group_normalization(%x: tensor<2x3xf32>, %s: tensor<3xf32>) {
  // expected-error @below {{2 groups do not divide 3 channels}}
  %t = graph.group_normalization %x, %s, %s axis = 1 groups = 2 epsilon = 1.0e-5 : tensor<2x3xf32>, tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c1_lrn(%x: tensor<2x3xf32>) {
  // expected-error @below {{axis 2 is not in [-2, 2)}}
  %t = graph.lrn %x axis = 2 size = 3 alpha = 1.0e-4 beta = 0.75 bias = 1.0 : tensor<2x3xf32>
  return
}

// -----

func.func @c2_lrn(%x: tensor<2x3xf32>) {
  // expected-error @below {{size is 0}}
  %t = graph.lrn %x axis = 1 size = 0 alpha = 1.0e-4 beta = 0.75 bias = 1.0 : tensor<2x3xf32>
  return
}
