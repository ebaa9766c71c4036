// RUN: %graphopt-opt %s --graphopt-expand-kernels="cpu=avx2 parallel=false" --canonicalize --cse | FileCheck %s
// RUN: %graphopt-opt %s --graphopt-expand-kernels="cpu=avx2" --canonicalize --cse | FileCheck %s --check-prefix=ITEMS

#id = affine_map<(b, h, s, d) -> (b, h, s, d)>
#heads_last = affine_map<(b, h, s, d) -> (b, s, h, d)>

// Sixteen keys are one panel: eight at a time are turned in registers. Five queries
// are one block, its scores are on the stack.
// CHECK-LABEL: func @panels(
// CHECK-SAME:      %[[Q:[^:]+]]: memref<1x4x5x8xf32>, %[[K:[^:]+]]: memref<1x2x16x8xf32>, %[[V:[^:]+]]: memref<1x2x16x20xf32>, %[[S:[^:]+]]: memref<1x2x1x8x16xf32>, %[[Y:[^:]+]]: memref<1x4x5x20xf32>
// CHECK-DAG:     %[[SCORES:.+]] = memref.alloca() {alignment = 64 : i64} : memref<5x16xf32>
// CHECK-COUNT-8:   vector.load %[[K]]
// CHECK-COUNT-24:  vector.shuffle
// CHECK-NOT:       vector.shuffle
// CHECK-COUNT-8:   vector.store {{.+}}, %[[S]]
//
// Two heads of queries share one of keys.
// CHECK:         scf.for %[[H:.+]] = %c0 to %c4 step %c1
// CHECK:           %[[G:.+]] = arith.divui %[[H]], %c2
// CHECK:           scf.for %[[D:.+]] = %c0 to %c8 step %c1 iter_args
// CHECK-COUNT-2:     vector.load %[[S]]{{\[}}%c0, %[[G]], %{{.+}}, %[[D]],
// CHECK-COUNT-5:     memref.load %[[Q]]{{\[}}%c0, %[[H]],
// CHECK:             vector.fma
// CHECK:           vector.store {{.+}}, %[[SCORES]]
//
// Exponentials take the place of scores.
// CHECK:           math.exp
// CHECK:           vector.store {{.+}}, %[[SCORES]]
//
// Twenty columns of values: two vectors, and a masked one.
// CHECK:           scf.for %[[N:.+]] = %c0 to %c16 step %c1 iter_args
// CHECK-COUNT-2:     vector.load %[[V]]{{\[}}%c0, %[[G]], %[[N]],
// CHECK:             vector.maskedload %[[V]]{{\[}}%c0, %[[G]], %[[N]],
// CHECK-COUNT-5:     memref.load %[[SCORES]]
// CHECK:           arith.divf
// CHECK:           vector.store {{.+}}, %[[Y]]
// CHECK:           vector.maskedstore %[[Y]]
func.func @panels(%q: memref<1x4x5x8xf32>, %k: memref<1x2x16x8xf32>, %v: memref<1x2x16x20xf32>, %s: memref<1x2x1x8x16xf32>, %y: memref<1x4x5x20xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x4x5x8xf32>, memref<1x2x16x8xf32>, memref<1x2x16x20xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 scratch(%s : memref<1x2x1x8x16xf32>) outs(%y : memref<1x4x5x20xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// One query reads keys where they lie, heads beside each other: sums along depth.
// Keys past the last are -inf.
// CHECK-LABEL: func @one_query(
// CHECK-SAME:      %{{[^:]+}}: memref<1x4x1x16xf32>, %[[K:[^:]+]]: memref<1x10x4x16xf32>
// CHECK:         %[[T:.+]] = memref.transpose %[[K]] (d0, d1, d2, d3) -> (d0, d2, d1, d3)
// CHECK-NOT:     vector.shuffle
// CHECK:         scf.for %{{.+}} = %c0 to %c10 step %c1
// CHECK:           scf.for %{{.+}} = %c0 to %c2 step %c1 iter_args
// CHECK:             vector.load %[[T]]
// CHECK:             vector.fma
// CHECK-COUNT-3:   vector.extract_strided_slice {{.+}}offsets = [0]
// CHECK:         arith.select %{{.+}}, %{{.+}}, %[[NOTHING:.+]] : vector<8xi1>, vector<8xf32>
// CHECK:         math.exp
func.func @one_query(%q: memref<1x4x1x16xf32>, %k: memref<1x10x4x16xf32>, %v: memref<1x10x4x16xf32>, %y: memref<1x4x1x16xf32>) {
  kernel.attention ins(%q, %k, %v : memref<1x4x1x16xf32>, memref<1x10x4x16xf32>, memref<1x10x4x16xf32>) layouts [#id, #heads_last, #heads_last, #id]
    scale = 0.5 outs(%y : memref<1x4x1x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Any number of keys: blocks of 512, each scales what the ones before have summed.
// Causal: the last query of a block tells how many keys there are. How the keys are
// read depends on the number of queries.
// CHECK-LABEL: func @open(
// CHECK:         scf.if
// CHECK:         } else {
// CHECK:           arith.maxsi
// CHECK:           %[[N:.+]] = arith.minsi
// CHECK:           %[[BLOCKS:.+]] = arith.ceildivui %[[N]], %c512
// CHECK:           scf.for %{{.+}} = %c0 to %[[BLOCKS]] step %c1
// CHECK:             %[[FACTOR:.+]] = math.exp %{{.+}} : f32
// CHECK:             math.exp %{{.+}} : vector<8xf32>
// CHECK:             %[[FACTORS:.+]] = vector.broadcast %[[FACTOR]]
// CHECK:             arith.mulf %{{.+}}, %[[FACTORS]]
//
// Packing, and queries, are handed out.
// ITEMS-LABEL: func @open(
// ITEMS:         scf.if
// ITEMS:           scf.parallel
// ITEMS-NOT:       scf.parallel
// ITEMS:         } else {
// ITEMS:           scf.parallel
// ITEMS:           scf.parallel
// ITEMS:             memref.alloca()
func.func @open(%q: memref<1x4x?x16xf32>, %k: memref<1x4x?x16xf32>, %s: memref<1x4x?x16x64xf32>, %y: memref<1x4x?x16xf32>) {
  kernel.attention ins(%q, %k, %k : memref<1x4x?x16xf32>, memref<1x4x?x16xf32>, memref<1x4x?x16xf32>) layouts [#id, #id, #id, #id]
    scale = 0.5 causal from_end scratch(%s : memref<1x4x?x16x64xf32>) outs(%y : memref<1x4x?x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
