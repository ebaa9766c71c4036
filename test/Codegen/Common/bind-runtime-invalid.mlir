// RUN: graphopt-opt %s --graphopt-bind-runtime -split-input-file -verify-diagnostics

// A function that needs the run cannot be called by those who don't know it.
llvm.func @abort()
// expected-error @below {{allocates or may fail, but not all its callers are known}}
llvm.func internal @fails() {
  llvm.call @abort() : () -> ()
  llvm.unreachable
}
llvm.func @stranger(!llvm.ptr)
llvm.func internal @passes_on() {
  // expected-note @below {{used here}}
  %f = llvm.mlir.addressof @fails : !llvm.ptr
  llvm.call @stranger(%f) : (!llvm.ptr) -> ()
  llvm.return
}
