// RUN: graphopt-opt %s --graph-fuse-quantized | FileCheck %s

// Bytes with a zero point on the left: its product with the sums of columns goes
// off.
// CHECK-LABEL: func @matmul(
// CHECK-SAME:      %[[X:.+]]: tensor<?x5xui8>, %[[W:.+]]: tensor<5x6xi8>, %[[SX:[^:]+]]: tensor<f32>, %[[ZX:.+]]: tensor<ui8>, %[[SW:.+]]: tensor<6xf32>
// CHECK-DAG:     %[[Z:.+]] = graph.cast %[[ZX]] to i32
// CHECK-DAG:     %[[P:.+]] = graph.matmul %[[X]], %[[W]] : tensor<?x5xui8>, tensor<5x6xi8>
// CHECK-DAG:     %[[ONES:.+]] = arith.constant dense<1> : tensor<1x5xui8>
// CHECK:         %[[N:.+]] = graph.binary Sub %{{.+}}, %[[Z]] : tensor<i32>, tensor<i32>
// CHECK:         %[[COLUMNS:.+]] = graph.matmul %[[ONES]], %[[W]]
// CHECK:         %[[OFF:.+]] = graph.binary Mul %[[N]], %[[COLUMNS]]
// CHECK:         %[[SUM:.+]] = graph.binary Add %[[P]], %[[OFF]]
// CHECK:         %[[F:.+]] = graph.cast %[[SUM]] to f32
// CHECK:         graph.binary Mul %[[F]], %{{.+}} : tensor<?x6xf32>, tensor<6xf32>
func.func @matmul(%x: tensor<?x5xui8>, %w: tensor<5x6xi8>, %sx: tensor<f32>, %zx: tensor<ui8>, %sw: tensor<6xf32>) -> tensor<?x6xf32> {
  %a = graph.dequantize_linear %x, %sx, %zx axis = 0 to f32 : tensor<?x5xui8>, tensor<f32>, tensor<ui8>
  %b = graph.dequantize_linear %w, %sw axis = 1 to f32 : tensor<5x6xi8>, tensor<6xf32>
  %y = graph.matmul %a, %b : tensor<?x5xf32>, tensor<5x6xf32>
  return %y : tensor<?x6xf32>
}

// Zero points that are 0 make no sums. Signed bytes on the left are moved by 128.
// CHECK-LABEL: func @signed(
// CHECK:         %[[OFFSET:.+]] = arith.constant dense<128> : tensor<i32>
// CHECK:         %[[MOVED:.+]] = graph.binary Add %{{.+}}, %[[OFFSET]] : tensor<3x5xi32>, tensor<i32>
// CHECK:         %[[U:.+]] = graph.cast %[[MOVED]] to ui8
// CHECK:         graph.matmul %[[U]], %{{.+}} : tensor<3x5xui8>, tensor<5x6xi8>
// CHECK:         %[[LESS:.+]] = graph.binary Sub %{{.+}}, %[[OFFSET]] : tensor<i32>, tensor<i32>
// CHECK:         graph.binary Mul %[[LESS]], %{{.+}} : tensor<i32>, tensor<1x6xi32>
// CHECK-NOT:     graph.reduce
func.func @signed(%x: tensor<3x5xi8>, %w: tensor<5x6xi8>, %sx: tensor<f32>, %sw: tensor<f32>) -> tensor<3x6xf32> {
  %zero = arith.constant dense<0> : tensor<i8>
  %a = graph.dequantize_linear %x, %sx, %zero axis = 0 to f32 : tensor<3x5xi8>, tensor<f32>, tensor<i8>
  %b = graph.dequantize_linear %w, %sw, %zero axis = 0 to f32 : tensor<5x6xi8>, tensor<f32>, tensor<i8>
  %y = graph.matmul %a, %b : tensor<3x5xf32>, tensor<5x6xf32>
  return %y : tensor<3x6xf32>
}

