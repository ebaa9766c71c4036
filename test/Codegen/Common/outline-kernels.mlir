// RUN: graphopt-opt %s --graphopt-outline-kernels -split-input-file | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>

// Equal kernels on other buffers are one function; the last kernel scales by
// another constant.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[A:[^:]+]]: {{[^,]+}}, %[[V:[^:]+]]: {{[^,]+}}, %[[W:[^:]+]]: {{[^,]+}}, %[[B:[^:]+]]:
// CHECK-NEXT:    call @matmul_nx16(%[[A]], %[[V]], %[[B]])
// CHECK-NEXT:    call @matmul_nx16(%[[B]], %[[W]], %[[A]])
// CHECK-NEXT:    call @matmul_nx16_0(%[[A]], %[[V]], %[[B]])
// CHECK:       func.func private @matmul_nx16(%[[X:.+]]: memref<?x16xf32>, %[[Y:.+]]: memref<1x16x16xf32>, %[[Z:.+]]: memref<?x16xf32>) attributes {passthrough = ["noinline"]}
// CHECK:         kernel.matmul ins(%[[X]], %[[Y]] : {{.+}}) packed outs(%[[Z]] :
// CHECK:           arith.constant 2.0
// CHECK:       func.func private @matmul_nx16_0(
// CHECK:           arith.constant 3.0
func.func @main(%a: memref<?x16xf32>, %v: memref<1x16x16xf32>, %w: memref<1x16x16xf32>, %b: memref<?x16xf32>) {
  kernel.matmul ins(%a, %v : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%b : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %two = arith.constant 2.0 : f32
    %y = arith.mulf %sum, %two : f32
    kernel.yield %y : f32
  }
  kernel.matmul ins(%b, %w : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%a : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %two = arith.constant 2.0 : f32
    %y = arith.mulf %sum, %two : f32
    kernel.yield %y : f32
  }
  kernel.matmul ins(%a, %v : memref<?x16xf32>, memref<1x16x16xf32>) packed outs(%b : memref<?x16xf32>) {
  ^bb0(%sum: f32):
    %three = arith.constant 3.0 : f32
    %y = arith.mulf %sum, %three : f32
    kernel.yield %y : f32
  }
  return
}

// -----

// A buffer read and written is one argument: in place is other code.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[X:[^:]+]]: {{[^,]+}}, %[[Y:[^:]+]]:
// CHECK:         call @exp_64(%[[X]])
// CHECK:         call @exp_64_0(%[[X]], %[[Y]])
func.func @main(%x: memref<64xf32>, %y: memref<64xf32>) {
  linalg.exp ins(%x : memref<64xf32>) outs(%x : memref<64xf32>)
  linalg.exp ins(%x : memref<64xf32>) outs(%y : memref<64xf32>)
  return
}

// -----

// Constants move in, other values of the body are handed over.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:      %[[X:[^:]+]]: {{[^,]+}}, %[[S:[^:]+]]: f32)
// CHECK:         call @fill_64(%[[X]])
// CHECK:         call @generic_64(%[[X]], %[[S]])
// CHECK:       func.func private @fill_64(%[[Z:.+]]: memref<64xf32>)
// CHECK-NEXT:    %[[ZERO:.+]] = arith.constant 0.0
// CHECK-NEXT:    linalg.fill ins(%[[ZERO]] : f32) outs(%[[Z]] :
// CHECK:       func.func private @generic_64(%{{.+}}: memref<64xf32>, %[[T:.+]]: f32)
// CHECK:           linalg.yield %[[T]]
func.func @main(%x: memref<64xf32>, %s: f32) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<64xf32>)
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : memref<64xf32>) {
  ^bb0(%out: f32):
    linalg.yield %s : f32
  }
  return
}

// -----

// Parts of a buffer differ in where they begin, which is handed over.
// CHECK-LABEL: func.func @main(
// CHECK:         %[[P:.+]] = memref.cast %{{.+}} : memref<8x64xf32, strided<[128, 1], offset: 64>> to memref<8x64xf32, strided<[128, 1], offset: ?>>
// CHECK:         call @copy_8x64(%{{.+}}, %[[P]])
// CHECK:         %[[Q:.+]] = memref.cast %{{.+}} : memref<8x64xf32, strided<[128, 1], offset: 32>> to memref<8x64xf32, strided<[128, 1], offset: ?>>
// CHECK:         call @copy_8x64(%{{.+}}, %[[Q]])
func.func @main(%x: memref<8x64xf32>, %y: memref<8x128xf32>) {
  %p = memref.subview %y[0, 64] [8, 64] [1, 1] : memref<8x128xf32> to memref<8x64xf32, strided<[128, 1], offset: 64>>
  memref.copy %x, %p : memref<8x64xf32> to memref<8x64xf32, strided<[128, 1], offset: 64>>
  %q = memref.subview %y[0, 32] [8, 64] [1, 1] : memref<8x128xf32> to memref<8x64xf32, strided<[128, 1], offset: 32>>
  memref.copy %x, %q : memref<8x64xf32> to memref<8x64xf32, strided<[128, 1], offset: 32>>
  return
}

// -----

// Few elements, and what is in a function of its own already, stay.
// CHECK-LABEL: func.func @main(
// CHECK-NOT:     call
func.func @main(%x: memref<4x4xf32>, %y: memref<16x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<4x4xf32>)
  scf.parallel (%i) = (%c0) to (%c16) step (%c1) {
    %row = memref.subview %y[%i, 0] [1, 64] [1, 1] : memref<16x64xf32> to memref<1x64xf32, strided<[64, 1], offset: ?>>
    linalg.fill ins(%zero : f32) outs(%row : memref<1x64xf32, strided<[64, 1], offset: ?>>)
  }
  return
}
