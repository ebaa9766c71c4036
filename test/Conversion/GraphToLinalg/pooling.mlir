// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// CHECK-DAG: #[[FIRST:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 * 2 + d3)>
// CHECK-DAG: #[[LAST:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d1 * 2 + d3 * 3, d2)>

// Both layouts are read in place.
// CHECK-LABEL: func @max(
// CHECK-DAG:     %[[LEAST:.+]] = arith.constant 0xFF800000 : f32
// CHECK:         tensor.pad %{{.+}} low[0, 0, 1] high[0, 0, 1]
// CHECK:           tensor.yield %[[LEAST]]
// CHECK:         linalg.generic {indexing_maps = [#[[FIRST]],
// CHECK:           arith.maximumf
func.func @max(%x: tensor<?x64x112xf32>) -> tensor<?x64x56xf32> {
  %y = graph.pool Max %x kernel = [3] strides = [2] dilations = [1] pads = [1, 1] : tensor<?x64x112xf32>
  return %y : tensor<?x64x56xf32>
}

// Without a border all windows have the same number of elements.
// CHECK-LABEL: func @average(
// CHECK-DAG:     %[[COUNT:.+]] = arith.constant 2.000000e+00 : f32
// CHECK:         linalg.generic {indexing_maps = [#[[LAST]],
// CHECK:           arith.addf
// CHECK:         linalg.generic
// CHECK:           arith.divf %{{.+}}, %[[COUNT]]
// CHECK:           arith.truncf
func.func @average(%x: tensor<1x70x64xf16>) -> tensor<1x34x64xf16> {
  %y = graph.pool Average %x kernel = [2] strides = [2] dilations = [3] pads = [0, 0] channels_last : tensor<1x70x64xf16>
  return %y : tensor<1x34x64xf16>
}

// An input shorter than the window by less than the stride has one window.
// CHECK-LABEL: func @overshot(
// CHECK:         cf.assert %{{.+}}, "the input is too small for its windows"
// CHECK:         tensor.pad %{{.+}} low[0, 0, 0] high[0, %{{.+}}, 0]
func.func @overshot(%x: tensor<1x?x64xf32>) -> tensor<1x?x64xf32> {
  %y = graph.pool Max %x kernel = [2] strides = [2] dilations = [1] pads = [0, 0] channels_last : tensor<1x?x64xf32>
  return %y : tensor<1x?x64xf32>
}

// With one, those inside the input are counted.
// CHECK-LABEL: func @average_border(
// CHECK:         tensor.pad %{{.+}} low[0, 1, 0] high[0, 2, 0]
// CHECK:         linalg.index 1
// CHECK:         arith.minsi
// CHECK:         arith.sitofp
// CHECK:         arith.divf
func.func @average_border(%x: tensor<1x7x64xf32>) -> tensor<1x4x64xf32> {
  %y = graph.pool Average %x kernel = [4] strides = [2] dilations = [1] pads = [1, 1] ceil_mode channels_last : tensor<1x7x64xf32>
  return %y : tensor<1x4x64xf32>
}

// The least offset among the greatest elements.
// CHECK-LABEL: func @indices(
// CHECK:         arith.maxui
// CHECK:         arith.cmpi eq
// CHECK:         arith.cmpi ult
// CHECK:         arith.minsi
func.func @indices(%x: tensor<1x2x6xui8>) -> tensor<1x2x3xi64> {
  %y = graph.max_pool_indices %x kernel = [2] strides = [2] dilations = [1] pads = [0, 0] : tensor<1x2x6xui8>
  return %y : tensor<1x2x3xi64>
}
