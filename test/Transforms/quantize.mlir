// RUN: %python %S/Inputs/statistics.py %t x "[[-1, 2], [3, 4.1]]"
// RUN: graphopt-opt %s --graph-quantize="smooth=none" | FileCheck %s --check-prefix=ROWS
// RUN: graphopt-opt %s --graph-quantize="smooth=none zero-points" | FileCheck %s --check-prefix=ZEROS
// RUN: graphopt-opt %s --graph-quantize="scheme=int8-static statistics=%t" | FileCheck %s --check-prefix=STATIC
// RUN: graphopt-opt %s --graph-quantize="scheme=int16-static statistics=%t" | FileCheck %s --check-prefix=WORDS
// RUN: graphopt-opt %s --graph-quantize="scheme=int8-static smooth=0.5 statistics=%t" | FileCheck %s --check-prefix=SMOOTH
// RUN: graphopt-opt %s --graph-quantize="scheme=weight-only" | FileCheck %s --check-prefix=WEIGHTS
// RUN: graphopt-opt %s --graph-quantize="scheme=weight-only per-tensor" | FileCheck %s --check-prefix=TENSOR
// RUN: graphopt-opt %s --graph-quantize="scheme=weight-only weights=i4 group=1 second-order=false" | FileCheck %s --check-prefix=I4
// RUN: graphopt-opt %s --graph-quantize="scheme=weight-only weights=u4 group=2 second-order=false" | FileCheck %s --check-prefix=U4
// RUN: graphopt-opt %s --graph-quantize="scheme=bf16" | FileCheck %s --check-prefix=BF16
// RUN: graphopt-opt %s --graph-quantize="scheme=f16" | FileCheck %s --check-prefix=F16
// RUN: graphopt-opt %s --graph-quantize="override=second=float,first=bf16 scheme=weight-only" | FileCheck %s --check-prefix=NODES
// RUN: graphopt-opt %s --graph-quantize="float=gemm scheme=bf16" 2>&1 | FileCheck %s --check-prefix=CLASS
// RUN: not graphopt-opt %s --graph-quantize="float=third" 2>&1 | FileCheck %s --check-prefix=THIRD
// RUN: not graphopt-opt %s --graph-quantize="scheme=int8-static" 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not graphopt-opt %s --graph-quantize="scheme=int7" 2>&1 | FileCheck %s --check-prefix=SCHEME

// Each row by its greatest magnitude, once for both readers; one scale an output,
// whichever way the weights lie.
// ROWS-LABEL: func.func @main(
// ROWS-SAME:      %[[X:[^:]+]]:
// ROWS:         %[[A:.+]] = graph.unary Abs %[[X]]
// ROWS-NEXT:    %[[M:.+]] = graph.reduce Max %[[A]] axes = [1] keepdims
// ROWS:         %[[L:.+]] = graph.binary Max %[[M]], %{{.+}} : tensor<?x1xf32>, tensor<f32>
// ROWS-NEXT:    %[[C:.+]] = arith.constant dense<0.00787401571>
// ROWS-NEXT:    %[[S:.+]] = graph.binary Mul %[[L]], %[[C]]
// ROWS-NEXT:    %[[Q:.+]] = graph.quantize_linear %[[X]], %[[S]] axis = 1 block_size = 2 to i8
// ROWS-NEXT:    %[[D:.+]] = graph.dequantize_linear %[[Q]], %[[S]] axis = 1 block_size = 2 to f32
// ROWS-NEXT:    %[[W:.+]] = arith.constant dense<{{\[}}[127, 127], [-64, -64]]> : tensor<2x2xi8>
// ROWS-NEXT:    %[[F:.+]] = arith.constant dense<[1.000000e+00, 2.000000e-02]>
// ROWS-NEXT:    %[[U:.+]] = graph.dequantize_linear %[[W]], %[[F]] axis = 1 to f32
// ROWS-NEXT:    graph.matmul %[[D]], %[[U]]
// ROWS-NEXT:    %[[T:.+]] = arith.constant dense<{{\[}}[127, 3], [-127, -64]]> : tensor<2x2xi8>
// ROWS-NEXT:    %[[G:.+]] = arith.constant dense<[1.000000e+00, 2.000000e-02]>
// ROWS-NEXT:    %[[V:.+]] = graph.dequantize_linear %[[T]], %[[G]] axis = 0 to f32
// ROWS-NEXT:    graph.gemm %[[D]], %[[V]], %{{.+}} transB

