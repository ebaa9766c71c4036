// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_pool(%x: tensor<1x4xf32>) {
  // expected-error @below {{input has rank 2, but needs}}
  %y = graph.pool Max %x kernel = [] strides = [] dilations = [] pads = [] : tensor<1x4xf32>
  return
}

// -----

func.func @c2_pool(%x: tensor<1x4x5xf32>) {
  // expected-error @below {{needs 1 positive strides and dilations and 2 pads}}
  %y = graph.pool Max %x kernel = [2] strides = [1] dilations = [-1] pads = [0, 0] : tensor<1x4x5xf32>
  return
}

// -----

func.func @c3_pool(%x: tensor<1x4x5xf32>) {
  // expected-error @below {{input has extent 5 in spatial dimension 0, too small for its windows}}
  %y = graph.pool Max %x kernel = [4] strides = [1] dilations = [3] pads = [1, 1] : tensor<1x4x5xf32>
  return
}

// -----

func.func @c4_pool(%x: tensor<1x4x5xf32>) {
  // expected-error @below {{needs a positive kernel extent for each of 1 spatial dimensions}}
  %y = graph.pool Max %x kernel = [0] strides = [1] dilations = [1] pads = [0, 0] : tensor<1x4x5xf32>
  return
}

// -----

func.func @c5_pool(%x: tensor<1x4x5xi8>) {
  // expected-error @below {{Average is not defined for 'i8'}}
  %y = graph.pool Average %x kernel = [2] strides = [1] dilations = [1] pads = [0, 0] : tensor<1x4x5xi8>
  return
}

// -----

func.func @c4_max_pool_indices(%x: tensor<1x4x5xf32>) {
  // expected-error @below {{needs a positive kernel extent for each of 1 spatial dimensions}}
  %y = graph.max_pool_indices %x kernel = [2, 2] strides = [1] dilations = [1] pads = [0, 0] : tensor<1x4x5xf32>
  return
}
