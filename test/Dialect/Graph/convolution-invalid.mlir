// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%x: tensor<1x4xf32>, %w: tensor<4x4xf32>) {
  // expected-error @below {{input has rank 2, but needs a batch, channels and at least one spatial dimension}}
  %y = graph.conv %x, %w strides = [] dilations = [] pads = [] groups = 1 : tensor<1x4xf32>, tensor<4x4xf32>
  return
}

// -----

func.func @c2_strides(%x: tensor<1x4x5xf32>, %w: tensor<4x4x3xf32>) {
  // expected-error @below {{needs 1 positive strides and dilations and 2 pads}}
  %y = graph.conv %x, %w strides = [0] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x4x5xf32>, tensor<4x4x3xf32>
  return
}

// -----

func.func @c2_pads(%x: tensor<1x4x5xf32>, %w: tensor<4x4x3xf32>) {
  // expected-error @below {{needs 1 positive strides and dilations and 2 pads}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0] groups = 1 : tensor<1x4x5xf32>, tensor<4x4x3xf32>
  return
}

// -----

func.func @c3_small(%x: tensor<1x4x5xf32>, %w: tensor<4x4x7xf32>) {
  // expected-error @below {{input has extent 5 in spatial dimension 0, too small for its windows}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x4x5xf32>, tensor<4x4x7xf32>
  return
}

// -----

func.func @c4_rank(%x: tensor<1x4x5xf32>, %w: tensor<4x4x3x3xf32>) {
  // expected-error @below {{input has rank 3, filter has rank 4}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x4x5xf32>, tensor<4x4x3x3xf32>
  return
}

// -----

func.func @c4_groups(%x: tensor<1x4x5xf32>, %w: tensor<4x4x3xf32>) {
  // expected-error @below {{0 groups do not divide 4 channels and 4 filters}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 0 : tensor<1x4x5xf32>, tensor<4x4x3xf32>
  return
}

// -----

func.func @c4_channels(%x: tensor<1x4x5xf32>, %w: tensor<4x4x3xf32>) {
  // expected-error @below {{input has 4 channels, but filter has 4 for 2 groups}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 2 : tensor<1x4x5xf32>, tensor<4x4x3xf32>
  return
}

// -----

func.func @c5_bias(%x: tensor<1x4x5xf32>, %w: tensor<6x4x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{bias of type 'tensor<4xf32>' does not fit to 6 filters}}
  %y = graph.conv %x, %w, %b strides = [1] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x4x5xf32>, tensor<6x4x3xf32>, tensor<4xf32>
  return
}

// -----

func.func @c6_types(%x: tensor<1x4x5xf32>, %w: tensor<6x4x3xf16>) {
  // expected-error @below {{cannot convolve 'f32' with 'f16'}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 : tensor<1x4x5xf32>, tensor<6x4x3xf16>
  return
}

// -----

func.func @c7_input_dilations(%x: tensor<1x4x5xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @below {{needs 1 positive input dilations and extents of the output}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 input_dilations = [0] : tensor<1x4x5xf32>, tensor<6x4x3xf32>
  return
}

// -----

func.func @c7_output_shape(%x: tensor<1x4x5xf32>, %w: tensor<6x4x3xf32>) {
  // expected-error @below {{needs 1 positive input dilations and extents of the output}}
  %y = graph.conv %x, %w strides = [1] dilations = [1] pads = [0, 0] groups = 1 output_shape = [2, 3] : tensor<1x4x5xf32>, tensor<6x4x3xf32>
  return
}

// -----

func.func @c6_wide_bias(%x: tensor<1x3x9x9xbf16>, %w: tensor<4x3x3x3xbf16>, %b: tensor<4xbf16>) {
  // expected-error @below {{cannot convolve 'bf16' with 'bf16'}}
  %y = graph.conv %x, %w, %b strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 wide : tensor<1x3x9x9xbf16>, tensor<4x3x3x3xbf16>, tensor<4xbf16>
  return
}

// -----

func.func @c6_wide_floats(%x: tensor<1x3x9x9xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @below {{cannot convolve 'f32' with 'f32'}}
  %y = graph.conv %x, %w strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1 wide : tensor<1x3x9x9xf32>, tensor<4x3x3x3xf32>
  return
}
