// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics

func.func @c1_maps(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %x: memref<8xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{has 1 extras, but 0 maps}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>)
    extras(%x : memref<8xf32>) maps [] {
  ^bb0(%sum: f32, %e: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c2_transposed(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %x: memref<8x4xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{cannot read extra 0 of type 'memref<8x4xf32>' through affine_map<(d0, d1) -> (d1, d0)>}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>)
    extras(%x : memref<8x4xf32>) maps [affine_map<(m, n) -> (n, m)>] {
  ^bb0(%sum: f32, %e: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c3_size(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %x: memref<7xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{extra 0 has size 7 in dimension 0, not 8}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>)
    extras(%x : memref<7xf32>) maps [affine_map<(m, n) -> (n)>] {
  ^bb0(%sum: f32, %e: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_arguments(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{epilogue needs 1 arguments, but has 2}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%sum: f32, %e: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c4_argument_type(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %x: memref<8xf16>, %c: memref<4x8xf32>) {
  // expected-error @below {{epilogue argument type 'f32' is not the element type of 'memref<8xf16>'}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>)
    extras(%x : memref<8xf16>) maps [affine_map<(m, n) -> (n)>] {
  ^bb0(%sum: f32, %e: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c5_yield(%a: memref<4x3xf16>, %b: memref<3x8xf16>, %c: memref<4x8xf16>) {
  // expected-error @below {{epilogue must yield 'f16', init's element type}}
  kernel.matmul ins(%a, %b : memref<4x3xf16>, memref<3x8xf16>) outs(%c : memref<4x8xf16>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c6_call(%a: memref<4x3xf32>, %b: memref<3x8xf32>, %c: memref<4x8xf32>) {
  // expected-error @below {{epilogue may hold constants and element-wise ops only}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf32>) outs(%c : memref<4x8xf32>) {
  ^bb0(%sum: f32):
    // expected-note @below {{see this op}}
    %v = vector.broadcast %sum : f32 to vector<4xf32>
    kernel.yield %sum : f32
  }
  return
}

// -----

func.func @c7_value(%a: memref<4x3xf16>, %b: memref<3x8xf16>, %c: memref<4x8xf16>) {
  // expected-error @below {{cannot sum products of 'f16' in 'f16'}}
  kernel.matmul ins(%a, %b : memref<4x3xf16>, memref<3x8xf16>) outs(%c : memref<4x8xf16>) {
  ^bb0(%sum: f16):
    kernel.yield %sum : f16
  }
  return
}

// -----

func.func @c8_inputs(%a: memref<4x3xf32>, %b: memref<3x8xf16>, %c: memref<4x8xf32>) {
  // expected-error @below {{inputs have different element types: 'f32' and 'f16'}}
  kernel.matmul ins(%a, %b : memref<4x3xf32>, memref<3x8xf16>) outs(%c : memref<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
