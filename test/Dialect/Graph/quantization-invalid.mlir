// RUN: graphopt-opt %s --split-input-file --verify-diagnostics

func.func @c1_width(%x: tensor<2x8xf32>, %s: tensor<f32>) {
  // expected-error @below {{quantizes to 'i32', which is not supported yet}}
  %q = graph.quantize_linear %x, %s axis = 0 to i32 : tensor<2x8xf32>, tensor<f32>
  return
}

// -----

func.func @c1_zero(%x: tensor<2x8xi8>, %s: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @below {{cannot dequantize 'i8' to 'f32'}}
  %q = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<2x8xi8>, tensor<f32>, tensor<ui8>
  return
}

// -----

func.func @c2_axis(%x: tensor<2x8xf32>, %s: tensor<8xf32>) {
  // expected-error @below {{a scale of rank 1 with axis 2 and block_size 0 does not fit an input of rank 2}}
  %q = graph.quantize_linear %x, %s axis = 2 to i8 : tensor<2x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @c2_count(%x: tensor<2x8xf32>, %s: tensor<7xf32>) {
  // expected-error @below {{7 scales for 8 indices of axis 1}}
  %q = graph.quantize_linear %x, %s axis = 1 to i8 : tensor<2x8xf32>, tensor<7xf32>
  return
}

// -----

func.func @c2_blocks(%x: tensor<2x8xi8>, %s: tensor<4xf32>) {
  // expected-error @below {{a scale of rank 1 with axis 1 and block_size 2}}
  %q = graph.dequantize_linear %x, %s axis = 1 block_size = 2 to f32 : tensor<2x8xi8>, tensor<4xf32>
  return
}

// -----

func.func @c3_dequantize(%x: tensor<2x8xi8>, %s: tensor<8xf32>, %z: tensor<i8>) {
  // expected-error @below {{the zero point has rank 0, the scale 1}}
  %q = graph.dequantize_linear %x, %s, %z axis = 1 to f32 : tensor<2x8xi8>, tensor<8xf32>, tensor<i8>
  return
}

// -----

func.func @c1_zero_of_quantize(%x: tensor<2x8xf32>, %s: tensor<f32>, %z: tensor<ui8>) {
  // expected-error @below {{quantizes to 'i8', which is not supported yet}}
  %q = graph.quantize_linear %x, %s, %z axis = 0 to i8 : tensor<2x8xf32>, tensor<f32>, tensor<ui8>
  return
}

// -----

func.func @c3_quantize(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %z: tensor<i8>) {
  // expected-error @below {{the zero point has rank 0, the scale 1}}
  %q = graph.quantize_linear %x, %s, %z axis = 1 to i8 : tensor<2x8xf32>, tensor<8xf32>, tensor<i8>
  return
}

// -----

func.func @c1_grid(%x: tensor<2x8xf64>, %w: tensor<8x3xi4>, %s: tensor<2x3xf32>) {
  // expected-error @below {{cannot multiply 'f64' with 'i4' on a grid of 'f32'}}
  %y = graph.grid_matmul %x, %w, %s block_size = 4 : tensor<2x8xf64>, tensor<8x3xi4>, tensor<2x3xf32>
  return
}

// -----

func.func @c2_grid(%x: tensor<2x8xf32>, %w: tensor<8x?xi4>, %s: tensor<2x3xf32>) {
  // expected-error @below {{multiplies matrices, the right one static and not empty}}
  %y = graph.grid_matmul %x, %w, %s block_size = 4 : tensor<2x8xf32>, tensor<8x?xi4>, tensor<2x3xf32>
  return
}

// -----

func.func @c3_grid_block(%x: tensor<2x8xf32>, %w: tensor<8x3xi4>, %s: tensor<2x3xf32>) {
  // expected-error @below {{has blocks of 0}}
  %y = graph.grid_matmul %x, %w, %s block_size = 0 : tensor<2x8xf32>, tensor<8x3xi4>, tensor<2x3xf32>
  return
}

// -----

func.func @c3_grid_scales(%x: tensor<2x8xf32>, %w: tensor<3x8xi4>, %s: tensor<2x3xf32>) {
  // expected-error @below {{needs scales and zero points for 2 blocks of 3 columns}}
  %y = graph.grid_matmul %x, %w, %s transB block_size = 4 : tensor<2x8xf32>, tensor<3x8xi4>, tensor<2x3xf32>
  return
}

// -----

func.func @c4_grid(%x: tensor<2x7xf32>, %w: tensor<8x3xi4>, %s: tensor<2x3xf32>) {
  // expected-error @below {{lhs has 7 columns, but rhs has 8 rows}}
  %y = graph.grid_matmul %x, %w, %s block_size = 4 : tensor<2x7xf32>, tensor<8x3xi4>, tensor<2x3xf32>
  return
}

// -----

func.func @c1_power(%x: tensor<2x8xf32>, %s: tensor<f32>) {
  // expected-error @below {{quantizes to 'f8E8M0FNU', which is not supported yet}}
  %q = graph.quantize_linear %x, %s axis = 0 to f8E8M0FNU : tensor<2x8xf32>, tensor<f32>
  return
}

// -----

func.func @c1_small(%x: tensor<2x8xi8>, %s: tensor<f8E8M0FNU>) {
  // expected-error @below {{cannot dequantize 'i8' to 'f8E8M0FNU'}}
  %q = graph.dequantize_linear %x, %s axis = 0 to f8E8M0FNU : tensor<2x8xi8>, tensor<f8E8M0FNU>
  return
}
