// RUN: graphopt-opt %s --graphopt-locate-nodes=suffix=v3.graph.txt --mlir-print-debuginfo --mlir-print-local-scope -split-input-file -verify-diagnostics | FileCheck %s

// Nodes have the first lines, in their order, then each set of nodes that shares
// code. Of merged nodes the first stands for all; names that are no nodes, and
// code without any, belong to the function. What is shared by one node is its own.
// CHECK:      module attributes {
// CHECK-SAME:   graphopt.listing = {file = "m.v3.graph.txt", text = "m: nodes in the order in which they run, then nodes that share code\0A
// CHECK-SAME:   /in/dense: matmul\0Arelu: unary Relu\0Adense_1: matmul\0Atwo lines: matmul\0A
// CHECK-SAME:   2 nodes: /in/dense, dense_1\0A3 nodes: /in/dense, dense_1, two lines\0A"}
module attributes {graph.model = "m", graph.nodes = [
    {name = "/in/dense", text = "matmul"}, {name = "relu", text = "unary Relu"},
    {name = "dense_1", text = "matmul"}, {name = "two\nlines", text = "matmul"}]} {

  // CHECK:      llvm.func @main(
  // CHECK-NEXT:   llvm.call @matmul_of_2_nodes(%{{.+}}) : {{.+}} loc("m.v3.graph.txt":2:0)
  // CHECK-NEXT:   llvm.call @matmul_of_2_nodes(%{{.+}}) : {{.+}} loc("m.v3.graph.txt":4:0)
  // CHECK-NEXT:   llvm.call @exp_relu_0(%{{.+}}) : {{.+}} loc("m.v3.graph.txt":3:0)
  // CHECK-NEXT:   llvm.mlir.addressof @exp_relu : {{.+}} loc("m.v3.graph.txt":3:0)
  // CHECK-NEXT:   llvm.return loc("m.v3.graph.txt":1:0)
  llvm.func @main(%x: !llvm.ptr) {
    llvm.call @matmul(%x) : (!llvm.ptr) -> () loc(fused["/in/dense", "relu"])
    llvm.call @matmul(%x) : (!llvm.ptr) -> () loc(fused["weight", "dense_1"])
    llvm.call @exp(%x) : (!llvm.ptr) -> () loc("relu")
    %body = llvm.mlir.addressof @exp_relu : !llvm.ptr loc(callsite("relu" at "dense_1"))
    llvm.return loc("m.onnx")
  } loc("m.onnx")

  // CHECK:      llvm.func internal @matmul_of_2_nodes(
  // CHECK-NEXT:   llvm.fence release loc("m.v3.graph.txt":6:0)
  // CHECK-NEXT:   llvm.fence release loc("m.v3.graph.txt":3:0)
  // CHECK-NEXT:   llvm.fence release loc("m.v3.graph.txt":7:0)
  // CHECK-NEXT:   llvm.fence release loc("m.v3.graph.txt":6:0)
  // CHECK-NEXT:   llvm.return loc("m.v3.graph.txt":6:0)
  llvm.func internal @matmul(%x: !llvm.ptr) {
    llvm.fence release loc(fused<"shared">["dense_1", fused["/in/dense", "relu"]])
    llvm.fence release loc(fused<"shared">["relu", fused["relu", "dense_1"]])
    llvm.fence release loc(fused<"shared">["/in/dense", "dense_1", "two\nlines"])
    llvm.fence release loc("weight")
    llvm.return loc(unknown)
  } loc(fused<"shared">["/in/dense", "dense_1"])

  // CHECK: llvm.func internal @exp_relu_0(
  llvm.func internal @exp(%x: !llvm.ptr) {
    llvm.return loc(unknown)
  } loc("relu")

  // CHECK: llvm.func internal @exp_relu(
  llvm.func internal @exp_relu(%x: !llvm.ptr) {
    llvm.return loc(unknown)
  } loc("m.onnx")
// CHECK: } loc("m.v3.graph.txt":1:0)
}

// -----

// expected-error @below {{has no graph.model or no graph.nodes}}
module attributes {graph.model = "m"} {
}
