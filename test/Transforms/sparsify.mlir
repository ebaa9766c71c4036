// RUN: graphopt-opt %s -split-input-file --graph-sparsify="pattern=1:2 method=magnitude keep=kept" -verify-diagnostics | FileCheck %s
// RUN: not graphopt-opt %s -split-input-file --graph-sparsify="pattern=2:2" 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not graphopt-opt %s -split-input-file --graph-sparsify="method=least" 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: not graphopt-opt %s -split-input-file --graph-sparsify 2>&1 | FileCheck %s --check-prefix=DATA
// PATTERN: error: there is no pattern '2:2'
// METHOD: error: there is no method 'least'
// DATA: error: sparsifying: samples or a file of statistics are needed

// One of each two inputs of an output, whichever way the weights lie; the same ones
// stay as they are for others who read them.
// CHECK: module attributes {graph.sparsity = "{\22method\22:\22magnitude\22,\22pattern\22:\221:2\22,\22ratio\22:0.5}"}
// CHECK-LABEL: func @main(
// CHECK:         %[[W:.+]] = arith.constant dense<{{\[}}[1.000000e+00, -5.000000e+00], [2.000000e+00, 3.000000e+00]]>
// CHECK-NEXT:    %[[V:.+]] = arith.constant dense<{{\[}}[0.000000e+00, -5.000000e+00], [2.000000e+00, 0.000000e+00]]>
// CHECK-NEXT:    %[[Y:.+]] = graph.matmul %{{.+}}, %[[V]]
// CHECK-NEXT:    %[[T:.+]] = arith.constant dense<{{\[}}[0.000000e+00, -5.000000e+00], [0.000000e+00, 3.000000e+00]]>
// CHECK-NEXT:    %[[Z:.+]] = graph.gemm %[[Y]], %[[T]] transB
// CHECK-NEXT:    graph.matmul %[[Z]], %[[W]]
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, -5.0], [2.0, 3.0]]> : tensor<2x2xf32>
  // expected-remark @below {{50.0% of its weights are zero}}
  %y = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark @below {{50.0% of its weights are zero}}
  %z = graph.gemm %y, %w transB : tensor<?x2xf32>, tensor<2x2xf32>
  // expected-remark@unknown {{weights left alone: it is to be kept}}
  %r = graph.matmul %z, %w : tensor<?x2xf32>, tensor<2x2xf32> loc("kept")
  return %r : tensor<?x2xf32>
}

// -----

// Inputs of a convolution are its channels, at each place of the kernel by itself.
// CHECK-LABEL: func @main(
// CHECK:         arith.constant dense<{{\[\[\[}}[0.000000e+00, 4.000000e+00]], {{\[\[}}3.000000e+00, 0.000000e+00]]]]>
func.func @main(%x: tensor<?x2x1x8xf32>) -> tensor<?x2x1x7xf32> {
  %w = arith.constant dense<[[[[1.0, 4.0]], [[3.0, 2.0]]]]> : tensor<1x2x1x2xf32>
  %d = arith.constant dense<1.0> : tensor<2x1x1x1xf32>
  // expected-remark @below {{50.0% of its weights are zero}}
  %y = graph.conv %x, %w strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 1
      : tensor<?x2x1x8xf32>, tensor<1x2x1x2xf32>
  %b = graph.concat %y, %y axis = 1 : tensor<?x1x1x7xf32>, tensor<?x1x1x7xf32>
  // expected-remark @below {{weights left alone: its weights are no f32 matrix, or have groups}}
  %z = graph.conv %b, %d strides = [1, 1] dilations = [1, 1] pads = [0, 0, 0, 0] groups = 2
      : tensor<?x2x1x7xf32>, tensor<2x1x1x1xf32>
  return %z : tensor<?x2x1x7xf32>
}
