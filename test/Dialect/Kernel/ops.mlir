// RUN: %graphopt-opt %s | %graphopt-opt | FileCheck %s

// Packed right side, open batch and rows, an extra read by column.
// CHECK-LABEL: func @matmul_packed(
// CHECK:         kernel.matmul ins(%{{.+}}, %{{.+}} : tensor<?x?x48xf32>, tensor<7x48x16xf32>) packed
// CHECK-SAME:      outs(%{{.+}} : tensor<?x?x100xf32>) extras(%{{.+}} : tensor<100xf32>) maps [#{{.+}}] {
// CHECK:           ^bb0(%[[SUM:.+]]: f32, %[[BIAS:.+]]: f32):
// CHECK:             kernel.yield
func.func @matmul_packed(%a: tensor<?x?x48xf32>, %b: tensor<7x48x16xf32>, %bias: tensor<100xf32>,
                         %c: tensor<?x?x100xf32>) -> tensor<?x?x100xf32> {
  %r = kernel.matmul ins(%a, %b : tensor<?x?x48xf32>, tensor<7x48x16xf32>) packed
         outs(%c : tensor<?x?x100xf32>)
         extras(%bias : tensor<100xf32>) maps [affine_map<(b, m, n) -> (n)>] {
  ^bb0(%sum: f32, %bias_n: f32):
    %0 = arith.addf %sum, %bias_n : f32
    kernel.yield %0 : f32
  } -> tensor<?x?x100xf32>
  return %r : tensor<?x?x100xf32>
}

