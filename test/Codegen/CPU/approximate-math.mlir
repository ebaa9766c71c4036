// RUN: graphopt-opt %s --graphopt-approximate-math | FileCheck %s

// CHECK-LABEL: func @exp(
// CHECK-NOT:     math.exp
// CHECK:         math.fma
// CHECK-NOT:     math.exp
// CHECK:         return
func.func @exp(%x: vector<16xf32>) -> vector<16xf32> {
  %y = math.exp %x : vector<16xf32>
  return %y : vector<16xf32>
}

// Half precision is computed in f32.
// CHECK-LABEL: func @sqrt(
// CHECK:         %[[WIDE:.+]] = arith.extf %{{.+}} : vector<16xbf16> to vector<16xf32>
// CHECK:         %[[ROOT:.+]] = math.sqrt %[[WIDE]] : vector<16xf32>
// CHECK:         arith.truncf %[[ROOT]] : vector<16xf32> to vector<16xbf16>
func.func @sqrt(%x: vector<16xbf16>) -> vector<16xbf16> {
  %y = math.sqrt %x : vector<16xbf16>
  return %y : vector<16xbf16>
}

// f64 is left to the C library.
// CHECK-LABEL: func @double(
// CHECK:         math.exp
func.func @double(%x: vector<8xf64>) -> vector<8xf64> {
  %y = math.exp %x : vector<8xf64>
  return %y : vector<8xf64>
}
