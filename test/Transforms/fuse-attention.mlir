// RUN: graphopt-opt %s -split-input-file --graph-fuse-attention | FileCheck %s

// The key's transpose and the factor go; open extents with one name are equal.
// CHECK-LABEL: func @open(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[V:[^:]+]]: {{.+}}, %[[M:[^:]+]]:
// CHECK-NEXT:    %[[Y:.+]] = graph.attention %[[Q]], %[[K]], %[[V]] mask %[[M]] scale = 1.250000e-01
// CHECK-NEXT:    return %[[Y]] : tensor<?x8x?x32xf32>
func.func @open(%q: tensor<?x8x?x64xf32> {graph.dims = ["b", "", "m", ""]},
                %k: tensor<?x8x?x64xf32> {graph.dims = ["b", "", "n", ""]},
                %v: tensor<?x8x?x32xf32> {graph.dims = ["b", "", "n", ""]},
                %mask: tensor<?x1x1x?xf32> {graph.dims = ["b", "", "", "n"]}) -> tensor<?x8x?x32xf32> {
  %eight = arith.constant dense<8.0> : tensor<f32>
  %kt = graph.transpose %k permutation = [0, 1, 3, 2] : tensor<?x8x?x64xf32>
  %s = graph.matmul %q, %kt : tensor<?x8x?x64xf32>, tensor<?x8x64x?xf32>
  %d = graph.binary Div %s, %eight : tensor<?x8x?x?xf32>, tensor<f32>
  %m = graph.binary Add %mask, %d : tensor<?x1x1x?xf32>, tensor<?x8x?x?xf32>
  %p = graph.softmax %m axis = 3 : tensor<?x8x?x?xf32>
  %y = graph.matmul %p, %v : tensor<?x8x?x?xf32>, tensor<?x8x?x32xf32>
  return %y : tensor<?x8x?x32xf32>
}

// -----

// Factors of queries, keys, values and scores come together.
// CHECK-LABEL: func @factors(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[V:[^:]+]]:
// CHECK:         %[[A:.+]] = graph.attention %[[Q]], %[[K]], %[[V]] scale = 5.000000e-01 softcap = 2.000000e+01
// CHECK:         %[[Y:.+]] = graph.binary  Mul %[[A]], %{{.+}} : tensor<2x4x9x16xf32>, tensor<f32>
// CHECK-NEXT:    return %[[Y]]
func.func @factors(%q: tensor<2x4x9x16xf32>, %k: tensor<2x4x9x16xf32>, %v: tensor<2x4x9x16xf32>) -> tensor<2x4x9x16xf32> {
  %two = arith.constant dense<2.0> : tensor<1xf32>
  %four = arith.constant dense<4.0> : tensor<f32>
  %cap = arith.constant dense<20.0> : tensor<1x1x1x1xf32>
  %a = graph.binary Div %q, %four : tensor<2x4x9x16xf32>, tensor<f32>
  %kt = graph.transpose %k permutation = [0, 1, 3, 2] : tensor<2x4x9x16xf32>
  %b = graph.binary Mul %two, %kt : tensor<1xf32>, tensor<2x4x16x9xf32>
  %c = graph.binary Mul %v, %two : tensor<2x4x9x16xf32>, tensor<1xf32>
  %s = graph.matmul %a, %b : tensor<2x4x9x16xf32>, tensor<2x4x16x9xf32>
  %d = graph.binary Div %s, %cap : tensor<2x4x9x9xf32>, tensor<1x1x1x1xf32>
  %t = graph.unary Tanh %d : tensor<2x4x9x9xf32>
  %u = graph.binary Mul %t, %cap : tensor<2x4x9x9xf32>, tensor<1x1x1x1xf32>
  %p = graph.softmax %u axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %c : tensor<2x4x9x9xf32>, tensor<2x4x9x16xf32>
  return %y : tensor<2x4x9x16xf32>
}

