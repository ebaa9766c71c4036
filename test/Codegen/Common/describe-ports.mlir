// RUN: graphopt-opt %s --graphopt-describe-ports -split-input-file | FileCheck %s

// Inputs, outputs, workspace, weights and run are told apart; fixed extents, open ones by
// name, computed ones.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  graphopt.ports = [
// CHECK-SAME:    {dims = ["n", 4], dtype = "uint8", kind = "input", name = "x.1"},
// CHECK-SAME:    {dims = [], dtype = "float", kind = "input", name = "scale"},
// CHECK-SAME:    {dims = ["n", "?"], dtype = "float", index = 1 : i64, kind = "output", name = "z"},
// CHECK-SAME:    {dims = [4], dtype = "bfloat16", index = 0 : i64, kind = "output", name = "y"},
// CHECK-SAME:    {kind = "workspace"}, {kind = "weights"}, {kind = "run"}]
module attributes {graph.open_dims = ["m", "n"]} {
  func.func @main(
      %x: memref<?x4xi8> {graph.name = "x.1", graph.dims = ["n", ""], graph.dtype = "uint8"},
      %scale: memref<f32> {graph.name = "scale", graph.dtype = "float"},
      %z: memref<?x?xf32> {graph.name = "z", graph.dims = ["n", ""], graph.dtype = "float", graph.result = 1},
      %y: memref<4xbf16> {graph.name = "y", graph.result = 0},
      %workspace: memref<?xi8>, %weights: memref<?xi8> {graphopt.weights}, %run: !llvm.ptr) {
    return
  }
}

// -----

// A result that is still returned depends on values.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  graphopt.ports = [
// CHECK-SAME:    {dims = ["*", 2], dtype = "int64", index = 0 : i64, kind = "result", name = "found"}]
module {
  func.func private @find() -> memref<?x2xi64>
  func.func @main() -> (memref<?x2xi64> {graph.name = "found", graph.dtype = "int64", graph.result = 0}) {
    %found = call @find() : () -> memref<?x2xi64>
    return %found : memref<?x2xi64>
  }
}

// -----

// What is no tensor is a number here; the extents of its tensors are fixed or their own.
// CHECK-LABEL: func.func @main
// CHECK-SAME:  graphopt.ports = [
// CHECK-SAME:    {dims = ["~", 4], dtype = "uint8", kind = "input", name = "s", value = "sequence"},
// CHECK-SAME:    {dtype = "float", kind = "input", name = "o", value = "optional tensor"},
// CHECK-SAME:    {dims = [], dtype = "float", index = 0 : i64, kind = "result", name = "t", value = "optional sequence"}]
module {
  func.func @main(%s: i64 {graph.name = "s", graph.kind = "sequence", graph.shape = array<i64: -9223372036854775808, 4>, graph.dtype = "uint8"},
                  %o: i64 {graph.name = "o", graph.kind = "optional tensor", graph.dtype = "float"})
      -> (i64 {graph.name = "t", graph.kind = "optional sequence", graph.shape = array<i64>, graph.dtype = "float", graph.result = 0}) {
    return %o : i64
  }
}
