// RUN: graphopt-opt %s -split-input-file --graph-eliminate-dead-nodes | FileCheck %s
// RUN: graphopt-opt %s -split-input-file --graph-eliminate-dead-nodes=report 2>&1 >/dev/null | FileCheck %s --check-prefix=REPORT
// RUN: graphopt-opt %s -split-input-file --graph-eliminate-dead-nodes="outputs=b" | FileCheck %s --check-prefix=OUTPUT

// What the output does not depend on goes: nodes, and constants with their size.
// REPORT: remark: removed 2 nodes, 1 constant of 8 bytes{{$}}
// CHECK-LABEL: func @main(
// CHECK-NEXT:    %[[A:.+]] = graph.unary  Exp
// CHECK-NEXT:    %[[B:.+]] = graph.unary  Neg
// CHECK-NEXT:    return %[[A]], %[[B]]

// Only the output that is asked for stays.
// OUTPUT-LABEL: func @main(
// OUTPUT-SAME:      -> (tensor<2xf32> {graph.name = "b"})
// OUTPUT-NEXT:    %[[B:.+]] = graph.unary  Neg
// OUTPUT-NEXT:    return %[[B]]
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32> {graph.name = "a"}, tensor<2xf32> {graph.name = "b"}) {
  %w = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %dead = graph.binary Add %x, %w : tensor<2xf32>, tensor<2xf32>
  %deader = graph.unary Exp %dead : tensor<2xf32>
  %a = graph.unary Exp %x : tensor<2xf32>
  %b = graph.unary Neg %x : tensor<2xf32>
  return %a, %b : tensor<2xf32>, tensor<2xf32>
}

// -----

// The branch that is never taken goes, and what only it used.
// REPORT-NEXT: remark: removed 1 constant of 1 byte, 1 branch{{$}}
// CHECK-LABEL: func @main(
// CHECK-NEXT:    %[[N:.+]] = graph.unary  Neg
// CHECK-NEXT:    return %[[N]]
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32> {graph.name = "b"}) {
  %c = arith.constant dense<true> : tensor<i1>
  %r = graph.if %c : tensor<i1> -> (tensor<2xf32>) {
    %n = graph.unary Neg %x : tensor<2xf32>
    graph.yield %n : tensor<2xf32>
  } else {
    %e = graph.unary Exp %x : tensor<2xf32>
    graph.yield %e : tensor<2xf32>
  }
  return %r : tensor<2xf32>
}

// -----

// A result of an If that nobody reads is not computed.
// REPORT-NEXT: remark: removed 1 node{{$}}
// CHECK-LABEL: func @main(
// CHECK:         graph.if %{{.+}} : tensor<i1> -> (tensor<2xf32>)
// CHECK-NOT:     graph.unary  Exp
// CHECK:         return
func.func @main(%c: tensor<i1>, %x: tensor<2xf32>) -> (tensor<2xf32> {graph.name = "b"}) {
  %r:2 = graph.if %c : tensor<i1> -> (tensor<2xf32>, tensor<2xf32>) {
    %n = graph.unary Neg %x : tensor<2xf32>
    %e = graph.unary Exp %x : tensor<2xf32>
    graph.yield %n, %e : tensor<2xf32>, tensor<2xf32>
  } else {
    graph.yield %x, %x : tensor<2xf32>, tensor<2xf32>
  }
  return %r#0 : tensor<2xf32>
}

// -----

// Of a loop's results only what is read is computed: a scan output and a carried
// value that the body does not read itself go.
// REPORT-NEXT: remark: removed 1 node{{$}}
// CHECK-LABEL: func @main(
// CHECK:         graph.loop max %{{.+}} carry(%{{.+}}) : (tensor<i64>, tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    ^bb0(%{{[^:]+}}: tensor<i64>, %[[C:.+]]: tensor<i1>, %[[S:.+]]: tensor<2xf32>):
// CHECK-NEXT:      %[[N:.+]] = graph.unary  Neg %[[S]]
// CHECK-NEXT:      graph.yield %[[C]], %[[N]] :
func.func @main(%n: tensor<i64>, %x: tensor<2xf32>) -> (tensor<2xf32> {graph.name = "b"}) {
  %r:3 = graph.loop max %n carry (%x, %x) : (tensor<i64>, tensor<2xf32>, tensor<2xf32>)
      -> (tensor<2xf32>, tensor<2xf32>, tensor<?x2xf32>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>, %last: tensor<2xf32>):
    %t = graph.unary Neg %s : tensor<2xf32>
    %e = graph.unary Exp %s : tensor<2xf32>
    graph.yield %c, %t, %e, %e : tensor<i1>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }
  return %r#0 : tensor<2xf32>
}
