// RUN: graphopt-opt %s -split-input-file --graph-evaluate-constants | FileCheck %s
// RUN: graphopt-opt %s -split-input-file --graph-evaluate-constants=evaluate-ms=0 | FileCheck %s --check-prefix=OFF

// Chains are run to their end; what only they read dies.
// CHECK-LABEL: func @chain(
// CHECK-NEXT:    %[[C:.+]] = arith.constant dense<[-1.000000e+00, -3.000000e+00]> : tensor<2xf32>
// CHECK-NEXT:    %[[Y:.+]] = graph.binary  Add %{{.+}}, %[[C]]
// CHECK-NEXT:    return %[[Y]], %[[C]]
// OFF-LABEL:   func @chain(
// OFF:           graph.unary  Neg
func.func @chain(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %s = graph.binary Add %a, %b : tensor<2xf32>, tensor<2xf32>
  %n = graph.unary Neg %s : tensor<2xf32>
  %y = graph.binary Add %x, %n : tensor<2xf32>, tensor<2xf32>
  return %y, %n : tensor<2xf32>, tensor<2xf32>
}

// -----

// Every element type keeps its layout, booleans and unsigned integers too.
// CHECK-LABEL: func @types(
// CHECK-DAG:     arith.constant dense<[2.500000e+00, 3.500000e+00]> : tensor<2xf16>
// CHECK-DAG:     arith.constant dense<[2.500000e+00, 3.500000e+00]> : tensor<2xbf16>
// CHECK-DAG:     arith.constant dense<[2.500000e+00, 3.500000e+00]> : tensor<2xf64>
// CHECK-DAG:     arith.constant dense<[true, false]> : tensor<2xi1>
// CHECK-DAG:     arith.constant dense<[250, 251]> : tensor<2xui8>
// CHECK-DAG:     arith.constant dense<[-3, -4]> : tensor<2xi8>
// CHECK-DAG:     arith.constant dense<5> : tensor<i64>
// CHECK-NOT:     graph.
func.func @types() -> (tensor<2xf16>, tensor<2xbf16>, tensor<2xf64>, tensor<2xi1>, tensor<2xui8>, tensor<2xi8>, tensor<i64>) {
  %h = arith.constant dense<[-2.5, -3.5]> : tensor<2xf16>
  %rh = graph.unary Neg %h : tensor<2xf16>
  %b = arith.constant dense<[-2.5, -3.5]> : tensor<2xbf16>
  %rb = graph.unary Neg %b : tensor<2xbf16>
  %d = arith.constant dense<[-2.5, -3.5]> : tensor<2xf64>
  %rd = graph.unary Neg %d : tensor<2xf64>
  %c = arith.constant dense<[false, true]> : tensor<2xi1>
  %rc = graph.unary Not %c : tensor<2xi1>
  %u = arith.constant dense<[5, 4]> : tensor<2xui8>
  %ru = graph.unary BitwiseNot %u : tensor<2xui8>
  %i = arith.constant dense<[3, 4]> : tensor<2xi8>
  %ri = graph.unary Neg %i : tensor<2xi8>
  %s = arith.constant dense<-5> : tensor<i64>
  %rs = graph.unary Abs %s : tensor<i64>
  return %rh, %rb, %rd, %rc, %ru, %ri, %rs : tensor<2xf16>, tensor<2xbf16>, tensor<2xf64>, tensor<2xi1>, tensor<2xui8>, tensor<2xi8>, tensor<i64>
}

// -----

