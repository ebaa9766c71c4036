// RUN: graphopt-opt %s --graphopt-vectorize-linalg --canonicalize --cse -split-input-file -verify-diagnostics | FileCheck %s

// Contiguous dimensions become one loop; its size is a multiple of the lanes.
// CHECK-LABEL: func @merges_loops(
// CHECK-DAG:     %[[C16:.+]] = arith.constant 16 : index
// CHECK-DAG:     %[[C128:.+]] = arith.constant 128 : index
// CHECK:         scf.for %[[I:.+]] = %{{.+}} to %[[C128]] step %[[C16]] {
// CHECK-NEXT:      %[[V:.+]] = vector.load %{{.+}}[%[[I]]] : memref<128xf32>, vector<16xf32>
// CHECK-NEXT:      %[[S:.+]] = arith.addf %[[V]], %[[V]] : vector<16xf32>
// CHECK-NEXT:      vector.store %[[S]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return
func.func @merges_loops(%x: memref<4x32xf32>, %y: memref<4x32xf32>) {
  linalg.map ins(%x : memref<4x32xf32>) outs(%y : memref<4x32xf32>)
    (%a: f32, %o: f32) {
      %s = arith.addf %a, %a : f32
      linalg.yield %s : f32
    }
  return
}

// -----

// The tail of an open size is masked; what does not move is loaded once.
// CHECK-LABEL: func @masks_tail(
// CHECK:         %[[B:.+]] = memref.load %{{.+}}[%{{.+}}] : memref<1xf32>
// CHECK:         scf.for
// CHECK:           vector.broadcast %[[B]] : f32 to vector<16xf32>
// CHECK:         scf.if
// CHECK-NEXT:      %[[M:.+]] = vector.create_mask %{{.+}} : vector<16xi1>
// CHECK:           vector.maskedload %{{.+}}, %[[M]]
// CHECK:           vector.maskedstore %{{.+}}, %[[M]]
func.func @masks_tail(%x: memref<?xf32>, %b: memref<f32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> (i)>],
                  iterator_types = ["parallel"]}
      ins(%x, %b : memref<?xf32>, memref<f32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// What is one for each row is loaded in front of the row's loop.
// CHECK-LABEL: func @scales_rows(
// CHECK:         scf.for %[[R:.+]] =
// CHECK:           %[[B:.+]] = memref.load %{{.+}}[%[[R]]] : memref<8xf32>
// CHECK:           scf.for
// CHECK-NOT:         memref.load
// CHECK:             vector.broadcast %[[B]]
func.func @scales_rows(%x: memref<8x256xf32>, %b: memref<8xf32>, %y: memref<8x256xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : memref<8x256xf32>, memref<8xf32>) outs(%y : memref<8x256xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.mulf %a, %c : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// A reduction over the contiguous dimension: four vector accumulators.
// CHECK-LABEL: func @reduces_rows(
// CHECK:         scf.for {{.+}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK:         vector.shuffle
// CHECK:         memref.store
func.func @reduces_rows(%x: memref<8x256xf32>, %y: memref<8xf32>) {
  linalg.reduce {arith.addf} ins(%x : memref<8x256xf32>) outs(%y : memref<8xf32>) dimensions = [1]
  return
}

// -----

// A reduction over another dimension: the vectors lie along the result.
// CHECK-LABEL: func @reduces_columns(
// CHECK:         %[[R:.+]]:2 = scf.for
// CHECK-NOT:     vector.shuffle
// CHECK:         vector.store %[[R]]#0
// CHECK:         vector.store %[[R]]#1
func.func @reduces_columns(%x: memref<8x32xf32>, %y: memref<32xf32>) {
  linalg.reduce {arith.addf} ins(%x : memref<8x32xf32>) outs(%y : memref<32xf32>) dimensions = [0]
  return
}

// -----

// The padded lanes of a division repeat lane 0, which is not a made-up 0.
// CHECK-LABEL: func @divides(
// CHECK:         %[[V:.+]] = vector.maskedload
// CHECK:         %[[FIRST:.+]] = vector.extract %[[V]][0]
// CHECK:         %[[ALL:.+]] = vector.broadcast %[[FIRST]]
// CHECK:         %[[D:.+]] = arith.select %{{.+}}, %[[V]], %[[ALL]]
// CHECK:         arith.divsi %{{.+}}, %[[D]]
func.func @divides(%x: memref<?xi32>, %y: memref<5xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<?xi32>) outs(%y : memref<5xi32>) {
  ^bb0(%a: i32, %o: i32):
    %c = arith.constant 100 : i32
    %q = arith.divsi %c, %a : i32
    linalg.yield %q : i32
  }
  return
}

// -----

// An indexed load whose last index is the vector loop's is contiguous.
// CHECK-LABEL: func @gathers_rows(
// CHECK:         %[[ROW:.+]] = arith.index_cast
// CHECK:         vector.load %{{.+}}[%[[ROW]], %{{.+}}] : memref<9x32xf32>, vector<16xf32>
func.func @gathers_rows(%x: memref<9x32xf32>, %i: memref<4xi64>, %y: memref<4x32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%i : memref<4xi64>) outs(%y : memref<4x32xf32>) {
  ^bb0(%a: i64, %o: f32):
    %r = arith.index_cast %a : i64 to index
    %j = linalg.index 1 : index
    %v = memref.load %x[%r, %j] : memref<9x32xf32>
    linalg.yield %v : f32
  }
  return
}

