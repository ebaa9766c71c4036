// RUN: graphopt-opt %s -split-input-file --graph-fuse-attention | FileCheck %s

// -inf where a condition is false is a mask of booleans.
// CHECK-LABEL: func @infinite(
// CHECK-SAME:      %[[X:[^:]+]]: {{.+}}, %[[C:[^:]+]]:
// CHECK-NEXT:    graph.attention %[[X]], %[[X]], %[[X]] mask %[[C]] scale = 1.000000e+00 : {{.+}}, tensor<2x1x1x9xi1>
func.func @infinite(%x: tensor<2x4x9x8xf32>, %c: tensor<2x1x1x9xi1>) -> tensor<2x4x9x8xf32> {
  %far = arith.constant dense<0xFF800000> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %m = graph.where %c, %s, %far : tensor<2x1x1x9xi1>, tensor<2x4x9x9xf32>, tensor<f32>
  %p = graph.softmax %m axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y : tensor<2x4x9x8xf32>
}

// -----

// Rows without a key become means of all values, as with any finite number.
// CHECK-LABEL: func @finite(
// CHECK-SAME:      %[[X:[^:]+]]: {{.+}}, %[[C:[^:]+]]:
// CHECK-DAG:     %[[N:.+]] = graph.unary  Not %[[C]]
// CHECK-DAG:     %[[ZERO:.+]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK-DAG:     %[[LOWEST:.+]] = arith.constant dense<-3.40282347E+38> : tensor<f32>
// CHECK:         %[[M:.+]] = graph.where %[[N]], %[[ZERO]], %[[LOWEST]] : tensor<2x1x1x9xi1>
// CHECK-NEXT:    graph.attention %[[X]], %[[X]], %[[X]] mask %[[M]] scale
func.func @finite(%x: tensor<2x4x9x8xf32>, %c: tensor<2x1x1x9xi1>) -> tensor<2x4x9x8xf32> {
  %far = arith.constant dense<-1.0e4> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<2x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<2x4x9x8xf32>, tensor<2x4x8x9xf32>
  %m = graph.where %c, %far, %s : tensor<2x1x1x9xi1>, tensor<f32>, tensor<2x4x9x9xf32>
  %p = graph.softmax %m axis = -1 : tensor<2x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<2x4x9x9xf32>, tensor<2x4x9x8xf32>
  return %y : tensor<2x4x9x8xf32>
}

// -----

