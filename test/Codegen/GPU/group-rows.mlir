// RUN: graphopt-opt %s --graphopt-group-rows -split-input-file | FileCheck %s

#element = affine_map<(r, c) -> (r, c)>
#number = affine_map<(r, c) -> (r)>
#self = affine_map<(r) -> (r)>

// What makes a row's elements, what sums them up, and what uses the sums; sizes stand
// aside, also the fill of a sum that comes later.
// CHECK-LABEL: func @norm(
// CHECK:         %[[X:.+]] = memref.alloc
// CHECK:         memref.alloc
// CHECK:         scf.execute_region no_inline {
// CHECK-NEXT:      linalg.add
// CHECK-NEXT:      linalg.fill
// CHECK-NEXT:      linalg.generic {{.+}}"reduction"
// CHECK:           linalg.fill
// CHECK-NEXT:      linalg.generic {{.+}}"reduction"
// CHECK:           linalg.exp
// CHECK:           linalg.generic {{.+}}"parallel", "parallel"
// CHECK:           scf.yield
// CHECK:         memref.load
func.func @norm(%a: memref<?x64xf32>, %b: memref<?x64xf32>, %y: memref<?x64xf32>, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %square = memref.alloc(%n) : memref<?xf32>
  linalg.fill ins(%zero : f32) outs(%square : memref<?xf32>)
  %x = memref.alloc(%n) : memref<?x64xf32>
  linalg.add ins(%a, %b : memref<?x64xf32>, memref<?x64xf32>) outs(%x : memref<?x64xf32>)
  %sum = memref.alloc(%n) : memref<?xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<?x64xf32>) outs(%sum : memref<?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#element, #number, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x, %sum : memref<?x64xf32>, memref<?xf32>) outs(%square : memref<?xf32>) {
  ^bb0(%in: f32, %mean: f32, %out: f32):
    %0 = arith.subf %in, %mean : f32
    %1 = arith.mulf %0, %0 : f32
    %2 = arith.addf %1, %out : f32
    linalg.yield %2 : f32
  }
  linalg.exp ins(%square : memref<?xf32>) outs(%square : memref<?xf32>)
  linalg.generic {indexing_maps = [#element, #number, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %square : memref<?x64xf32>, memref<?xf32>) outs(%y : memref<?x64xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %0 = arith.mulf %in, %s : f32
    linalg.yield %0 : f32
  }
  %first = memref.load %square[%c0] : memref<?xf32>
  return %first : f32
}

// -----

#element = affine_map<(r, c) -> (r, c)>
#number = affine_map<(r, c) -> (r)>
#column = affine_map<(r, c) -> (c)>
#swapped = affine_map<(r, c) -> (c, r)>