// A scale for each row: one block of the whole row. The product takes it, and 128 goes
// into the quantization; another use of the signed bytes is left.
// CHECK-LABEL: func @per_row(
// CHECK-SAME:      %[[X:.+]]: tensor<2x?x5xf32>, %[[SX:.+]]: tensor<2x?x1xf32>, %[[W:.+]]: tensor<5x6xi8>, %[[SW:[^:]+]]: tensor<6xf32>
// CHECK-DAG:     %[[ZERO:.+]] = arith.constant dense<128> : tensor<1x1x1xui8>
// CHECK:         %[[U:.+]] = graph.quantize_linear %[[X]], %[[SX]], %[[ZERO]] axis = 2 block_size = 5 to ui8
// CHECK:         %[[S:.+]] = graph.quantize_linear %[[X]], %[[SX]] axis = 2 block_size = 5 to i8
// CHECK:         %[[FACTOR:.+]] = graph.binary Mul %[[SX]], %[[SW]] : tensor<2x?x1xf32>, tensor<6xf32>
// CHECK:         graph.matmul %[[U]], %[[W]] : tensor<2x?x5xui8>, tensor<5x6xi8>
// CHECK:         %[[Y:.+]] = graph.binary Mul %{{.+}}, %[[FACTOR]]
// CHECK:         return %[[Y]], %[[S]]
func.func @per_row(%x: tensor<2x?x5xf32>, %sx: tensor<2x?x1xf32>, %w: tensor<5x6xi8>, %sw: tensor<6xf32>) -> (tensor<2x?x6xf32>, tensor<2x?x5xi8>) {
  %q = graph.quantize_linear %x, %sx axis = 2 block_size = 5 to i8 : tensor<2x?x5xf32>, tensor<2x?x1xf32>
  %a = graph.dequantize_linear %q, %sx axis = 2 block_size = 5 to f32 : tensor<2x?x5xi8>, tensor<2x?x1xf32>
  %b = graph.dequantize_linear %w, %sw axis = 1 to f32 : tensor<5x6xi8>, tensor<6xf32>
  %y = graph.matmul %a, %b : tensor<2x?x5xf32>, tensor<5x6xf32>
  return %y, %q : tensor<2x?x6xf32>, tensor<2x?x5xi8>
}

// Zero points for each row, too.
// CHECK-LABEL: func @zero_per_row(
// CHECK-SAME:      %{{.+}}, %[[ZX:[^:]+]]: tensor<3x1xui8>
// CHECK:         %[[Z:.+]] = graph.cast %[[ZX]] to i32
// CHECK:         %[[LESS:.+]] = graph.binary Sub %{{.+}}, %[[Z]] : tensor<i32>, tensor<3x1xi32>
// CHECK:         graph.binary Mul %[[LESS]], %{{.+}} : tensor<3x1xi32>, tensor<1x6xi32>
func.func @zero_per_row(%x: tensor<3x5xui8>, %w: tensor<5x6xi8>, %s: tensor<f32>, %sx: tensor<3x1xf32>, %zx: tensor<3x1xui8>) -> tensor<3x6xf32> {
  %a = graph.dequantize_linear %x, %sx, %zx axis = 1 block_size = 5 to f32 : tensor<3x5xui8>, tensor<3x1xf32>, tensor<3x1xui8>
  %b = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<5x6xi8>, tensor<f32>
  %y = graph.matmul %a, %b : tensor<3x5xf32>, tensor<5x6xf32>
  return %y : tensor<3x6xf32>
}

// Many zero points are zero, too.
// CHECK-LABEL: func @zeros(
// CHECK-NOT:     graph.binary Sub
func.func @zeros(%x: tensor<3x5xui8>, %w: tensor<5x40xi8>, %s: tensor<f32>, %sw: tensor<40xf32>) -> tensor<3x40xf32> {
  %zeros = arith.constant dense_resource<zeros> : tensor<40xi8>
  %a = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<3x5xui8>, tensor<f32>
  %b = graph.dequantize_linear %w, %sw, %zeros axis = 1 to f32 : tensor<5x40xi8>, tensor<40xf32>, tensor<40xi8>
  %y = graph.matmul %a, %b : tensor<3x5xf32>, tensor<5x40xf32>
  return %y : tensor<3x40xf32>
}

