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
