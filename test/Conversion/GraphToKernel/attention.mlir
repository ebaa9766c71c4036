// RUN: %graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// One kernel; the mask is read as it is.
// CHECK-LABEL: func @fixed(
// CHECK-SAME:      %[[Q:[^:]+]]: tensor<?x8x?x64xf32>{{.*}}, %[[K:[^:]+]]: tensor<?x2x?x64xf32>{{.*}}, %[[V:[^:]+]]: tensor<?x2x?x24xf32>{{.*}}, %[[M:[^:]+]]: tensor<?x1x1x?xf32>
// CHECK-NOT:     cf.assert
// CHECK:         kernel.attention ins(%[[Q]], %[[K]], %[[V]] : {{.+}}) layouts [{{.+}}] scale = 1.250000e-01 softcap = 5.000000e+01 causal from_end mask(%[[M]] :
// CHECK-NOT:     linalg
func.func @fixed(%q: tensor<?x8x?x64xf32> {graph.dims = ["b", "", "m", ""]}, %k: tensor<?x2x?x64xf32> {graph.dims = ["b", "", "n", ""]},
                 %v: tensor<?x2x?x24xf32> {graph.dims = ["b", "", "n", ""]}, %m: tensor<?x1x1x?xf32> {graph.dims = ["b", "", "", "n"]}) -> tensor<?x8x?x24xf32> {
  %y = graph.attention %q, %k, %v mask %m scale = 0.125 softcap = 50.0 causal = bottom_right : tensor<?x8x?x64xf32>, tensor<?x2x?x64xf32>, tensor<?x2x?x24xf32>, tensor<?x1x1x?xf32>
  return %y : tensor<?x8x?x24xf32>
}

// Booleans become what is added, in their own size; sizes of one name need no check.
// CHECK-LABEL: func @booleans(
// CHECK-DAG:     %[[NOTHING:.+]] = arith.constant 0xFF800000 : f32
// CHECK-DAG:     %[[ZERO:.+]] = arith.constant 0.000000e+00 : f32
// CHECK:         %[[M:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<5x7xi8>) outs(%{{.+}} : tensor<5x7xf32>)
// CHECK:           arith.select %{{.+}}, %[[ZERO]], %[[NOTHING]] : f32
// CHECK:         kernel.attention {{.*}} scale = 1.000000e+00 mask(%[[M]] : tensor<5x7xf32>) mask_map
func.func @booleans(%q: tensor<1x2x5x4xf32>, %k: tensor<1x2x7x4xf32>, %m: tensor<5x7xi1>) -> tensor<1x2x5x4xf32> {
  %y = graph.attention %q, %k, %k mask %m scale = 1.0 : tensor<1x2x5x4xf32>, tensor<1x2x7x4xf32>, tensor<1x2x7x4xf32>, tensor<5x7xi1>
  return %y : tensor<1x2x5x4xf32>
}

// What inference takes for one size is compared by the run.
// CHECK-LABEL: func @unknown(
// CHECK-COUNT-2: cf.assert
// CHECK-NOT:     cf.assert
// CHECK:         kernel.attention
func.func @unknown(%q: tensor<1x8x?x4xf32> {graph.dims = ["", "", "m", ""]}, %k: tensor<1x?x?x4xf32> {graph.dims = ["", "g", "n", ""]},
                   %v: tensor<1x?x?x4xf32> {graph.dims = ["", "g", "o", ""]}) -> tensor<1x8x?x4xf32> {
  %y = graph.attention %q, %k, %v scale = 1.0 : tensor<1x8x?x4xf32>, tensor<1x?x?x4xf32>, tensor<1x?x?x4xf32>
  return %y : tensor<1x8x?x4xf32>
}

// Heads of open size: products and a softmax, each head of keys repeated.
// CHECK-LABEL: func @open_heads(
// CHECK:         %[[K:.+]] = linalg.transpose
// CHECK:         %[[P:.+]] = kernel.matmul ins(%{{[^,]+}}, %[[K]] :
// CHECK:         math.exp
// CHECK:         kernel.matmul
// CHECK-NOT:     kernel.attention
func.func @open_heads(%q: tensor<1x4x5x?xf32> {graph.dims = ["", "", "", "d"]}, %k: tensor<1x2x7x?xf32> {graph.dims = ["", "", "", "d"]}) -> tensor<1x4x5x?xf32> {
  %y = graph.attention %q, %k, %k scale = 1.0 causal = top_left : tensor<1x4x5x?xf32>, tensor<1x2x7x?xf32>, tensor<1x2x7x?xf32>
  return %y : tensor<1x4x5x?xf32>
}
