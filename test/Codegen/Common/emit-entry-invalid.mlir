// RUN: graphopt-opt %s --graphopt-emit-entry -split-input-file -verify-diagnostics

// expected-error @below {{no graph.model}}
module {}

// -----

// expected-error @below {{no llvm.func @main with a body}}
module attributes {graph.model = "m"} {}

// -----

module attributes {graph.model = "m"} {
  // expected-error @below {{no graphopt.ports}}
  llvm.func @main() { llvm.return }
}

// -----

// The bare-pointer convention, say.
module attributes {graph.model = "m"} {
  // expected-error @below {{has 1 arguments, but graphopt.ports tells of 5}}
  llvm.func @main(%x: !llvm.ptr) attributes {graphopt.ports = [
      {kind = "input", name = "x", dtype = "float", dims = [2]}]} {
    llvm.return
  }
}

// -----

module attributes {graph.model = "m"} {
  // expected-error @below {{graphopt.ports has no output 0}}
  llvm.func @main(%y: !llvm.ptr, %ya: !llvm.ptr, %yo: i64) attributes {graphopt.ports = [
      {kind = "output", name = "y", dtype = "float", dims = [], index = 1}]} {
    llvm.return
  }
}

// -----

module attributes {graph.model = "m"} {
  // expected-error @below {{has computed extents, but there is no @result_dims}}
  llvm.func @main(%y: !llvm.ptr, %ya: !llvm.ptr, %yo: i64, %y0: i64, %ys: i64) attributes {graphopt.ports = [
      {kind = "output", name = "y", dtype = "float", dims = ["?"], index = 0}]} {
    llvm.return
  }
}

// -----

module attributes {graph.model = "m", graph.open_dims = ["n"]} {
  // expected-error @below {{has 0 arguments, but the model has 1 open dimensions}}
  llvm.func @workspace_bytes() -> i64
  llvm.func @main() attributes {graphopt.ports = []} { llvm.return }
}
