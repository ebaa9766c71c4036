// RUN: graphopt-opt %s --convert-graph-to-linalg | FileCheck %s

// Steps are a loop without a branch; an input that may be too narrow is checked once.
// CHECK-LABEL: func @open(
// CHECK:         cf.assert %{{.+}}, "a row has too few features"
// CHECK:         linalg.generic
// CHECK:           scf.for
// CHECK:             arith.cmpf ole
// CHECK-NOT:         cmpf
// CHECK:             arith.select
// CHECK:             scf.yield
func.func @open(%x: tensor<?x?xf32>) -> tensor<?x1xi32> {
  %f = arith.constant dense<[0, 0, 3]> : tensor<3xi32>
  %s = arith.constant dense<[0.0, 0.0, 0.5]> : tensor<3xf32>
  %n = arith.constant dense<[[0, 0], [1, 1], [0, 1]]> : tensor<3x2xi32>
  %r = arith.constant dense<2> : tensor<1xi32>
  %l = graph.tree_leaves %x by %f, %s to %n from %r depth = 1
      : tensor<?x?xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3x2xi32>, tensor<1xi32>
  return %l : tensor<?x1xi32>
}

// What is missing costs a second comparison where the trees follow it.
// CHECK-LABEL: func @missing(
// CHECK-NOT:     cf.assert
// CHECK:         arith.cmpf ole
// CHECK:         arith.cmpf uno
func.func @missing(%x: tensor<8x4xf32>) -> tensor<8x1xi32> {
  %f = arith.constant dense<[0, 0, 3]> : tensor<3xi32>
  %s = arith.constant dense<[0.0, 0.0, 0.5]> : tensor<3xf32>
  %n = arith.constant dense<[[0, 0], [1, 1], [0, 1]]> : tensor<3x2xi32>
  %r = arith.constant dense<2> : tensor<1xi32>
  %m = arith.constant dense<[false, false, true]> : tensor<3xi1>
  %l = graph.tree_leaves %x by %f, %s to %n from %r missing %m depth = 1
      : tensor<8x4xf32>, tensor<3xi32>, tensor<3xf32>, tensor<3x2xi32>, tensor<1xi32>, tensor<3xi1>
  return %l : tensor<8x1xi32>
}
