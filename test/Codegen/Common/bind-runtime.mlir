// RUN: graphopt-opt %s --graphopt-bind-runtime -split-input-file | FileCheck %s

// Memory comes from the run; who cannot get it returns.
// CHECK-LABEL: llvm.func internal @allocates(
// CHECK-SAME:      %[[SELF:.+]]: !llvm.ptr {graphopt.run}, %[[N:.+]]: i64) -> i64
// CHECK-NEXT:    %[[P:.+]] = llvm.call @graphopt_allocate(%[[SELF]], %[[N]])
// CHECK:         %[[FAILED:.+]] = llvm.icmp "eq" %[[P]]
// CHECK:         llvm.cond_br %[[FAILED]] weights([1, 1000]), ^[[FAIL:.+]], ^[[GO_ON:.+]]
// CHECK:       ^[[GO_ON]]:
// CHECK:         llvm.call @graphopt_release(%[[SELF]], %[[P]])
// CHECK:         llvm.return %[[N]]
// CHECK:       ^[[FAIL]]:
// CHECK-NEXT:    %[[ZERO:.+]] = llvm.mlir.zero : i64
// CHECK-NEXT:    llvm.return %[[ZERO]]
llvm.func @malloc(i64) -> !llvm.ptr
llvm.func @free(!llvm.ptr)
llvm.func internal @allocates(%n: i64) -> i64 {
  %p = llvm.call @malloc(%n) : (i64) -> !llvm.ptr
  llvm.call @free(%p) : (!llvm.ptr) -> ()
  llvm.return %n : i64
}

// A caller passes its run on and looks whether the call failed.
// CHECK-LABEL: llvm.func internal @calls(
// CHECK-SAME:      %[[N:[^:]+]]: i64, %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         llvm.call @allocates(%[[SELF]], %[[N]]) : (!llvm.ptr, i64) -> i64
// CHECK:         %[[STATUS:.+]] = llvm.call @graphopt_run_status(%[[SELF]])
// CHECK:         %[[FAILED:.+]] = llvm.icmp "ne" %[[STATUS]]
// CHECK:         llvm.cond_br %[[FAILED]]
llvm.func internal @calls(%n: i64, %run: !llvm.ptr {graphopt.run}) {
  %r = llvm.call @allocates(%n) : (i64) -> i64
  llvm.return
}

// The C entry returns the status itself.
// CHECK-LABEL: llvm.func @m_entry(
// CHECK-SAME:      %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         llvm.call @calls(%{{.+}}, %[[SELF]])
// CHECK-NOT:     llvm.cond_br
llvm.func @m_entry(%run: !llvm.ptr {graphopt.run}) -> i32 {
  %n = llvm.mlir.constant(8 : i64) : i64
  llvm.call @calls(%n, %run) : (i64, !llvm.ptr) -> ()
  %ok = llvm.mlir.constant(0 : i32) : i32
  llvm.return %ok : i32
}

// Nothing to do, nothing done.
// CHECK-LABEL: llvm.func internal @plain(
// CHECK-SAME:      %{{[^:]+}}: i64) -> i64 {
llvm.func internal @plain(%n: i64) -> i64 {
  llvm.return %n : i64
}

// -----

// A failed assertion in a parallel body ends its range; the loop's owner looks.
// CHECK-LABEL: llvm.func internal @body(
// CHECK-SAME:      %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run}, %{{.+}}: !llvm.ptr, %{{.+}}: i64, %{{.+}}: i64)
// CHECK-NOT:     @puts
// CHECK:         %[[BAD_DATA:.+]] = llvm.mlir.constant(9 : i32)
// CHECK:         llvm.call @graphopt_fail(%[[SELF]], %[[BAD_DATA]])
// CHECK-NEXT:    llvm.br ^[[FAIL:.+]]
// CHECK:       ^[[FAIL]]:
// CHECK-NEXT:    llvm.return
llvm.func @abort()
llvm.func @puts(!llvm.ptr)
llvm.func @graphopt_parallel_for(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)
llvm.func internal @body(%captures: !llvm.ptr, %begin: i64, %end: i64) {
  %ok = llvm.icmp "eq" %begin, %end : i64
  llvm.cond_br %ok, ^good, ^bad
^good:
  llvm.return
^bad:
  llvm.call @puts(%captures) : (!llvm.ptr) -> ()
  llvm.call @abort() : () -> ()
  llvm.unreachable
}

// CHECK-LABEL: llvm.func internal @main(
// CHECK-SAME:      %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         llvm.call @graphopt_parallel_for_run(%[[SELF]],
// CHECK:         %[[STATUS:.+]] = llvm.call @graphopt_run_status(%[[SELF]])
// CHECK:         llvm.cond_br
llvm.func internal @main(%run: !llvm.ptr {graphopt.run}) {
  %n = llvm.mlir.constant(8 : i64) : i64
  %body = llvm.mlir.addressof @body : !llvm.ptr
  llvm.call @graphopt_parallel_for(%run, %body, %run, %n) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> ()
  llvm.return
}

// -----

// A declared function that takes the run may fail, too.
// CHECK:       llvm.func @graphopt_find(!llvm.ptr {graphopt.run}, i64) -> i64
// CHECK-LABEL: llvm.func internal @finds(
// CHECK-SAME:      %[[SELF:[^:]+]]: !llvm.ptr {graphopt.run}, %[[N:[^:]+]]: i64)
// CHECK-NEXT:    %[[R:.+]] = llvm.call @graphopt_find(%[[SELF]], %[[N]]) : (!llvm.ptr, i64) -> i64
// CHECK:         llvm.call @graphopt_run_status(%[[SELF]])
// CHECK:         llvm.cond_br
// CHECK:         llvm.return %[[R]]
llvm.func @graphopt_find(i64) -> i64 attributes {graphopt.runtime}
llvm.func internal @finds(%n: i64) -> i64 {
  %r = llvm.call @graphopt_find(%n) : (i64) -> i64
  llvm.return %r : i64
}
