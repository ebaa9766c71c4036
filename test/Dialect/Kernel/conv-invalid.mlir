// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c5_signs(%a: memref<1x9x9x4xi8>, %b: memref<1x3x3x1x64xi8>, %c: memref<1x7x7x8xi32>) {
  // expected-error @below {{cannot interleave 4 of this filter}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xi8>, memref<1x3x3x1x64xi8>) packed interleave = 4 strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

func.func @c5_groups_of_four(%a: memref<1x9x9x6xi8>, %b: memref<1x3x3x1x64xi8>, %c: memref<1x7x7x8xi32>) {
  // expected-error @below {{input has 6 channels, filter has 4}}
  kernel.conv ins(%a, %b : memref<1x9x9x6xi8>, memref<1x3x3x1x64xi8>) packed interleave = 4 unsigned_input strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

func.func @c1_rank(%a: memref<1x9x9x4xf32>, %b: memref<8x4x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs input [B, S..., C], init [B, Y..., O] and filter [O, C / G, K...]}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x4x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_channels(%a: memref<1x9x9x4xf32>, %b: memref<8x5x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{input has 4 channels, filter has 5}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x5x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_panels(%a: memref<1x9x9x4xf32>, %b: memref<2x3x3x4x8xf32>, %c: memref<1x7x7x20xf32>) {
  // expected-error @below {{filter has size 2 in dimension 0, not 3}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<2x3x3x4x8xf32>) packed strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_empty_panels(%a: memref<1x9x9x4xf32>, %b: memref<2x3x3x4x0xf32>, %c: memref<1x7x7x20xf32>) {
  // expected-error @below {{panels of filter are empty}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<2x3x3x4x0xf32>) packed strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_groups(%a: memref<1x9x9x4xf32>, %b: memref<6x1x3x3xf32>, %c: memref<1x7x7x6xf32>) {
  // expected-error @below {{needs a static filter, and static C and O that are multiples of groups}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<6x1x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 4 outs(%c : memref<1x7x7x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c3_strides(%a: memref<1x9x9x4xf32>, %b: memref<8x4x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{needs 2 positive strides and dilations}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x4x3x3xf32>) strides = [1, 0] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c3_groups(%a: memref<1x9x9x4xf32>, %b: memref<8x4x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{groups must be positive}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x4x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 0 outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_size(%a: memref<1x9x9x4xf32>, %b: memref<8x4x3x3xf32>, %c: memref<1x7x8x8xf32>) {
  // expected-error @below {{init has size 8 in spatial dimension 1, not 7}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x4x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x8x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_batch(%a: memref<1x9x9x4xf32>, %b: memref<8x4x3x3xf32>, %c: memref<2x7x7x8xf32>) {
  // expected-error @below {{input has batch size 1, init has 2}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xf32>, memref<8x4x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<2x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_too_small(%a: memref<1x2x9x4xf32>, %b: memref<8x4x3x3xf32>, %c: memref<1x7x7x8xf32>) {
  // expected-error @below {{init has size 7 in spatial dimension 0, not 0}}
  kernel.conv ins(%a, %b : memref<1x2x9x4xf32>, memref<8x4x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c5_pairs(%a: memref<1x9x9x4xi8>, %b: memref<1x3x3x2x32xi8>, %c: memref<1x7x7x8xi32>) {
  // expected-error @below {{cannot interleave 2 of this filter}}
  kernel.conv ins(%a, %b : memref<1x9x9x4xi8>, memref<1x3x3x2x32xi8>) packed interleave = 2 strides = [1, 1] dilations = [1, 1] groups = 1 outs(%c : memref<1x7x7x8xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}