// Each row from its least number to its greatest, in 255 steps of which 0 is one.
// ZEROS-LABEL: func.func @main(
// ZEROS-SAME:      %[[X:[^:]+]]:
// ZEROS:         %[[MIN:.+]] = graph.reduce Min %[[X]] axes = [1] keepdims
// ZEROS:         %[[L:.+]] = graph.binary Min %[[MIN]], %{{.+}} : tensor<?x1xf32>, tensor<f32>
// ZEROS:         %[[MAX:.+]] = graph.reduce Max %[[X]] axes = [1] keepdims
// ZEROS:         %[[H:.+]] = graph.binary Max %[[MAX]], %{{.+}} : tensor<?x1xf32>, tensor<f32>
// ZEROS-NEXT:    %[[R:.+]] = graph.binary Sub %[[H]], %[[L]]
// ZEROS:         %[[C:.+]] = arith.constant dense<0.00392156886>
// ZEROS-NEXT:    %[[S:.+]] = graph.binary Mul %{{.+}}, %[[C]]
// ZEROS-NEXT:    %[[N:.+]] = graph.unary Neg %[[L]]
// ZEROS-NEXT:    %[[B:.+]] = graph.binary Div %[[N]], %[[S]]
// ZEROS-NEXT:    %[[I:.+]] = graph.unary Round %[[B]]
// ZEROS-NEXT:    %[[Z:.+]] = graph.cast %[[I]] to ui8
// ZEROS-NEXT:    %[[Q:.+]] = graph.quantize_linear %[[X]], %[[S]], %[[Z]] axis = 1 block_size = 2 to ui8
// ZEROS-NEXT:    %[[D:.+]] = graph.dequantize_linear %[[Q]], %[[S]], %[[Z]] axis = 1 block_size = 2 to f32
// ZEROS:         graph.matmul %[[D]],
// ZEROS:         graph.gemm %[[D]],

// From -1 to 4.1: steps of 0.02, and 0 is one of them.
// STATIC-LABEL: func.func @main(
// STATIC-SAME:      %[[X:[^:]+]]:
// STATIC:         %[[S:.+]] = arith.constant dense<2.000000e-02> : tensor<f32>
// STATIC-NEXT:    %[[Z:.+]] = arith.constant dense<50> : tensor<ui8>
// STATIC-NEXT:    %[[Q:.+]] = graph.quantize_linear %[[X]], %[[S]], %[[Z]] axis = 0 to ui8
// STATIC-NEXT:    %[[D:.+]] = graph.dequantize_linear %[[Q]], %[[S]], %[[Z]] axis = 0 to f32
// STATIC:         graph.matmul %[[D]],
// STATIC:         graph.gemm %[[D]],

// 32767 is 4.1; weights are bytes.
// WORDS-LABEL: func.func @main(
// WORDS-SAME:      %[[X:[^:]+]]:
// WORDS:         %[[S:.+]] = arith.constant dense<1.251{{.+}}E-4> : tensor<f32>
// WORDS-NEXT:    %[[Q:.+]] = graph.quantize_linear %[[X]], %[[S]] axis = 0 to i16
// WORDS-NEXT:    %[[D:.+]] = graph.dequantize_linear %[[Q]], %[[S]] axis = 0 to f32
// WORDS:         %[[W:.+]] = graph.dequantize_linear %{{.+}}, %{{.+}} axis = 1 to f32 : tensor<2x2xi8>, tensor<2xf32>
// WORDS:         graph.matmul %[[D]], %[[W]]
// WORDS:         graph.gemm %[[D]],

