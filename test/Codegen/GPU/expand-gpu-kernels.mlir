// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels=sm=75 -canonicalize -cse -split-input-file -verify-diagnostics | FileCheck %s

// A broadcast batch of the right side, an extra of the epilogue.
// CHECK-LABEL: func.func @matmul(
// CHECK-SAME:      %[[A:[^:]+]]: memref<?x?x8xf64>, %[[B:[^:]+]]: memref<1x8x4xf64>, %[[BIAS:[^:]+]]: memref<4xf64>, %[[C:[^:]+]]: memref<?x?x4xf64>)
// CHECK:         scf.parallel (%[[I:.+]], %[[M:.+]], %[[N:.+]]) =
// CHECK:           %[[SUM:.+]] = scf.for %[[K:.+]] = %{{.+}} to %{{.+}} step %{{.+}} iter_args(%[[S:.+]] = %{{.+}}) -> (f64) {
// CHECK-DAG:         %[[X:.+]] = memref.load %[[A]][%[[I]], %[[M]], %[[K]]]
// CHECK-DAG:         %[[Y:.+]] = memref.load %[[B]][%c0{{.*}}, %[[K]], %[[N]]]
// CHECK:             %[[NEXT:.+]] = math.fma %[[X]], %[[Y]], %[[S]]
// CHECK-NEXT:        scf.yield %[[NEXT]]
// CHECK:           %[[V:.+]] = memref.load %[[BIAS]][%[[N]]]
// CHECK-NEXT:      %[[R:.+]] = arith.addf %[[SUM]], %[[V]]
// CHECK-NEXT:      memref.store %[[R]], %[[C]][%[[I]], %[[M]], %[[N]]]
func.func @matmul(%a: memref<?x?x8xf64>, %b: memref<1x8x4xf64>, %bias: memref<4xf64>, %c: memref<?x?x4xf64>) {
  kernel.matmul ins(%a, %b : memref<?x?x8xf64>, memref<1x8x4xf64>) outs(%c : memref<?x?x4xf64>)
      extras(%bias : memref<4xf64>) maps [affine_map<(b, m, n) -> (n)>] {
  ^bb0(%sum: f64, %x: f64):
    %y = arith.addf %sum, %x : f64
    kernel.yield %y : f64
  }
  return
}

// -----

