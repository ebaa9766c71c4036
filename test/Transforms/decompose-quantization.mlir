// RUN: graphopt-opt %s --graph-decompose-quantization --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @quantize(
// CHECK-SAME:      %[[X:.+]]: tensor<?x4xf32>, %[[S:.+]]: tensor<4xf32>, %[[Z:.+]]: tensor<4xi8>
// CHECK:         %[[LEAST:.+]] = arith.constant dense<-1.280000e+02>
// CHECK:         %[[MOST:.+]] = arith.constant dense<1.270000e+02>
// CHECK:         %[[LOW:.+]] = graph.binary Sub %[[LEAST]]
// CHECK:         %[[HIGH:.+]] = graph.binary Sub %[[MOST]]
// CHECK:         %[[D:.+]] = graph.binary Div %[[X]], %[[S]]
// CHECK:         %[[M:.+]] = graph.binary Max %[[D]], %[[LOW]]
// CHECK:         %[[N:.+]] = graph.binary Min %[[M]], %[[HIGH]]
// CHECK:         %[[R:.+]] = graph.unary Round %[[N]]
// CHECK:         %[[I:.+]] = graph.cast %[[R]] to i32
// CHECK:         %[[A:.+]] = graph.binary Add %[[I]]
// CHECK:         graph.cast %[[A]] to i8
func.func @quantize(%x: tensor<?x4xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> tensor<?x4xi8> {
  %q = graph.quantize_linear %x, %s, %z axis = 1 to i8 : tensor<?x4xf32>, tensor<4xf32>, tensor<4xi8>
  return %q : tensor<?x4xi8>
}

// -----

// With a scale of 1 the clamp comes first.
// CHECK-LABEL: func @quantize_steps(
// CHECK-SAME:      %[[X:.+]]: tensor<?x4xf32>, %[[Z:.+]]: tensor<i8>
// CHECK-NOT:     Div
// CHECK-DAG:     %[[LOWEST:.+]] = arith.constant dense<-1.280000e+02>
// CHECK-DAG:     %[[HIGHEST:.+]] = arith.constant dense<1.270000e+02>
// CHECK-DAG:     %[[LOW:.+]] = graph.binary Sub %[[LOWEST]], %{{.+}} : tensor<f32>, tensor<f32>
// CHECK-DAG:     %[[HIGH:.+]] = graph.binary Sub %[[HIGHEST]], %{{.+}} : tensor<f32>, tensor<f32>
// CHECK:         %[[A:.+]] = graph.binary Max %[[X]], %[[LOW]]
// CHECK:         %[[B:.+]] = graph.binary Min %[[A]], %[[HIGH]]
// CHECK:         %[[R:.+]] = graph.unary Round %[[B]]
// CHECK:         %[[STEPS:.+]] = graph.cast %[[R]] to i32
// CHECK:         %[[ZERO:.+]] = graph.cast %[[Z]] to i32
// CHECK:         %[[SUM:.+]] = graph.binary Add %[[STEPS]], %[[ZERO]]
// CHECK:         graph.cast %[[SUM]] to i8
func.func @quantize_steps(%x: tensor<?x4xf32>, %z: tensor<i8>) -> tensor<?x4xi8> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %q = graph.quantize_linear %x, %one, %z axis = 0 to i8 : tensor<?x4xf32>, tensor<f32>, tensor<i8>
  return %q : tensor<?x4xi8>
}

// -----

// What nobody reads as bytes stays floats.
// CHECK-LABEL: func @rounded(
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>, %[[S:.+]]: tensor<f32>
// CHECK-NOT:     Div
// CHECK-NOT:     graph.cast
// CHECK:         %[[R:.+]] = graph.unary Round
// CHECK-NEXT:    %[[Y:.+]] = graph.binary Mul %[[R]], %[[S]]
// CHECK-NEXT:    return %[[Y]]
func.func @rounded(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %q = graph.quantize_linear %x, %one axis = 0 to ui8 : tensor<4xf32>, tensor<f32>
  %y = graph.dequantize_linear %q, %s axis = 0 to f32 : tensor<4xui8>, tensor<f32>
  return %y : tensor<4xf32>
}

// -----

