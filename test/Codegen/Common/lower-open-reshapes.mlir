// RUN: graphopt-opt %s --graphopt-lower-open-reshapes --canonicalize | FileCheck %s

// Two open extents of one: strides are products of what follows.
// CHECK-LABEL: func @splits_rows(
// CHECK-SAME:      %[[X:[^:]+]]: memref<?x8xf32>, %[[B:[^:]+]]: index, %[[S:[^:]+]]: index
// CHECK:         %[[N:.+]] = arith.muli %[[S]], %c8
// CHECK:         memref.reinterpret_cast %[[X]] to offset: [0], sizes: [%[[B]], %[[S]], 8], strides: [%[[N]], 8, 1]
func.func @splits_rows(%x: memref<?x8xf32>, %b: index, %s: index) -> memref<?x?x8xf32> {
  %e = memref.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 8] : memref<?x8xf32> into memref<?x?x8xf32>
  return %e : memref<?x?x8xf32>
}

// CHECK-LABEL: func @keeps_one_open_extent(
// CHECK:         memref.expand_shape
func.func @keeps_one_open_extent(%x: memref<?x8xf32>, %b: index) -> memref<?x2x8xf32> {
  %e = memref.expand_shape %x [[0, 1], [2]] output_shape [%b, 2, 8] : memref<?x8xf32> into memref<?x2x8xf32>
  return %e : memref<?x2x8xf32>
}

// Upstream takes the first extent of 1 for the dropped one.
// CHECK-LABEL: func.func @reduced_view
func.func @reduced_view(%x: memref<1x?x?x?xf16>, %i: index, %n: index, %m: index)
    -> memref<1x?x?xf16, strided<[?, ?, 1], offset: ?>> {
  // CHECK: %[[VIEW:.*]] = memref.subview %{{.*}}[0, 0, %{{.*}}, 0] [1, %[[N:.*]], 1, %[[M:.*]]] [1, 1, 1, 1]
  // CHECK: %{{.*}}, %[[OFFSET:.*]], %{{.*}}:4, %[[STRIDES:.*]]:4 = memref.extract_strided_metadata %[[VIEW]]
  // CHECK: memref.reinterpret_cast %[[VIEW]] to offset: [%[[OFFSET]]], sizes: [1, %[[N]], %[[M]]], strides: [%[[STRIDES]]#0, %[[STRIDES]]#1, 1]
  %v = memref.subview %x[0, 0, %i, 0] [1, %n, 1, %m] [1, 1, 1, 1]
      : memref<1x?x?x?xf16> to memref<1x?x?xf16, strided<[?, ?, 1], offset: ?>>
  return %v : memref<1x?x?xf16, strided<[?, ?, 1], offset: ?>>
}

// It crashes where an extent of 1 has a step.
// CHECK-LABEL: func.func @stepping_view
func.func @stepping_view(%x: memref<1x5x3xi32>) -> memref<1x2xi32, strided<[30, 3], offset: 11>> {
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [11], sizes: [1, 2], strides: [30, 3]
  %v = memref.subview %x[0, 3, 2] [1, 2, 1] [2, 1, 1]
      : memref<1x5x3xi32> to memref<1x2xi32, strided<[30, 3], offset: 11>>
  return %v : memref<1x2xi32, strided<[30, 3], offset: 11>>
}

// And where another one has.
// CHECK-LABEL: func.func @stepping_rows
func.func @stepping_rows(%x: memref<2x3x58x1xf32>) -> memref<2x19x1xf32, strided<[174, 3, 1], offset: 60>> {
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [60], sizes: [2, 19, 1], strides: [174, 3, 1]
  %v = memref.subview %x[0, 1, 2, 0] [2, 1, 19, 1] [1, 1, 3, 1]
      : memref<2x3x58x1xf32> to memref<2x19x1xf32, strided<[174, 3, 1], offset: 60>>
  return %v : memref<2x19x1xf32, strided<[174, 3, 1], offset: 60>>
}
