// RUN: graphopt-opt %s --convert-graph-to-linalg --canonicalize --cse | FileCheck %s

// What moves strings moves addresses.
// CHECK-LABEL: func @moves(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xi64>) -> tensor<4x?xi64>
// CHECK:         linalg.transpose
// CHECK-NOT:     kernel.call
func.func @moves(%x: tensor<?x4x!graph.string>) -> tensor<4x?x!graph.string> {
  %y = graph.transpose %x permutation = [1, 0] : tensor<?x4x!graph.string>
  return %y : tensor<4x?x!graph.string>
}

// Equal constants have the same bytes.
// CHECK-LABEL: func @constant(
// CHECK-DAG:     %[[BYTES:.+]] = arith.constant dense_resource<{{.+}}> : tensor<5xi8>
// CHECK-DAG:     %[[STARTS:.+]] = arith.constant dense_resource<{{.+}}> : tensor<3xi64>
// CHECK:         %[[INIT:.+]] = tensor.empty() : tensor<3xi64>
// CHECK:         kernel.call @graphopt_string_constant ins(%c3, %[[BYTES]], %[[STARTS]] : index, tensor<5xi8>, tensor<3xi64>) outs(%[[INIT]] : tensor<3xi64>)
func.func @constant() -> tensor<3x!graph.string> {
  %y = arith.constant dense<["ab", "c", "ab"]> : tensor<3x!graph.string>
  return %y : tensor<3x!graph.string>
}

// CHECK-LABEL: func @concat(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x4xi64>, %[[Y:[^:]+]]: tensor<4xi64>
// CHECK:         %[[FULL:.+]] = linalg.generic {{.+}} ins(%[[Y]] : tensor<4xi64>)
// CHECK:         kernel.call @graphopt_string_concat ins(%{{.+}}, %[[X]], %[[FULL]] : index, tensor<?x4xi64>, tensor<?x4xi64>)
func.func @concat(%x: tensor<?x4x!graph.string>, %y: tensor<4x!graph.string>) -> tensor<?x4x!graph.string> {
  %z = graph.string_concat %x, %y : tensor<?x4x!graph.string>, tensor<4x!graph.string>
  return %z : tensor<?x4x!graph.string>
}

// The parts are counted first.
// CHECK-LABEL: func @split(
// CHECK:         %[[COUNT:.+]]:2 = kernel.call @graphopt_string_parts ins(%{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} : index, tensor<?xi64>, tensor<3xi8>, i64) outs(%{{.+}} : tensor<?xi64>) -> tensor<?xi64>, index
// CHECK:         %[[INIT:.+]] = tensor.empty(%{{.+}}, %[[COUNT]]#1) : tensor<?x?xi64>
// CHECK:         kernel.call @graphopt_string_split ins({{.+}}, %[[COUNT]]#1 : {{.+}}) outs(%[[INIT]] : tensor<?x?xi64>)
func.func @split(%x: tensor<?x!graph.string>) -> (tensor<?x?x!graph.string>, tensor<?xi64>) {
  %p, %c = graph.string_split %x delimiter = ", " most = -1 : tensor<?x!graph.string>
  return %p, %c : tensor<?x?x!graph.string>, tensor<?xi64>
}

// Numbers of few bits go through the widest.
// CHECK-LABEL: func @format(
// CHECK-DAG:     %[[PRECISION:.+]] = arith.constant 11 : i32
// CHECK-DAG:     %[[EXPONENT:.+]] = arith.constant -14 : i32
// CHECK:         arith.extf %{{.+}} : f16 to f64
// CHECK:         kernel.call @graphopt_format_floats ins(%{{.+}}, %{{.+}}, %[[PRECISION]], %[[EXPONENT]] : index, tensor<4xf64>, i32, i32)
func.func @format(%x: tensor<4xf16>) -> tensor<4x!graph.string> {
  %y = graph.format %x : tensor<4xf16>
  return %y : tensor<4x!graph.string>
}

// CHECK-LABEL: func @parse(
// CHECK:         kernel.call @graphopt_parse_integers ins(%{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} : index, tensor<?xi64>, i32, i32)
// CHECK:         arith.trunci %{{.+}} : i64 to i16
func.func @parse(%x: tensor<?x!graph.string>) -> tensor<?xui16> {
  %y = graph.parse %x to ui16 : tensor<?x!graph.string>
  return %y : tensor<?xui16>
}

// What is not there is an empty string.
// CHECK-LABEL: func @pad(
// CHECK:         %[[EMPTY:.+]] = kernel.call @graphopt_string_constant
// CHECK:         %[[FILL:.+]] = tensor.extract %[[EMPTY]][]
// CHECK:         tensor.yield %[[FILL]]
func.func @pad(%x: tensor<4x!graph.string>) -> tensor<6x!graph.string> {
  %p = arith.constant dense<1> : tensor<2xi64>
  %y = graph.pad constant %x by %p : tensor<4x!graph.string>, tensor<2xi64>
  return %y : tensor<6x!graph.string>
}