// Of two that meet the earlier one stays bytes, for memory.
// CHECK-LABEL: func @meeting(
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>, %[[Y:.+]]: tensor<4xf32>
// CHECK:         graph.binary{{ +}}Max %[[X]]
// CHECK:         graph.cast %{{.+}} to ui8
// CHECK:         graph.binary{{ +}}Max %[[Y]]
// CHECK-NOT:     to ui8
// CHECK:         return
func.func @meeting(%x: tensor<4xf32>, %y: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %p = graph.quantize_linear %x, %one axis = 0 to ui8 : tensor<4xf32>, tensor<f32>
  %q = graph.quantize_linear %y, %one axis = 0 to ui8 : tensor<4xf32>, tensor<f32>
  %a = graph.dequantize_linear %q, %s axis = 0 to f32 : tensor<4xui8>, tensor<f32>
  %b = graph.dequantize_linear %p, %s axis = 0 to f32 : tensor<4xui8>, tensor<f32>
  %r = graph.binary Add %a, %b : tensor<4xf32>, tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// A scale in the middle of dimensions, and one for two neighbours each.
// CHECK-LABEL: func @dequantize(
// CHECK:         graph.unsqueeze %{{.+}} axes = [1] : tensor<4xf32>
// CHECK:         %[[P:.+]] = arith.constant dense<[0, 0, 1, 1]> : tensor<4xi64>
// CHECK:         graph.gather %{{.+}} at %[[P]] axis = 1
func.func @dequantize(%x: tensor<2x4x3xui8>, %s: tensor<4xf32>, %t: tensor<2x2x3xf32>) -> (tensor<2x4x3xf32>, tensor<2x4x3xf32>) {
  %y = graph.dequantize_linear %x, %s axis = 1 to f32 : tensor<2x4x3xui8>, tensor<4xf32>
  %z = graph.dequantize_linear %x, %t axis = 1 block_size = 2 to f32 : tensor<2x4x3xui8>, tensor<2x2x3xf32>
  return %y, %z : tensor<2x4x3xf32>, tensor<2x4x3xf32>
}

// A table stays as it is stored: its rows and their scales are gathered.
// CHECK-LABEL: func @gather_rows(
// CHECK-SAME:      %[[T:.+]]: tensor<30522x384xi8>, %[[S:.+]]: tensor<30522xf32>, %[[I:.+]]: tensor<?x?xi64>
// CHECK:         %[[G:.+]] = graph.gather %[[T]] at %[[I]] axis = 0
// CHECK:         %[[F:.+]] = graph.cast %[[G]] to f32 : tensor<?x?x384xi8>
// CHECK:         %[[U:.+]] = graph.unsqueeze %[[S]] axes = [1]
// CHECK:         %[[H:.+]] = graph.gather %[[U]] at %[[I]] axis = 0 : tensor<30522x1xf32>
// CHECK:         graph.binary Mul %[[F]], %[[H]]
func.func @gather_rows(%t: tensor<30522x384xi8>, %s: tensor<30522xf32>, %i: tensor<?x?xi64>) -> tensor<?x?x384xf32> {
  %d = graph.dequantize_linear %t, %s axis = 0 to f32 : tensor<30522x384xi8>, tensor<30522xf32>
  %g = graph.gather %d at %i axis = 0 : tensor<30522x384xf32>, tensor<?x?xi64>
  return %g : tensor<?x?x384xf32>
}

// -----

// A scale that all slices share stays; a slice has a dimension for each of the indices.
// CHECK-LABEL: func @gather_shared(
// CHECK-SAME:      %{{.+}}: tensor<5x7xui8>, %[[C:.+]]: tensor<7xf32>, %[[R:.+]]: tensor<5xf32>,
// CHECK:         %[[G:.+]] = graph.gather %{{.+}} axis = 0
// CHECK:         %[[F:.+]] = graph.cast %[[G]]
// CHECK:         graph.binary Mul %[[F]], %[[C]]
// CHECK:         %[[U:.+]] = graph.unsqueeze %[[R]] axes = [1]
// CHECK:         %[[V:.+]] = graph.unsqueeze %[[U]] axes = [1] : tensor<5x1xf32>
// CHECK:         graph.binary Mul %{{.+}}, %[[V]] : tensor<5x2x3xf32>, tensor<5x1x1xf32>
func.func @gather_shared(%t: tensor<5x7xui8>, %c: tensor<7xf32>, %r: tensor<5xf32>, %i: tensor<2x3xi64>) -> (tensor<2x3x7xf32>, tensor<5x2x3xf32>) {
  %d = graph.dequantize_linear %t, %c axis = 1 to f32 : tensor<5x7xui8>, tensor<7xf32>
  %g = graph.gather %d at %i axis = 0 : tensor<5x7xf32>, tensor<2x3xi64>
  %e = graph.dequantize_linear %t, %r axis = 0 to f32 : tensor<5x7xui8>, tensor<5xf32>
  %h = graph.gather %e at %i axis = -1 : tensor<5x7xf32>, tensor<2x3xi64>
  return %g, %h : tensor<2x3x7xf32>, tensor<5x2x3xf32>
}

// -----

// CHECK-LABEL: func @gather_blocks(
// CHECK-SAME:      %[[T:.+]]: tensor<5x8xi8>, %[[S:.+]]: tensor<5x2xf32>
// CHECK-DAG:     graph.gather %[[T]] at %{{.+}} axis = 0 : tensor<5x8xi8>
// CHECK-DAG:     %[[G:.+]] = graph.gather %[[S]] at %{{.+}} axis = 0 : tensor<5x2xf32>
// CHECK:         graph.gather %[[G]] at %{{.+}} axis = 2 : tensor<2x3x2xf32>, tensor<8xi64>
func.func @gather_blocks(%t: tensor<5x8xi8>, %s: tensor<5x2xf32>, %i: tensor<2x3xi64>) -> tensor<2x3x8xf32> {
  %d = graph.dequantize_linear %t, %s axis = 1 block_size = 4 to f32 : tensor<5x8xi8>, tensor<5x2xf32>
  %g = graph.gather %d at %i axis = 0 : tensor<5x8xf32>, tensor<2x3xi64>
  return %g : tensor<2x3x8xf32>
}

// -----

// Where rows of the integers are read, too, they are not left as floats.
// CHECK-LABEL: func @gather_rounded(
// CHECK:         %[[Q:.+]] = graph.cast %{{.+}} to ui8
// CHECK-DAG:     graph.gather %[[Q]] at %{{.+}} axis = 0
// CHECK-DAG:     graph.cast %[[Q]] to f32
func.func @gather_rounded(%x: tensor<5x7xf32>, %s: tensor<7xf32>, %i: tensor<2xi64>) -> (tensor<5x7xf32>, tensor<2x7xf32>) {
  %q = graph.quantize_linear %x, %s axis = 1 to ui8 : tensor<5x7xf32>, tensor<7xf32>
  %d = graph.dequantize_linear %q, %s axis = 1 to f32 : tensor<5x7xui8>, tensor<7xf32>
  %g = graph.gather %d at %i axis = 0 : tensor<5x7xf32>, tensor<2xi64>
  return %d, %g : tensor<5x7xf32>, tensor<2x7xf32>
}

// -----

// One block in each row, however long it is.
// CHECK-LABEL: func @one_block(
// CHECK-SAME:      %[[X:.+]]: tensor<3x?xf32>, %[[S:[^:]+]]: tensor<3x1xf32>
// CHECK:         graph.binary Div %[[X]], %[[S]]
func.func @one_block(%x: tensor<3x?xf32>, %s: tensor<3x1xf32>) -> tensor<3x?xi8> {
  %y = graph.quantize_linear %x, %s axis = 1 block_size = 9 to i8 : tensor<3x?xf32>, tensor<3x1xf32>
  return %y : tensor<3x?xi8>
}

// -----

// Blocks along an open dimension: position i is in block i / 2.
// CHECK-LABEL: func @open_blocks(
// CHECK-SAME:      %[[X:.+]]: tensor<?x4xui8>, %[[S:[^:]+]]: tensor<?x4xf32>
// CHECK:         %[[SHAPE:.+]] = graph.shape %[[X]]
// CHECK:         %[[EXTENT:.+]] = graph.gather %[[SHAPE]]
// CHECK:         %[[PLACES:.+]] = graph.range %{{.+}} to %[[EXTENT]]
// CHECK:         %[[BLOCKS:.+]] = graph.binary Div %[[PLACES]]
// CHECK:         graph.gather %[[S]] at %[[BLOCKS]] axis = 0
func.func @open_blocks(%x: tensor<?x4xui8>, %s: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = graph.dequantize_linear %x, %s axis = 0 block_size = 2 to f32 : tensor<?x4xui8>, tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// On a grid of floats the conversion rounds.
// CHECK-LABEL: func @small_floats(
// CHECK-SAME:      %[[X:.+]]: tensor<4xf32>, %[[S:.+]]: tensor<f32>
// CHECK-NEXT:    %[[D:.+]] = graph.binary Div %[[X]], %[[S]]
// CHECK-NEXT:    %[[Q:.+]] = graph.cast %[[D]] to f8E4M3FN unsaturated
// CHECK-NEXT:    %[[F:.+]] = graph.cast %[[Q]] to f32
// CHECK-NEXT:    %[[Y:.+]] = graph.binary Mul %[[F]], %[[S]]
// CHECK-NEXT:    return %[[Y]]
func.func @small_floats(%x: tensor<4xf32>, %s: tensor<f32>) -> tensor<4xf32> {
  %q = graph.quantize_linear %x, %s axis = 0 to f8E4M3FN unsaturated : tensor<4xf32>, tensor<f32>
  %y = graph.dequantize_linear %q, %s axis = 0 to f32 : tensor<4xf8E4M3FN>, tensor<f32>
  return %y : tensor<4xf32>
}
