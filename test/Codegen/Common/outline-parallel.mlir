// RUN: graphopt-opt %s --graphopt-outline-parallel -split-input-file -verify-diagnostics | FileCheck %s

// Two loops become one range; the views are repeated in the body.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[CALL:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         %[[RECORD:.+]] = llvm.alloca
// CHECK-NOT:     scf.parallel
// CHECK:         %[[BODY:.+]] = constant @main_body0
// CHECK:         %[[ADDRESS:.+]] = builtin.unrealized_conversion_cast %[[BODY]]
// CHECK:         call @graphopt_parallel_for(%[[CALL]], %[[ADDRESS]], %[[RECORD]], %{{.+}})
// CHECK:       func.func private @main_body0(%{{.+}}: !llvm.ptr, %[[BEGIN:.+]]: i64, %[[END:.+]]: i64)
// CHECK:         memref.view
// CHECK:         %[[FIRST:.+]] = arith.index_cast %[[BEGIN]]
// CHECK:         %[[LAST:.+]] = arith.index_cast %[[END]]
// CHECK:         scf.for %{{.+}} = %[[FIRST]] to %[[LAST]]
// CHECK:           memref.store
// CHECK:       func.func private @graphopt_parallel_for(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)
func.func @main(%x: memref<4x8xf32>, %w: memref<?xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %v = memref.view %w[%c0][] : memref<?xi8> to memref<4x8xf32>
  scf.parallel (%i, %j) = (%c0, %c0) to (%c4, %c8) step (%c1, %c1) {
    %e = memref.load %x[%i, %j] : memref<4x8xf32>
    memref.store %e, %v[%i, %j] : memref<4x8xf32>
  }
  return
}

// -----

// Scratch memory is each body's own, and is taken once a call.
// CHECK-LABEL: func.func @main(
// CHECK:       func.func private @main_body0(
// CHECK-NEXT:    memref.alloca() : memref<16xf32>
// CHECK:         memref.alloca() : memref<8xf32>
// CHECK:         scf.for
// CHECK-NOT:     memref.alloca
func.func @main(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %outer = memref.alloca() : memref<8xf32>
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %inner = memref.alloca() : memref<16xf32>
    %e = memref.load %x[%i] : memref<4xf32>
    memref.store %e, %outer[%i] : memref<8xf32>
    memref.store %e, %inner[%i] : memref<16xf32>
  }
  return
}

// -----

// Whoever calls a function with a loop hands its run on.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[X:[^:]+]]: memref<4xf32>, %[[CALL:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         call @work(%[[X]], %[[CALL]])
// CHECK-LABEL: func.func private @work(
// CHECK-SAME:      %{{.+}}: memref<4xf32>, %[[CALL:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK:         call @graphopt_parallel_for(%[[CALL]],
// CHECK:       func.func private @work_body0(
func.func @main(%x: memref<4xf32>) {
  call @work(%x) : (memref<4xf32>) -> ()
  return
}
func.func private @work(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    memref.store %zero, %x[%i] : memref<4xf32>
  }
  return
}

// -----

// The order of a reduction must not depend on threads.
// CHECK-LABEL: func.func @main(
// CHECK-NOT:     !llvm.ptr
// CHECK:         scf.parallel
func.func @main(%x: memref<4xf32>, %y: memref<f32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %sum = scf.parallel (%i) = (%c0) to (%c4) step (%c1) init (%zero) -> f32 {
    %e = memref.load %x[%i] : memref<4xf32>
    scf.reduce(%e : f32) {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %b : f32
      scf.reduce.return %s : f32
    }
  }
  memref.store %sum, %y[] : memref<f32>
  return
}

// -----

// expected-error @below {{has no function @main with a body}}
module {
}