// Bytes are widened by their signs; sums wrap.
// CHECK-LABEL: func.func @bytes(
// CHECK:         arith.extui %{{.+}} : i8 to i32
// CHECK:         arith.extsi %{{.+}} : i8 to i32
// CHECK:         arith.muli
// CHECK:         arith.addi
func.func @bytes(%a: memref<3x8xi8>, %b: memref<8x4xi8>, %c: memref<3x4xi32>) {
  kernel.matmul ins(%a, %b : memref<3x8xi8>, memref<8x4xi8>) unsigned_lhs outs(%c : memref<3x4xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

// Output channel o reads the input channels of its group: 2 of 4.
// CHECK-LABEL: func.func @conv(
// CHECK:         scf.parallel (%[[I:.+]], %[[Y:.+]], %[[O:.+]]) =
// CHECK:           %[[G:.+]] = arith.divui %[[O]], %c3
// CHECK:           %[[FIRST:.+]] = arith.muli %[[G]], %c2
// CHECK:           scf.for %[[C:.+]] = %{{.+}} to %c2{{.*}} step
// CHECK:             scf.for %[[K:.+]] = %{{.+}} to %c5{{.*}} step
// CHECK-DAG:           %[[AT:.+]] = arith.muli %[[Y]], %c2
// CHECK-DAG:           %[[TAP:.+]] = arith.muli %[[K]], %c3
// CHECK:               %[[PLACE:.+]] = arith.addi %[[AT]], %[[TAP]]
// CHECK:               %[[CHANNEL:.+]] = arith.addi %[[FIRST]], %[[C]]
// CHECK:               memref.load %{{.+}}[%[[I]], %[[PLACE]], %[[CHANNEL]]]
// CHECK:               memref.load %{{.+}}[%[[O]], %[[C]], %[[K]]]
func.func @conv(%x: memref<?x33x4xf64>, %w: memref<6x2x5xf64>, %y: memref<?x11x6xf64>) {
  kernel.conv ins(%x, %w : memref<?x33x4xf64>, memref<6x2x5xf64>) strides = [2] dilations = [3] groups = 2
      outs(%y : memref<?x11x6xf64>) {
  ^bb0(%sum: f64):
    kernel.yield %sum : f64
  }
  return
}

// -----

// A filter in one panel is read as it lies: (group, tap, channel, column of the group).
// CHECK-LABEL: func.func @conv_whole(
// CHECK:         scf.parallel (%[[I:.+]], %[[Y:.+]], %[[O:.+]]) =
// CHECK:           %[[G:.+]] = arith.divui %[[O]], %c3
// CHECK:           scf.for %[[C:.+]] = %{{.+}} to %c2{{.*}} step
// CHECK:             scf.for %[[K:.+]] = %{{.+}} to %c5{{.*}} step
// CHECK:               %[[COLUMN:.+]] = arith.remui %[[O]], %c3
// CHECK:               memref.load %{{.+}}[%[[G]], %[[K]], %[[C]], %[[COLUMN]]]
func.func @conv_whole(%x: memref<?x33x4xf64>, %w: memref<2x5x2x3xf64>, %y: memref<?x11x6xf64>) {
  kernel.conv ins(%x, %w : memref<?x33x4xf64>, memref<2x5x2x3xf64>) packed strides = [2] dilations = [3] groups = 2
      outs(%y : memref<?x11x6xf64>) {
  ^bb0(%sum: f64):
    kernel.yield %sum : f64
  }
  return
}

// -----

// Two passes over the keys that a row sees: the greatest score, then the sums.
// CHECK-LABEL: func.func @attention(
// CHECK:         scf.parallel
// CHECK:           %[[END:.+]] = arith.minsi
// CHECK:           %[[MOST:.+]] = scf.for %{{.+}} = %{{.+}} to %[[END]]
// CHECK:             arith.maximumf
// CHECK:           %[[SUMS:.+]]:2 = scf.for %{{.+}} = %{{.+}} to %[[END]]
// CHECK:             arith.subf %{{.+}}, %[[MOST]]
// CHECK:             math.exp
// CHECK:           arith.divf %[[SUMS]]#1, %[[SUMS]]#0
#bhsd = affine_map<(b, h, s, d) -> (b, h, s, d)>
func.func @attention(%q: memref<1x4x2x8xf64>, %k: memref<1x2x?x8xf64>, %v: memref<1x2x?x8xf64>, %y: memref<1x4x2x8xf64>) {
  kernel.attention ins(%q, %k, %v : memref<1x4x2x8xf64>, memref<1x2x?x8xf64>, memref<1x2x?x8xf64>)
      layouts [#bhsd, #bhsd, #bhsd, #bhsd] scale = 1.250000e-01 causal from_end outs(%y : memref<1x4x2x8xf64>) {
  ^bb0(%sum: f64):
    kernel.yield %sum : f64
  }
  return
}

// -----

// A warp a row, eight rows a block: lanes read neighbours, and add up what they have. The
// first lane has what was there.
// CHECK-LABEL: func.func @rows(
// CHECK:         gpu.launch {{.+}} threads({{.+}}) in (%{{.+}} = %c256
// CHECK:           %[[BEFORE:.+]] = scf.if
// CHECK-NEXT:        memref.load %arg1[
// CHECK:           %[[SUM:.+]] = scf.for %{{.+}} = %[[LANE:.+]] to %c8{{.*}} step %c32{{.*}} iter_args(%{{.+}} = %[[BEFORE]])
// CHECK:           %[[OTHER:.+]], %{{.+}} = gpu.shuffle xor %[[SUM]], %c16
// CHECK:           arith.addf %[[SUM]], %[[OTHER]]
// CHECK-COUNT-4:   gpu.shuffle
// CHECK:           scf.if
// CHECK-NEXT:        memref.store %{{.+}}, %arg1[
// CHECK:       scf.parallel (%{{.+}}) =
// CHECK:         %[[COPY:.+]] = vector.load {{.+}} memref<?xf32>, vector<4xf32>
// CHECK-NEXT:    vector.store %[[COPY]]
func.func @rows(%x: memref<?x8xf32>, %sums: memref<?xf32>, %y: memref<?x8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x8xf32>) outs(%sums : memref<?xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %a, %s : f32
    linalg.yield %t : f32
  }
  memref.copy %x, %y : memref<?x8xf32> to memref<?x8xf32>
  return
}

// -----

// Rows whose neighbours lie apart are a thread's each: threads beside each other read neighbours.
// CHECK-LABEL: func.func @columns(
// CHECK-NOT:     gpu.launch
// CHECK:         scf.parallel
// CHECK:           scf.for
func.func @columns(%x: memref<?x8xf32>, %sums: memref<8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x8xf32>) outs(%sums : memref<8xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %a, %s : f32
    linalg.yield %t : f32
  }
  return
}

