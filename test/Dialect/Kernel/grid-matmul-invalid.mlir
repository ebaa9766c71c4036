// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_batch(%a: memref<2x4x8xf32>, %w: memref<8x3xi8>, %s: memref<1x3xf32>, %c: memref<1x4x3xf32>) {
  // expected-error @below {{needs lhs [..., M, K] and init [..., M, N]}}
  kernel.grid_matmul ins(%a, %w, %s : memref<2x4x8xf32>, memref<8x3xi8>, memref<1x3xf32>) bits = 4 block_size = 8 outs(%c : memref<1x4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_open(%a: memref<4x?xf32>, %w: memref<8x3xi8>, %s: memref<1x3xf32>, %c: memref<4x3xf32>) {
  // expected-error @below {{needs static K and N that are not 0}}
  kernel.grid_matmul ins(%a, %w, %s : memref<4x?xf32>, memref<8x3xi8>, memref<1x3xf32>) bits = 4 block_size = 8 outs(%c : memref<4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_sizes(%a: memref<4x8xf32>, %w: memref<8x3xi8>, %s: memref<1x3xf32>, %c: memref<4x3xf32>) {
  // expected-error @below {{needs rhs [8, 3], scale and zero [2, 3]}}
  kernel.grid_matmul ins(%a, %w, %s : memref<4x8xf32>, memref<8x3xi8>, memref<1x3xf32>) bits = 4 block_size = 4 outs(%c : memref<4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Three blocks of 12 numbers are two words each, the last, of 9, too.
func.func @c3_words(%a: memref<4x33xf32>, %w: memref<1x5x8xi32>, %s: memref<1x3x8xf32>, %c: memref<4x3xf32>) {
  // expected-error @below {{needs rhs [1, 6, 8], scale and zero [1, 3, 8]}}
  kernel.grid_matmul ins(%a, %w, %s : memref<4x33xf32>, memref<1x5x8xi32>, memref<1x3x8xf32>) packed bits = 4 block_size = 12 outs(%c : memref<4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_bits(%a: memref<4x8xf32>, %w: memref<8x3xi8>, %s: memref<1x3xf32>, %c: memref<4x3xf32>) {
  // expected-error @below {{has weights of 3 bits in 'i8', scales of 'f32'}}
  kernel.grid_matmul ins(%a, %w, %s : memref<4x8xf32>, memref<8x3xi8>, memref<1x3xf32>) bits = 3 block_size = 8 outs(%c : memref<4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c5_block(%a: memref<4x8xf32>, %w: memref<8x3xi8>, %s: memref<1x3xf32>, %c: memref<4x3xf32>) {
  // expected-error @below {{has blocks of 9 of 8}}
  kernel.grid_matmul ins(%a, %w, %s : memref<4x8xf32>, memref<8x3xi8>, memref<1x3xf32>) bits = 4 block_size = 9 outs(%c : memref<4x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
