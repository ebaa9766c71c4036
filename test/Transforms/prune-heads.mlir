// RUN: graphopt-opt %s -split-input-file --graph-prune-heads="heads=0:1 refit=never" -verify-diagnostics | FileCheck %s

// Columns of what makes a head, rows of what reads it, and the sizes between.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-NEXT:    %[[WQ:.+]] = arith.constant dense<{{\[}}[1.000000e+00, 2.000000e+00], [5.000000e+00, 6.000000e+00]]>
// CHECK-NEXT:    %[[Q:.+]] = graph.matmul %[[X]], %[[WQ]] : tensor<?x3x2xf32>, tensor<2x2xf32>
// CHECK-NEXT:    %[[HEADS:.+]] = arith.constant dense<[0, 0, 1, 2]>
// CHECK-NEXT:    %[[H:.+]] = graph.reshape %[[Q]] to %[[HEADS]]
// CHECK-NEXT:    %[[T:.+]] = graph.transpose %[[H]] permutation = [0, 2, 1, 3] : tensor<?x3x1x2xf32>
// CHECK-NEXT:    %[[A:.+]] = graph.attention %[[T]], %[[T]], %[[T]]
// CHECK-NEXT:    %[[U:.+]] = graph.transpose %[[A]]
// CHECK-NEXT:    %[[MERGED:.+]] = arith.constant dense<[0, 0, 2]>
// CHECK-NEXT:    %[[C:.+]] = graph.reshape %[[U]] to %[[MERGED]]
// CHECK-NEXT:    %[[WO:.+]] = arith.constant dense<{{\[}}[1.000000e+01, 1.100000e+01], [1.200000e+01, 1.300000e+01]]>
// CHECK-NEXT:    graph.matmul %[[C]], %[[WO]] : tensor<?x3x2xf32>, tensor<2x2xf32>
func.func @main(%x: tensor<?x3x2xf32>) -> tensor<?x3x2xf32> {
  %wq = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %wo = arith.constant dense<[[10.0, 11.0], [12.0, 13.0], [14.0, 15.0], [16.0, 17.0]]> : tensor<4x2xf32>
  %heads = arith.constant dense<[0, 0, 2, 2]> : tensor<4xi64>
  %merged = arith.constant dense<[0, 0, 4]> : tensor<3xi64>
  %q = graph.matmul %x, %wq : tensor<?x3x2xf32>, tensor<2x4xf32>
  %h = graph.reshape %q to %heads : tensor<?x3x4xf32>, tensor<4xi64>
  %t = graph.transpose %h permutation = [0, 2, 1, 3] : tensor<?x3x2x2xf32>
  // expected-remark @below {{layer 0: 1 of 2 heads removed: 1}}
  %a = graph.attention %t, %t, %t scale = 1.0 : tensor<?x2x3x2xf32>, tensor<?x2x3x2xf32>, tensor<?x2x3x2xf32>
  %u = graph.transpose %a permutation = [0, 2, 1, 3] : tensor<?x2x3x2xf32>
  %c = graph.reshape %u to %merged : tensor<?x3x2x2xf32>, tensor<3xi64>
  %y = graph.matmul %c, %wo : tensor<?x3x4xf32>, tensor<4x2xf32>
  return %y : tensor<?x3x2xf32>
}

// -----