// -----

// Few of them, of many numbers, have a block each.
// CHECK-LABEL: func.func @means(
// CHECK:         gpu.launch {{.+}} in (%{{.+}} = %c24{{.*}}, {{.+}} threads({{.+}}) in (%{{.+}} = %c256
// CHECK:           scf.for %{{.+}} = %{{.+}} to %c1600{{.*}} step %c256
// CHECK:           gpu.shuffle
func.func @means(%x: memref<40x40x24xf32>, %sums: memref<24xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (k)>],
                  iterator_types = ["reduction", "reduction", "parallel"]}
      ins(%x : memref<40x40x24xf32>) outs(%sums : memref<24xf32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.addf %a, %s : f32
    linalg.yield %t : f32
  }
  return
}

// -----

// Four neighbours a turn; what is the same for all of them is read once.
// CHECK-LABEL: func.func @neighbours(
// CHECK:         scf.parallel (%[[I:.+]], %[[J:.+]]) = (%c0, %c0) to (%{{.+}}, %c3) step
// CHECK:           %[[COLUMN:.+]] = arith.muli %[[J]], %c4
// CHECK:           %[[X:.+]] = vector.load %arg0[%[[I]], %[[COLUMN]]] {alignment = 16 : i64} : memref<?x12xf32>, vector<4xf32>
// CHECK:           %[[S:.+]] = memref.load %arg1[%[[I]]]
// CHECK:           %[[B:.+]] = vector.load %arg2[%[[COLUMN]]]
// CHECK-COUNT-4:   arith.mulf %{{.+}}, %[[S]]
// CHECK:           vector.store {{.+}}, %arg3[%[[I]], %[[COLUMN]]]
#at = affine_map<(i, j) -> (i, j)>
func.func @neighbours(%x: memref<?x12xf32>, %s: memref<?xf32>, %b: memref<12xf32>, %y: memref<?x12xf32>) {
  linalg.generic {indexing_maps = [#at, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, #at],
                  iterator_types = ["parallel", "parallel"]}
      ins(%x, %s, %b : memref<?x12xf32>, memref<?xf32>, memref<12xf32>) outs(%y : memref<?x12xf32>) {
  ^bb0(%in: f32, %scale: f32, %shift: f32, %old: f32):
    %0 = arith.mulf %in, %scale : f32
    %1 = arith.addf %0, %shift : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// Squares of 32 x 32 are turned in shared memory, whose lines are apart.
// CHECK-LABEL: func.func @turned(
// CHECK:         gpu.launch {{.+}} workgroup(%[[SQUARE:.+]] : memref<32x33xf16, #gpu.address_space<workgroup>>)
// CHECK-COUNT-4:   memref.store %{{.+}}, %[[SQUARE]][%{{.+}}, %[[LANE:.+]]]
// CHECK:           gpu.barrier
// CHECK:           %[[Y:.+]] = memref.load %[[SQUARE]][%[[LANE]], %{{.+}}]
// CHECK-NEXT:      memref.store %[[Y]], %arg1[
func.func @turned(%x: memref<3x?x40xf32>, %y: memref<3x40x?xf16>) {
  linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k, j)>, affine_map<(i, j, k) -> (i, j, k)>],
                  iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<3x?x40xf32>) outs(%y : memref<3x40x?xf16>) {
  ^bb0(%in: f32, %old: f16):
    %0 = arith.truncf %in : f32 to f16
    linalg.yield %0 : f16
  }
  return
}

// -----

// Few neighbours that lie apart, or that no 16 bytes are a multiple of, are a turn each.
// CHECK-LABEL: func.func @apart(
// CHECK-NOT:     vector
// CHECK-NOT:     gpu.launch
// CHECK:         return
#at = affine_map<(i, j) -> (i, j)>
func.func @apart(%x: memref<12x7xf32>, %y: memref<7x12xf32>, %z: memref<8x9xf32>, %t: memref<8x9xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #at], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<12x7xf32>) outs(%y : memref<7x12xf32>) {
  ^bb0(%in: f32, %old: f32):
    linalg.yield %in : f32
  }
  linalg.exp ins(%z : memref<8x9xf32>) outs(%t : memref<8x9xf32>)
  return
}

// -----

