// RUN: graphopt-opt %s --graphopt-double-buffer-loops -split-input-file | FileCheck %s

// Each turn writes what the turn before has read; what it starts from is only read.
// CHECK-LABEL: func @rotates(
// CHECK-SAME:      %[[X:[^:]+]]: memref<64xf32>
// CHECK:         %[[SPARE:.+]] = memref.alloc()
// CHECK:         %[[OTHER:.+]] = memref.alloc()
// CHECK:         %[[R:.+]]:3 = scf.for {{.+}} iter_args(%[[A:.+]] = %[[X]], %[[B:.+]] = %[[SPARE]], %[[C:.+]] = %[[OTHER]])
// CHECK-NEXT:      linalg.exp ins(%[[A]] : {{.+}}) outs(%[[B]] :
// CHECK-NEXT:      scf.yield %[[B]], %[[C]], %[[B]]
// CHECK:         return %[[R]]#0
func.func @rotates(%x: memref<64xf32>, %n: index) -> memref<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (memref<64xf32>) {
    %b = memref.alloc() : memref<64xf32>
    linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
    scf.yield %b : memref<64xf32>
  }
  return %r : memref<64xf32>
}

// -----

// A size that no turn changes is that of the first value, also inside. So the
// other buffer of the turn has a size that is known outside.
// CHECK-LABEL: func @open_sizes(
// CHECK-SAME:      %[[X:[^:]+]]: memref<?xf32>
// CHECK:         %[[N:.+]] = memref.dim %[[X]]
// CHECK:         memref.alloc(%[[N]]) {{.+}} : memref<?xf32>
// CHECK:         memref.alloc(%[[N]]) {{.+}} : memref<?xf32>
// CHECK:         scf.while
// CHECK:           memref.alloc(%[[N]]) : memref<?x2xf32>
// CHECK-NOT:       memref.alloc
// CHECK:           scf.yield
func.func @open_sizes(%x: memref<?xf32>, %limit: index) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf32>
  %start = memref.alloc(%n) : memref<?xf32>
  linalg.exp ins(%x : memref<?xf32>) outs(%start : memref<?xf32>)
  %r:2 = scf.while (%i = %c0, %a = %start) : (index, memref<?xf32>) -> (index, memref<?xf32>) {
    %more = arith.cmpi slt, %i, %limit : index
    scf.condition(%more) %i, %a : index, memref<?xf32>
  } do {
  ^bb0(%i: index, %a: memref<?xf32>):
    %k = memref.dim %a, %c0 : memref<?xf32>
    %both = memref.alloc(%k) : memref<?x2xf32>
    linalg.broadcast ins(%a : memref<?xf32>) outs(%both : memref<?x2xf32>) dimensions = [1]
    %b = memref.alloc(%n) : memref<?xf32>
    linalg.reduce { arith.addf } ins(%both : memref<?x2xf32>) outs(%b : memref<?xf32>) dimensions = [1]
    %next = arith.addi %i, %c1 : index
    scf.yield %next, %b : index, memref<?xf32>
  }
  return %r#1 : memref<?xf32>
}

// -----

// A value that lives for two turns is copied before its buffer is written again.
// CHECK-LABEL: func @delays(
// CHECK:         scf.for {{.+}} iter_args(%[[A:[^ ]+]] = %{{.+}}, %[[B:[^ ]+]] = %{{.+}}, %[[A1:.+]] = %{{.+}}, %[[A2:.+]] = %{{.+}}, %[[B1:.+]] = %{{.+}}, %[[B2:.+]] = %{{.+}})
// CHECK-NEXT:      linalg.add ins(%[[A]], %[[B]] : {{.+}}) outs(%[[A1]] :
// CHECK:           %[[OLD:.+]] = scf.if
// CHECK:           memref.copy %[[OLD]], %[[B1]]
// CHECK-NEXT:      scf.yield %[[A1]], %[[B1]], %[[A2]], %[[A1]], %[[B2]], %[[B1]]
func.func @delays(%x: memref<64xf32>, %y: memref<64xf32>, %n: index) -> memref<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (memref<64xf32>, memref<64xf32>) {
    %sum = memref.alloc() : memref<64xf32>
    linalg.add ins(%a, %b : memref<64xf32>, memref<64xf32>) outs(%sum : memref<64xf32>)
    %odd = arith.index_cast %i : index to i1
    %old = scf.if %odd -> memref<64xf32> {
      %t = memref.alloc() : memref<64xf32>
      linalg.exp ins(%a : memref<64xf32>) outs(%t : memref<64xf32>)
      scf.yield %t : memref<64xf32>
    } else {
      scf.yield %a : memref<64xf32>
    }
    scf.yield %sum, %old : memref<64xf32>, memref<64xf32>
  }
  return %r#1 : memref<64xf32>
}

// -----

// Swapped values need no buffer; neither does one that a turn changes in its place.
// CHECK-LABEL: func @no_allocation(
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @no_allocation(%x: memref<64xf32>, %y: memref<64xf32>, %n: index) -> memref<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (memref<64xf32>, memref<64xf32>) {
    linalg.exp ins(%a : memref<64xf32>) outs(%a : memref<64xf32>)
    scf.yield %b, %a : memref<64xf32>, memref<64xf32>
  }
  return %r#0 : memref<64xf32>
}

// -----

// Of growing values each is freed when the next one is made; what the loop starts
// from is an allocation that others may read: it starts from a copy.
// CHECK-LABEL: func @grows(
// CHECK:         %[[START:.+]] = memref.alloc
// CHECK:         %[[COPY:.+]] = memref.alloc
// CHECK:         memref.copy %[[START]], %[[COPY]]
// CHECK:         scf.for {{.+}} iter_args(%[[A:.+]] = %[[COPY]])
// CHECK:           %[[NEXT:.+]] = memref.alloc(
// CHECK:           memref.dealloc %[[A]]
// CHECK-NEXT:      scf.yield %[[NEXT]]
// CHECK:         return %[[START]]
func.func @grows(%n: index) -> (memref<?xf32>, memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = memref.alloc(%c1) : memref<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %start) -> (memref<?xf32>) {
    %k = memref.dim %a, %c0 : memref<?xf32>
    %more = arith.addi %k, %c1 : index
    %b = memref.alloc(%more) : memref<?xf32>
    %part = memref.subview %b[0] [%k] [1] : memref<?xf32> to memref<?xf32, strided<[1]>>
    memref.copy %a, %part : memref<?xf32> to memref<?xf32, strided<[1]>>
    scf.yield %b : memref<?xf32>
  }
  return %start, %r : memref<?xf32>, memref<?xf32>
}

// -----

// A value that lives on as another one is not freed.
// CHECK-LABEL: func @lives_on(
// CHECK-NOT:     memref.dealloc
// CHECK:         return
func.func @lives_on(%x: memref<?xf32>, %n: index) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %old = %x) -> (memref<?xf32>, memref<?xf32>) {
    %b = memref.alloc(%i) : memref<?xf32>
    scf.yield %b, %a : memref<?xf32>, memref<?xf32>
  }
  return %r#1 : memref<?xf32>
}
