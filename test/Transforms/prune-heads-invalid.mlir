// RUN: not graphopt-opt %s --graph-prune-heads="count=1 score=weights refit=never" 2>&1 | FileCheck %s

// CHECK: error: there is no function 'main'
func.func @other(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