// -----

// Keys and values that each group of queries shares are read once.
// CHECK-LABEL: func @groups(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[V:[^:]+]]:
// CHECK-NEXT:    %[[Y:.+]] = graph.attention %[[Q]], %[[K]], %[[V]] scale = 1.000000e+00
// CHECK-SAME:        tensor<1x8x?x64xf32>, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @groups(%q: tensor<1x8x?x64xf32> {graph.dims = ["", "", "m", ""]},
                  %k: tensor<1x2x?x64xf32> {graph.dims = ["", "", "n", ""]},
                  %v: tensor<1x2x?x64xf32> {graph.dims = ["", "", "n", ""]}) -> tensor<1x8x?x64xf32> {
  %four = arith.constant dense<[1, 1, 4, 1, 1]> : tensor<5xi64>
  %heads = arith.constant dense<[0, 8, -1, 64]> : tensor<4xi64>
  %a = graph.unsqueeze %k axes = [2] : tensor<1x2x?x64xf32>
  %b = graph.expand %a to %four : tensor<1x2x1x?x64xf32>, tensor<5xi64>
  %c = graph.reshape %b to %heads : tensor<1x2x4x?x64xf32>, tensor<4xi64>
  %kt = graph.transpose %c permutation = [0, 1, 3, 2] : tensor<1x8x?x64xf32>
  %d = graph.unsqueeze %v axes = [2] : tensor<1x2x?x64xf32>
  %e = graph.tile %d by %four : tensor<1x2x1x?x64xf32>, tensor<5xi64>
  %f = graph.reshape %e to %heads : tensor<1x2x4x?x64xf32>, tensor<4xi64>
  %s = graph.matmul %q, %kt : tensor<1x8x?x64xf32>, tensor<1x8x64x?xf32>
  %p = graph.softmax %s axis = -1 : tensor<1x8x?x?xf32>
  %y = graph.matmul %p, %f : tensor<1x8x?x?xf32>, tensor<1x8x?x64xf32>
  return %y : tensor<1x8x?x64xf32>
}

// -----

// Heads repeated the other way round, 0 1 0 1, stay repeated.
// CHECK-LABEL: func @interleaved(
// CHECK:         %[[E:.+]] = graph.expand
// CHECK:         %[[K:.+]] = graph.reshape %[[E]]
// CHECK:         graph.attention %{{[^,]+}}, %[[K]], %{{.+}} : tensor<1x4x9x8xf32>, tensor<1x4x9x8xf32>, tensor<1x4x9x8xf32>
func.func @interleaved(%q: tensor<1x4x9x8xf32>, %k: tensor<1x2x9x8xf32>, %v: tensor<1x4x9x8xf32>) -> tensor<1x4x9x8xf32> {
  %two = arith.constant dense<[1, 2, 2, 9, 8]> : tensor<5xi64>
  %heads = arith.constant dense<[1, 4, 9, 8]> : tensor<4xi64>
  %a = graph.unsqueeze %k axes = [1] : tensor<1x2x9x8xf32>
  %b = graph.expand %a to %two : tensor<1x1x2x9x8xf32>, tensor<5xi64>
  %c = graph.reshape %b to %heads : tensor<1x2x2x9x8xf32>, tensor<4xi64>
  %kt = graph.transpose %c permutation = [0, 1, 3, 2] : tensor<1x4x9x8xf32>
  %s = graph.matmul %q, %kt : tensor<1x4x9x8xf32>, tensor<1x4x8x9xf32>
  %p = graph.softmax %s axis = -1 : tensor<1x4x9x9xf32>
  %y = graph.matmul %p, %v : tensor<1x4x9x9xf32>, tensor<1x4x9x8xf32>
  return %y : tensor<1x4x9x8xf32>
}

// -----

