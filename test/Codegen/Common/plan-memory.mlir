// RUN: graphopt-opt %s --graphopt-plan-memory --canonicalize --cse -split-input-file -verify-diagnostics | FileCheck %s

// %a and %b live at the same time, %c takes the place of %a.
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[W:[^:]+]]: memref<?xi8>)
// CHECK-SAME:      graph.workspace = {bytes = 512 : i64, lower_bound = 512 : i64, unshared = 768 : i64}
// CHECK-DAG:     %[[C0:.+]] = arith.constant 0 : index
// CHECK-DAG:     %[[C256:.+]] = arith.constant 256 : index
// CHECK:         %[[A:.+]] = memref.view %[[W]][%[[C0]]][]
// CHECK:         %[[B:.+]] = memref.view %[[W]][%[[C256]]][]
// CHECK:         linalg.exp ins(%[[B]] : {{.+}}) outs(%[[A]] :
// CHECK:       func private @workspace_bytes() -> index
// CHECK-NEXT:    %[[BYTES:.+]] = arith.constant 512 : index
// CHECK-NEXT:    return %[[BYTES]]
func.func @main(%x: memref<64xf32>, %y: memref<64xf32>) {
  %a = memref.alloc() : memref<64xf32>
  linalg.exp ins(%x : memref<64xf32>) outs(%a : memref<64xf32>)
  %b = memref.alloc() : memref<64xf32>
  linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
  %c = memref.alloc() : memref<64xf32>
  linalg.exp ins(%b : memref<64xf32>) outs(%c : memref<64xf32>)
  linalg.exp ins(%c : memref<64xf32>) outs(%y : memref<64xf32>)
  return
}

// -----

// Open sizes of different form share memory, too: the third buffer begins at 0,
// and the size is the larger of the two lower ones plus the upper one.
// CHECK-LABEL: func @main(
// CHECK:         %[[N:.+]] = memref.dim
// CHECK:         memref.view %{{.+}}[%{{.+}}][%[[N]]] : memref<?xi8> to memref<?x16xf32>
// CHECK:       func private @workspace_bytes(%[[N:.+]]: index) -> index
// CHECK:         %[[AREA:.+]] = arith.andi
// CHECK:         %[[ROWS:.+]] = arith.muli %[[N]], %c64
// CHECK:         %[[LOW:.+]] = arith.maxui %[[AREA]], %[[ROWS]]
// CHECK:         %[[BYTES:.+]] = arith.addi %[[LOW]], %[[ROWS]]
// CHECK:         return %[[BYTES]]
func.func @main(%x: memref<?x16xf32> {graph.name = "x", graph.dims = ["n", ""]},
                %y: memref<?x?xf32> {graph.name = "y", graph.dims = ["n", "n"]}) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x16xf32>
  %a = memref.alloc(%n) : memref<?x16xf32>
  linalg.exp ins(%x : memref<?x16xf32>) outs(%a : memref<?x16xf32>)
  %b = memref.alloc(%n) : memref<?x16xf32>
  linalg.exp ins(%a : memref<?x16xf32>) outs(%b : memref<?x16xf32>)
  %c = memref.alloc(%n, %n) : memref<?x?xf32>
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (i, j)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%b : memref<?x16xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  }
  memref.copy %c, %y : memref<?x?xf32> to memref<?x?xf32>
  return
}

// -----

// A view keeps its buffer alive; a buffer in a branch is planned as well.
// CHECK-LABEL: func @main(
// CHECK-SAME:      lower_bound = 384 : i64
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @main(%x: memref<64xf32>, %y: memref<16xf32>, %c: i1) {
  %a = memref.alloc() : memref<64xf32>
  linalg.exp ins(%x : memref<64xf32>) outs(%a : memref<64xf32>)
  %part = memref.subview %a[16] [16] [1] : memref<64xf32> to memref<16xf32, strided<[1], offset: 16>>
  %r = scf.if %c -> memref<16xf32> {
    %b = memref.alloc() : memref<16xf32>
    linalg.exp ins(%part : memref<16xf32, strided<[1], offset: 16>>) outs(%b : memref<16xf32>)
    scf.yield %b : memref<16xf32>
  } else {
    %d = memref.alloc() : memref<16xf32>
    memref.copy %part, %d : memref<16xf32, strided<[1], offset: 16>> to memref<16xf32>
    scf.yield %d : memref<16xf32>
  }
  linalg.exp ins(%r : memref<16xf32>) outs(%y : memref<16xf32>)
  return
}

