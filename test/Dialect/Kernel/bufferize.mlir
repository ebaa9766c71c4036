// RUN: %graphopt-opt %s -split-input-file \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   | FileCheck %s

#identity = affine_map<(m, n) -> (m, n)>

// An extra read through the identity shares init's buffer.
// CHECK-LABEL: func @residual_in_place(
// CHECK-SAME:      %[[A:[^:]+]]: memref<4x3xf32>, %[[B:[^:]+]]: memref<3x8xf32>, %[[X:[^:]+]]: memref<4x8xf32>
// CHECK-NOT:     memref.alloc
// CHECK-NOT:     memref.copy
// CHECK:         kernel.matmul ins(%[[A]], %[[B]] : {{.+}}) outs(%[[X]] : {{.+}}) extras(%[[X]] :
func.func @residual_in_place(%a: tensor<4x3xf32>, %b: tensor<3x8xf32>,
                             %x: tensor<4x8xf32> {bufferization.writable = true}) -> tensor<4x8xf32> {
  %r = kernel.matmul ins(%a, %b : tensor<4x3xf32>, tensor<3x8xf32>) outs(%x : tensor<4x8xf32>)
         extras(%x : tensor<4x8xf32>) maps [#identity] {
  ^bb0(%sum: f32, %e: f32):
    %0 = arith.addf %sum, %e : f32
    kernel.yield %0 : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// lhs is read after parts of init are written: it may not share init's buffer.
// CHECK-LABEL: func @lhs_is_init(
// CHECK:         memref.alloc
// CHECK:         kernel.matmul
func.func @lhs_is_init(%b: tensor<8x8xf32>, %x: tensor<4x8xf32> {bufferization.writable = true}) -> tensor<4x8xf32> {
  %r = kernel.matmul ins(%x, %b : tensor<4x8xf32>, tensor<8x8xf32>) outs(%x : tensor<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// -----

// init is also returned, so the panels get a new buffer; its old value is not
// copied there, because it is never read.
// CHECK-LABEL: func @init_is_not_read(
// CHECK:         %[[P:.+]] = memref.alloc
// CHECK-NOT:     memref.copy
// CHECK:         kernel.pack {{.+}} outs(%[[P]] :
func.func @init_is_not_read(%w: tensor<3x20xf32>, %e: tensor<3x3x8xf32>) -> (tensor<3x3x8xf32>, tensor<3x3x8xf32>) {
  %p = kernel.pack ins(%w : tensor<3x20xf32>) permutation = [0, 1] groups = 1
         outs(%e : tensor<3x3x8xf32>) -> tensor<3x3x8xf32>
  return %p, %e : tensor<3x3x8xf32>, tensor<3x3x8xf32>
}

// -----

// Kernels read and write neighbours as vectors: every second column of a tensor
// is copied to a dense buffer first, and back after.
// CHECK-LABEL: func @every_second_column(
// CHECK:         %[[ROWS:[^ ]+]] = memref.subview %{{.+}}[0, 0] [3, 8] [1, 2]
// CHECK:         %[[DENSE:[^ ]+]] = memref.alloc() {{.*}}: memref<3x8xf32>
// CHECK:         memref.copy %[[ROWS]], %[[DENSE]]
// CHECK:         %[[PART:[^ ]+]] = memref.alloc() {{.*}}: memref<4x8xf32>
// CHECK:         kernel.matmul ins(%{{[^:]+}}, %[[DENSE]] : {{.+}}) outs(%[[PART]] :
// CHECK:         memref.copy %[[PART]], %{{.+}} : memref<4x8xf32> to memref<4x8xf32, strided<[16, 2]>>
func.func @every_second_column(%a: tensor<4x3xf32>, %b: tensor<3x16xf32>, %c: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %rows = tensor.extract_slice %b[0, 0] [3, 8] [1, 2] : tensor<3x16xf32> to tensor<3x8xf32>
  %part = tensor.extract_slice %c[0, 0] [4, 8] [1, 2] : tensor<4x16xf32> to tensor<4x8xf32>
  %r = kernel.matmul ins(%a, %rows : tensor<4x3xf32>, tensor<3x8xf32>) outs(%part : tensor<4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x8xf32>
  %s = tensor.insert_slice %r into %c[0, 0] [4, 8] [1, 2] : tensor<4x8xf32> into tensor<4x16xf32>
  return %s : tensor<4x16xf32>
}

// -----

// Tiles' values get memory of their own; a residual keeps init's.
// CHECK-LABEL: func @winograd_conv(
// CHECK-SAME:      %[[X:[^:]+]]: memref<1x?x?x4xf32>, %[[W:[^:]+]]: memref<16x4x8xf32>, %[[R:[^:]+]]: memref<1x?x?x8xf32>
// CHECK:         %[[V:.+]] = memref.alloc() {alignment = 64 : i64} : memref<6x16x16xf32>
// CHECK-NOT:     memref.alloc
// CHECK:         kernel.winograd_conv ins(%[[X]], %[[W]] : {{.+}}) taps = [3, 3] tile = [2, 2] block = 6 scratch(%[[V]] : {{.+}}) outs(%[[R]] : {{.+}}) extras(%[[R]] :
func.func @winograd_conv(%x: tensor<1x?x?x4xf32>, %w: tensor<16x4x8xf32>,
                         %r: tensor<1x?x?x8xf32> {bufferization.writable = true}) -> tensor<1x?x?x8xf32> {
  %y = kernel.winograd_conv ins(%x, %w : tensor<1x?x?x4xf32>, tensor<16x4x8xf32>) taps = [3, 3] tile = [2, 2] block = 6
         outs(%r : tensor<1x?x?x8xf32>) extras(%r : tensor<1x?x?x8xf32>) maps [affine_map<(b, y, x, o) -> (b, y, x, o)>] {
  ^bb0(%sum: f32, %e: f32):
    %0 = arith.addf %sum, %e : f32
    kernel.yield %0 : f32
  } -> tensor<1x?x?x8xf32>
  return %y : tensor<1x?x?x8xf32>
}

// -----

// Keys in panels get memory of their own, of open sizes, too.
// CHECK-LABEL: func @attention(
// CHECK-SAME:      %[[Q:[^:]+]]: memref<?x4x?x8xf32>, %[[K:[^:]+]]: memref<?x2x?x8xf32>
// CHECK-DAG:     %[[B:.+]] = memref.dim %[[K]], %c0
// CHECK-DAG:     %[[N:.+]] = memref.dim %[[K]], %c2
// CHECK-DAG:     %[[PANELS:.+]] = arith.ceildivui %[[N]], %c64
// CHECK:         %[[S:.+]] = memref.alloc(%[[B]], %[[PANELS]]) {alignment = 64 : i64} : memref<?x2x?x8x64xf32>
// CHECK-NOT:     memref.alloc
// CHECK:         kernel.attention ins(%[[Q]], %[[K]], %[[K]] : {{.+}} scratch(%[[S]] : {{.+}}) outs(%
func.func @attention(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %r: tensor<?x4x?x8xf32> {bufferization.writable = true}) -> tensor<?x4x?x8xf32> {
  %y = kernel.attention ins(%q, %k, %k : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>)
         layouts [affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>,
                  affine_map<(b, h, s, d) -> (b, h, s, d)>, affine_map<(b, h, s, d) -> (b, h, s, d)>]
         scale = 1.0 outs(%r : tensor<?x4x?x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x4x?x8xf32>
  return %y : tensor<?x4x?x8xf32>
}