// Three dimensions and one head; a softmax in parts.
// CHECK-LABEL: func @three_dimensions(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[V:[^:]+]]:
// CHECK-DAG:     %[[A:.+]] = graph.unsqueeze %[[Q]] axes = [1]
// CHECK-DAG:     %[[B:.+]] = graph.unsqueeze %[[K]] axes = [1]
// CHECK-DAG:     %[[C:.+]] = graph.unsqueeze %[[V]] axes = [1]
// CHECK:         %[[D:.+]] = graph.attention %[[A]], %[[B]], %[[C]] scale = 1.000000e+00
// CHECK-NEXT:    %[[Y:.+]] = graph.squeeze %[[D]] axes = [1] : tensor<6x1x9x8xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @three_dimensions(%q: tensor<6x9x8xf32>, %k: tensor<6x9x8xf32>, %v: tensor<6x9x8xf32>) -> tensor<6x9x8xf32> {
  %kt = graph.transpose %k permutation = [0, 2, 1] : tensor<6x9x8xf32>
  %s = graph.matmul %q, %kt : tensor<6x9x8xf32>, tensor<6x8x9xf32>
  %m = graph.reduce Max %s axes = [-1] keepdims : tensor<6x9x9xf32>
  %d = graph.binary Sub %s, %m : tensor<6x9x9xf32>, tensor<6x9x1xf32>
  %e = graph.unary Exp %d : tensor<6x9x9xf32>
  %sum = graph.reduce Sum %e axes = [2] keepdims : tensor<6x9x9xf32>
  %p = graph.binary Div %e, %sum : tensor<6x9x9xf32>, tensor<6x9x1xf32>
  %y = graph.matmul %p, %v : tensor<6x9x9xf32>, tensor<6x9x8xf32>
  return %y : tensor<6x9x8xf32>
}

// -----

// Equations, on [batch, length, heads, depth].
// CHECK-LABEL: func @einsum(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[V:[^:]+]]:
// CHECK-DAG:     %[[A:.+]] = graph.transpose %[[Q]] permutation = [0, 2, 1, 3]
// CHECK-DAG:     %[[B:.+]] = graph.transpose %[[K]] permutation = [0, 2, 1, 3]
// CHECK-DAG:     %[[C:.+]] = graph.transpose %[[V]] permutation = [0, 2, 1, 3]
// CHECK:         %[[D:.+]] = graph.attention %[[A]], %[[B]], %[[C]] scale
// CHECK-NEXT:    %[[Y:.+]] = graph.transpose %[[D]] permutation = [0, 2, 1, 3]
// CHECK-NEXT:    return %[[Y]]
func.func @einsum(%q: tensor<2x9x4x8xf32>, %k: tensor<2x9x4x8xf32>, %v: tensor<2x9x4x8xf32>) -> tensor<2x9x4x8xf32> {
  %s = graph.einsum "bmhd,bnhd->bhmn" %q, %k : tensor<2x9x4x8xf32>, tensor<2x9x4x8xf32>
  %p = graph.softmax %s axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.einsum "bnhd,bhmn->bmhd" %v, %p : tensor<2x9x4x8xf32>, tensor<2x4x9x9xf32>
  return %y : tensor<2x9x4x8xf32>
}

// -----

// One attention reads what another one gives.
// CHECK-LABEL: func @chain(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK-NEXT:    %[[A:.+]] = graph.attention %[[X]], %[[X]], %[[X]]
// CHECK-NEXT:    %[[B:.+]] = graph.attention %[[A]], %[[A]], %[[X]]
// CHECK-NEXT:    return %[[B]]
func.func @chain(%x: tensor<2x4x9x8xf32>) -> tensor<2x4x9x8xf32> {
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %p = graph.softmax %s axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  %t1 = graph.transpose %y permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s1 = graph.matmul %y, %t1 : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %p1 = graph.softmax %s1 axis = -1 : tensor<2x4x9x9xf32>
  %y1 = graph.matmul %p1, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y1 : tensor<2x4x9x8xf32>
}