// A larger result is a blob, in which a boolean is a byte; weights are read where
// they lie.
// CHECK-LABEL: func @blobs(
// CHECK:         %[[T:.+]] = arith.constant dense_resource<[[EVALUATED:.+]]> : tensor<33x2xi1>
// CHECK:         return %[[T]]
// CHECK:         [[EVALUATED]]: "0x40000000010000
func.func @blobs() -> tensor<33x2xi1> {
  %w = arith.constant dense_resource<bits> : tensor<2x33xi1>
  %t = graph.transpose %w permutation = [1, 0] : tensor<2x33xi1>
  return %t : tensor<33x2xi1>
}
{-#
  dialect_resources: {
    builtin: {
      bits: "0x04000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}

// -----

// Another shape for the same elements needs no run.
// CHECK-LABEL: func @reshapes(
// CHECK-NEXT:    arith.constant dense_resource<w> : tensor<1x4xf32>
// CHECK-NEXT:    arith.constant dense<[{{\[}}1, 2]]> : tensor<1x2xi64>
// CHECK-NEXT:    return
// OFF-LABEL:   func @reshapes(
// OFF:           return
func.func @reshapes() -> (tensor<1x4xf32>, tensor<1x2xi64>) {
  %w = arith.constant dense_resource<w> : tensor<2x2xf32>
  %shape = arith.constant dense<[1, 4]> : tensor<2xi64>
  %r = graph.reshape %w to %shape : tensor<2x2xf32>, tensor<2xi64>
  %i = arith.constant dense<[1, 2]> : tensor<2xi64>
  %u = graph.unsqueeze %i axes = [0] : tensor<2xi64>
  return %r, %u : tensor<1x4xf32>, tensor<1x2xi64>
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803f000000400000404000008040"
    }
  }
#-}

// -----

// What is much larger than that from which it is made is made at run time, also
// at the end of a chain.
// CHECK-LABEL: func @grows(
// CHECK:         graph.expand
// CHECK:         graph.unary  Exp
func.func @grows() -> tensor<1000x1000xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %shape = arith.constant dense<[1000, 1000]> : tensor<2xi64>
  %x = graph.expand %one to %shape : tensor<f32>, tensor<2xi64>
  %e = graph.unary Exp %x : tensor<1000x1000xf32>
  return %e : tensor<1000x1000xf32>
}

// -----

// A splat counts as the one number that is stored.
// CHECK-LABEL: func @splat(
// CHECK:         graph.unary  Exp
func.func @splat() -> tensor<1000x1000xf32> {
  %x = arith.constant dense<1.0> : tensor<1000x1000xf32>
  %e = graph.unary Exp %x : tensor<1000x1000xf32>
  return %e : tensor<1000x1000xf32>
}

// -----

// A weight of bytes is not blown up to floats; its scale may be computed.
// CHECK-LABEL: func @quantized(
// CHECK-DAG:     %[[W:.+]] = arith.constant dense<3> : tensor<16x8xi8>
// CHECK-DAG:     %[[S:.+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK:         %[[F:.+]] = graph.cast %[[W]] to f32
// CHECK:         graph.binary  Mul %[[F]], %[[S]]
func.func @quantized() -> tensor<16x8xf32> {
  %w = arith.constant dense<3> : tensor<16x8xi8>
  %two = arith.constant dense<2.0> : tensor<f32>
  %s = graph.unary Reciprocal %two : tensor<f32>
  %f = graph.cast %w to f32 : tensor<16x8xi8>
  %d = graph.binary Mul %f, %s : tensor<16x8xf32>, tensor<f32>
  return %d : tensor<16x8xf32>
}

// -----

// Control flow is run as a whole, with what its regions use from outside.
// CHECK-LABEL: func @loops(
// CHECK-NEXT:    arith.constant dense<[5.000000e+00, 1.000000e+01]> : tensor<2xf32>
// CHECK-NEXT:    return
func.func @loops() -> tensor<2xf32> {
  %n = arith.constant dense<5> : tensor<i64>
  %zero = arith.constant dense<0.0> : tensor<2xf32>
  %step = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %r = graph.loop max %n carry (%zero) : (tensor<i64>, tensor<2xf32>) -> tensor<2xf32> {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>):
    %t = graph.binary Add %s, %step : tensor<2xf32>, tensor<2xf32>
    graph.yield %c, %t : tensor<i1>, tensor<2xf32>
  }
  return %r : tensor<2xf32>
}

// -----

// Empty tensors have a value, too.
// CHECK-LABEL: func @empty(
// CHECK:         arith.constant dense<> : tensor<0x2xf32>
// CHECK-NOT:     graph.
func.func @empty() -> tensor<0x2xf32> {
  %x = arith.constant dense<> : tensor<2x0xf32>
  %t = graph.transpose %x permutation = [1, 0] : tensor<2x0xf32>
  return %t : tensor<0x2xf32>
}

// -----

// Tensors after conversion.
// CHECK-LABEL: func @tensors(
// CHECK-NEXT:    arith.constant dense<[{{\[}}1, 3], [2, 4]]> : tensor<2x2xi32>
// CHECK-NEXT:    return
func.func @tensors() -> tensor<2x2xi32> {
  %x = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>
  %init = tensor.empty() : tensor<2x2xi32>
  %t = linalg.transpose ins(%x : tensor<2x2xi32>) outs(%init : tensor<2x2xi32>) permutation = [1, 0]
  return %t : tensor<2x2xi32>
}