// Channel 0 by sqrt(127 / 3), channel 1 by sqrt(64 / 4.1): from -6.51 to
// 19.52.
// SMOOTH-LABEL: func.func @main(
// SMOOTH-SAME:      %[[X:[^:]+]]:
// SMOOTH:         %[[F:.+]] = arith.constant dense<[6.50640{{.+}}, 3.95{{.+}}]> : tensor<2xf32>
// SMOOTH-NEXT:    %[[M:.+]] = graph.binary Mul %[[X]], %[[F]]
// SMOOTH-NEXT:    %[[S:.+]] = arith.constant dense<0.102{{.+}}> : tensor<f32>
// SMOOTH-NEXT:    %[[Z:.+]] = arith.constant dense<64> : tensor<ui8>
// SMOOTH-NEXT:    graph.quantize_linear %[[M]], %[[S]], %[[Z]]

// WEIGHTS-LABEL: func.func @main(
// WEIGHTS-SAME:      %[[X:[^:]+]]:
// WEIGHTS-NOT:     graph.quantize_linear
// WEIGHTS:         %[[U:.+]] = graph.dequantize_linear %{{.+}}, %{{.+}} axis = 1 to f32 : tensor<2x2xi8>, tensor<2xf32>
// WEIGHTS:         graph.matmul %[[X]], %[[U]]

// TENSOR:         arith.constant dense<{{\[}}[127, 3], [-64, -1]]> : tensor<2x2xi8>
// TENSOR:         graph.dequantize_linear %{{.+}}, %{{.+}} axis = 1 to f32 : tensor<2x2xi8>, tensor<f32>

// I4:             graph.dequantize_linear %{{.+}}, %{{.+}} axis = 0 block_size = 1 to f32 : tensor<2x2xi4>, tensor<2x2xf32>
// I4:             graph.dequantize_linear %{{.+}}, %{{.+}} axis = 1 block_size = 1 to f32 : tensor<2x2xi4>, tensor<2x2xf32>

// U4:             graph.dequantize_linear %{{.+}}, %{{.+}}, %{{.+}} axis = 0 block_size = 2 to f32 : tensor<2x2xui4>, tensor<1x2xf32>, tensor<1x2xui4>
// U4:             graph.dequantize_linear %{{.+}}, %{{.+}}, %{{.+}} axis = 1 block_size = 2 to f32 : tensor<2x2xui4>, tensor<2x1xf32>, tensor<2x1xui4>

// BF16-LABEL: func.func @main(
// BF16-SAME:      %[[X:[^:]+]]:
// BF16:         %[[B:.+]] = graph.cast %[[X]] to bf16
// BF16-NEXT:    %[[D:.+]] = graph.cast %[[B]] to f32
// BF16-NEXT:    %[[W:.+]] = arith.constant dense<{{\[}}[1.270000e+02, 2.546880e+00], [-6.400000e+01, -1.273440e+00]]> : tensor<2x2xbf16>
// BF16-NEXT:    %[[U:.+]] = graph.cast %[[W]] to f32
// BF16-NEXT:    graph.matmul %[[D]], %[[U]]

// F16-LABEL: func.func @main(
// F16-SAME:      %[[X:[^:]+]]:
// F16:         %[[W:.+]] = arith.constant dense<{{\[}}[1.270000e+02, 2.539060e+00], [-6.400000e+01, -1.269530e+00]]> : tensor<2x2xf16>
// F16-NEXT:    %[[U:.+]] = graph.cast %[[W]] to f32
// F16-NEXT:    graph.matmul %[[X]], %[[U]]

// NODES:          graph.cast %{{.+}} to bf16
// NODES-NOT:      dequantize_linear

// CLASS:          left in floats: the recipe says so
// CLASS-NOT:      graph.gemm {{.+}}bf16

// THIRD: error: quantizing: float: the model has no product 'third' with constant weights
// DATA: error: quantizing: samples or a file of statistics are needed
// SCHEME: error: there is no scheme 'int7'
func.func @main(%x: tensor<?x2xf32> {graph.name = "x"}) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<[[127.0, 2.54], [-64.0, -1.27]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[127.0, 3.0], [-2.54, -1.27]]> : tensor<2x2xf32>
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %y = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32> loc("first")
  %z = graph.gemm %x, %v, %b transB : tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32> loc("second")
  return %y, %z : tensor<?x2xf32>, tensor<?x2xf32>
}