// -----

// Rows that have no key become zeros of the result.
// CHECK-LABEL: func @cleared(
// CHECK:         %[[A:.+]] = graph.attention
// CHECK-DAG:     %[[N:.+]] = graph.unary  IsNaN %[[A]] : tensor<2x4x9x8xf32>
// CHECK-DAG:     %[[Z:.+]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK:         %[[Y:.+]] = graph.where %[[N]], %[[Z]], %[[A]]
// CHECK-NEXT:    return %[[Y]]
func.func @cleared(%x: tensor<2x4x9x8xf32>, %c: tensor<2x1x1x9xi1>) -> tensor<2x4x9x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %far = arith.constant dense<0xFF800000> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %m = graph.where %c, %s, %far : tensor<2x1x1x9xi1>, tensor<2x4x9x9xf32>, tensor<f32>
  %p = graph.softmax %m axis = -1 : tensor<2x4x9x9xf32>
  %n = graph.unary IsNaN %p : tensor<2x4x9x9xf32>
  %w = graph.where %n, %zero, %p : tensor<2x4x9x9xi1>, tensor<f32>, tensor<2x4x9x9xf32>
  %y = graph.matmul %w, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y : tensor<2x4x9x8xf32>
}

// -----

// A reshape that joins heads with the batch as it parts them shows them.
// CHECK-LABEL: func @joined_with_the_batch(
// CHECK-SAME:      %[[X:.+]]: tensor<5x2x12xf32>)
// CHECK-DAG:     %[[PARTED:.+]] = arith.constant dense<[0, 0, 3, 4]>
// CHECK:         %[[H:.+]] = graph.reshape %[[X]] to %[[PARTED]] : tensor<5x2x12xf32>, tensor<4xi64>
// CHECK:         %[[T:.+]] = graph.transpose %[[H]] permutation = [1, 2, 0, 3] : tensor<5x2x3x4xf32>
// CHECK:         graph.attention %[[T]], %{{.+}}, %{{.+}} scale = 1.000000e+00 : tensor<2x3x5x4xf32>
func.func @joined_with_the_batch(%x: tensor<5x2x12xf32>) -> tensor<6x5x4xf32> {
  %shape = arith.constant dense<[5, 6, 4]> : tensor<3xi64>
  %h = graph.reshape %x to %shape : tensor<5x2x12xf32>, tensor<3xi64>
  %q = graph.transpose %h permutation = [1, 0, 2] : tensor<5x6x4xf32>
  %k = graph.transpose %h permutation = [1, 2, 0] : tensor<5x6x4xf32>
  %s = graph.matmul %q, %k : tensor<6x5x4xf32>, tensor<6x4x5xf32>
  %p = graph.softmax %s axis = -1 : tensor<6x5x5xf32>
  %y = graph.matmul %p, %q : tensor<6x5x5xf32>, tensor<6x5x4xf32>
  return %y : tensor<6x5x4xf32>
}

// -----

// Attention repeats its mask by itself.
// CHECK-LABEL: func @expanded_mask(
// CHECK-SAME:      %[[X:.+]]: tensor<2x3x5x4xf32>, %[[MASK:.+]]: tensor<2x1x1x5xi1>)
// CHECK:         graph.attention %[[X]], %[[X]], %[[X]] mask %[[MASK]] scale
func.func @expanded_mask(%x: tensor<2x3x5x4xf32>, %mask: tensor<2x1x1x5xi1>) -> tensor<2x3x5x4xf32> {
  %shape = arith.constant dense<[1, 1, 5, 1]> : tensor<4xi64>
  %m = graph.expand %mask to %shape : tensor<2x1x1x5xi1>, tensor<4xi64>
  %y = graph.attention %x, %x, %x mask %m scale = 1.0 : tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x1x5x5xi1>
  return %y : tensor<2x3x5x4xf32>
}
