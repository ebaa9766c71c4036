// RUN: graphopt-opt %s --graphopt-verify-memory -split-input-file -verify-diagnostics

func.func @buffers(%x: memref<4xf32>) {
  return
}

// -----

func.func @tensors() {
  // expected-error @below {{at the end of stage memory: still works on tensors}}
  %e = tensor.empty() : tensor<4xf32>
  return
}

// -----

// expected-error @below {{at the end of stage memory: still works on tensors}}
func.func @argument(%x: tensor<4xf32>) {
  return
}