// A transposed right side, whose columns are rows of the weights.
// CHECK-LABEL: func @gemm(
// CHECK:         %[[T:.+]] = graph.transpose %{{.+}} permutation = [1, 0] : tensor<6x5xi8>
// CHECK:         graph.matmul %{{.+}}, %[[T]] : tensor<3x5xui8>, tensor<5x6xi8>
// CHECK:         %[[SCALED:.+]] = graph.binary Mul %{{.+}} : tensor<3x6xf32>, tensor<6xf32>
// CHECK:         graph.binary Add %[[SCALED]], %{{.+}} : tensor<3x6xf32>, tensor<6xf32>
func.func @gemm(%x: tensor<3x5xui8>, %w: tensor<6x5xi8>, %sx: tensor<f32>, %sw: tensor<6xf32>, %bias: tensor<6xf32>) -> tensor<3x6xf32> {
  %a = graph.dequantize_linear %x, %sx axis = 0 to f32 : tensor<3x5xui8>, tensor<f32>
  %b = graph.dequantize_linear %w, %sw axis = 0 to f32 : tensor<6x5xi8>, tensor<6xf32>
  %y = graph.gemm %a, %b, %bias transB : tensor<3x5xf32>, tensor<6x5xf32>, tensor<6xf32>
  return %y : tensor<3x6xf32>
}

// Scales along the reduction, in blocks, or of a scaled Gemm; wider integers; a right
// side that is quantized at run time.
// CHECK-LABEL: func @others(
// CHECK-NOT:     tensor<3x5xui8>, tensor<5x6xi8>
// CHECK-COUNT-2: graph.matmul %{{.+}} : tensor<3x5xf32>
// CHECK:         graph.gemm
// CHECK:         graph.matmul %{{.+}} : tensor<3x5xf32>
// CHECK-COUNT-2: graph.matmul %{{.+}} : tensor<3x5xf32>
func.func @others(%f: tensor<5x6xf32>, %x: tensor<3x5xui8>, %w: tensor<5x6xi8>, %v: tensor<5x6xi16>, %s: tensor<f32>, %k: tensor<5xf32>, %blocks: tensor<5x3xf32>, %pairs: tensor<3x3xf32>) -> (tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>) {
  %a = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<3x5xui8>, tensor<f32>
  %b0 = graph.dequantize_linear %w, %k axis = 0 to f32 : tensor<5x6xi8>, tensor<5xf32>
  %b1 = graph.dequantize_linear %w, %blocks axis = 1 block_size = 2 to f32 : tensor<5x6xi8>, tensor<5x3xf32>
  %b2 = graph.dequantize_linear %w, %s axis = 0 to f32 : tensor<5x6xi8>, tensor<f32>
  %b3 = graph.dequantize_linear %v, %s axis = 0 to f32 : tensor<5x6xi16>, tensor<f32>
  %q = graph.quantize_linear %f, %s axis = 0 to i8 : tensor<5x6xf32>, tensor<f32>
  %b4 = graph.dequantize_linear %q, %s axis = 0 to f32 : tensor<5x6xi8>, tensor<f32>
  %c = graph.dequantize_linear %x, %pairs axis = 1 block_size = 2 to f32 : tensor<3x5xui8>, tensor<3x3xf32>
  %y0 = graph.matmul %a, %b0 : tensor<3x5xf32>, tensor<5x6xf32>
  %y1 = graph.matmul %a, %b1 : tensor<3x5xf32>, tensor<5x6xf32>
  %y2 = graph.gemm %a, %b2 {alpha = 0.5 : f32} : tensor<3x5xf32>, tensor<5x6xf32>
  %y3 = graph.matmul %a, %b3 : tensor<3x5xf32>, tensor<5x6xf32>
  %y4 = graph.matmul %a, %b4 : tensor<3x5xf32>, tensor<5x6xf32>
  %y5 = graph.matmul %c, %b2 : tensor<3x5xf32>, tensor<5x6xf32>
  return %y0, %y1, %y2, %y3, %y4, %y5 : tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>, tensor<3x6xf32>
}

{-#
  dialect_resources: {
    builtin: {
      zeros: "0x4000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    }
  }
#-}
