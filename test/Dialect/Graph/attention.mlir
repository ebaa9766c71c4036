// RUN: graphopt-opt %s --graph-infer-shapes | FileCheck %s

// Sizes of the result are those of queries and values; groups of query heads may
// share a head of keys, and what one input leaves open another knows.
// CHECK-LABEL: func @sizes(
// CHECK-SAME:      -> tensor<2x8x?x24xf32>
// CHECK:         graph.attention %{{[^ ]+}}, %{{[^ ]+}}, %{{[^ ]+}} scale = 1.250000e-01 : tensor<?x8x?x64xf32>, tensor<2x2x?x64xf32>, tensor<?x2x10x24xf32>
func.func @sizes(%q: tensor<?x8x?x64xf32>, %k: tensor<2x2x?x64xf32>, %v: tensor<?x2x10x24xf32>) -> tensor<2x8x?x24xf32> {
  %y = graph.attention %q, %k, %v scale = 0.125 : tensor<?x8x?x64xf32>, tensor<2x2x?x64xf32>, tensor<?x2x10x24xf32>
  return %y : tensor<2x8x?x24xf32>
}

// CHECK-LABEL: func @attributes(
// CHECK:         graph.attention {{.*}} mask {{.*}} scale = 1.000000e+00 softcap = 5.000000e+01 causal = bottom_right : {{.*}}, tensor<5x1xi1>
// CHECK-NEXT:    graph.attention {{.*}} scale = 1.000000e+00 causal = top_left :
func.func @attributes(%q: tensor<1x2x5x4xf16>, %k: tensor<1x2x7x4xf16>, %m: tensor<5x1xi1>) -> (tensor<1x2x5x4xf16>, tensor<1x2x5x4xf16>) {
  %a = graph.attention %q, %k, %k mask %m scale = 1.0 softcap = 50.0 causal = bottom_right : tensor<1x2x5x4xf16>, tensor<1x2x7x4xf16>, tensor<1x2x7x4xf16>, tensor<5x1xi1>
  %b = graph.attention %q, %k, %k scale = 1.0 causal = top_left : tensor<1x2x5x4xf16>, tensor<1x2x7x4xf16>, tensor<1x2x7x4xf16>
  return %a, %b : tensor<1x2x5x4xf16>, tensor<1x2x5x4xf16>
}
