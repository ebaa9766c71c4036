// RUN: graphopt-opt %s --graphopt-emit-entry -split-input-file | FileCheck %s

// A static model: descriptors are built from data pointers alone.
// CHECK-LABEL: llvm.func internal @main(
// CHECK-SAME:    %{{.+}}: !llvm.ptr, %{{.+}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}
// CHECK-LABEL: llvm.func @m_workspace_bytes(%{{.+}}: !llvm.ptr) -> i64
// CHECK:         %[[NONE:.+]] = llvm.mlir.constant(0 : i64)
// CHECK:         llvm.return %[[NONE]]
// CHECK-LABEL: llvm.func @m_result_dims(
// CHECK-SAME:      %{{.+}}: !llvm.ptr, %[[EXTENTS:.+]]: !llvm.ptr)
// CHECK-DAG:     %[[C4:.+]] = llvm.mlir.constant(4 : i64)
// CHECK:         llvm.store %[[C4]], %[[EXTENTS]]
// CHECK-LABEL: llvm.func @m_entry(
// CHECK-SAME:      %[[TENSORS:[^:]+]]: !llvm.ptr, {{.+}}, %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run}) -> i32
// CHECK:         %[[X:.+]] = llvm.load %[[TENSORS]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[SLOT1:.+]] = llvm.getelementptr %[[TENSORS]][1]
// CHECK:         %[[Y:.+]] = llvm.load %[[SLOT1]] : !llvm.ptr -> !llvm.ptr
// CHECK:         llvm.call @main(%[[X]], %[[X]], {{.+}}, %[[Y]], %[[Y]],
// CHECK:         %[[STATUS:.+]] = llvm.call @graphopt_run_status(%[[SELF]])
// CHECK:         llvm.return %[[STATUS]]
module attributes {graph.model = "m"} {
  llvm.func @main(%x: !llvm.ptr, %xa: !llvm.ptr, %xo: i64, %x0: i64, %xs: i64,
                  %y: !llvm.ptr, %ya: !llvm.ptr, %yo: i64, %y0: i64, %ys: i64)
      attributes {graphopt.ports = [
        {kind = "input", name = "x", dtype = "float", dims = [2]},
        {kind = "output", name = "y", dtype = "float", dims = [4], index = 0}]} {
    llvm.return
  }
}

// -----

// Open and computed extents, workspace and run. The second output is the first
// argument.
// CHECK-LABEL: llvm.func @open_workspace_bytes(
// CHECK:         %[[N:.+]] = llvm.load %{{.+}} : !llvm.ptr -> i64
// CHECK:         %[[BYTES:.+]] = llvm.call @workspace_bytes(%[[N]])
// CHECK:         llvm.return %[[BYTES]]
// CHECK-LABEL: llvm.func @open_result_dims(
// CHECK:         %[[N:.+]] = llvm.load %{{.+}} : !llvm.ptr -> i64
// CHECK:         %[[ALL:.+]] = llvm.call @result_dims(%[[N]])
// CHECK-DAG:     %[[COMPUTED:.+]] = llvm.extractvalue %[[ALL]][1]
// CHECK-DAG:     llvm.store %[[N]],
// CHECK-DAG:     llvm.store %[[COMPUTED]],
// CHECK-LABEL: llvm.func @open_entry(
// CHECK-SAME:      %{{.+}}: !llvm.ptr, %{{.+}}: !llvm.ptr, %[[WORKSPACE:.+]]: !llvm.ptr, %[[SELF:.+]]: !llvm.ptr
// CHECK:         %[[N:.+]] = llvm.load %{{.+}} : !llvm.ptr -> i64
// CHECK:         %[[ALL:.+]] = llvm.call @result_dims(%[[N]])
// CHECK:         %[[COMPUTED:.+]] = llvm.extractvalue %[[ALL]][1]
// CHECK:         %[[STRIDE:.+]] = llvm.mul %{{.+}}, %[[N]]
// CHECK:         llvm.call @main(%{{.+}}, %[[COMPUTED]], %{{.+}}, %[[N]], %[[N]], %[[STRIDE]], %{{[^,]+}}, %{{.+}}, %[[WORKSPACE]], %[[WORKSPACE]], %{{.+}}, %[[SELF]])
module attributes {graph.model = "open", graph.open_dims = ["n"]} {
  llvm.func @workspace_bytes(%n: i64) -> i64 { llvm.return %n : i64 }
  llvm.func @result_dims(%n: i64) -> !llvm.struct<(i64, i64)> {
    %all = llvm.mlir.zero : !llvm.struct<(i64, i64)>
    llvm.return %all : !llvm.struct<(i64, i64)>
  }
  llvm.func @main(%z: !llvm.ptr, %za: !llvm.ptr, %zo: i64, %z0: i64, %zs: i64,
                  %x: !llvm.ptr, %xa: !llvm.ptr, %xo: i64, %x0: i64, %x1: i64, %xs0: i64, %xs1: i64,
                  %y: !llvm.ptr, %ya: !llvm.ptr, %yo: i64, %y0: i64, %ys: i64,
                  %w: !llvm.ptr, %wa: !llvm.ptr, %wo: i64, %w0: i64, %ws: i64, %run: !llvm.ptr)
      attributes {graphopt.ports = [
        {kind = "output", name = "z", dtype = "float", dims = ["?"], index = 1},
        {kind = "input", name = "x", dtype = "float", dims = ["n", "n"]},
        {kind = "output", name = "y", dtype = "float", dims = ["n"], index = 0},
        {kind = "workspace"}, {kind = "run"}]} {
    llvm.return
  }
}