// Fused weights: each part loses its own columns, whatever the packing: [3, H, D]
// by a split here.
// CHECK-LABEL: func @main(
// CHECK:         %[[W:.+]] = arith.constant dense<{{\[}}[1.000000e+00, 3.000000e+00, 5.000000e+00]]>
// CHECK-NEXT:    graph.matmul %{{.+}}, %[[W]]
// CHECK-NEXT:    %[[B:.+]] = arith.constant dense<[1.000000e+01, 3.000000e+01, 5.000000e+01]>
// CHECK-NEXT:    graph.binary Add %{{.+}}, %[[B]] : tensor<2x3x3xf32>, tensor<3xf32>
// CHECK-NEXT:    %[[SIZES:.+]] = arith.constant dense<1> : tensor<3xi64>
// CHECK-NEXT:    graph.split %{{.+}} axis = 2 into 3 sizes %[[SIZES]]
func.func @main(%x: tensor<2x3x1xf32>) -> tensor<2x3x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %b = arith.constant dense<[10.0, 20.0, 30.0, 40.0, 50.0, 60.0]> : tensor<6xf32>
  %wo = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %heads = arith.constant dense<[2, 3, 2, 1]> : tensor<4xi64>
  %merged = arith.constant dense<[2, 3, 2]> : tensor<3xi64>
  %m = graph.matmul %x, %w : tensor<2x3x1xf32>, tensor<1x6xf32>
  %s = graph.binary Add %m, %b : tensor<2x3x6xf32>, tensor<6xf32>
  %q, %k, %v = graph.split %s axis = 2 into 3 : tensor<2x3x6xf32>
  %qh = graph.reshape %q to %heads : tensor<2x3x2xf32>, tensor<4xi64>
  %kh = graph.reshape %k to %heads : tensor<2x3x2xf32>, tensor<4xi64>
  %vh = graph.reshape %v to %heads : tensor<2x3x2xf32>, tensor<4xi64>
  %qt = graph.transpose %qh permutation = [0, 2, 1, 3] : tensor<2x3x2x1xf32>
  %kt = graph.transpose %kh permutation = [0, 2, 1, 3] : tensor<2x3x2x1xf32>
  %vt = graph.transpose %vh permutation = [0, 2, 1, 3] : tensor<2x3x2x1xf32>
  // expected-remark @below {{layer 0: 1 of 2 heads removed: 1}}
  %a = graph.attention %qt, %kt, %vt scale = 1.0 : tensor<2x2x3x1xf32>, tensor<2x2x3x1xf32>, tensor<2x2x3x1xf32>
  %u = graph.transpose %a permutation = [0, 2, 1, 3] : tensor<2x2x3x1xf32>
  %c = graph.reshape %u to %merged : tensor<2x3x2x1xf32>, tensor<3xi64>
  %y = graph.matmul %c, %wo : tensor<2x3x2xf32>, tensor<2x1xf32>
  return %y : tensor<2x3x1xf32>
}

// -----

// Two queries share a key: they go together.
// CHECK-LABEL: func @main(
// CHECK:         graph.attention %{{.+}}, %{{.+}}, %{{.+}} scale = 1.000000e+00 : tensor<1x2x3x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x1xf32>
func.func @main(%x: tensor<1x3x1xf32>) -> tensor<1x3x1xf32> {
  %wq = arith.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %wk = arith.constant dense<[[5.0, 6.0]]> : tensor<1x2xf32>
  %wo = arith.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %qs = arith.constant dense<[1, 3, 4, 1]> : tensor<4xi64>
  %ks = arith.constant dense<[1, 3, 2, 1]> : tensor<4xi64>
  %ms = arith.constant dense<[1, 3, 4]> : tensor<3xi64>
  %q = graph.matmul %x, %wq : tensor<1x3x1xf32>, tensor<1x4xf32>
  %k = graph.matmul %x, %wk : tensor<1x3x1xf32>, tensor<1x2xf32>
  %qh = graph.reshape %q to %qs : tensor<1x3x4xf32>, tensor<4xi64>
  %kh = graph.reshape %k to %ks : tensor<1x3x2xf32>, tensor<4xi64>
  %qt = graph.transpose %qh permutation = [0, 2, 1, 3] : tensor<1x3x4x1xf32>
  %kt = graph.transpose %kh permutation = [0, 2, 1, 3] : tensor<1x3x2x1xf32>
  // expected-remark @below {{layer 0: 2 of 4 heads removed: 0, 1}}
  %a = graph.attention %qt, %kt, %kt scale = 1.0 : tensor<1x4x3x1xf32>, tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>
  %u = graph.transpose %a permutation = [0, 2, 1, 3] : tensor<1x4x3x1xf32>
  %c = graph.reshape %u to %ms : tensor<1x3x4x1xf32>, tensor<3xi64>
  %y = graph.matmul %c, %wo : tensor<1x3x4xf32>, tensor<4x1xf32>
  return %y : tensor<1x3x1xf32>
}

// -----