// -----

// What a loop hands on stays an allocation; so does a size that is a value,
// which is freed each time around; so does a result.
// CHECK-LABEL: func @main(
// CHECK:         %[[INIT:.+]] = memref.view
// CHECK:         scf.for {{.+}} iter_args(%{{.+}} = %[[INIT]])
// CHECK:           %[[NEXT:.+]] = memref.alloc() : memref<64xf32>
// CHECK:           %[[DATA:.+]] = memref.alloc(%{{.+}}) : memref<?xf32>
// CHECK:           linalg.fill {{.+}} outs(%[[DATA]]
// CHECK-NEXT:      memref.dealloc %[[DATA]]
// CHECK:           scf.yield %[[NEXT]]
// CHECK:         %[[RESULT:.+]] = memref.alloc
// CHECK:         return %[[RESULT]]
func.func @main(%x: memref<64xf32>, %i: memref<1xindex>) -> memref<64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<64xf32>
  memref.copy %x, %a : memref<64xf32> to memref<64xf32>
  %last = scf.for %k = %c0 to %c9 step %c1 iter_args(%from = %a) -> memref<64xf32> {
    %to = memref.alloc() : memref<64xf32>
    linalg.exp ins(%from : memref<64xf32>) outs(%to : memref<64xf32>)
    %n = memref.load %i[%c0] : memref<1xindex>
    %data = memref.alloc(%n) : memref<?xf32>
    linalg.fill ins(%zero : f32) outs(%data : memref<?xf32>)
    scf.yield %to : memref<64xf32>
  }
  %r = memref.alloc() : memref<64xf32>
  linalg.exp ins(%last : memref<64xf32>) outs(%r : memref<64xf32>)
  return %r : memref<64xf32>
}

// -----

// Neither the largest nor the longest-lived first meets the bound; an improved
// order does.
// CHECK-LABEL: func @main(
// CHECK-SAME:      graph.workspace = {bytes = 192 : i64, lower_bound = 192 : i64, unshared = 448 : i64}
func.func @main(%x: memref<16xf32>, %y: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%a : memref<16xf32>)
  %b = memref.alloc() : memref<2x16xf32>
  linalg.broadcast ins(%a : memref<16xf32>) outs(%b : memref<2x16xf32>) dimensions = [0]
  %c = memref.alloc() : memref<16xf32>
  %row = memref.subview %b[0, 0] [1, 16] [1, 1] : memref<2x16xf32> to memref<16xf32>
  linalg.exp ins(%row : memref<16xf32>) outs(%c : memref<16xf32>)
  %d = memref.alloc() : memref<16xf32>
  linalg.exp ins(%c : memref<16xf32>) outs(%d : memref<16xf32>)
  %e = memref.alloc() : memref<2x16xf32>
  linalg.broadcast ins(%d : memref<16xf32>) outs(%e : memref<2x16xf32>) dimensions = [0]
  %last = memref.subview %e[1, 0] [1, 16] [1, 1] : memref<2x16xf32> to memref<16xf32, strided<[1], offset: 16>>
  linalg.add ins(%d, %last : memref<16xf32>, memref<16xf32, strided<[1], offset: 16>>) outs(%y : memref<16xf32>)
  return
}

// -----

// What a loop hands on is freed there: after the first turn it is memory of the
// runtime. A planned buffer is not.
// CHECK-LABEL: func @main(
// CHECK:         %[[INIT:.+]] = memref.view
// CHECK:         scf.for {{.+}} iter_args(%[[FROM:.+]] = %[[INIT]])
// CHECK:           memref.dealloc %[[FROM]]
// CHECK-NOT:     memref.dealloc
// CHECK:         return
func.func @main(%x: memref<64xf32>, %y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %a = memref.alloc() : memref<64xf32>
  memref.copy %x, %a : memref<64xf32> to memref<64xf32>
  %last = scf.for %k = %c0 to %c9 step %c1 iter_args(%from = %a) -> memref<64xf32> {
    %to = memref.alloc() : memref<64xf32>
    linalg.exp ins(%from : memref<64xf32>) outs(%to : memref<64xf32>)
    memref.dealloc %from : memref<64xf32>
    scf.yield %to : memref<64xf32>
  }
  %b = memref.alloc() : memref<64xf32>
  linalg.exp ins(%last : memref<64xf32>) outs(%b : memref<64xf32>)
  memref.copy %b, %y : memref<64xf32> to memref<64xf32>
  memref.dealloc %b : memref<64xf32>
  return
}
