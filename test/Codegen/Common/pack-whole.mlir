// RUN: %graphopt-opt %s --kernel-pack-constants=whole | FileCheck %s

// For GPUs: one panel a group, (tap..., channel, column); what is no filter stays.
// CHECK-LABEL: func.func @filters(
// CHECK-DAG:     %[[W:.+]] = arith.constant dense_resource<{{.+}}> : tensor<2x3x3x2x3xf32>
// CHECK-DAG:     %[[D:.+]] = arith.constant dense_resource<{{.+}}> : tensor<1x3x3x1x4xf32>
// CHECK-DAG:     %[[M:.+]] = arith.constant dense<1.000000e+00> : tensor<6x8xf32>
// CHECK:         kernel.conv ins(%{{.+}}, %[[W]] : {{.+}}) packed
// CHECK:         kernel.depthwise_conv ins(%{{.+}}, %[[D]] : {{.+}}) packed
// CHECK:         kernel.matmul ins(%{{.+}}, %[[M]] : tensor<?x6xf32>, tensor<6x8xf32>) outs
func.func @filters(%x: tensor<1x9x9x4xf32>, %c: tensor<1x7x7x6xf32>, %d: tensor<1x7x7x4xf32>, %a: tensor<?x6xf32>, %m: tensor<?x8xf32>)
    -> (tensor<1x7x7x6xf32>, tensor<1x7x7x4xf32>, tensor<?x8xf32>) {
  %w = arith.constant dense<2.0> : tensor<6x2x3x3xf32>
  %f = arith.constant dense<3.0> : tensor<4x1x3x3xf32>
  %r = arith.constant dense<1.0> : tensor<6x8xf32>
  %0 = kernel.conv ins(%x, %w : tensor<1x9x9x4xf32>, tensor<6x2x3x3xf32>) strides = [1, 1] dilations = [1, 1] groups = 2
      outs(%c : tensor<1x7x7x6xf32>) {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } -> tensor<1x7x7x6xf32>
  %1 = kernel.depthwise_conv ins(%x, %f : tensor<1x9x9x4xf32>, tensor<4x1x3x3xf32>) strides = [1, 1] dilations = [1, 1]
      outs(%d : tensor<1x7x7x4xf32>) {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } -> tensor<1x7x7x4xf32>
  %2 = kernel.matmul ins(%a, %r : tensor<?x6xf32>, tensor<6x8xf32>) outs(%m : tensor<?x8xf32>) {
  ^bb0(%s: f32):
    kernel.yield %s : f32
  } -> tensor<?x8xf32>
  return %0, %1, %2 : tensor<1x7x7x6xf32>, tensor<1x7x7x4xf32>, tensor<?x8xf32>
}
