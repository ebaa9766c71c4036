// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_rank(%a: memref<3xf32>, %b: memref<3x8xf32>, %c: memref<8xf32>) {
  // expected-error @below {{needs lhs [..., M, K], init [..., M, N] and rhs [..., K, N]}}
  kernel.matmul ins(%a, %b : memref<3xf32>, memref<3x8xf32>) outs(%c : memref<8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_k(%a: memref<4x3xf32>, %b: memref<5x8xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{lhs has K = 3, rhs has K = 5}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<5x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_m(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %c: memref<5x8xf32>) {
  // expected-error @below {{lhs and init have different M}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<5x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_n(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %c: memref<4x9xf32>) {
  // expected-error @below {{rhs has N = 8, init has N = 9}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x9xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_panels(%a: memref<4x3xf32>, %b: memref<2x3x8xf32>, %c: memref<4x20xf32>) {
  // expected-error @below {{N = 20 needs 3 panels of 8, rhs has 2}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<2x3x8xf32>) packed outs(%c : memref<4x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_lhs_batch(%a: memref<3x4x3xf32>, %b: memref<3x8xf32>, %c: memref<2x4x8xf32>) {
  // expected-error @below {{lhs has batch size 3, init has 2}}
  kernel.matmul ins(%a, %b : memref<3x4x3xf32>, memref<3x8xf32>) outs(%c : memref<2x4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_rhs_batch(%a: memref<2x4x3xf32>, %b: memref<2x2x3x8xf32>, %c: memref<2x4x8xf32>) {
  // expected-error @below {{rhs has 2 batch dimensions, init has 1}}
  kernel.matmul ins(%a, %b : memref<2x4x3xf32>, memref<2x2x3x8xf32>) outs(%c : memref<2x4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c3_open(%a: memref<4x?xf32>, %b: memref<1x3x8xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{with packed rhs needs static K, N and NR}}
  kernel.matmul ins(%a, %b : memref<4x?xf32>, memref<1x3x8xf32>) packed outs(%c : memref<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c1_interleaved(%a: memref<4x9xi8>, %b: memref<1x2x64xi8>, %c: memref<4x16xi32>) {
  // expected-error @below {{lhs has K = 9, rhs has K = 2}}
  kernel.matmul ins(%a, %b : memref<4x9xi8>, memref<1x2x64xi8>) packed interleave = 4 unsigned_lhs outs(%c : memref<4x16xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

func.func @c4_signs(%a: memref<4x8xi8>, %b: memref<1x2x64xi8>, %c: memref<4x16xi32>) {
  // expected-error @below {{cannot interleave 4 of this rhs}}
  kernel.matmul ins(%a, %b : memref<4x8xi8>, memref<1x2x64xi8>) packed interleave = 4 outs(%c : memref<4x16xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

func.func @c4_width(%a: memref<4x8xf32>, %b: memref<1x2x64xf32>, %c: memref<4x16xf32>) {
  // expected-error @below {{cannot interleave 4 of this rhs}}
  kernel.matmul ins(%a, %b : memref<4x8xf32>, memref<1x2x64xf32>) packed interleave = 4 unsigned_lhs outs(%c : memref<4x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_pairs(%a: memref<4x8xi8>, %b: memref<1x4x32xi8>, %c: memref<4x16xi32>) {
  // expected-error @below {{cannot interleave 2 of this rhs}}
  kernel.matmul ins(%a, %b : memref<4x8xi8>, memref<1x4x32xi8>) packed interleave = 2 outs(%c : memref<4x16xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}
