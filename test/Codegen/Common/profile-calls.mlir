// RUN: graphopt-opt %s --graphopt-profile-calls --canonicalize -split-input-file | FileCheck %s
// RUN: graphopt-opt %s --graphopt-profile-calls=on-gpu -split-input-file | FileCheck %s --check-prefix=GPU

// 2 * 16 + 1 operations for each of n * 16 values; n * 16 inputs and outputs and
// 256 weights of 4 bytes. Names are those of all merged nodes.
// CHECK: module attributes {graphopt.calls = [{function = "matmul", nodes = ["dot", "scale"]}]}
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[A:[^:]+]]: {{[^,]+}}, {{[^,]+}}, %[[B:[^:]+]]: {{[^,]+}}, %[[HERE:[^:]+]]: !llvm.ptr {graphopt.run})
// CHECK-DAG:     %[[EACH:.+]] = arith.constant 528 : index
// CHECK-DAG:     %[[ROW:.+]] = arith.constant 64 : index
// CHECK-DAG:     %[[WEIGHTS:.+]] = arith.constant 1024 : index
// CHECK:         %[[N:.+]] = memref.dim %[[B]]
// CHECK:         %[[OPERATIONS:.+]] = arith.muli %[[N]], %[[EACH]]
// CHECK:         %[[M:.+]] = memref.dim %[[A]]
// CHECK:         %[[LEFT:.+]] = arith.muli %[[M]], %[[ROW]]
// CHECK:         %[[BOTH:.+]] = arith.addi %[[LEFT]], %[[WEIGHTS]]
// CHECK:         %[[BYTES:.+]] = arith.addi %[[BOTH]],
// CHECK:         call @graphopt_begin_call(%[[HERE]], %[[NUMBER:[^)]+]])
// CHECK-NEXT:    call @matmul(
// CHECK-NEXT:    %[[O:.+]] = arith.index_cast %[[OPERATIONS]]
// CHECK-NEXT:    %[[Y:.+]] = arith.index_cast %[[BYTES]]
// CHECK-NEXT:    call @graphopt_end_call(%[[HERE]], %[[NUMBER]], %[[O]], %[[Y]])
// On a GPU a call ends when its kernels have.
// GPU:           call @graphopt_cuda_begin_call(
// GPU-NEXT:      call @matmul
// GPU:           call @graphopt_cuda_end_call(
func.func @main(%a: memref<?x16xf32>, %w: memref<1x16x16xf32>, %b: memref<?x16xf32>) {
  call @matmul(%a, %w, %b) : (memref<?x16xf32>, memref<1x16x16xf32>, memref<?x16xf32>) -> () loc(fused["dot", "scale"])
  return
}
func.func private @matmul(%a: memref<?x16xf32>, %w: memref<1x16x16xf32>, %b: memref<?x16xf32>) {
  kernel.matmul ins(%a, %w : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%b : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %two = arith.constant 2.0 : f32
    %y = arith.mulf %sum, %two : f32
    kernel.yield %y : f32
  }
  return
}

// -----

