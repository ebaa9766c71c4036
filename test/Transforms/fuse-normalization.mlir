// RUN: graphopt-opt %s -split-input-file --graph-fuse-normalization -verify-diagnostics | FileCheck %s

// As Llama has it, the scale in front; sizes are open.
// CHECK-LABEL: func @inverse_root(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x?x8xf32>, %[[SCALE:[^:]+]]: tensor<8xf32>)
// CHECK-NEXT:    %[[Y:.+]] = graph.rms_normalization %[[X]], %[[SCALE]] axis = 2 epsilon = 9.99999974E-6 : tensor<?x?x8xf32>, tensor<8xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @inverse_root(%x: tensor<?x?x8xf32>, %scale: tensor<8xf32>) -> tensor<?x?x8xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %epsilon = arith.constant dense<1.0e-5> : tensor<f32>
  %s = graph.binary Pow %x, %two : tensor<?x?x8xf32>, tensor<f32>
  %m = graph.reduce Mean %s axes = [-1] keepdims : tensor<?x?x8xf32>
  %e = graph.binary Add %epsilon, %m : tensor<f32>, tensor<?x?x1xf32>
  %r = graph.unary Sqrt %e : tensor<?x?x1xf32>
  %i = graph.unary Reciprocal %r : tensor<?x?x1xf32>
  %n = graph.binary Mul %i, %x : tensor<?x?x1xf32>, tensor<?x?x8xf32>
  %y = graph.binary Mul %scale, %n : tensor<8xf32>, tensor<?x?x8xf32>
  return %y : tensor<?x?x8xf32>
}

// -----

// A row of two dimensions, without their mean; scale and bias.
// CHECK-LABEL: func @centered(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4x8xf16>, %[[SCALE:[^:]+]]: tensor<4x8xf16>, %[[BIAS:[^:]+]]: tensor<4x8xf16>)
// CHECK-NEXT:    %[[Y:.+]], %{{.+}}, %{{.+}} = graph.layer_normalization %[[X]], %[[SCALE]], %[[BIAS]] axis = 1 epsilon = {{.+}} stash f32 : tensor<?x4x8xf16>, tensor<4x8xf16>, tensor<4x8xf16>
// CHECK-NEXT:    return %[[Y]]
func.func @centered(%x: tensor<?x4x8xf16>, %scale: tensor<4x8xf16>, %bias: tensor<4x8xf16>) -> tensor<?x4x8xf16> {
  %epsilon = arith.constant dense<1.0e-3> : tensor<1xf16>
  %u = graph.reduce Mean %x axes = [2, 1] keepdims : tensor<?x4x8xf16>
  %d = graph.binary Sub %x, %u : tensor<?x4x8xf16>, tensor<?x1x1xf16>
  %s = graph.binary Mul %d, %d : tensor<?x4x8xf16>, tensor<?x4x8xf16>
  %m = graph.reduce Mean %s axes = [1, 2] keepdims : tensor<?x4x8xf16>
  %e = graph.binary Add %m, %epsilon : tensor<?x1x1xf16>, tensor<1xf16>
  %r = graph.unary Sqrt %e : tensor<?x1x1xf16>
  %n = graph.binary Div %d, %r : tensor<?x4x8xf16>, tensor<?x1x1xf16>
  %p = graph.binary Mul %n, %scale : tensor<?x4x8xf16>, tensor<4x8xf16>
  %y = graph.binary Add %bias, %p : tensor<4x8xf16>, tensor<?x4x8xf16>
  return %y : tensor<?x4x8xf16>
}

// -----

// Without a scale it is 1; what is added to an RMSNormalization stays, and so does a
// scale that is another for each batch.
// CHECK-LABEL: func @no_scale(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x3x8xf32>, %[[SCALE:[^:]+]]: tensor<?x1x8xf32>)
// CHECK-DAG:     %[[ONES:.+]] = arith.constant dense<1.000000e+00> : tensor<8xf32>
// CHECK-DAG:     %[[N:.+]] = graph.rms_normalization %[[X]], %[[ONES]] axis = 2 epsilon = 0.000000e+00
// CHECK:         graph.binary Mul %[[N]], %[[SCALE]]
func.func @no_scale(%x: tensor<?x3x8xf32>, %scale: tensor<?x1x8xf32>) -> tensor<?x3x8xf32> {
  %power = arith.constant dense<-0.5> : tensor<f32>
  %s = graph.binary Mul %x, %x : tensor<?x3x8xf32>, tensor<?x3x8xf32>
  %m = graph.reduce Mean %s axes = [2] keepdims : tensor<?x3x8xf32>
  %r = graph.binary Pow %m, %power : tensor<?x3x1xf32>, tensor<f32>
  %n = graph.binary Mul %x, %r : tensor<?x3x8xf32>, tensor<?x3x1xf32>
  %y = graph.binary Mul %n, %scale : tensor<?x3x8xf32>, tensor<?x1x8xf32>
  return %y : tensor<?x3x8xf32>
}

// -----

// CHECK-LABEL: func @along_the_first(
// CHECK-NOT:     normalization
func.func @along_the_first(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %s = graph.binary Mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  // expected-remark @below {{is not computed as a normalization: its mean is not over the last dimensions, or drops them}}
  %m = graph.reduce Mean %s axes = [0] keepdims : tensor<4x8xf32>
  %r = graph.unary Sqrt %m : tensor<1x8xf32>
  %y = graph.binary Div %x, %r : tensor<4x8xf32>, tensor<1x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: func @of_another(
// CHECK-NOT:     normalization
func.func @of_another(%x: tensor<4x8xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %s = graph.binary Mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  // expected-remark @below {{is not computed as a normalization: what is divided by its root is not what was squared}}
  %m = graph.reduce Mean %s axes = [1] keepdims : tensor<4x8xf32>
  %r = graph.unary Sqrt %m : tensor<4x1xf32>
  %y = graph.binary Div %z, %r : tensor<4x8xf32>, tensor<4x1xf32>
  return %y : tensor<4x8xf32>
}

// -----

// CHECK-LABEL: func @used_twice(
// CHECK-NOT:     normalization
func.func @used_twice(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x1xf32>) {
  %s = graph.binary Mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32>
  // expected-remark @below {{is not computed as a normalization: its root is used elsewhere, too}}
  %m = graph.reduce Mean %s axes = [1] keepdims : tensor<4x8xf32>
  %r = graph.unary Sqrt %m : tensor<4x1xf32>
  %y = graph.binary Div %x, %r : tensor<4x8xf32>, tensor<4x1xf32>
  return %y, %r : tensor<4x8xf32>, tensor<4x1xf32>
}