// A constant that is exactly the order of queries and keys; the second lets the
// last query see all keys.
// CHECK-LABEL: func @constants(
// CHECK:         graph.attention %{{.+}} scale = 1.000000e+00 causal = top_left : tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>
// CHECK:         graph.attention %{{.+}} scale = 1.000000e+00 causal = bottom_right : tensor<1x1x2x8xf32>
func.func @constants(%q: tensor<1x1x2x8xf32>, %x: tensor<1x1x3x8xf32>) -> (tensor<1x1x3x8xf32>, tensor<1x1x2x8xf32>) {
  %a = arith.constant dense<[[0.0, -1.0e9, -1.0e9], [0.0, 0.0, -1.0e9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %b = arith.constant dense<[[true, true, false], [true, true, true]]> : tensor<2x3xi1>
  %far = arith.constant dense<-1.0e9> : tensor<f32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<1x1x3x8xf32>
  %s = graph.matmul %x, %t : tensor<1x1x3x8xf32>, tensor<1x1x8x3xf32>
  %m = graph.binary Add %s, %a : tensor<1x1x3x3xf32>, tensor<3x3xf32>
  %p = graph.softmax %m axis = -1 : tensor<1x1x3x3xf32>
  %y = graph.matmul %p, %x : tensor<1x1x3x3xf32>, tensor<1x1x3x8xf32>
  %s1 = graph.matmul %q, %t : tensor<1x1x2x8xf32>, tensor<1x1x8x3xf32>
  %m1 = graph.where %b, %s1, %far : tensor<2x3xi1>, tensor<1x1x2x3xf32>, tensor<f32>
  %p1 = graph.softmax %m1 axis = -1 : tensor<1x1x2x3xf32>
  %y1 = graph.matmul %p1, %x : tensor<1x1x2x3xf32>, tensor<1x1x3x8xf32>
  return %y, %y1 : tensor<1x1x3x8xf32>, tensor<1x1x2x8xf32>
}

// -----

// A constant that keeps all is none; one that is nearly an order stays a mask.
// CHECK-LABEL: func @other_constants(
// CHECK:         graph.attention %{{[^,]+}}, %{{[^,]+}}, %{{[^ ]+}} scale = 1.000000e+00 :
// CHECK:         graph.attention %{{[^,]+}}, %{{[^,]+}}, %{{[^ ]+}} mask %{{.+}} scale = 1.000000e+00 :
func.func @other_constants(%x: tensor<1x1x3x8xf32>) -> (tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>) {
  %a = arith.constant dense<0.0> : tensor<3x3xf32>
  %b = arith.constant dense<[[0.0, -1.0e9, -1.0e9], [0.0, 0.0, -1.0e9], [0.0, -1.0e9, 0.0]]> : tensor<3x3xf32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<1x1x3x8xf32>
  %s = graph.matmul %x, %t : tensor<1x1x3x8xf32>, tensor<1x1x8x3xf32>
  %m = graph.binary Add %s, %a : tensor<1x1x3x3xf32>, tensor<3x3xf32>
  %p = graph.softmax %m axis = -1 : tensor<1x1x3x3xf32>
  %y = graph.matmul %p, %x : tensor<1x1x3x3xf32>, tensor<1x1x3x8xf32>
  %s1 = graph.matmul %x, %t : tensor<1x1x3x8xf32>, tensor<1x1x8x3xf32>
  %m1 = graph.binary Add %s1, %b : tensor<1x1x3x3xf32>, tensor<3x3xf32>
  %p1 = graph.softmax %m1 axis = -1 : tensor<1x1x3x3xf32>
  %y1 = graph.matmul %p1, %x : tensor<1x1x3x3xf32>, tensor<1x1x3x8xf32>
  return %y, %y1 : tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>
}

// -----

// The order of open extents, by places; the other part of the condition stays.
// CHECK-LABEL: func @places(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[C:[^:]+]]:
// CHECK:         graph.attention %[[Q]], %[[K]], %[[K]] mask %[[C]] scale = 1.000000e+00 causal = bottom_right
func.func @places(%q: tensor<2x4x?x8xf32> {graph.dims = ["", "", "m", ""]},
                  %k: tensor<2x4x?x8xf32> {graph.dims = ["", "", "n", ""]},
                  %c: tensor<2x1x1x?xi1> {graph.dims = ["", "", "", "n"]}) -> tensor<2x4x?x8xf32> {
  %zero = arith.constant dense<0> : tensor<i64>
  %one = arith.constant dense<1> : tensor<i64>
  %two = arith.constant dense<2> : tensor<i64>
  %far = arith.constant dense<0xFF800000> : tensor<f32>
  %none = arith.constant dense<0.0> : tensor<f32>
  %qs = graph.shape %q : tensor<2x4x?x8xf32>
  %ks = graph.shape %k : tensor<2x4x?x8xf32>
  %m = graph.gather %qs at %two axis = 0 : tensor<4xi64>, tensor<i64>
  %n = graph.gather %ks at %two axis = 0 : tensor<4xi64>, tensor<i64>
  %first = graph.binary Sub %n, %m : tensor<i64>, tensor<i64>
  %i = graph.range %first to %n by %one : tensor<i64>, tensor<i64>, tensor<i64>
  %j = graph.range %zero to %n by %one : tensor<i64>, tensor<i64>, tensor<i64>
  %rows = graph.unsqueeze %i axes = [1] : tensor<?xi64>
  %columns = graph.unsqueeze %j axes = [0] : tensor<?xi64>
  %later = graph.binary Greater %columns, %rows : tensor<1x?xi64>, tensor<?x1xi64>
  %seen = graph.unary Not %later : tensor<?x?xi1>
  %both = graph.binary And %seen, %c : tensor<?x?xi1>, tensor<2x1x1x?xi1>
  %mask = graph.where %both, %none, %far : tensor<2x1x?x?xi1>, tensor<f32>, tensor<f32>
  %t = graph.transpose %k permutation = [0, 1, 3, 2] : tensor<2x4x?x8xf32>
  %s = graph.matmul %q, %t : tensor<2x4x?x8xf32>, tensor<2x4x8x?xf32>
  %d = graph.binary Add %s, %mask : tensor<2x4x?x?xf32>, tensor<2x1x?x?xf32>
  %p = graph.softmax %d axis = -1 : tensor<2x4x?x?xf32>
  %y = graph.matmul %p, %k : tensor<2x4x?x?xf32>, tensor<2x4x?x8xf32>
  return %y : tensor<2x4x?x8xf32>
}

// -----

// With a finite number beside another mask, the order is not exactly that.
// CHECK-LABEL: func @finite_order(
// CHECK:         %[[M:.+]] = graph.binary  Add
// CHECK:         graph.attention %{{[^,]+}}, %{{[^,]+}}, %{{[^ ]+}} mask %[[M]] scale = 1.000000e+00 :
func.func @finite_order(%x: tensor<1x1x3x8xf32>, %c: tensor<1x1x1x3xf32>) -> tensor<1x1x3x8xf32> {
  %a = arith.constant dense<[[0.0, -1.0e9, -1.0e9], [0.0, 0.0, -1.0e9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<1x1x3x8xf32>
  %s = graph.matmul %x, %t : tensor<1x1x3x8xf32>, tensor<1x1x8x3xf32>
  %m = graph.binary Add %s, %a : tensor<1x1x3x3xf32>, tensor<3x3xf32>
  %n = graph.binary Add %m, %c : tensor<1x1x3x3xf32>, tensor<1x1x1x3xf32>
  %p = graph.softmax %n axis = -1 : tensor<1x1x3x3xf32>
  %y = graph.matmul %p, %x : tensor<1x1x3x3xf32>, tensor<1x1x3x8xf32>
  return %y : tensor<1x1x3x8xf32>
}

// -----

// The same for an attention that the model has: the order of its mask, of which a
// part is added.
// CHECK-LABEL: func @attention(
// CHECK-SAME:      %[[Q:[^:]+]]: {{.+}}, %[[K:[^:]+]]: {{.+}}, %[[A:[^:]+]]:
// CHECK:         graph.attention %[[Q]], %[[K]], %[[K]] mask %[[A]] scale = 1.000000e+00 causal = top_left
func.func @attention(%q: tensor<2x4x3x8xf32>, %k: tensor<2x4x3x8xf32>, %a: tensor<2x1x1x3xf32>) -> tensor<2x4x3x8xf32> {
  %far = arith.constant dense<0xFF800000> : tensor<f32>
  %order = arith.constant dense<[[true, false, false], [true, true, false], [true, true, true]]> : tensor<3x3xi1>
  %mask = graph.where %order, %a, %far : tensor<3x3xi1>, tensor<2x1x1x3xf32>, tensor<f32>
  %y = graph.attention %q, %k, %k mask %mask scale = 1.0
      : tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>, tensor<2x4x3x8xf32>, tensor<2x1x3x3xf32>
  return %y : tensor<2x4x3x8xf32>
}

// -----

// Windows of images: the mask of a window is that of all images.
// CHECK-LABEL: func @windows(
// CHECK-SAME:      %[[X:[^:]+]]: {{.+}}, %[[A:[^:]+]]:
// CHECK:         %[[E:.+]] = graph.expand %[[A]]
// CHECK:         %[[M:.+]] = graph.reshape %[[E]] {{.+}} : tensor<2x5x1x9x9xf32>
// CHECK:         graph.attention %[[X]], %[[X]], %[[X]] mask %[[M]] {{.+}}, tensor<10x1x9x9xf32>
func.func @windows(%x: tensor<10x4x9x8xf32>, %a: tensor<5x1x9x9xf32>) -> tensor<10x4x9x8xf32> {
  %apart = arith.constant dense<[2, 5, 4, 9, 9]> : tensor<5xi64>
  %back = arith.constant dense<[10, 4, 9, 9]> : tensor<4xi64>
  %t = graph.transpose %x permutation = [0, 1, 3, 2] : tensor<10x4x9x8xf32>
  %s = graph.matmul %x, %t : tensor<10x4x9x8xf32>, tensor<10x4x8x9xf32>
  %r = graph.reshape %s to %apart : tensor<10x4x9x9xf32>, tensor<5xi64>
  %m = graph.binary Add %r, %a : tensor<2x5x4x9x9xf32>, tensor<5x1x9x9xf32>
  %d = graph.reshape %m to %back : tensor<2x5x4x9x9xf32>, tensor<4xi64>
  %p = graph.softmax %d axis = -1 : tensor<10x4x9x9xf32>
  %y = graph.matmul %p, %x : tensor<10x4x9x9xf32>, tensor<10x4x9x8xf32>
  return %y : tensor<10x4x9x8xf32>
}
