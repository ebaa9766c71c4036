// RUN: %graphopt-opt %s --graphopt-expand-kernels=cpu=avx2 --canonicalize | FileCheck %s

// 7 rows are one tile of 4 and one of 3, not 6 and 1; sums stay in registers.
// CHECK-LABEL: func @rows_are_balanced(
// CHECK-SAME:      %[[A:[^:]+]]: memref<7x37xf32>, %[[B:[^:]+]]: memref<1x37x16xf32>, %[[C:[^:]+]]: memref<7x16xf32>
// CHECK:         %[[LARGE:.+]]:8 = scf.for %{{.+}} iter_args
// CHECK-COUNT-8:   vector.fma
// CHECK:         vector.store %[[LARGE]]#0, %[[C]][%c0, %c0]
// CHECK:         vector.store %[[LARGE]]#7, %[[C]][%c3, %c8]
// CHECK:         %[[SMALL:.+]]:6 = scf.for %{{.+}} iter_args
// CHECK-COUNT-6:   vector.fma
// CHECK:         vector.store %[[SMALL]]#0, %[[C]][%c4, %c0]
func.func @rows_are_balanced(%a: memref<7x37xf32>, %b: memref<1x37x16xf32>, %c: memref<7x16xf32>) {
  kernel.matmul ins(%a, %b : memref<7x37xf32>, memref<1x37x16xf32>) packed outs(%c : memref<7x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// An open number of rows is one loop over tiles and a switch on a tile's rows,
// of which one vector leaves room for 12; a mask stores the three columns only.
// How many tiles are worth a thread is known.
// CHECK-LABEL: func @open_rows(
// CHECK:         %[[ROWS:.+]] = memref.dim
// CHECK:         %[[TILES:.+]] = arith.ceildivui %[[ROWS]], %c12
// CHECK:         %[[WORK:.+]] = arith.muli %[[TILES]], %c592
// CHECK:         %[[PAIRS:.+]] = arith.divui %[[WORK]], %c32768
// CHECK:         %[[EVEN:.+]] = arith.muli %[[PAIRS]], %c2
// CHECK:         %[[MOST:.+]] = arith.minui %[[EVEN]], %[[TILES]]
// CHECK:         %[[ONE:.+]] = arith.maxui %[[MOST]], %c1
// CHECK:         %[[PER_ITEM:.+]] = arith.ceildivui %[[TILES]], %[[ONE]]
// CHECK:         %[[SOME:.+]] = arith.maxui %[[PER_ITEM]], %c1
// CHECK:         %[[ITEMS:.+]] = arith.ceildivui %[[TILES]], %[[SOME]]
// CHECK:         scf.parallel (%{{.+}}) = (%c0) to (%[[ITEMS]])
// CHECK:         scf.for
// CHECK:           scf.index_switch
// CHECK:           case 1 {
// CHECK:             vector.maskedstore
// CHECK:           case 11 {
// CHECK-NOT:       case 12
// CHECK:           default {
func.func @open_rows(%a: memref<?x37xf32>, %b: memref<1x37x8xf32>, %c: memref<?x3xf32>) {
  kernel.matmul ins(%a, %b : memref<?x37xf32>, memref<1x37x8xf32>) packed outs(%c : memref<?x3xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Enough work is cut into equal items, each a stretch of the tiles of all panels;
// rows are cut as they are without items.
// CHECK-LABEL: func @items(
// CHECK:         scf.parallel (%[[I:.+]]) = (%c0) to (%c64) step (%c1)
// CHECK:           %[[BEGIN:.+]] = arith.muli %[[I]], %c3
// CHECK:           %[[SOME:.+]] = arith.addi %[[BEGIN]], %c3
// CHECK:           %[[END:.+]] = arith.minui %[[SOME]], %c192
// CHECK:           %[[FIRST:.+]] = arith.divui %[[BEGIN]], %c16
// CHECK:           %[[LAST:.+]] = arith.ceildivui %[[END]], %c16
// CHECK:           scf.for %{{.+}} = %[[FIRST]] to %[[LAST]]
// CHECK-COUNT-12:      vector.fma
// CHECK-COUNT-10:      vector.fma
func.func @items(%a: memref<93x384xf32>, %b: memref<12x384x16xf32>, %c: memref<93x192xf32>) {
  kernel.matmul ins(%a, %b : memref<93x384xf32>, memref<12x384x16xf32>) packed outs(%c : memref<93x192xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// A kernel in an item is not cut again.
// CHECK-LABEL: func @nested(
// CHECK:         scf.parallel
// CHECK-NOT:     scf.parallel
// CHECK:           vector.fma
// CHECK-NOT:     scf.parallel
// CHECK:         return
func.func @nested(%a: memref<93x384xf32>, %b: memref<12x384x16xf32>, %c: memref<4x93x192xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %ci = memref.subview %c[%i, 0, 0] [1, 93, 192] [1, 1, 1] : memref<4x93x192xf32> to memref<93x192xf32, strided<[192, 1], offset: ?>>
    kernel.matmul ins(%a, %b : memref<93x384xf32>, memref<12x384x16xf32>) packed outs(%ci : memref<93x192xf32, strided<[192, 1], offset: ?>>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    }
  }
  return
}

// A costly epilogue exists once: a loop over sums that lie on the stack, which
// is each item's own.
// CHECK-LABEL: func @heavy_epilogue(
// CHECK:         scf.parallel
// CHECK:         memref.alloca() {alignment = 64 : i64} : memref<6x16xf32>
// CHECK:         scf.for
// CHECK:           scf.index_switch
// CHECK-NOT:       math.erf
// CHECK:           scf.for
// CHECK-COUNT-2:     math.erf {{.+}} : vector<8xf32>
// CHECK-NOT:       math.erf
func.func @heavy_epilogue(%a: memref<?x37xf32>, %b: memref<1x37x16xf32>, %c: memref<?x16xf32>) {
  kernel.matmul ins(%a, %b : memref<?x37xf32>, memref<1x37x16xf32>) packed outs(%c : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %0 = math.erf %sum : f32
    %1 = arith.mulf %0, %sum : f32
    kernel.yield %1 : f32
  }
  return
}

// A packed right side is shared by the batches: they become rows. The bias does
// not mind, the residual is flattened with init.
// CHECK-LABEL: func @batches_become_rows(
// CHECK-SAME:      %[[C:[^:]+]]: memref<?x?x16xf32>, %[[BIAS:[^:]+]]: memref<16xf32>
// CHECK:         %[[ROWS:.+]] = memref.collapse_shape %[[C]] {{\[\[}}0, 1], [2]]
// CHECK:         scf.for
// CHECK:           scf.index_switch
// CHECK:             vector.load %[[BIAS]]
// CHECK:             vector.load %[[RESIDUAL:.+]][%{{.+}}, %c0] : memref<?x16xf32>
// CHECK:             vector.store %{{.+}}, %[[ROWS]]
func.func @batches_become_rows(%a: memref<?x?x37xf32>, %b: memref<1x37x16xf32>, %c: memref<?x?x16xf32>,
                               %bias: memref<16xf32>) {
  kernel.matmul ins(%a, %b : memref<?x?x37xf32>, memref<1x37x16xf32>) packed outs(%c : memref<?x?x16xf32>)
    extras(%bias, %c : memref<16xf32>, memref<?x?x16xf32>)
    maps [affine_map<(b, m, n) -> (n)>, affine_map<(b, m, n) -> (b, m, n)>] {
  ^bb0(%sum: f32, %x: f32, %y: f32):
    %0 = arith.addf %sum, %x : f32
    %1 = arith.addf %0, %y : f32
    kernel.yield %1 : f32
  }
  return
}

// A panel larger than half of level 2 is summed block by block on the stack.
// CHECK-LABEL: func @blocks_of_k(
// CHECK:         memref.alloca() {alignment = 64 : i64} : memref<6x16xf32>
// CHECK:         scf.for %[[BLOCK:.+]] = %c0 to %c2 step
// CHECK:           %[[FROM:.+]] = arith.muli %[[BLOCK]], %c2304
// CHECK:           scf.for %{{.+}} = %[[FROM]] to
func.func @blocks_of_k(%a: memref<6x4608xf32>, %b: memref<1x4608x16xf32>, %c: memref<6x16xf32>) {
  kernel.matmul ins(%a, %b : memref<6x4608xf32>, memref<1x4608x16xf32>) packed outs(%c : memref<6x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// With several tiles of rows, each asks for a part of the panel after the one it
// uses: all 16 x 37 elements in 4 tiles, 4 elements for each k.
// CHECK-LABEL: func @prefetch(
// CHECK-SAME:      %{{[^:]+}}: {{[^,]+}}, %[[B:[^:]+]]: memref<3x37x16xf32>
// CHECK:         scf.for %[[PANEL:.+]] = %c0 to %c3
// CHECK:           scf.for
// CHECK:             %[[START:.+]] = arith.muli %[[PANEL]], %c592
// CHECK:             %[[NEXT:.+]] = arith.addi %[[START]], %c592
// CHECK:             %[[PART:.+]] = arith.muli %{{.+}}, %c150
// CHECK:             %[[FROM:.+]] = arith.addi %[[NEXT]], %[[PART]]
// CHECK:             scf.for %[[K:.+]] = %c0 to %c37
// CHECK:               %[[FLAT:.+]] = memref.collapse_shape %[[B]]
// CHECK:               %[[DISTANCE:.+]] = arith.muli %[[K]], %c4
// CHECK:               %[[AT:.+]] = arith.addi %[[FROM]], %[[DISTANCE]]
// CHECK:               memref.prefetch %[[FLAT]][%[[AT]]], read, locality<2>, data : memref<1776xf32>
func.func @prefetch(%a: memref<24x37xf32>, %b: memref<3x37x16xf32>, %c: memref<24x48xf32>) {
  kernel.matmul ins(%a, %b : memref<24x37xf32>, memref<3x37x16xf32>) packed outs(%c : memref<24x48xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// The two tiles of a block of k each ask for half of the block behind it, 8 elements
// for each k, which counts from the first of the panel.
// CHECK-LABEL: func @prefetch_block(
// CHECK:         scf.for %[[BLOCK:.+]] = %c0 to %c2
// CHECK:           scf.for %[[TILE:.+]] = %c0 to %c2
// CHECK:             %[[HALF:.+]] = arith.muli %[[TILE]], %c18432
// CHECK:             %[[AHEAD:.+]] = arith.muli %[[BLOCK]], %c18432
// CHECK:             %[[NEXT:.+]] = arith.addi %[[HALF]], %c36864
// CHECK:             %[[START:.+]] = arith.addi %[[NEXT]], %[[AHEAD]]
// CHECK:             scf.for %[[K:[^ ]+]] =
// CHECK:               %[[DISTANCE:.+]] = arith.muli %[[K]], %c8
// CHECK:               %[[AT:.+]] = arith.addi %[[START]], %[[DISTANCE]]
// CHECK:               memref.prefetch %{{.+}}[%[[AT]]], read, locality<2>, data
func.func @prefetch_block(%a: memref<12x4608xf32>, %b: memref<1x4608x16xf32>, %c: memref<12x16xf32>) {
  kernel.matmul ins(%a, %b : memref<12x4608xf32>, memref<1x4608x16xf32>) packed outs(%c : memref<12x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// The lines of a convolution use a panel one after the other: the row after
// those of 5 lines has number 5 * 56.
// CHECK-LABEL: func @prefetch_lines(
// CHECK:         scf.for %{{.+}} = %c0 to %c2
// CHECK:           scf.for %[[LINE:.+]] = %c0 to %c4
// CHECK:             %[[BEFORE:.+]] = arith.muli %[[LINE]], %c8
// CHECK:             %[[ROW:.+]] = arith.addi %[[BEFORE]], %{{.+}}
// CHECK:             arith.muli %[[ROW]],
// CHECK:             memref.prefetch
func.func @prefetch_lines(%x: memref<1x6x10x8xf32>, %w: memref<2x3x3x8x16xf32>, %y: memref<1x4x8x32xf32>) {
  kernel.conv ins(%x, %w : memref<1x6x10x8xf32>, memref<2x3x3x8x16xf32>) packed
    strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x4x8x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// One tile reads all panels once, in order.
// CHECK-LABEL: func @no_prefetch(
// CHECK-NOT:     memref.prefetch
func.func @no_prefetch(%a: memref<1x37xf32>, %b: memref<3x37x16xf32>, %c: memref<1x48xf32>) {
  kernel.matmul ins(%a, %b : memref<1x37xf32>, memref<3x37x16xf32>) packed outs(%c : memref<1x48xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// More rows than level 2 holds: the panels, which it does hold, all pass a block of
// 250 tiles before the next. A tile asks for rows of one that is 7 tiles away.
// CHECK-LABEL: func @row_blocks(
// CHECK:         scf.parallel
// CHECK:           scf.for %[[TURN:.+]] =
// CHECK:             %[[BLOCK:.+]] = arith.divui %[[TURN]], %c2
// CHECK:             arith.muli %[[BLOCK]], %c250
// CHECK:             memref.prefetch %{{.+}}, read, locality<3>, data : memref<3000x37xf32>
// CHECK-COUNT-12:    vector.fma
func.func @row_blocks(%a: memref<3000x37xf32>, %b: memref<2x37x16xf32>, %c: memref<3000x32xf32>) {
  kernel.matmul ins(%a, %b : memref<3000x37xf32>, memref<2x37x16xf32>) packed outs(%c : memref<3000x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// The panels do not stay there, either, but are fewer bytes than all rows again for
// each of them: 3 blocks of 17 tiles.
// CHECK-LABEL: func @row_blocks_of_many_panels(
// CHECK:         scf.parallel
// CHECK:           %[[BLOCK:.+]] = arith.divui %{{.+}}, %c16
// CHECK:           arith.muli %[[BLOCK]], %c17
// CHECK-COUNT-12:    vector.fma
func.func @row_blocks_of_many_panels(%a: memref<300x512xf32>, %b: memref<16x512x16xf32>, %c: memref<300x256xf32>) {
  kernel.matmul ins(%a, %b : memref<300x512xf32>, memref<16x512x16xf32>) packed outs(%c : memref<300x256xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// An open number of rows may be less than such a block: the panel that comes next is
// asked for by as many tiles as there are.
// CHECK-LABEL: func @row_blocks_of_open_rows(
// CHECK:         %[[ROWS:.+]] = memref.dim
// CHECK:         %[[IN_BLOCK:.+]] = arith.minui %[[ROWS]], %c126
// CHECK:         %[[TILES:.+]] = arith.ceildivui %[[IN_BLOCK]], %c6
// CHECK:         %[[TURNS:.+]] = arith.maxui %[[TILES]], %c1
// CHECK:         arith.ceildivui %c16, %[[TURNS]]
func.func @row_blocks_of_open_rows(%a: memref<?x512xf32>, %b: memref<16x512x16xf32>, %c: memref<?x256xf32>) {
  kernel.matmul ins(%a, %b : memref<?x512xf32>, memref<16x512x16xf32>) packed outs(%c : memref<?x256xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Too few of such rows would fit for the next panel to come in time.
// CHECK-LABEL: func @no_row_blocks(
// CHECK:         scf.parallel
// CHECK:           arith.divui %{{.+}}, %c50
// CHECK-NOT:       arith.divui
// CHECK-COUNT-12:    vector.fma
func.func @no_row_blocks(%a: memref<300x1024xf32>, %b: memref<16x1024x16xf32>, %c: memref<300x256xf32>) {
  kernel.matmul ins(%a, %b : memref<300x1024xf32>, memref<16x1024x16xf32>) packed outs(%c : memref<300x256xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Fewer rows, which would stay in level 2: threads cut them as kernels before and
// after do, 4 blocks of 4 tiles, each with all panels.
// CHECK-LABEL: func @row_blocks_for_threads(
// CHECK:         scf.parallel
// CHECK:           %[[PANEL:.+]] = arith.remui %[[TURN:.+]], %c4
// CHECK:           %[[BLOCK:.+]] = arith.divui %[[TURN]], %c4
// CHECK:           arith.muli %[[BLOCK]], %c4
// CHECK-COUNT-12:    vector.fma
func.func @row_blocks_for_threads(%a: memref<96x128xf32>, %b: memref<4x128x16xf32>, %c: memref<96x64xf32>) {
  kernel.matmul ins(%a, %b : memref<96x128xf32>, memref<4x128x16xf32>) packed outs(%c : memref<96x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Lines of a convolution alike, 11 as parts of 3, 3, 3 and 2: where the last one has no
// more, the stretch of tiles is empty.
// CHECK-LABEL: func @lines_for_threads(
// CHECK:         scf.parallel
// CHECK:           %[[IN_PART:.+]] = arith.remui %{{.+}}, %c3
// CHECK:           %[[FIRST:.+]] = arith.muli %{{.+}}, %c3
// CHECK:           %[[LINE:.+]] = arith.addi %[[FIRST]], %[[IN_PART]]
// CHECK:           %[[NO_MORE:.+]] = arith.minui %[[LINE]], %c11
// CHECK:           %[[LEFT:.+]] = arith.subi %c11, %[[NO_MORE]]
// CHECK:           %[[TILES:.+]] = arith.muli %[[LEFT]], %{{.+}}
// CHECK:           arith.minui %{{.+}}, %[[TILES]]
func.func @lines_for_threads(%x: memref<1x13x18x32xf32>, %w: memref<4x3x3x32x16xf32>, %y: memref<1x11x16x64xf32>) {
  kernel.conv ins(%x, %w : memref<1x13x18x32xf32>, memref<4x3x3x32x16xf32>) packed
    strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x11x16x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// Lines of no rows are taken for one dimension, whose extent is as open as the others.
// CHECK-LABEL: func @no_rows(
// CHECK:         memref.collapse_shape %{{.+}} {{\[}}[0, 1], [2]] : memref<?x0x5xf32> into memref<?x5xf32>
func.func @no_rows(%a: memref<?x0x5xf32>, %b: memref<1x5x16xf32>, %c: memref<?x?x16xf32>) {
  kernel.matmul ins(%a, %b : memref<?x0x5xf32>, memref<1x5x16xf32>) packed outs(%c : memref<?x?x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
