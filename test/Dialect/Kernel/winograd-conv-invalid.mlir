// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%x: tensor<1x9x9x4xf32>, %w: tensor<16x4xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{needs input [B, S..., C], init [B, Y..., O] with one or two spatial dimensions and filter [T, C, O]}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<16x4xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c1_products(%x: tensor<1x9x9x4xf32>, %w: tensor<25x4x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{has a filter of 25 products a tile, not 16}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<25x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c1_channels(%x: tensor<1x9x9x4xf32>, %w: tensor<16x5x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{input, filter and init do not agree on C = 4 and O = 8}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<16x5x8xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c1_panels(%x: tensor<1x9x9x4xf32>, %w: tensor<2x16x4x8xf32>, %y: tensor<1x7x7x20xf32>) -> tensor<1x7x7x20xf32> {
  // expected-error @below {{input, filter and init do not agree on C = 4 and O = 20}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<2x16x4x8xf32>) packed taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x20xf32>
  return %r : tensor<1x7x7x20xf32>
}

// -----

func.func @c2_open_channels(%x: tensor<1x9x9x?xf32>, %w: tensor<16x4x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{needs a static filter, C and O}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x?xf32>, tensor<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c3_half(%x: tensor<1x9x9x4xf16>, %w: tensor<16x4x8xf16>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{transforms f32 or f64, not 'f16'}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf16>, tensor<16x4x8xf16>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c4_size(%x: tensor<1x9x9x4xf32>, %w: tensor<16x4x8xf32>, %y: tensor<1x7x9x8xf32>) -> tensor<1x7x9x8xf32> {
  // expected-error @below {{init has size 9 in spatial dimension 1, not 7}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x9x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x9x8xf32>
  return %r : tensor<1x7x9x8xf32>
}

// -----

func.func @c5_block(%x: tensor<1x9x9x4xf32>, %w: tensor<16x4x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{has a block of 0 tiles}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 0 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c5_no_scratch(%x: memref<1x9x9x4xf32>, %w: memref<16x4x8xf32>, %y: memref<1x7x7x8xf32>) {
  // expected-error @below {{on memrefs needs scratch of 'memref<4x16x16xf32>'}}
  kernel.winograd_conv ins(%x, %w : memref<1x9x9x4xf32>, memref<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4 outs(%y : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c5_pitch(%x: memref<1x9x9x4xf32>, %w: memref<16x4x8xf32>, %v: memref<4x16x32xf32>, %y: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs scratch of 'memref<4x16x16xf32>', not 'memref<4x16x32xf32>'}}
  kernel.winograd_conv ins(%x, %w : memref<1x9x9x4xf32>, memref<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4
    scratch(%v : memref<4x16x32xf32>) outs(%y : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c6_points(%x: tensor<1x9x9x4xf32>, %w: tensor<25x4x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{has no F(tile, taps) for tile array<i64: 3, 3> and taps array<i64: 3, 3>}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<25x4x8xf32>) taps = [3, 3] tile = [3, 3] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}

// -----

func.func @c6_one_output(%x: tensor<1x9x4xf32>, %w: tensor<4x4x8xf32>, %y: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  // expected-error @below {{has no F(tile, taps) for tile array<i64: 1> and taps array<i64: 4>}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x4xf32>, tensor<4x4x8xf32>) taps = [4] tile = [1] block = 4 outs(%y : tensor<1x6x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x6x8xf32>
  return %r : tensor<1x6x8xf32>
}

// -----

func.func @c6_directions(%x: tensor<1x9x9x4xf32>, %w: tensor<16x4x8xf32>, %y: tensor<1x7x7x8xf32>) -> tensor<1x7x7x8xf32> {
  // expected-error @below {{has no F(tile, taps) for tile array<i64: 2, 2> and taps array<i64: 3>}}
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<16x4x8xf32>) taps = [3] tile = [2, 2] block = 4 outs(%y : tensor<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x8xf32>
  return %r : tensor<1x7x7x8xf32>
}
