// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_permutation(%w: memref<3x20xf32>, %e: memref<3x3x8xf32>) {
  // expected-error @below {{permutation does not order the 2 dimensions of source}}
  kernel.pack ins(%w : memref<3x20xf32>) permutation = [0, 0] groups = 1 outs(%e : memref<3x3x8xf32>)
  return
}

// -----

func.func @c2_open(%w: memref<?x20xf32>, %e: memref<3x3x8xf32>) {
  // expected-error @below {{needs static source and init of one element type}}
  kernel.pack ins(%w : memref<?x20xf32>) permutation = [0, 1] groups = 1 outs(%e : memref<3x3x8xf32>)
  return
}

// -----

func.func @c3_groups(%w: memref<3x20xf32>, %e: memref<3x3x8xf32>) {
  // expected-error @below {{3 groups do not divide 20 columns}}
  kernel.pack ins(%w : memref<3x20xf32>) permutation = [0, 1] groups = 3 outs(%e : memref<3x3x8xf32>)
  return
}

// -----

func.func @c4_shape(%w: memref<3x20xf32>, %e: memref<2x3x8xf32>) {
  // expected-error @below {{init has shape [2, 3, 8], not [3, 3, 8]}}
  kernel.pack ins(%w : memref<3x20xf32>) permutation = [0, 1] groups = 1 outs(%e : memref<2x3x8xf32>)
  return
}
