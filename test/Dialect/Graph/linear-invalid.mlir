// RUN: graphopt-opt %s -split-input-file -verify-diagnostics

// matmul

func.func @c1_matmul_types(%x: tensor<2x3xf32>, %y: tensor<3x4xf64>) {
  // expected-error @below {{cannot multiply matrices of 'f32' and 'f64'}}
  %t = graph.matmul %x, %y : tensor<2x3xf32>, tensor<3x4xf64>
  return
}

// -----

func.func @c1_matmul_narrow(%x: tensor<2x3xi16>, %y: tensor<3x4xi16>) {
  // expected-error @below {{cannot multiply matrices of 'i16' and 'i16'}}
  %t = graph.matmul %x, %y : tensor<2x3xi16>, tensor<3x4xi16>
  return
}

// -----

func.func @c1_matmul_bytes(%x: tensor<3xi8>, %y: tensor<3x4xi8>) {
  // expected-error @below {{cannot multiply matrices of 'i8' and 'i8'}}
  %t = graph.matmul %x, %y : tensor<3xi8>, tensor<3x4xi8>
  return
}

// -----

func.func @c2_matmul(%x: tensor<f32>, %y: tensor<3x4xf32>) {
  // expected-error @below {{cannot multiply a scalar}}
  %t = graph.matmul %x, %y : tensor<f32>, tensor<3x4xf32>
  return
}

// -----

func.func @c3_matmul(%x: tensor<2x3xf32>, %y: tensor<5x4xf32>) {
  // expected-error @below {{lhs has 3 columns, but rhs has 5 rows}}
  %t = graph.matmul %x, %y : tensor<2x3xf32>, tensor<5x4xf32>
  return
}

// -----

func.func @c4_matmul(%x: tensor<2x6x3xf32>, %y: tensor<4x3x5xf32>) {
  // expected-error @below {{cannot broadcast extents 2 and 4}}
  %t = graph.matmul %x, %y : tensor<2x6x3xf32>, tensor<4x3x5xf32>
  return
}

// -----

// gemm

func.func @c1_gemm(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>, %z: tensor<4xf16>) {
  // expected-error @below {{cannot multiply matrices of 'f32' and 'f16'}}
  %t = graph.gemm %x, %y, %z : tensor<2x3xf32>, tensor<3x4xf32>, tensor<4xf16>
  return
}

// -----

func.func @c2_gemm(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error @below {{lhs has rank 2 and rhs rank 1, not 2}}
  %t = graph.gemm %x, %y : tensor<2x3xf32>, tensor<3xf32>
  return
}

// -----

func.func @c3_gemm(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @below {{lhs has 3 columns, but rhs has 4 rows}}
  %t = graph.gemm %x, %y transB : tensor<2x3xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @c4_gemm(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>, %z: tensor<5x2x4xf32>) {
  // expected-error @below {{bias of type 'tensor<5x2x4xf32>' does not broadcast to 'tensor<2x4xf32>'}}
  %t = graph.gemm %x, %y, %z : tensor<2x3xf32>, tensor<3x4xf32>, tensor<5x2x4xf32>
  return
}

// -----

// einsum

func.func @c1_einsum(%x: tensor<2x3xf32>, %y: tensor<3x4xf64>) {
  // expected-error @below {{inputs have element types 'f32' and 'f64'}}
  %t = graph.einsum "ij,jk" %x, %y : tensor<2x3xf32>, tensor<3x4xf64>
  return
}

// -----

func.func @c2_einsum_terms(%x: tensor<2x3xf32>) {
  // expected-error @below {{equation has 2 terms for 1 inputs}}
  %t = graph.einsum "ij,jk" %x : tensor<2x3xf32>
  return
}

// -----

func.func @c2_einsum_rank(%x: tensor<2x3xf32>) {
  // expected-error @below {{term 'ijk' does not fit to rank 2}}
  %t = graph.einsum "ijk->i" %x : tensor<2x3xf32>
  return
}

// -----

func.func @c2_einsum_letters(%x: tensor<2x3xf32>) {
  // expected-error @below {{'i.j' is no term of an equation}}
  %t = graph.einsum "i.j->i" %x : tensor<2x3xf32>
  return
}

// -----

func.func @c2_einsum_output(%x: tensor<2x3xf32>) {
  // expected-error @below {{label 'k' of the output is not in the inputs, or twice in the output}}
  %t = graph.einsum "ij->ik" %x : tensor<2x3xf32>
  return
}

// -----

func.func @c2_einsum_ellipsis(%x: tensor<2x3xf32>) {
  // expected-error @below {{term 'ijk...' does not fit to rank 2}}
  %t = graph.einsum "ijk...->i" %x : tensor<2x3xf32>
  return
}

// -----

func.func @c3_einsum(%x: tensor<2x3xf32>, %y: tensor<4x3xf32>) {
  // expected-error @below {{cannot broadcast extents 2 and 4}}
  %t = graph.einsum "ij,ij->i" %x, %y : tensor<2x3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @c1_det_rank(%x: tensor<3xf32>) {
  // expected-error @below {{tensor of type 'tensor<3xf32>' has no square matrices}}
  %y = graph.det %x : tensor<3xf32>
  return
}

// -----

func.func @c1_det_square(%x: tensor<2x3x4xf32>) {
  // expected-error @below {{tensor of type 'tensor<2x3x4xf32>' has no square matrices}}
  %y = graph.det %x : tensor<2x3x4xf32>
  return
}

// -----

func.func @c5_wide_floats(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  // expected-error @below {{only products of matrices of bf16 are wide}}
  %y = graph.matmul %x, %w wide : tensor<2x3xf32>, tensor<3x4xf32>
  return
}

// -----

func.func @c5_wide_vector(%x: tensor<3xbf16>, %w: tensor<3x4xbf16>) {
  // expected-error @below {{only products of matrices of bf16 are wide}}
  %y = graph.matmul %x, %w wide : tensor<3xbf16>, tensor<3x4xbf16>
  return
}