// -----

// Bits in memory have no vector form.
// CHECK-LABEL: func @copies_bits(
// CHECK-NOT:     vector
// CHECK:         memref.load
// CHECK:         memref.store
func.func @copies_bits(%x: memref<8xi1>, %y: memref<8xi1>) {
  // expected-remark @below {{has no vector form: lowered to scalar loops}}
  linalg.copy ins(%x : memref<8xi1>) outs(%y : memref<8xi1>)
  return
}

// -----

// memref.copy goes the same way.
// CHECK-LABEL: func @copies(
// CHECK-NOT:     memref.copy
// CHECK:         vector.load
// CHECK:         vector.store
func.func @copies(%x: memref<4x16xf32>, %y: memref<4x16xf32>) {
  memref.copy %x, %y : memref<4x16xf32> to memref<4x16xf32>
  return
}

// -----

// Enough work is cut into items of fixed size, whatever the threads.
// CHECK-LABEL: func @cuts_items(
// CHECK-DAG:     %[[C512:.+]] = arith.constant 512 : index
// CHECK:         scf.parallel (%[[ITEM:.+]]) =
// CHECK:           %[[FIRST:.+]] = arith.muli %[[ITEM]], %[[ROWS:.+]] : index
// CHECK:           %[[NEXT:.+]] = arith.addi %[[FIRST]], %[[ROWS]] : index
// CHECK:           %[[LAST:.+]] = arith.minui %[[NEXT]], %[[C512]] : index
// CHECK:           scf.for %{{.+}} = %[[FIRST]] to %[[LAST]]
// CHECK:             scf.for
// CHECK:               vector.store
func.func @cuts_items(%x: memref<512x4096xf32>, %b: memref<4096xf32>, %y: memref<512x4096xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : memref<512x4096xf32>, memref<4096xf32>) outs(%y : memref<512x4096xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// A transpose goes by square tiles that are turned in registers.
// CHECK-LABEL: func @transposes(
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK-COUNT-16:    vector.load {{.+}} vector<16xf32>
// CHECK-COUNT-64:    vector.shuffle
// CHECK-NOT:         vector.shuffle
// CHECK-COUNT-16:    vector.store
// CHECK:         return
func.func @transposes(%x: memref<32x64xf32>, %y: memref<64x32xf32>) {
  linalg.transpose ins(%x : memref<32x64xf32>) outs(%y : memref<64x32xf32>) permutation = [1, 0]
  return
}

// Many floats are added up in blocks, whose sums then meet the total: the error
// grows with the number of blocks.
// CHECK-LABEL: func @sums_in_blocks(
// CHECK:         scf.for %[[BLOCK:.+]] = %c0 to %c500 step %c32 iter_args(%[[TOTAL:.+]] = %{{.+}}, %{{.+}} = %{{.+}})
// CHECK:           %[[SOME:.+]] = arith.addi %[[BLOCK]], %c32
// CHECK:           %[[END:.+]] = arith.minui %[[SOME]], %c500
// CHECK:           %[[SUMS:.+]]:2 = scf.for %{{.+}} = %[[BLOCK]] to %[[END]] step %c1 iter_args(%{{.+}} = %cst
// CHECK:           arith.addf %[[TOTAL]], %[[SUMS]]#0 : vector<16xf32>
func.func @sums_in_blocks(%x: memref<500x32xf32>, %y: memref<32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<500x32xf32>) outs(%y : memref<32xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %0 = arith.addf %sum, %in : f32
    linalg.yield %0 : f32
  }
  return
}

// Integers have no error, few floats a small one.
// CHECK-LABEL: func @sums_at_once(
// CHECK-COUNT-2: scf.for {{.+}} iter_args
// CHECK-NOT:     scf.for
func.func @sums_at_once(%x: memref<500x32xi32>, %y: memref<32xi32>, %f: memref<64x32xf32>, %g: memref<32xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<500x32xi32>) outs(%y : memref<32xi32>) {
  ^bb0(%in: i32, %sum: i32):
    %0 = arith.addi %sum, %in : i32
    linalg.yield %0 : i32
  }
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>], iterator_types = ["reduction", "parallel"]}
      ins(%f : memref<64x32xf32>) outs(%g : memref<32xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %0 = arith.addf %sum, %in : f32
    linalg.yield %0 : f32
  }
  return
}