// A mask that is an input has a row for each head: it is cut for its reader.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %{{[^:]+}}: tensor<1x3x1xf32>, %[[MASK:[^:]+]]: tensor<1x2x3x3xf32>)
// CHECK:         %[[KEPT:.+]] = arith.constant dense<0> : tensor<1xi64>
// CHECK-NEXT:    %[[ROWS:.+]] = graph.gather %[[MASK]] at %[[KEPT]] axis = 1
// CHECK:         graph.attention %{{.+}}, %{{.+}}, %{{.+}} mask %[[ROWS]] scale = 1.000000e+00
// CHECK-SAME:      tensor<1x1x3x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x3xf32>
func.func @main(%x: tensor<1x3x1xf32>, %mask: tensor<1x2x3x3xf32>) -> tensor<1x3x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %wo = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %heads = arith.constant dense<[1, 3, 2, 1]> : tensor<4xi64>
  %merged = arith.constant dense<[1, 3, 2]> : tensor<3xi64>
  %q = graph.matmul %x, %w : tensor<1x3x1xf32>, tensor<1x2xf32>
  %h = graph.reshape %q to %heads : tensor<1x3x2xf32>, tensor<4xi64>
  %t = graph.transpose %h permutation = [0, 2, 1, 3] : tensor<1x3x2x1xf32>
  // expected-remark @below {{layer 0: 1 of 2 heads removed: 1}}
  %a = graph.attention %t, %t, %t mask %mask scale = 1.0 : tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>, tensor<1x2x3x1xf32>, tensor<1x2x3x3xf32>
  %u = graph.transpose %a permutation = [0, 2, 1, 3] : tensor<1x2x3x1xf32>
  %c = graph.reshape %u to %merged : tensor<1x3x2x1xf32>, tensor<3xi64>
  %y = graph.matmul %c, %wo : tensor<1x3x2xf32>, tensor<2x1xf32>
  return %y : tensor<1x3x1xf32>
}

// -----

// A size that the run computes, batch times heads, is scaled.
// CHECK-LABEL: func @main(
// CHECK:         %[[JOINED:.+]] = graph.concat
// CHECK:         %[[PART:.+]] = graph.slice %[[JOINED]]
// CHECK:         %[[BATCH:.+]] = graph.binary Div %[[PART]],
// CHECK:         %[[SIZE:.+]] = graph.binary Mul %[[BATCH]],
// CHECK:         %[[SHAPE:.+]] = graph.concat %{{.+}}, %[[SIZE]], %{{.+}} axis = 0
// CHECK:         graph.reshape %{{.+}} to %[[SHAPE]] : tensor<3x?x4xf32>, tensor<3xi64>
func.func @main(%x: tensor<3x?x1xf32> {graph.dims = ["", "batch", ""]}) -> tensor<3x?x1xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %wo = arith.constant dense<[[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]> : tensor<6x1xf32>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %three = arith.constant dense<3> : tensor<1xi64>
  %six = arith.constant dense<6> : tensor<1xi64>
  %parted = arith.constant dense<[-1, 3, 3, 2]> : tensor<4xi64>
  %shape = graph.shape %x : tensor<3x?x1xf32>
  %batch = graph.slice %shape from %one to %two : tensor<3xi64>, tensor<1xi64>, tensor<1xi64>
  %joined = graph.binary Mul %batch, %three : tensor<1xi64>, tensor<1xi64>
  %js = graph.concat %three, %joined, %two axis = 0 : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  %ms = graph.concat %three, %batch, %six axis = 0 : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
  %q = graph.matmul %x, %w : tensor<3x?x1xf32>, tensor<1x6xf32>
  %j = graph.reshape %q to %js : tensor<3x?x6xf32>, tensor<3xi64>
  %t = graph.transpose %j permutation = [1, 0, 2] : tensor<3x?x2xf32>
  %h = graph.reshape %t to %parted : tensor<?x3x2xf32>, tensor<4xi64>
  // expected-remark @below {{layer 0: 1 of 3 heads removed: 1}}
  %a = graph.attention %h, %h, %h scale = 1.0 : tensor<?x3x3x2xf32>, tensor<?x3x3x2xf32>, tensor<?x3x3x2xf32>
  %u = graph.transpose %a permutation = [2, 0, 1, 3] : tensor<?x3x3x2xf32>
  %c = graph.reshape %u to %ms : tensor<3x?x3x2xf32>, tensor<3xi64>
  %y = graph.matmul %c, %wo : tensor<3x?x6xf32>, tensor<6x1xf32>
  return %y : tensor<3x?x1xf32>
}
