// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%q: tensor<4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{has an operand of rank 3, not 4}}
  %r = kernel.attention ins(%q, %k, %v : tensor<4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c1_sizes(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x9xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{has a query [1, 4, 5, 8], key [1, 2, 7, 9], value [1, 2, 7, 6] and init [1, 4, 5, 6] that do not agree}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x9xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c1_layout(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{that do not agree}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, s, h, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c2_count(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{needs 4 layouts, not 3}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c2_last(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{has no layout in affine_map<(d0, d1, d2, d3) -> (d0, d1, d3, d2)>}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, d, s)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c3_open(%q: tensor<1x4x5x?xf32>, %k: tensor<1x2x7x?xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{needs static sizes in the last dimensions}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x?xf32>, tensor<1x2x7x?xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c4_heads(%q: tensor<1x4x5x8xf32>, %k: tensor<1x3x7x8xf32>, %v: tensor<1x3x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{3 heads of keys do not divide 4 of queries}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x3x7x8xf32>, tensor<1x3x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c5_size(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>, %m: tensor<5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{cannot read a mask of type 'tensor<5x6xf32>' through affine_map<(d0, d1, d2, d3) -> (d2, d3)> for scores of sizes [1, 4, 5, 7]}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 mask(%m : tensor<5x6xf32>) mask_map = affine_map<(b, h, m, n) -> (m, n)> outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c5_order(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>, %m: tensor<7x5xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{cannot read a mask}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 mask(%m : tensor<7x5xf32>) mask_map = affine_map<(b, h, m, n) -> (n, m)> outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c6_from_end(%q: tensor<1x4x5x8xf32>, %k: tensor<1x2x7x8xf32>, %v: tensor<1x2x7x6xf32>, %y: tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> {
  // expected-error @below {{is from_end, but not causal}}
  %r = kernel.attention ins(%q, %k, %v : tensor<1x4x5x8xf32>, tensor<1x2x7x8xf32>, tensor<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 from_end outs(%y : tensor<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x4x5x6xf32>
  return %r : tensor<1x4x5x6xf32>
}

// -----

func.func @c7_missing(%q: memref<1x4x5x8xf32>, %k: memref<1x2x7x8xf32>, %v: memref<1x2x7x6xf32>, %y: memref<1x4x5x6xf32>) {
  // expected-error @below {{on memrefs needs scratch of 'memref<1x2x1x8x16xf32>'}}
  kernel.attention ins(%q, %k, %v : memref<1x4x5x8xf32>, memref<1x2x7x8xf32>, memref<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : memref<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c7_shape(%q: memref<1x4x5x8xf32>, %k: memref<1x2x7x8xf32>, %v: memref<1x2x7x6xf32>, %y: memref<1x4x5x6xf32>, %s: memref<1x2x1x8x32xf32>) {
  // expected-error @below {{on memrefs needs scratch of 'memref<1x2x1x8x16xf32>'}}
  kernel.attention ins(%q, %k, %v : memref<1x4x5x8xf32>, memref<1x2x7x8xf32>, memref<1x2x7x6xf32>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 scratch(%s : memref<1x2x1x8x32xf32>) outs(%y : memref<1x4x5x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
