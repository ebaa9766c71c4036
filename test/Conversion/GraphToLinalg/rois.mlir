// RUN: graphopt-opt %s --convert-graph-to-linalg | FileCheck %s

// As many samples as were asked for: the loops have constant ends; images are checked
// before anything is read.
// CHECK-LABEL: func @counted(
// CHECK:         cf.assert %{{.+}}, "an index is out of range"
// CHECK:         linalg.generic
// CHECK:           scf.for %{{.+}} = %{{.+}} to %[[N:.+]] step
// CHECK:             scf.for %{{.+}} = %{{.+}} to %[[N2:.+]] step
func.func @counted(%x: tensor<2x3x8x8xf32>, %r: tensor<4x4xf32>, %i: tensor<4xi64>) -> tensor<4x3x2x2xf32> {
  %y = graph.roi_align %x at %r of %i height = 2 width = 2 samples = 2 scale = 0.5 half_pixel
      : tensor<2x3x8x8xf32>, tensor<4x4xf32>, tensor<4xi64>
  return %y : tensor<4x3x2x2xf32>
}

// CHECK-LABEL: func @pool(
// CHECK:         cf.assert %{{.+}}, "a region is of no image"
// CHECK:         linalg.generic
// CHECK:           arith.maximumf
func.func @pool(%x: tensor<2x3x8x8xf32>, %r: tensor<4x5xf32>) -> tensor<4x3x2x2xf32> {
  %y = graph.max_roi_pool %x at %r height = 2 width = 2 scale = 0.5 : tensor<2x3x8x8xf32>, tensor<4x5xf32>
  return %y : tensor<4x3x2x2xf32>
}
