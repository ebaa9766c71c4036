// RUN: %graphopt-opt %s --graphopt-lower-runtime-calls -split-input-file -verify-diagnostics | FileCheck %s

// Scalars go as they are, an index as 64 bits, of a buffer the address of its first
// element. One declaration serves all calls.
// CHECK-LABEL: func @calls(
// CHECK-SAME:      %[[N:[^:]+]]: index, %[[X:[^:]+]]: f64, %[[A:[^:]+]]: memref<?xi64>, %[[B:[^:]+]]: memref<?xi64, strided<[1], offset: ?>>
// CHECK-DAG:     %[[COUNT:.+]] = arith.index_cast %[[N]] : index to i64
// CHECK-DAG:     %[[START:.+]] = memref.extract_aligned_pointer_as_index %[[A]]
// CHECK-DAG:     %[[NUMBER:.+]] = arith.index_cast %[[START]]
// CHECK-DAG:     %[[FROM:.+]] = llvm.inttoptr %[[NUMBER]]
// CHECK-DAG:     %[[BASE:.+]] = memref.extract_aligned_pointer_as_index %[[B]]
// CHECK-DAG:     memref.extract_strided_metadata %[[B]]
// CHECK-DAG:     %[[OFFSET:.+]] = arith.muli
// CHECK-DAG:     %[[PLACE:.+]] = arith.addi %[[BASE]], %[[OFFSET]]
// CHECK:         call @graphopt_fill(%[[COUNT]], %[[X]], %[[FROM]], %{{.+}}) : (i64, f64, !llvm.ptr, !llvm.ptr) -> ()
// CHECK:         %[[RESULT:.+]] = call @graphopt_count(%{{.+}}) : (!llvm.ptr) -> i64
// CHECK:         %[[WIDTH:.+]] = arith.index_cast %[[RESULT]] : i64 to index
// CHECK:         call @graphopt_count
// CHECK:         return %[[WIDTH]]
// CHECK:       func private @graphopt_fill(i64, f64, !llvm.ptr, !llvm.ptr) attributes {graphopt.runtime}
// CHECK:       func private @graphopt_count(!llvm.ptr) -> i64 attributes {graphopt.runtime}
// CHECK-NOT:   @graphopt_count
func.func @calls(%n: index, %x: f64, %a: memref<?xi64>, %b: memref<?xi64, strided<[1], offset: ?>>) -> index {
  kernel.call @graphopt_fill ins(%n, %x, %a : index, f64, memref<?xi64>)
      outs(%b : memref<?xi64, strided<[1], offset: ?>>)
  %r = kernel.call @graphopt_count ins(%a : memref<?xi64>) -> index
  %s = kernel.call @graphopt_count ins(%a : memref<?xi64>) -> index
  return %r : index
}

// -----

func.func @differ(%n: index, %x: f64) {
  kernel.call @graphopt_count ins(%n : index)
  // expected-error @+1 {{calls a function of another type}}
  kernel.call @graphopt_count ins(%x : f64)
  return
}
