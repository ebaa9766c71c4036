// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels -canonicalize -cse | FileCheck %s
// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels=precision=f16 -canonicalize -cse | FileCheck %s --check-prefix=F16

// A block of four warps for 16 queries of a head; keys and values, 32 at a time, take the same place.
// CHECK-LABEL: func.func @causal(
// CHECK:         gpu.launch {{.+}} threads({{.+}}) in (%{{.+}} = %c128
// CHECK-SAME:        workgroup(%[[Q:.+]] : memref<16x64xf32, #gpu.address_space<workgroup>>, %[[KV:.+]] : memref<32x68xf32, #gpu.address_space<workgroup>>)
// CHECK:           vector.store %{{.+}}, %[[Q]][
// CHECK:           scf.for
// CHECK:             vector.load %arg1[
// CHECK:             vector.store %{{.+}}, %[[KV]][
// CHECK:             gpu.barrier
// CHECK:             math.fma
// CHECK:             arith.select %{{.+}}, %{{.+}}, %{{.+}} : f32
// CHECK-COUNT-5:     gpu.shuffle xor
// CHECK:             math.exp
// CHECK:             gpu.barrier
// CHECK:             vector.load %arg2[
// CHECK:             vector.store %{{.+}}, %[[KV]][
// CHECK:             gpu.barrier
// CHECK:             scf.for
// CHECK:               gpu.shuffle idx
// CHECK:               math.fma
// CHECK:             gpu.barrier
// CHECK:           arith.divf
// CHECK:           memref.store %{{.+}}, %arg3[
#bhsd = affine_map<(b, h, s, d) -> (b, h, s, d)>
func.func @causal(%q: memref<1x4x20x64xf32>, %k: memref<1x2x?x64xf32>, %v: memref<1x2x?x64xf32>, %y: memref<1x4x20x64xf32>, %s: memref<1x2x?x64x64xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x4x20x64xf32>, memref<1x2x?x64xf32>, memref<1x2x?x64xf32>)
      layouts [#bhsd, #bhsd, #bhsd, #bhsd] scale = 1.250000e-01 causal from_end
      scratch(%s : memref<1x2x?x64x64xf32>) outs(%y : memref<1x4x20x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Tensor cores multiply halves, where there are enough queries: the host chooses.
// F16-LABEL: func.func @open(
// F16:         %[[QUERIES:.+]] = memref.dim %arg0, %c2
// F16:         %[[FEW:.+]] = arith.cmpi ult, %[[QUERIES]], %c9
// F16:         scf.if %[[FEW]] {
// F16:           gpu.launch
// F16:             math.fma
// F16:         } else {
// F16:           gpu.launch
// F16:             nvvm.mma.sync
func.func @open(%q: memref<1x4x?x64xf32>, %k: memref<1x4x?x64xf32>, %v: memref<1x4x?x64xf32>, %y: memref<1x4x?x64xf32>, %s: memref<1x4x?x64x64xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x4x?x64xf32>, memref<1x4x?x64xf32>, memref<1x4x?x64xf32>)
      layouts [#bhsd, #bhsd, #bhsd, #bhsd] scale = 1.250000e-01
      scratch(%s : memref<1x4x?x64x64xf32>) outs(%y : memref<1x4x?x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