// Filters: 3 * 3 * 8 products a value. Fixed sizes are numbers.
// CHECK-LABEL: func.func @main(
// CHECK-DAG:     %[[OPERATIONS:.+]] = arith.constant 36864 : i64
// CHECK-DAG:     %[[BYTES:.+]] = arith.constant 6784 : i64
// CHECK:         call @conv(
// CHECK-NEXT:    call @graphopt_end_call({{.+}}, {{.+}}, %[[OPERATIONS]], %[[BYTES]])
func.func @main(%x: memref<1x6x6x8xf32>, %w: memref<2x3x3x8x8xf32>, %y: memref<1x4x4x16xf32>) {
  call @conv(%x, %w, %y) : (memref<1x6x6x8xf32>, memref<2x3x3x8x8xf32>, memref<1x4x4x16xf32>) -> ()
  return
}
func.func private @conv(%x: memref<1x6x6x8xf32>, %w: memref<2x3x3x8x8xf32>, %y: memref<1x4x4x16xf32>) {
  kernel.conv ins(%x, %w : memref<1x6x6x8xf32>, memref<2x3x3x8x8xf32>) packed
      strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x4x4x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// The 36 * 8 products of a tile make its 16 pixels; memory for a tile's values
// counts, too.
// CHECK-LABEL: func.func @main(
// CHECK-DAG:     %[[OPERATIONS:.+]] = arith.constant 9216 : i64
// CHECK-DAG:     %[[BYTES:.+]] = arith.constant 22912 : i64
// CHECK:         call @conv(
// CHECK-NEXT:    call @graphopt_end_call({{.+}}, {{.+}}, %[[OPERATIONS]], %[[BYTES]])
func.func @main(%x: memref<1x6x6x8xf32>, %w: memref<2x36x8x8xf32>, %v: memref<1x36x16xf32>, %y: memref<1x4x4x16xf32>) {
  call @conv(%x, %w, %v, %y) : (memref<1x6x6x8xf32>, memref<2x36x8x8xf32>, memref<1x36x16xf32>, memref<1x4x4x16xf32>) -> ()
  return
}
func.func private @conv(%x: memref<1x6x6x8xf32>, %w: memref<2x36x8x8xf32>, %v: memref<1x36x16xf32>, %y: memref<1x4x4x16xf32>) {
  kernel.winograd_conv ins(%x, %w : memref<1x6x6x8xf32>, memref<2x36x8x8xf32>) packed taps = [3, 3] tile = [4, 4]
      block = 1 scratch(%v : memref<1x36x16xf32>) outs(%y : memref<1x4x4x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

#id = affine_map<(i) -> (i)>

// What a body loads counts, not the table; a loop with calls is no call itself,
// one without them is.
// CHECK: graphopt.calls = [{function = "gather", nodes = []}, {function = "for", nodes = []}, {function = "parallel", nodes = []}]
// CHECK-LABEL: func.func @main(
// CHECK-DAG:     %[[ZERO:.+]] = arith.constant 0 : i64
// CHECK-DAG:     %[[BYTES:.+]] = arith.constant 64 : i64
// CHECK:         scf.for
// CHECK-NEXT:      call @graphopt_begin_call(
// CHECK-NEXT:      call @gather(
// CHECK-NEXT:      call @graphopt_end_call({{.+}}, {{.+}}, %[[ZERO]], %[[BYTES]])
// CHECK-NEXT:    }
// CHECK-NEXT:    call @graphopt_begin_call(
// CHECK-NEXT:    scf.for
// CHECK:         call @graphopt_end_call(
// CHECK-NEXT:    call @graphopt_begin_call(
// CHECK-NEXT:    scf.parallel
// CHECK:         call @graphopt_end_call(
func.func @main(%table: memref<1000xf32>, %indices: memref<4xi64>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    func.call @gather(%table, %indices, %y) : (memref<1000xf32>, memref<4xi64>, memref<4xf32>) -> ()
  }
  scf.for %i = %c0 to %c4 step %c1 {
    %v = memref.load %y[%i] : memref<4xf32>
    memref.store %v, %table[%i] : memref<1000xf32>
  }
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %v = memref.load %y[%i] : memref<4xf32>
    memref.store %v, %table[%i] : memref<1000xf32>
  }
  return
}
func.func private @gather(%table: memref<1000xf32>, %indices: memref<4xi64>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%indices : memref<4xi64>) outs(%y : memref<4xf32>) {
  ^bb0(%index: i64, %old: f32):
    %i = arith.index_cast %index : i64 to index
    %v = memref.load %table[%i] : memref<1000xf32>
    linalg.yield %v : f32
  }
  return
}

// -----

// Loops count for all that is in them. What is in no call comes last.
// CHECK: module attributes {graphopt.calls = [
// CHECK-SAME:  {function = "exp", nodes = ["exp"]},
// CHECK-SAME:  {function = "for", nodes = ["loop", "sum", "more"]},
// CHECK-SAME:  {function = "", nodes = ["shift", "view"]}]}
func.func @main(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index loc("zero")
  %c1 = arith.constant 1 : index loc("one")
  %c4 = arith.constant 4 : index loc("four")
  call @exp(%x) : (memref<4xf32>) -> () loc("exp")
  %a = memref.load %x[%c0] : memref<4xf32> loc("shift")
  memref.store %a, %x[%c1] : memref<4xf32> loc("exp")
  scf.for %i = %c0 to %c4 step %c1 {
    %b = memref.load %x[%i] : memref<4xf32> loc("sum")
    memref.store %b, %x[%c1] : memref<4xf32> loc(fused["sum", "more"])
  } loc("loop")
  %v = memref.cast %x : memref<4xf32> to memref<?xf32> loc("view")
  return loc("model")
} loc("model")
func.func private @exp(%x: memref<4xf32>)

// -----

// A group of kernels: 4 * 8 sums and 4 quotients, each buffer once.
// CHECK-LABEL: func.func @main(
// CHECK-DAG:     %[[OPERATIONS:.+]] = arith.constant 36 : i64
// CHECK-DAG:     %[[BYTES:.+]] = arith.constant 144 : i64
// CHECK:         call @graphopt_end_call({{.+}}, {{.+}}, %[[OPERATIONS]], %[[BYTES]])
func.func @main(%x: memref<4x8xf32>, %y: memref<4xf32>) {
  call @rows(%x, %y) : (memref<4x8xf32>, memref<4xf32>) -> ()
  return
}
func.func private @rows(%x: memref<4x8xf32>, %y: memref<4xf32>) {
  %count = arith.constant 8.0 : f32
  scf.execute_region no_inline {
    linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<4x8xf32>) outs(%y : memref<4xf32>) {
    ^bb0(%a: f32, %sum: f32):
      %s = arith.addf %sum, %a : f32
      linalg.yield %s : f32
    }
    linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%y : memref<4xf32>) {
    ^bb0(%sum: f32):
      %mean = arith.divf %sum, %count : f32
      linalg.yield %mean : f32
    }
    scf.yield
  }
  return
}
