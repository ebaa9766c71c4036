// RUN: graphopt-opt %s --graphopt-verify-llvm -split-input-file -verify-diagnostics

llvm.mlir.global external @weights() : !llvm.array<4 x f32>
llvm.mlir.global private constant @small(dense<1.0> : tensor<4xf32>) : !llvm.array<4 x f32>
llvm.func @f()

// -----

// expected-error @below {{at the end of stage llvm: is not of the LLVM dialect}}
func.func private @f()

// -----

// expected-error @below {{at the end of stage llvm: has no value and is not external}}
llvm.mlir.global private @weights() : !llvm.array<4 x f32>
