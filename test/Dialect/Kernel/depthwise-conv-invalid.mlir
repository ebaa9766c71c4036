// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%a: memref<1x9x9x8xf32>, %b: memref<8x1x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs input [B, S..., C], init [B, Y..., C] and filter [panels, K..., 1, NR]}}
  kernel.depthwise_conv ins(%a, %b : memref<1x9x9x8xf32>, memref<8x1x3x3xf32>) packed strides = [1, 1] dilations = [1, 1] outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_channels(%a: memref<1x9x9x8xf32>, %b: memref<9x1x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{input, filter and init do not agree on C = 8}}
  kernel.depthwise_conv ins(%a, %b : memref<1x9x9x8xf32>, memref<9x1x3x3xf32>) strides = [1, 1] dilations = [1, 1] outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_open(%a: memref<1x9x9x8xf32>, %b: memref<8x1x?x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs a static filter and static C}}
  kernel.depthwise_conv ins(%a, %b : memref<1x9x9x8xf32>, memref<8x1x?x3xf32>) strides = [1, 1] dilations = [1, 1] outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c3_dilations(%a: memref<1x9x9x8xf32>, %b: memref<8x1x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs 2 positive strides and dilations}}
  kernel.depthwise_conv ins(%a, %b : memref<1x9x9x8xf32>, memref<8x1x3x3xf32>) strides = [1, 1] dilations = [1] outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_size(%a: memref<1x9x9x8xf32>, %b: memref<8x1x3x3xf32>, %c: memref<1x8x7x8xf32>) {
  // expected-error @below {{init has size 8 in spatial dimension 0, not 4}}
  kernel.depthwise_conv ins(%a, %b : memref<1x9x9x8xf32>, memref<8x1x3x3xf32>) strides = [2, 1] dilations = [1, 1] outs(%c : memref<1x8x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