// Another row's number, the elements in another order, a part of a buffer of the group, other
// sizes: each is for another kernel.
// CHECK-LABEL: func @others(
func.func @others(%x: memref<8x8xf32>, %y: memref<8x8xf32>, %z: memref<8x9xf32>, %s: memref<8xf32>, %t: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  // CHECK:      scf.execute_region no_inline {
  // CHECK-NEXT:   linalg.fill
  // CHECK-NEXT:   linalg.generic {{.+}}"reduction"
  // CHECK:        scf.yield
  // CHECK:      linalg.generic {{.+}} ins(%{{.+}} : memref<8xf32>) outs(%{{.+}} : memref<8x8xf32>)
  linalg.fill ins(%zero : f32) outs(%s : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x8xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#column, #element], iterator_types = ["parallel", "parallel"]}
      ins(%s : memref<8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  // CHECK:      scf.execute_region no_inline {
  // CHECK-NEXT:   linalg.fill
  // CHECK-NEXT:   linalg.generic {{.+}}"reduction"
  // CHECK:        scf.yield
  // CHECK:      linalg.generic {{.+}} ins(%{{.+}}, %{{.+}} : memref<8x8xf32>, memref<8xf32>) outs(%{{.+}} : memref<8x8xf32>)
  linalg.fill ins(%zero : f32) outs(%t : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x8xf32>) outs(%t : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#swapped, #number, #element], iterator_types = ["parallel", "parallel"]}
      ins(%x, %t : memref<8x8xf32>, memref<8xf32>) outs(%x : memref<8x8xf32>) {
  ^bb0(%in: f32, %sum: f32, %out: f32):
    %0 = arith.addf %in, %sum : f32
    linalg.yield %0 : f32
  }
  // CHECK:      scf.execute_region no_inline {
  // CHECK-NEXT:   linalg.fill
  // CHECK-NEXT:   linalg.generic {{.+}}"reduction"
  // CHECK:        scf.yield
  // CHECK:      linalg.generic {{.+}} outs(%{{.+}} : memref<8x9xf32>)
  linalg.fill ins(%zero : f32) outs(%s : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%y : memref<8x8xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#number, #element], iterator_types = ["parallel", "parallel"]}
      ins(%s : memref<8xf32>) outs(%z : memref<8x9xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  // CHECK:      scf.execute_region no_inline {
  // CHECK-NEXT:   linalg.fill
  // CHECK-NEXT:   linalg.generic {{.+}}"reduction"
  // CHECK:        scf.yield
  // CHECK:      linalg.fill {{.+}} outs(%{{.+}} : memref<4x8xf32
  linalg.fill ins(%zero : f32) outs(%t : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%y : memref<8x8xf32>) outs(%t : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  %part = memref.subview %y[4, 0] [4, 8] [1, 1] : memref<8x8xf32> to memref<4x8xf32, strided<[8, 1], offset: 32>>
  linalg.fill ins(%zero : f32) outs(%part : memref<4x8xf32, strided<[8, 1], offset: 32>>)
  return
}

// -----

#element = affine_map<(r, c) -> (r, c)>
#number = affine_map<(r, c) -> (r)>

// A sum that is read before it is set anew, in order; a row too long to be gone through again.
// CHECK-LABEL: func @apart(
// CHECK:         scf.execute_region no_inline {
// CHECK-NEXT:      linalg.fill
// CHECK-NEXT:      linalg.generic {{.+}}"reduction"
// CHECK:           linalg.exp
// CHECK-NEXT:      linalg.fill
// CHECK-NEXT:      scf.yield
// CHECK:         linalg.generic {{.+}} ins(%{{.+}} : memref<8x8193xf32>)
// CHECK-NOT:     scf.execute_region
func.func @apart(%x: memref<8x64xf32>, %long: memref<8x8193xf32>, %s: memref<8xf32>, %t: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%s : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x64xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  linalg.exp ins(%s : memref<8xf32>) outs(%t : memref<8xf32>)
  linalg.fill ins(%zero : f32) outs(%s : memref<8xf32>)
  linalg.generic {indexing_maps = [#element, #number], iterator_types = ["parallel", "reduction"]}
      ins(%long : memref<8x8193xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %in, %out : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#element = affine_map<(r, c) -> (r, c)>
#number = affine_map<(r, c) -> (r)>

// Threads of a row would read what another one has overwritten.
// CHECK-LABEL: func @overwritten(
// CHECK-NOT:     scf.execute_region
func.func @overwritten(%x: memref<8x64xf32>, %s: memref<8xf32>, %t: memref<8xf32>) {
  linalg.generic {indexing_maps = [#element, #number, #number], iterator_types = ["parallel", "reduction"]}
      ins(%x, %t : memref<8x64xf32>, memref<8xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%in: f32, %a: f32, %out: f32):
    %0 = arith.addf %in, %a : f32
    %1 = arith.addf %0, %out : f32
    linalg.yield %1 : f32
  }
  linalg.exp ins(%s : memref<8xf32>) outs(%t : memref<8xf32>)
  return
}
