// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics --graphopt-retype-half-floats=cpu=avx2 | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: %graphopt-opt %s -split-input-file -verify-diagnostics --graphopt-retype-half-floats=cpu=sse4.2 | FileCheck %s --check-prefixes=CHECK,SSE

// Values that are only moved become integers, constants keep their bits.
// CHECK-LABEL: llvm.func @moves(
// CHECK:         %[[C:.+]] = llvm.mlir.constant(dense<16256> : vector<4xi16>)
// CHECK:         %[[X:.+]] = llvm.load %{{.+}} -> vector<4xi16>
// CHECK:         %[[S:.+]] = llvm.select %{{.+}}, %[[X]], %[[C]] : vector<4xi1>, vector<4xi16>
// CHECK:         llvm.return %[[S]] : vector<4xi16>
llvm.func @moves(%p: !llvm.ptr, %m: vector<4xi1>) -> vector<4xi16> {
  %c = llvm.mlir.constant(dense<1.0> : vector<4xbf16>) : vector<4xbf16>
  %x = llvm.load %p : !llvm.ptr -> vector<4xbf16>
  %s = llvm.select %m, %x, %c : vector<4xi1>, vector<4xbf16>
  %i = llvm.bitcast %s : vector<4xbf16> to vector<4xi16>
  llvm.return %i : vector<4xi16>
}

// f16 stays where the CPU converts it.
// CHECK-LABEL: llvm.func @f16(
// AVX2-SAME:     f16)
// SSE-SAME:      i16)
llvm.func @f16(%x: f16) {
  llvm.return
}

// -----

llvm.func @computes(%x: bf16) -> bf16 {
  // expected-error @below {{computes on a type that the CPU lacks}}
  %y = llvm.fadd %x, %x : bf16
  llvm.return %y : bf16
}

// -----

// Instructions on bf16 take and give it by that name.
// CHECK-LABEL: llvm.func @intrinsic(
// CHECK-SAME:      %[[X:.+]]: vector<16xf32>, %[[A:.+]]: vector<32xi16>
// CHECK:         %[[B:.+]] = llvm.bitcast %[[A]] : vector<32xi16> to vector<32xbf16>
// CHECK:         %[[SUM:.+]] = llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%[[X]], %{{.+}}, %{{.+}})
// CHECK:         %[[R:.+]] = llvm.call_intrinsic "llvm.x86.avx512bf16.cvtneps2bf16.512"(%[[SUM]]) : (vector<16xf32>) -> vector<16xbf16>
// CHECK:         %[[I:.+]] = llvm.bitcast %[[R]] : vector<16xbf16> to vector<16xi16>
// CHECK:         llvm.return %[[I]]
llvm.func @intrinsic(%x: vector<16xf32>, %a: vector<32xbf16>) -> vector<16xbf16> {
  %s = llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"(%x, %a, %a) : (vector<16xf32>, vector<32xbf16>, vector<32xbf16>) -> vector<16xf32>
  %r = llvm.call_intrinsic "llvm.x86.avx512bf16.cvtneps2bf16.512"(%s) : (vector<16xf32>) -> vector<16xbf16>
  llvm.return %r : vector<16xbf16>
}