// Everything open, the batch of rhs missing, on memrefs: no result.
// CHECK-LABEL: func @matmul_plain(
// CHECK:         kernel.matmul ins({{.+}}) unsigned_lhs outs(%{{.+}} : memref<?x?x?xi32>) {
func.func @matmul_plain(%a: memref<?x?x?xi8>, %b: memref<?x?xi8>, %c: memref<?x?x?xi32>) {
  kernel.matmul ins(%a, %b : memref<?x?x?xi8>, memref<?x?xi8>) unsigned_lhs
    outs(%c : memref<?x?x?xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// ONNX's filter; halves are summed in f32.
// CHECK-LABEL: func @conv_plain(
// CHECK:         kernel.conv ins({{.+}}) strides = [2] dilations = [3] groups = 2 outs
func.func @conv_plain(%x: tensor<1x20x4xf16>, %w: tensor<6x2x3xf16>, %y: tensor<1x7x6xf16>) -> tensor<1x7x6xf16> {
  %r = kernel.conv ins(%x, %w : tensor<1x20x4xf16>, tensor<6x2x3xf16>)
         strides = [2] dilations = [3] groups = 2 outs(%y : tensor<1x7x6xf16>) {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to f16
    kernel.yield %0 : f16
  } -> tensor<1x7x6xf16>
  return %r : tensor<1x7x6xf16>
}

// CHECK-LABEL: func @conv_packed(
// CHECK:         kernel.conv ins({{.+}}) packed strides
func.func @conv_packed(%x: tensor<?x?x?x4xf32>, %w: tensor<2x3x3x2x8xf32>, %y: tensor<?x?x?x6xf32>) -> tensor<?x?x?x6xf32> {
  %r = kernel.conv ins(%x, %w : tensor<?x?x?x4xf32>, tensor<2x3x3x2x8xf32>) packed
         strides = [1, 1] dilations = [1, 1] groups = 2 outs(%y : tensor<?x?x?x6xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x?x?x6xf32>
  return %r : tensor<?x?x?x6xf32>
}

// CHECK-LABEL: func @depthwise_conv(
// CHECK:         kernel.depthwise_conv ins({{.+}}) packed strides = [1, 1] dilations = [1, 1] outs
func.func @depthwise_conv(%x: tensor<1x58x58x20xf32>, %w: tensor<3x3x3x1x8xf32>, %y: tensor<1x56x56x20xf32>) -> tensor<1x56x56x20xf32> {
  %r = kernel.depthwise_conv ins(%x, %w : tensor<1x58x58x20xf32>, tensor<3x3x3x1x8xf32>) packed
         strides = [1, 1] dilations = [1, 1] outs(%y : tensor<1x56x56x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x56x56x20xf32>
  return %r : tensor<1x56x56x20xf32>
}

// CHECK-LABEL: func @pack(
// CHECK:         kernel.pack ins(%{{.+}} : tensor<20x3x7x7xf32>) permutation = [2, 3, 1, 0] groups = 2 outs(%{{.+}} : tensor<4x7x7x3x8xf32>) -> tensor<4x7x7x3x8xf32>
func.func @pack(%w: tensor<20x3x7x7xf32>, %e: tensor<4x7x7x3x8xf32>) -> tensor<4x7x7x3x8xf32> {
  %p = kernel.pack ins(%w : tensor<20x3x7x7xf32>) permutation = [2, 3, 1, 0] groups = 2
         outs(%e : tensor<4x7x7x3x8xf32>) -> tensor<4x7x7x3x8xf32>
  return %p : tensor<4x7x7x3x8xf32>
}

// CHECK-LABEL: func @winograd_conv(
// CHECK:         kernel.winograd_conv ins({{.+}}) packed taps = [3, 3] tile = [4, 4] block = 49 outs(%{{.+}} : tensor<1x?x?x20xf32>) extras(
func.func @winograd_conv(%x: tensor<1x?x?x4xf32>, %w: tensor<3x36x4x8xf32>, %y: tensor<1x?x?x20xf32>, %b: tensor<20xf32>) -> tensor<1x?x?x20xf32> {
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x?x?x4xf32>, tensor<3x36x4x8xf32>) packed taps = [3, 3] tile = [4, 4] block = 49
         outs(%y : tensor<1x?x?x20xf32>) extras(%b : tensor<20xf32>) maps [affine_map<(b, y, x, o) -> (o)>] {
  ^bb0(%sum: f32, %bias: f32):
    %0 = arith.addf %sum, %bias : f32
    kernel.yield %0 : f32
  } -> tensor<1x?x?x20xf32>
  return %r : tensor<1x?x?x20xf32>
}

// CHECK-LABEL: func @winograd_conv_1d(
// CHECK:         kernel.winograd_conv ins({{.+}}) taps = [5] tile = [2] block = 49 outs(%{{.+}} : tensor<1x?x20xf32>)
func.func @winograd_conv_1d(%x: tensor<1x?x4xf32>, %w: tensor<6x4x20xf32>, %y: tensor<1x?x20xf32>) -> tensor<1x?x20xf32> {
  %r = kernel.winograd_conv ins(%x, %w : tensor<1x?x4xf32>, tensor<6x4x20xf32>) taps = [5] tile = [2] block = 49
         outs(%y : tensor<1x?x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x?x20xf32>
  return %r : tensor<1x?x20xf32>
}

// CHECK-LABEL: func @winograd_conv_in_memory(
// CHECK:         kernel.winograd_conv ins({{.+}}) taps = [3, 3] tile = [2, 2] block = 4 scratch(%{{.+}} : memref<4x16x16xf32>) outs
func.func @winograd_conv_in_memory(%x: memref<1x9x9x4xf32>, %w: memref<16x4x8xf32>, %v: memref<4x16x16xf32>, %y: memref<1x7x7x8xf32>) {
  kernel.winograd_conv ins(%x, %w : memref<1x9x9x4xf32>, memref<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 4
    scratch(%v : memref<4x16x16xf32>) outs(%y : memref<1x7x7x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Heads beside each other, groups of them for a head of keys, all attributes.
// CHECK-LABEL: func @attention(
// CHECK:         kernel.attention ins({{.+}}) layouts [#[[BSHD:.+]], #{{.+}}, #[[BSHD]], #[[BSHD]]] scale = 5.000000e-01
// CHECK-SAME:      softcap = 3.000000e+01 causal from_end mask(%{{.+}} : tensor<?x1x?xf32>) mask_map = #{{.+}} outs(%{{.+}} : tensor<2x?x8x24xf32>) {
func.func @attention(%q: tensor<2x?x8x16xf32>, %k: tensor<2x4x?x16xf32>, %v: tensor<2x?x4x24xf32>, %m: tensor<?x1x?xf32>,
                     %y: tensor<2x?x8x24xf32>) -> tensor<2x?x8x24xf32> {
  %r = kernel.attention ins(%q, %k, %v : tensor<2x?x8x16xf32>, tensor<2x4x?x16xf32>, tensor<2x?x4x24xf32>)
         layouts [affine_map<(b, h, s, d) -> (b, s, h, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>,
                  affine_map<(b, h, s, d) -> (b, s, h, d)>, affine_map<(b, h, s, d) -> (b, s, h, d)>]
         scale = 0.5 softcap = 30.0 causal from_end mask(%m : tensor<?x1x?xf32>) mask_map = affine_map<(b, h, m, n) -> (m, 0, n)>
         outs(%y : tensor<2x?x8x24xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<2x?x8x24xf32>
  return %r : tensor<2x?x8x24xf32>
}

// Two queries need no scratch memory, more do.
// CHECK-LABEL: func @attention_memrefs(
// CHECK:         kernel.attention ins({{.+}}) layouts [{{.+}}] scale = 1.000000e+00 outs(
// CHECK:         kernel.attention ins({{.+}}) layouts [{{.+}}] scale = 1.000000e+00 scratch(%{{.+}} : memref<1x2x1x4x16xf32>) outs(
func.func @attention_memrefs(%q: memref<1x2x2x4xf16>, %p: memref<1x2x3x4xf16>, %k: memref<1x2x5x4xf16>, %s: memref<1x2x1x4x16xf32>,
                             %y: memref<1x2x2x4xf16>, %z: memref<1x2x3x4xf16>) {
  kernel.attention ins(%q, %k, %k : memref<1x2x2x4xf16>, memref<1x2x5x4xf16>, memref<1x2x5x4xf16>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>,
             affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 outs(%y : memref<1x2x2x4xf16>) {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to f16
    kernel.yield %0 : f16
  }
  kernel.attention ins(%p, %k, %k : memref<1x2x3x4xf16>, memref<1x2x5x4xf16>, memref<1x2x5x4xf16>)
    layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>,
             affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
    scale = 1.0 scratch(%s : memref<1x2x1x4x16xf32>) outs(%z : memref<1x2x3x4xf16>) {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to f16
    kernel.yield %0 : f16
  }
  return
}
