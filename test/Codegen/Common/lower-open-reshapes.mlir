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
