// RUN: graphopt-opt %s -split-input-file --graph-fuse-activation -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @gelu(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-NEXT:    %[[Y:.+]] = graph.unary Gelu %[[X]] : tensor<?x8xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @gelu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %root = arith.constant dense<1.41421354> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<1xf32>
  %d = graph.binary Div %x, %root : tensor<?x8xf32>, tensor<f32>
  %e = graph.unary Erf %d : tensor<?x8xf32>
  %a = graph.binary Add %e, %one : tensor<?x8xf32>, tensor<f32>
  %m = graph.binary Mul %x, %a : tensor<?x8xf32>, tensor<?x8xf32>
  %y = graph.binary Mul %m, %half : tensor<?x8xf32>, tensor<1xf32>
  return %y : tensor<?x8xf32>
}

// -----

// The half comes first, and in x.
// CHECK-LABEL: func @halves(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[A:.+]] = graph.unary Gelu %[[X]]
// CHECK-DAG:     %[[B:.+]] = graph.unary Gelu %[[X]]
// CHECK:         return %[[A]], %[[B]]
func.func @halves(%x: tensor<8xf16>) -> (tensor<8xf16>, tensor<8xf16>) {
  %root = arith.constant dense<0.7071> : tensor<f16>
  %one = arith.constant dense<1.0> : tensor<f16>
  %half = arith.constant dense<0.5> : tensor<f16>
  %two = arith.constant dense<2.0> : tensor<f16>
  %d = graph.binary Mul %root, %x : tensor<f16>, tensor<8xf16>
  %e = graph.unary Erf %d : tensor<8xf16>
  %a = graph.binary Add %one, %e : tensor<f16>, tensor<8xf16>
  %h = graph.binary Mul %half, %a : tensor<f16>, tensor<8xf16>
  %y = graph.binary Mul %x, %h : tensor<8xf16>, tensor<8xf16>
  %f = graph.unary Erf %d : tensor<8xf16>
  %b = graph.binary Add %f, %one : tensor<8xf16>, tensor<f16>
  %g = graph.binary Div %x, %two : tensor<8xf16>, tensor<f16>
  %z = graph.binary Mul %b, %g : tensor<8xf16>, tensor<8xf16>
  return %y, %z : tensor<8xf16>, tensor<8xf16>
}

// -----

// Both polynomials are sqrt(2 / pi) * (x + 0.044715 * x^3).
// CHECK-LABEL: func @tanh(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[A:.+]] = graph.unary GeluTanh %[[X]]
// CHECK-DAG:     %[[B:.+]] = graph.unary GeluTanh %[[X]]
// CHECK:         return %[[A]], %[[B]]
func.func @tanh(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %c = arith.constant dense<0.044715> : tensor<f32>
  %root = arith.constant dense<0.7978845> : tensor<f32>
  %both = arith.constant dense<0.0356774> : tensor<f32>
  %cube = graph.binary Pow %x, %three : tensor<8xf32>, tensor<f32>
  %part = graph.binary Mul %cube, %c : tensor<8xf32>, tensor<f32>
  %sum = graph.binary Add %x, %part : tensor<8xf32>, tensor<8xf32>
  %arg = graph.binary Mul %root, %sum : tensor<f32>, tensor<8xf32>
  %t = graph.unary Tanh %arg : tensor<8xf32>
  %a = graph.binary Add %t, %one : tensor<8xf32>, tensor<f32>
  %m = graph.binary Mul %x, %a : tensor<8xf32>, tensor<8xf32>
  %y = graph.binary Mul %half, %m : tensor<f32>, tensor<8xf32>
  %square = graph.binary Mul %x, %x : tensor<8xf32>, tensor<8xf32>
  %p = graph.binary Mul %square, %both : tensor<8xf32>, tensor<f32>
  %q = graph.binary Add %root, %p : tensor<f32>, tensor<8xf32>
  %s = graph.binary Mul %x, %q : tensor<8xf32>, tensor<8xf32>
  %u = graph.unary Tanh %s : tensor<8xf32>
  %v = graph.binary Add %one, %u : tensor<f32>, tensor<8xf32>
  %h = graph.binary Mul %x, %half : tensor<8xf32>, tensor<f32>
  %z = graph.binary Mul %h, %v : tensor<8xf32>, tensor<8xf32>
  return %y, %z : tensor<8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func @silu(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-DAG:     %[[A:.+]] = graph.unary Swish %[[X]]
// CHECK-DAG:     %[[B:.+]] = graph.unary Swish %[[X]]
// CHECK-DAG:     %[[C:.+]] = graph.unary Sigmoid %[[X]]
// CHECK:         return %[[A]], %[[B]], %[[C]]
func.func @silu(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %s = graph.unary Sigmoid %x : tensor<8xf32>
  %y = graph.binary Mul %s, %x : tensor<8xf32>, tensor<8xf32>
  %n = graph.unary Neg %x : tensor<8xf32>
  %e = graph.unary Exp %n : tensor<8xf32>
  %a = graph.binary Add %e, %one : tensor<8xf32>, tensor<f32>
  %z = graph.binary Div %x, %a : tensor<8xf32>, tensor<8xf32>
  %r = graph.binary Div %one, %a : tensor<f32>, tensor<8xf32>
  return %y, %z, %r : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func @others(
// CHECK-NOT:     Gelu
// CHECK-NOT:     Swish
func.func @others(%x: tensor<8xf32>, %z: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  // expected-remark @below {{is not computed as GELU: its argument is another one than GELU's}}
  %e = graph.unary Erf %x : tensor<8xf32>
  %a = graph.binary Add %e, %one : tensor<8xf32>, tensor<f32>
  %m = graph.binary Mul %x, %a : tensor<8xf32>, tensor<8xf32>
  %y = graph.binary Mul %m, %half : tensor<8xf32>, tensor<f32>
  // expected-remark @below {{is not computed as GELU: 1 is not added to it}}
  %f = graph.unary Erf %z : tensor<8xf32>
  %s = graph.unary Sigmoid %x : tensor<8xf32>
  %w = graph.binary Mul %s, %z : tensor<8xf32>, tensor<8xf32>
  return %y, %f, %w : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
}
