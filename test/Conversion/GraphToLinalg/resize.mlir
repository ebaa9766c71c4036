// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// Integer factors repeat elements: no position is computed.
// CHECK-DAG:   #[[EACH:.+]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d3)>
// CHECK-LABEL: func @repeats(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<2x?x?xf32>
// CHECK-NOT:     linalg.index
// CHECK:         %[[Y:.+]] = linalg.generic {{{.*}}#[[EACH]]{{.*}}} ins(%[[X]] : tensor<2x?x?xf32>) outs(%{{.+}} : tensor<2x?x2x?x3xf32>)
// CHECK:         tensor.collapse_shape %[[Y]] {{\[\[}}0], [1, 2], [3, 4]] : tensor<2x?x2x?x3xf32> into tensor<2x?x?xf32>
func.func @repeats(%x: tensor<2x?x?xf32> {graph.dims = ["", "h", "w"]}) -> tensor<2x?x?xf32> {
  %s = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %y = graph.resize nearest %x scales %s axes = [0, 1, 2] coordinates = asymmetric rounding = floor : tensor<2x?x?xf32>, tensor<3xf32>
  return %y : tensor<2x?x?xf32>
}

// Positions are rounded once a column; a dimension that stays is not looked up.
// CHECK-LABEL: func @nearest(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x8xf32>
// CHECK:         linalg.generic
// CHECK:           arith.divf %{{.+}}, %{{.+}} : f64
// CHECK:         %[[AT:.+]] = linalg.generic
// CHECK:           math.ceil
// CHECK:           arith.maxnumf
// CHECK:           arith.minnumf
// CHECK:           arith.fptosi
// CHECK:         linalg.generic {{.*}} ins(%[[AT]] : tensor<5xi64>) outs(%{{.+}} : tensor<4x5xf32>)
// CHECK:           %[[ROW:.+]] = linalg.index 0
// CHECK:           tensor.extract %[[X]][%[[ROW]], %{{.+}}]
func.func @nearest(%x: tensor<4x8xf32>) -> tensor<4x5xf32> {
  %s = arith.constant dense<[4, 5]> : tensor<2xi64>
  %y = graph.resize nearest %x sizes %s axes = [0, 1] coordinates = half_pixel : tensor<4x8xf32>, tensor<2xi64>
  return %y : tensor<4x5xf32>
}

// A dimension that shrinks first; then two elements and their weights a value.
// CHECK-LABEL: func @linear(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<1x8x9xf16>
// CHECK:         %[[COLUMNS:.+]] = linalg.generic {{.*}} ins({{.*}}tensor<2x3xi64>, {{.*}}tensor<2x3xi64>, {{.*}}tensor<2x3xf32>, {{.*}}tensor<2x3xf32>) outs(%{{.+}} : tensor<1x8x3xf32>)
// CHECK:           tensor.extract %[[X]]
// CHECK:           arith.extf
// CHECK:           tensor.extract %[[X]]
// CHECK:         linalg.generic {{.*}} outs(%{{.+}} : tensor<1x16x3xf32>)
// CHECK:           tensor.extract %[[COLUMNS]]
// CHECK:         linalg.generic
// CHECK:           arith.truncf
func.func @linear(%x: tensor<1x8x9xf16>) -> tensor<1x16x3xf16> {
  %s = arith.constant dense<[16, 3]> : tensor<2xi64>
  %y = graph.resize linear %x sizes %s axes = [1, 2] coordinates = align_corners : tensor<1x8x9xf16>, tensor<2xi64>
  return %y : tensor<1x16x3xf16>
}

// How many elements a wide kernel covers may be known only when it runs.
// CHECK-LABEL: func @antialias(
// CHECK:         linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]{{.*}} ins(%{{.+}}, %{{.+}} : tensor<?x6xi64>, tensor<?x6xf32>)
func.func @antialias(%x: tensor<?xf32>) -> tensor<6xf32> {
  %s = arith.constant dense<6> : tensor<1xi64>
  %y = graph.resize linear %x sizes %s axes = [0] coordinates = half_pixel antialias : tensor<?xf32>, tensor<1xi64>
  return %y : tensor<6xf32>
}

// Sizes that only the run knows are checked.
// CHECK-LABEL: func @run_time_sizes(
// CHECK:         cf.assert %{{.+}}, "a size is negative"
// CHECK:         cf.assert %{{.+}}, "there are no elements to resize"
func.func @run_time_sizes(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<?xf32> {
  %y = graph.resize linear %x sizes %s axes = [0] coordinates = half_pixel : tensor<?xf32>, tensor<1xi64>
  return %y : tensor<?xf32>
}

// What lies outside of the input is one value.
// CHECK-LABEL: func @crop(
// CHECK:         arith.ori
// CHECK:         arith.select %{{.+}}, %{{.+}}, %{{.+}} : i8
func.func @crop(%x: tensor<9xui8>, %r: tensor<2xf32>) -> tensor<5xui8> {
  %s = arith.constant dense<5> : tensor<1xi64>
  %y = graph.resize nearest %x sizes %s roi %r axes = [0] coordinates = tf_crop_and_resize {extrapolation_value = 7.0 : f32} : tensor<9xui8>, tensor<1xi64>, tensor<2xf32>
  return %y : tensor<5xui8>
}
