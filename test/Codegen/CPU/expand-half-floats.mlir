// RUN: %graphopt-opt %s --graphopt-expand-half-floats=cpu=avx2 | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: %graphopt-opt %s --graphopt-expand-half-floats=cpu=sse4.2 | FileCheck %s --check-prefixes=CHECK,SSE

// f16 has instructions from AVX2 on.
// CHECK-LABEL: func @f16(
// AVX2:          arith.extf
// SSE-NOT:       arith.extf
// SSE-NOT:       arith.truncf
// AVX2:          arith.truncf
// CHECK:         return
func.func @f16(%x: vector<4xf16>, %y: vector<4xf32>) -> (vector<4xf32>, vector<4xf16>) {
  %0 = arith.extf %x : vector<4xf16> to vector<4xf32>
  %1 = arith.truncf %y : vector<4xf32> to vector<4xf16>
  return %0, %1 : vector<4xf32>, vector<4xf16>
}

// bf16 has none that all CPUs of a row share.
// CHECK-LABEL: func @bf16(
// CHECK-NOT:     arith.extf
// CHECK-NOT:     arith.truncf
// CHECK:         return
func.func @bf16(%x: bf16, %y: f32) -> (f32, bf16) {
  %0 = arith.extf %x : bf16 to f32
  %1 = arith.truncf %y : f32 to bf16
  return %0, %1 : f32, bf16
}

// f64 takes the way through f32.
// CHECK-LABEL: func @f64(
// CHECK:         arith.extf %{{.+}} : f32 to f64
// CHECK:         arith.truncf %{{.+}} : f64 to f32
// AVX2:          arith.truncf %{{.+}} : f32 to f16
// CHECK:         return
func.func @f64(%x: bf16, %y: f64) -> (f64, f16) {
  %0 = arith.extf %x : bf16 to f64
  %1 = arith.truncf %y : f64 to f16
  return %0, %1 : f64, f16
}

// Between integers and halves f32 is in the middle.
// CHECK-LABEL: func @integers(
// CHECK-DAG:     arith.sitofp %{{.+}} : vector<4xi32> to vector<4xf32>
// CHECK-DAG:     arith.fptoui %{{.+}} : vector<4xf32> to vector<4xi8>
// CHECK:         return
func.func @integers(%x: vector<4xi32>, %y: vector<4xbf16>) -> (vector<4xbf16>, vector<4xi8>) {
  %0 = arith.sitofp %x : vector<4xi32> to vector<4xbf16>
  %1 = arith.fptoui %y : vector<4xbf16> to vector<4xi8>
  return %0, %1 : vector<4xbf16>, vector<4xi8>
}
