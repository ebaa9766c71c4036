// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=avx2 -split-input-file -verify-diagnostics

func.func @packed_for_another_cpu(%a: memref<7x37xf32>, %b: memref<4x37x4xf32>, %c: memref<7x16xf32>) {
  // expected-error @below {{is packed in panels of 4 columns, but vectors of avx2 have 8 lanes}}
  kernel.matmul ins(%a, %b : memref<7x37xf32>, memref<4x37x4xf32>) packed outs(%c : memref<7x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @filter_not_packed(%x: memref<1x9x9x4xf32>, %w: memref<8x4x3x3xf32>, %y: memref<1x7x7x8xf32>) {
  // expected-error @below {{has weights that are not packed}}
  kernel.conv ins(%x, %w : memref<1x9x9x4xf32>, memref<8x4x3x3xf32>)
    strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @tensors(%a: tensor<7x37xf32>, %b: tensor<37x16xf32>, %c: tensor<7x16xf32>) -> tensor<7x16xf32> {
  // expected-error @below {{must be bufferized before it is expanded}}
  %r = kernel.matmul ins(%a, %b : tensor<7x37xf32>, tensor<37x16xf32>) outs(%c : tensor<7x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<7x16xf32>
  return %r : tensor<7x16xf32>
}

// -----

func.func @winograd_filter_not_packed(%x: memref<1x9x9x4xf32>, %w: memref<16x4x8xf32>, %v: memref<4x16x16xf32>, %y: memref<1x7x7x8xf32>) {
  // expected-error @below {{has weights that are not packed}}
  kernel.winograd_conv ins(%x, %w : memref<1x9x9x4xf32>, memref<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4
    scratch(%v : memref<4x16x16xf32>) outs(%y : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
