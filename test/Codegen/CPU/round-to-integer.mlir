// RUN: graphopt-opt %s --graphopt-approximate-math=cpu=avx512 | FileCheck %s

// CHECK-LABEL: func @vector(
// CHECK-SAME:      %[[X:.+]]: vector<16xf32>
// CHECK:         %[[Y:.+]] = llvm.call_intrinsic "llvm.lrint.v16i32.v16f32"(%[[X]])
// CHECK:         return %[[Y]]
func.func @vector(%x: vector<16xf32>) -> vector<16xi32> {
  %r = math.roundeven %x : vector<16xf32>
  %y = arith.fptosi %r : vector<16xf32> to vector<16xi32>
  return %y : vector<16xi32>
}

// Not of what is wider.
// CHECK-LABEL: func @wide(
// CHECK:         arith.fptosi
func.func @wide(%x: vector<8xf64>) -> vector<8xi64> {
  %r = math.roundeven %x : vector<8xf64>
  %y = arith.fptosi %r : vector<8xf64> to vector<8xi64>
  return %y : vector<8xi64>
}