// A group is one kernel: a row's sum is in registers, its elements where the thread wrote them.
// CHECK-LABEL: func.func @group(
// CHECK-COUNT-1: gpu.launch
// CHECK:           %[[START:.+]] = arith.select %{{.+}}, %cst
// CHECK:           scf.for {{.+}} iter_args(%{{.+}} = %[[START]])
// CHECK:           gpu.shuffle xor %{{.+}}, %c1_
// CHECK-NEXT:      %[[SUM:.+]] = arith.addf
// CHECK-NEXT:      scf.if
// CHECK-NEXT:        memref.store %[[SUM]], %arg1[
// CHECK:           scf.for
// CHECK-NEXT:        %[[X:.+]] = memref.load %arg0[
// CHECK-NEXT:        %[[Y:.+]] = arith.divf %[[X]], %[[SUM]]
// CHECK-NEXT:        memref.store %[[Y]], %arg2[
// CHECK-NOT:     gpu.launch
func.func @group(%x: memref<?x8xf32>, %sums: memref<?xf32>, %y: memref<?x8xf32>) {
  %one = arith.constant 1.0 : f32
  scf.execute_region no_inline {
    linalg.fill ins(%one : f32) outs(%sums : memref<?xf32>)
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                    iterator_types = ["parallel", "reduction"]}
        ins(%x : memref<?x8xf32>) outs(%sums : memref<?xf32>) {
    ^bb0(%a: f32, %s: f32):
      %t = arith.addf %a, %s : f32
      linalg.yield %t : f32
    }
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                    iterator_types = ["parallel", "parallel"]}
        ins(%x, %sums : memref<?x8xf32>, memref<?xf32>) outs(%y : memref<?x8xf32>) {
    ^bb0(%a: f32, %s: f32, %old: f32):
      %t = arith.divf %a, %s : f32
      linalg.yield %t : f32
    }
    scf.yield
  }
  return
}

// -----

// All of a buffer is a block's, whose warps meet in shared memory.
// CHECK-LABEL: func.func @all(
// CHECK:         gpu.launch {{.+}} workgroup(%[[PART:.+]] : memref<8xf32, #gpu.address_space<workgroup>>)
// CHECK:           scf.for %{{.+}} = %thread_id_x to %{{.+}} step %c256
// CHECK-COUNT-5:   gpu.shuffle
// CHECK:           memref.store %{{.+}}, %[[PART]][
// CHECK:           gpu.barrier
// CHECK-COUNT-7:   arith.maximumf
func.func @all(%x: memref<?x?xf32>, %most: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                  iterator_types = ["reduction", "reduction"]}
      ins(%x : memref<?x?xf32>) outs(%most : memref<f32>) {
  ^bb0(%a: f32, %s: f32):
    %t = arith.maximumf %a, %s : f32
    linalg.yield %t : f32
  }
  return
}

// -----

func.func @packed(%a: memref<?x8xf32>, %b: memref<1x8x16xf32>, %c: memref<?x4xf32>) {
  // expected-error @+1 {{has no form for GPUs}}
  kernel.matmul ins(%a, %b : memref<?x8xf32>, memref<1x8x16xf32>) packed outs(%c : memref<?x4xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Four channels of a pixel of the input and of a tap are read once for four neighbours of the result; behind the
// end of a line the last pixel is read again, and nothing is stored.
// CHECK-LABEL: func.func @depthwise(
// CHECK:         scf.parallel (%[[N:.+]], %[[Y:.+]], %[[X:.+]], %[[C:.+]]) = {{.+}} to (%c8, %c110, %c28, %c16)
// CHECK:           %[[COLUMN:.+]] = arith.muli %[[X]], %c4
// CHECK:           %[[CHANNEL:.+]] = arith.muli %[[C]], %c4
// CHECK-COUNT-3:   vector.load %arg1[%c0, %c0, %{{.+}}, %c0, %[[CHANNEL]]] {alignment = 16 : i64}
// CHECK-COUNT-6:   vector.load %arg0[%[[N]], %[[Y]], %{{.+}}, %[[CHANNEL]]] {alignment = 16 : i64}
// CHECK-NOT:       vector.load %arg0[%[[N]], %[[Y]]
// CHECK:           vector.store {{.+}}, %arg2[%[[N]], %[[Y]], %[[COLUMN]], %[[CHANNEL]]]
// CHECK:           %[[EXISTS:.+]] = arith.cmpi ult, %{{.+}}, %c110
// CHECK:           scf.if %[[EXISTS]]
func.func @depthwise(%x: memref<8x112x112x64xf32>, %w: memref<1x3x3x1x64xf32>, %y: memref<8x110x110x64xf32>) {
  kernel.depthwise_conv ins(%x, %w : memref<8x112x112x64xf32>, memref<1x3x3x1x64xf32>) packed
      strides = [1, 1] dilations = [1, 1] outs(%y : memref<8x110x110x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
