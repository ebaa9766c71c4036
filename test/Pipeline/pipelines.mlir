// RUN: graphopt-opt %s --graphopt-tensor-pipeline | FileCheck %s --check-prefix=TENSOR
// RUN: graphopt-opt %s --graphopt-tensor-pipeline --graphopt-memory-pipeline | FileCheck %s --check-prefix=MEMORY
// RUN: graphopt-opt %s --graphopt-tensor-pipeline --graphopt-memory-pipeline --graphopt-llvm-pipeline=cpu=x86-64-v4 | FileCheck %s --check-prefix=LLVM
// RUN: not graphopt-opt %s --graphopt-llvm-pipeline=cpu=none-such 2>&1 | FileCheck %s --check-prefix=CPU

// The chain merges, its first result is computed in the caller's buffer, and so
// is the part of the second.
// TENSOR-LABEL: func.func @main(
// TENSOR:         linalg.generic
// TENSOR:           math.exp
// TENSOR:           math.tanh
// MEMORY-LABEL: func.func @main(
// MEMORY-SAME:      %[[Y:[^ ]+]]: memref<?x16xf32> {{[^}]+}}graph.result = 0
// MEMORY-SAME:      %[[Z:[^ ]+]]: memref<?x32xf32> {{[^}]+}}graph.result = 1
// MEMORY-NOT:     memref.alloc
// MEMORY-COUNT-2: memref.subview %[[Z]]
// MEMORY:         linalg.generic {{.+}} outs(%[[Y]] :
// MEMORY:         linalg.generic {{.+}} outs(%{{.+}} : memref<?x16xf32, strided<[32, 1], offset: 16>>)
// MEMORY:       func.func private @result_dims(
// LLVM:         llvm.func internal @main(
// LLVM:         llvm.func internal @generic_nx16({{.+}}) attributes {passthrough = ["noinline"]
// LLVM:           vector<16xf32>
// LLVM:         llvm.func @m_entry(
// CPU:          none-such
module attributes {graph.model = "m"} {
  func.func @main(%x: tensor<?x16xf32> {graph.name = "x", graph.dims = ["n", ""], graph.dtype = "float"})
      -> (tensor<?x16xf32> {graph.name = "y", graph.dtype = "float"},
          tensor<?x32xf32> {graph.name = "z", graph.dtype = "float"}) {
    %c0 = arith.constant 0 : index
    %n = tensor.dim %x, %c0 : tensor<?x16xf32>
    %e = tensor.empty(%n) : tensor<?x16xf32>
    %a = linalg.exp ins(%x : tensor<?x16xf32>) outs(%e : tensor<?x16xf32>) -> tensor<?x16xf32>
    %y = linalg.tanh ins(%a : tensor<?x16xf32>) outs(%e : tensor<?x16xf32>) -> tensor<?x16xf32>
    %b = linalg.exp ins(%y : tensor<?x16xf32>) outs(%e : tensor<?x16xf32>) -> tensor<?x16xf32>
    %z = tensor.concat dim(1) %x, %b : (tensor<?x16xf32>, tensor<?x16xf32>) -> tensor<?x32xf32>
    return %y, %z : tensor<?x16xf32>, tensor<?x32xf32>
  }
}
