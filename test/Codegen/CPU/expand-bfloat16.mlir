// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=znver4 --canonicalize | FileCheck %s
// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=znver4 --graphopt-expand-half-floats=cpu=znver4 | FileCheck %s --check-prefix=ROUND
// RUN: not %graphopt-opt %s --graphopt-expand-kernels=cpu=sapphirerapids 2>&1 | FileCheck %s --check-prefix=LACKS

// Pairs of neighbours are added up by one instruction; of an odd number the last is
// followed by a zero. Whole vectors are rounded by one, too.
// CHECK-LABEL: func @odd(
// CHECK:         scf.for
// CHECK:           %[[PANEL:.+]] = vector.load %{{.+}} : memref<1x3x32xbf16>, vector<32xbf16>
// CHECK:           %[[PAIR:.+]] = vector.load %{{.+}} : memref<1x5xbf16>, vector<2xbf16>
// CHECK:           %[[LANE:.+]] = vector.bitcast %[[PAIR]] : vector<2xbf16> to vector<1xi32>
// CHECK:           %[[ALL:.+]] = vector.bitcast %{{.+}} : vector<16xi32> to vector<32xbf16>
// CHECK:           llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%{{.+}}, %[[ALL]], %[[PANEL]])
// CHECK:         vector.insert %{{.+}}, %{{.+}} [0] : bf16 into vector<2xbf16>
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
// ROUND:         llvm.call_intrinsic "llvm.x86.avx512bf16.cvtneps2bf16.512"(%{{.+}}) : (vector<16xf32>) -> vector<16xbf16>
// LACKS:         is packed for sums of 2 products, which avx512 lacks
func.func @odd(%a: memref<1x5xbf16>, %b: memref<1x3x32xbf16>, %c: memref<1x16xbf16>) {
  kernel.matmul ins(%a, %b : memref<1x5xbf16>, memref<1x3x32xbf16>) packed interleave = 2 outs(%c : memref<1x16xbf16>) {
  ^bb0(%sum: f32):
    %0 = arith.truncf %sum : f32 to bf16
    kernel.yield %0 : bf16
  }
  return
}

// Convolutions: pairs of channels.
// CHECK-LABEL: func @channels(
// CHECK:           %[[PANEL:.+]] = vector.load %{{.+}} : memref<1x3x6x32xbf16>, vector<32xbf16>
// CHECK:           vector.load %{{.+}} : memref<1x9x36xbf16>, vector<2xbf16>
// CHECK:           llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%{{.+}}, %{{.+}}, %[[PANEL]])
func.func @channels(%a: memref<1x9x9x4xbf16>, %b: memref<1x3x3x2x32xbf16>, %c: memref<1x4x4x16xf32>) {
  kernel.conv ins(%a, %b : memref<1x9x9x4xbf16>, memref<1x3x3x2x32xbf16>) packed interleave = 2 strides = [2, 2] dilations = [1, 1] groups = 1 outs(%c : memref<1x4x4x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