// -----

// What depends on values is handed over unless the run has failed.
// CHECK-LABEL: llvm.func @values_entry(
// CHECK:         %[[FOUND:.+]] = llvm.call @main() : () -> !llvm.struct
// CHECK:         %[[STATUS:.+]] = llvm.call @graphopt_run_status
// CHECK:         %[[OK:.+]] = llvm.icmp "eq" %[[STATUS]]
// CHECK:         llvm.cond_br %[[OK]], ^[[STORE:.+]], ^[[FINISH:.+]](%[[STATUS]] : i32)
// CHECK:       ^[[STORE]]:
// CHECK:         %[[SIZE:.+]] = llvm.extractvalue %[[FOUND]][3, 0]
// CHECK:         %[[BYTES:.+]] = llvm.mul %{{.+}}, %[[SIZE]]
// CHECK:         llvm.call @graphopt_set_result(%{{.+}}, %{{.+}}, %{{.+}}, %[[BYTES]], %{{.+}})
// CHECK:       ^[[FINISH]](%[[END:.+]]: i32):
// CHECK:         llvm.return %[[END]]
module attributes {graph.model = "values"} {
  llvm.func @main() -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
      attributes {graphopt.ports = [
        {kind = "result", name = "found", dtype = "int64", dims = ["*"], index = 0}]} {
    %none = llvm.mlir.zero : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
    llvm.return %none : !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
  }
}

// -----

// The weights of a file come after the tensors.
// CHECK-LABEL: llvm.func @m_entry(
// CHECK-SAME:      %[[TENSORS:[^:]+]]: !llvm.ptr
// CHECK:         %[[SLOT:.+]] = llvm.getelementptr %[[TENSORS]][1]
// CHECK:         %[[WEIGHTS:.+]] = llvm.load %[[SLOT]] : !llvm.ptr -> !llvm.ptr
// CHECK:         llvm.call @main({{.+}}, %[[WEIGHTS]], %[[WEIGHTS]],
module attributes {graph.model = "m"} {
  llvm.func @main(%y: !llvm.ptr, %ya: !llvm.ptr, %yo: i64, %y0: i64, %ys: i64,
                  %w: !llvm.ptr, %wa: !llvm.ptr, %wo: i64, %w0: i64, %ws: i64)
      attributes {graphopt.ports = [
        {kind = "output", name = "y", dtype = "float", dims = [4], index = 0},
        {kind = "weights"}]} {
    llvm.return
  }
}

// -----

// What is no tensor comes and goes as a number that the runtime makes and takes.
// CHECK-LABEL: llvm.func @listing_result_dims(
// CHECK-NOT:     llvm.store
// CHECK-LABEL: llvm.func @listing_entry(
// CHECK-SAME:      %[[TENSORS:[^:]+]]: !llvm.ptr, {{.+}}, %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run}) -> i32
// CHECK:         %[[GIVEN:.+]] = llvm.load %[[TENSORS]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[KIND:.+]] = llvm.mlir.constant(3 : i32)
// CHECK:         %[[S:.+]] = llvm.call @graphopt_sequence_input(%[[SELF]], %[[GIVEN]], %[[KIND]])
// CHECK:         %[[T:.+]] = llvm.call @main(%[[S]]) : (i64) -> i64
// CHECK:         %[[LIST:.+]] = llvm.mlir.constant(1 : i32)
// CHECK:         llvm.call @graphopt_sequence_output(%[[SELF]], %{{.+}}, %[[T]], %[[LIST]])
module attributes {graph.model = "listing"} {
  llvm.func @main(%s: i64) -> i64
      attributes {graphopt.ports = [
        {kind = "input", name = "s", dtype = "float", dims = [2], value = "optional sequence"},
        {kind = "result", name = "t", dtype = "float", index = 0, value = "sequence"}]} {
    llvm.return %s : i64
  }
}
