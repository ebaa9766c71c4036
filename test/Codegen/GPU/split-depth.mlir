// RUN: graphopt-opt %s --graphopt-split-depth -split-input-file | FileCheck %s

// Four parts of the depth are batches; what adds them up ends as the product did.
// CHECK-LABEL: func.func @matmul(
// CHECK:         %[[A:.+]] = memref.reinterpret_cast %arg0 to offset: [0], sizes: [4, 64, 512], strides: [512, 2048, 1]
// CHECK:         %[[B:.+]] = memref.reinterpret_cast %arg1 to offset: [0], sizes: [4, 512, 48], strides: [24576, 48, 1]
// CHECK:         %[[SUMS:.+]] = memref.alloc() {alignment = 64 : i64} : memref<4x64x48xf32>
// CHECK:         kernel.matmul ins(%[[A]], %[[B]] : {{.+}}) outs(%[[SUMS]] : memref<4x64x48xf32>)
// CHECK:         memref.reinterpret_cast %[[SUMS]] to offset: [0], sizes: [2, 32, 48], strides: [1536, 48, 1]
// CHECK:         memref.reinterpret_cast %[[SUMS]] to offset: [9216], sizes: [2, 32, 48], strides: [1536, 48, 1]
// CHECK:         linalg.generic {{.+}} ins(%{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}, %arg2 :{{.+}}) outs(%arg3 : memref<2x32x48xf32>)
// CHECK-COUNT-4:   arith.addf
// CHECK-NOT:     kernel.matmul
func.func @matmul(%a: memref<2x32x2048xf32>, %b: memref<2048x48xf32>, %bias: memref<48xf32>, %c: memref<2x32x48xf32>) {
  kernel.matmul ins(%a, %b : memref<2x32x2048xf32>, memref<2048x48xf32>) outs(%c : memref<2x32x48xf32>)
      extras(%bias : memref<48xf32>) maps [affine_map<(b, m, n) -> (n)>] {
  ^bb0(%sum: f32, %x: f32):
    %y = arith.addf %sum, %x : f32
    kernel.yield %y : f32
  }
  return
}

// -----

// Parts of a convolution's channels are groups.
// CHECK-LABEL: func.func @conv(
// CHECK:         %[[SUMS:.+]] = memref.alloc() {alignment = 64 : i64} : memref<1x7x7x1024xf32>
// CHECK:         %[[W:.+]] = memref.reinterpret_cast %arg1 to offset: [0], sizes: [8, 3, 3, 64, 128], strides: [8192, 196608, 65536, 128, 1]
// CHECK:         kernel.conv ins(%arg0, %[[W]] : {{.+}}) packed strides = [1, 1] dilations = [1, 1] groups = 8 outs(%[[SUMS]] : memref<1x7x7x1024xf32>)
// CHECK:         memref.reinterpret_cast %[[SUMS]] to offset: [128], sizes: [1, 7, 7, 128], strides: [50176, 7168, 1024, 1]
// CHECK:         linalg.generic
func.func @conv(%x: memref<1x9x9x512xf32>, %w: memref<1x3x3x512x128xf32>, %y: memref<1x7x7x128xf32>) {
  kernel.conv ins(%x, %w : memref<1x9x9x512xf32>, memref<1x3x3x512x128xf32>) packed
      strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x7x7x128xf32>) {
  ^bb0(%sum: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.maximumf %sum, %zero : f32
    kernel.yield %r : f32
  }
  return
}

// -----

// Not: few rows, enough tiles, a shallow depth, one that is no multiple, bytes.
// CHECK-LABEL: func.func @others(
// CHECK-NOT:     reinterpret_cast
func.func @others(%a: memref<8x2048xf32>, %b: memref<2048x48xf32>, %c: memref<8x48xf32>,
                  %d: memref<2048x2048xf32>, %e: memref<2048x2048xf32>,
                  %f: memref<64x1000xf32>, %g: memref<1000x48xf32>, %h: memref<64x48xf32>,
                  %i: memref<64x1049xf32>, %j: memref<1049x48xf32>,
                  %k: memref<64x2048xi8>, %l: memref<2048x48xi8>, %m: memref<64x48xi32>) {
  kernel.matmul ins(%a, %b : memref<8x2048xf32>, memref<2048x48xf32>) outs(%c : memref<8x48xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  kernel.matmul ins(%d, %d : memref<2048x2048xf32>, memref<2048x2048xf32>) outs(%e : memref<2048x2048xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  kernel.matmul ins(%f, %g : memref<64x1000xf32>, memref<1000x48xf32>) outs(%h : memref<64x48xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  kernel.matmul ins(%i, %j : memref<64x1049xf32>, memref<1049x48xf32>) outs(%h : memref<64x48xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  kernel.matmul ins(%k, %l : memref<64x2048xi8>, memref<2048x48xi8>) outs(%m : memref<64x48xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}
