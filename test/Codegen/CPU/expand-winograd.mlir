// RUN: %graphopt-opt %s --graphopt-expand-kernels="cpu=avx2 parallel=false" --canonicalize --cse | FileCheck %s
// RUN: %graphopt-opt %s --graphopt-expand-kernels="cpu=avx2" --canonicalize --cse | FileCheck %s --check-prefix=ITEMS

// Nine tiles: a block of six, then one of three. Those at the end see the last
// pixels of the input in place of ones outside, and store the pixels inside of
// init only.
// CHECK-LABEL: func @conv(
// CHECK-SAME:      %[[X:[^:]+]]: memref<1x8x8x12xf32>, %{{[^:]+}}: memref<1x16x12x8xf32>, %[[V:[^:]+]]: memref<6x16x16xf32>, %[[Y:[^:]+]]: memref<1x6x6x8xf32>
// CHECK-DAG:     %[[SUMS:.+]] = memref.alloca() {alignment = 64 : i64} : memref<{{.+}}x8xf32>
//
// Values of a tile at 4 x 4 points. Eight channels, then the masked rest.
// CHECK:         scf.for
// CHECK-COUNT-16:  vector.load %[[X]]
// CHECK-COUNT-16:  vector.store {{.+}}, %[[V]]
// CHECK-COUNT-16:  vector.maskedload %[[X]]
// CHECK-COUNT-16:  vector.store {{.+}}, %[[V]]
//
// Sixteen products, each a sum over twelve channels. Its rows are tiles.
// CHECK:         scf.for %[[T:.+]] = %c0 to %c16 step %c1
// CHECK:           scf.for %[[C:.+]] = %c0 to %c12 step %c1 iter_args
// CHECK:             vector.load %{{.+}}[%[[T]], %[[C]], %c0] : memref<16x12x8xf32>
// CHECK:             memref.load %[[V]]{{\[}}%{{.+}}, %[[T]], %[[C]]]
// CHECK:             vector.fma
// CHECK:           vector.store {{.+}}, %[[SUMS]]
//
// Pixels of a tile, with the epilogue.
// CHECK-COUNT-16:  vector.load %[[SUMS]]
// CHECK-COUNT-4:   arith.maximumf
// CHECK-COUNT-16:  vector.load %[[X]]
// CHECK-COUNT-4:   arith.maximumf
// CHECK-NOT:       arith.maximumf
//
// Tiles of input, then panels and stretches of tiles are handed out. Blocks are
// not: the next one has the same memory. The panel of the next product is asked
// for: more than one tile of rows uses one.
// CHECK-LABEL: func @large(
// CHECK:             memref.prefetch
// ITEMS-LABEL: func @large(
// ITEMS:         scf.for
// ITEMS:           scf.parallel
// ITEMS:           scf.parallel
// ITEMS:             memref.alloca()
func.func @conv(%x: memref<1x8x8x12xf32>, %w: memref<1x16x12x8xf32>, %v: memref<6x16x16xf32>, %y: memref<1x6x6x8xf32>) {
  kernel.winograd_conv ins(%x, %w : memref<1x8x8x12xf32>, memref<1x16x12x8xf32>) packed taps = [3, 3] tile = [2, 2] block = 6
    scratch(%v : memref<6x16x16xf32>) outs(%y : memref<1x6x6x8xf32>) {
  ^bb0(%sum: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.maximumf %sum, %zero : f32
    kernel.yield %0 : f32
  }
  return
}

//
// Six values along x, none along y: each line of the image on its own.
// CHECK-LABEL: func @line(
// CHECK-SAME:      %[[X:[^:]+]]: memref<1x8x8xf32>, %{{[^:]+}}: memref<1x6x8x8xf32>, %[[V:[^:]+]]: memref<2x6x16xf32>
// CHECK-COUNT-6:   vector.load %[[X]]
// CHECK-NOT:       vector.load %[[X]]
// CHECK-COUNT-6:   vector.store {{.+}}, %[[V]]
// CHECK:         scf.for %{{.+}} = %c0 to %c6 step %c1
// CHECK:           vector.fma
// CHECK-COUNT-2:   vector.store {{.+}} : memref<1x4x8xf32>
// CHECK-NOT:       vector.store
func.func @large(%x: memref<1x58x58x64xf32>, %w: memref<4x36x64x16xf32>, %v: memref<98x36x80xf32>, %y: memref<1x56x56x64xf32>) {
  kernel.winograd_conv ins(%x, %w : memref<1x58x58x64xf32>, memref<4x36x64x16xf32>) packed taps = [3, 3] tile = [4, 4] block = 98
    scratch(%v : memref<98x36x80xf32>) outs(%y : memref<1x56x56x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

func.func @line(%x: memref<1x8x8xf32>, %w: memref<1x6x8x8xf32>, %v: memref<2x6x16xf32>, %y: memref<1x4x8xf32>) {
  kernel.winograd_conv ins(%x, %w : memref<1x8x8xf32>, memref<1x6x8x8xf32>) packed taps = [5] tile = [2] block = 2
    scratch(%v : memref<2x6x16xf32>) outs(%y : memref<1x4x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
