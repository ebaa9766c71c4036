// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=cascadelake --canonicalize --cse | FileCheck %s
// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=avx2 --canonicalize --cse | FileCheck %s --check-prefix=AVX2

// One row unpacks numbers where it multiplies them: 4 bits choose one of 16 lanes. A block
// is scaled when it has been added up.
// CHECK-LABEL: func @row(
// CHECK:         scf.for
// CHECK:           %[[PART:.+]] = scf.for
// CHECK:             %[[WORDS:.+]] = vector.load %{{.+}} : memref<1x8x16xi32>, vector<16xi32>
// CHECK:             %[[FIRST:.+]] = llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"(%[[TABLE:.+]], %[[WORDS]])
// CHECK:             vector.fma %{{.+}}, %[[FIRST]]
// CHECK:             %[[MOVED:.+]] = arith.shrui %[[WORDS]]
// CHECK:             llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"(%[[TABLE]], %[[MOVED]])
// CHECK:           %[[SCALE:.+]] = vector.load %{{.+}} : memref<1x2x16xf32>
// CHECK:           vector.fma %[[PART]], %[[SCALE]]
func.func @row(%a: memref<1x64xf32>, %w: memref<1x8x16xi32>, %s: memref<1x2x16xf32>, %c: memref<1x16xf32>) {
  kernel.grid_matmul ins(%a, %w, %s : memref<1x64xf32>, memref<1x8x16xi32>, memref<1x2x16xf32>) packed bits = 4 block_size = 32 offset = 8 outs(%c : memref<1x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Many rows share weights that are unpacked and scaled before the tiles of a block.
// CHECK-LABEL: func @rows(
// CHECK:         %[[UNPACKED:.+]] = memref.alloca() {alignment = 64 : i64} : memref<64x16xf32>
// CHECK:         %[[VALUE:.+]] = llvm.call_intrinsic
// CHECK:         %[[SCALED:.+]] = arith.mulf %[[VALUE]]
// CHECK:         vector.store %[[SCALED]], %[[UNPACKED]][
// CHECK:         vector.load %[[UNPACKED]][
// CHECK-NEXT:    memref.load
func.func @rows(%a: memref<9x64xf32>, %w: memref<1x8x16xi32>, %s: memref<1x2x16xf32>, %c: memref<9x16xf32>) {
  kernel.grid_matmul ins(%a, %w, %s : memref<9x64xf32>, memref<1x8x16xi32>, memref<1x2x16xf32>) packed bits = 4 block_size = 32 offset = 8 outs(%c : memref<9x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Where no table of 16 fits they are converted; a zero point of its own is taken off.
// An open number of rows may be one.
// AVX2-LABEL: func @open(
// AVX2:         %[[ONE:.+]] = arith.cmpi eq, %{{.+}}, %c1
// AVX2:         scf.if %[[ONE]]
// AVX2:           %[[ZERO:.+]] = arith.uitofp %{{.+}} : vector<8xi8> to vector<8xf32>
// AVX2:           %[[BITS:.+]] = arith.andi
// AVX2:           %[[FLOAT:.+]] = arith.sitofp %[[BITS]]
// AVX2:           arith.subf %[[FLOAT]], %[[ZERO]]
// AVX2:         } else {
// AVX2:           vector.store
func.func @open(%a: memref<?x64xf32>, %w: memref<1x8x16xi32>, %s: memref<1x2x16xf32>, %z: memref<1x2x16xi8>, %c: memref<?x16xf32>) {
  kernel.grid_matmul ins(%a, %w, %s : memref<?x64xf32>, memref<1x8x16xi32>, memref<1x2x16xf32>) zero(%z : memref<1x2x16xi8>) packed bits = 4 block_size = 32 outs(%c : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
