// RUN: graphopt-opt %s --graphopt-forward-copies -split-input-file | FileCheck %s

// The part of the whole takes the shape of what is computed, and moves in front.
// CHECK-LABEL: func @reshaped(
// CHECK-SAME:      %[[X:[^:]+]]: memref<4x2x8xf32>
// CHECK-NEXT:    %[[WHOLE:.+]] = memref.alloc() : memref<8x16xf32>
// CHECK-NEXT:    %[[PART:.+]] = memref.subview %[[WHOLE]][0, 8] [8, 8]
// CHECK-NEXT:    %[[PLACE:.+]] = memref.expand_shape %[[PART]] {{\[\[}}0, 1], [2]]
// CHECK-NEXT:    linalg.exp ins(%[[X]] : {{.+}}) outs(%[[PLACE]] :
// CHECK-NEXT:    return %[[WHOLE]]
func.func @reshaped(%x: memref<4x2x8xf32>) -> memref<8x16xf32> {
  %a = memref.alloc() : memref<4x2x8xf32>
  linalg.exp ins(%x : memref<4x2x8xf32>) outs(%a : memref<4x2x8xf32>)
  %c = memref.collapse_shape %a [[0, 1], [2]] : memref<4x2x8xf32> into memref<8x8xf32>
  %whole = memref.alloc() : memref<8x16xf32>
  %part = memref.subview %whole[0, 8] [8, 8] [1, 1] : memref<8x16xf32> to memref<8x8xf32, strided<[16, 1], offset: 8>>
  memref.copy %c, %part : memref<8x8xf32> to memref<8x8xf32, strided<[16, 1], offset: 8>>
  return %whole : memref<8x16xf32>
}

// -----

// With open sizes, too, also if the border of the whole is filled meanwhile.
// CHECK-LABEL: func @open(
// CHECK-SAME:      %[[X:[^:]+]]: memref<?x2x8xf32>, %[[OUT:[^:]+]]: memref<?x8xf32>
// CHECK:         %[[PART:.+]] = memref.subview %[[OUT]][1, 0]
// CHECK:         %[[PLACE:.+]] = memref.expand_shape %[[PART]] {{\[\[}}0, 1], [2]] output_shape [%{{.+}}, 2, 8]
// CHECK:         linalg.exp ins(%[[X]] : {{.+}}) outs(%[[PLACE]] :
// CHECK-NOT:     memref.copy
#twice = affine_map<()[n] -> (n * 2)>
#end = affine_map<()[n] -> (n * 2 + 1)>
func.func @open(%x: memref<?x2x8xf32>, %out: memref<?x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x2x8xf32>
  %a = memref.alloc(%n) : memref<?x2x8xf32>
  linalg.exp ins(%x : memref<?x2x8xf32>) outs(%a : memref<?x2x8xf32>)
  %c = memref.collapse_shape %a [[0, 1], [2]] : memref<?x2x8xf32> into memref<?x8xf32>
  %end = affine.apply #end()[%n]
  %border = memref.subview %out[%end, 0] [1, 8] [1, 1] : memref<?x8xf32> to memref<1x8xf32, strided<[8, 1], offset: ?>>
  linalg.fill ins(%zero : f32) outs(%border : memref<1x8xf32, strided<[8, 1], offset: ?>>)
  %size = affine.apply #twice()[%n]
  %part = memref.subview %out[1, 0] [%size, 8] [1, 1] : memref<?x8xf32> to memref<?x8xf32, strided<[8, 1], offset: 8>>
  memref.copy %c, %part : memref<?x8xf32> to memref<?x8xf32, strided<[8, 1], offset: 8>>
  return
}

// -----

// A part of a part: what lies before it came later. It may be read afterwards.
// CHECK-LABEL: func @part(
// CHECK-SAME:      %[[X:[^:]+]]: memref<4x8xf32>, %[[Y:[^:]+]]: memref<4x8xf32>, %[[OUT:[^:]+]]: memref<4x16xf32>
// CHECK-NEXT:    %[[RIGHT:.+]] = memref.subview %[[OUT]][0, 8] [4, 8]
// CHECK-NEXT:    linalg.exp ins(%[[X]] : {{.+}}) outs(%[[RIGHT]] :
// CHECK-NEXT:    %[[LEFT:.+]] = memref.subview %[[OUT]][0, 0] [4, 8]
// CHECK-NEXT:    memref.copy %[[Y]], %[[LEFT]]
// CHECK-NEXT:    linalg.exp ins(%[[RIGHT]] : {{.+}}) outs(%[[Y]] :
func.func @part(%x: memref<4x8xf32>, %y: memref<4x8xf32>, %out: memref<4x16xf32>) {
  %a = memref.alloc() : memref<4x12xf32>
  %own = memref.subview %a[0, 4] [4, 8] [1, 1] : memref<4x12xf32> to memref<4x8xf32, strided<[12, 1], offset: 4>>
  linalg.exp ins(%x : memref<4x8xf32>) outs(%own : memref<4x8xf32, strided<[12, 1], offset: 4>>)
  %left = memref.subview %out[0, 0] [4, 8] [1, 1] : memref<4x16xf32> to memref<4x8xf32, strided<[16, 1]>>
  memref.copy %y, %left : memref<4x8xf32> to memref<4x8xf32, strided<[16, 1]>>
  %right = memref.subview %out[0, 8] [4, 8] [1, 1] : memref<4x16xf32> to memref<4x8xf32, strided<[16, 1], offset: 8>>
  memref.copy %own, %right : memref<4x8xf32, strided<[12, 1], offset: 4>> to memref<4x8xf32, strided<[16, 1], offset: 8>>
  linalg.exp ins(%own : memref<4x8xf32, strided<[12, 1], offset: 4>>) outs(%y : memref<4x8xf32>)
  return
}

// -----

// The place is read before the copy: its old elements are wanted.
// CHECK-LABEL: func @place_in_use(
// CHECK:         memref.copy
func.func @place_in_use(%x: memref<8xf32>, %out: memref<8xf32>, %other: memref<8xf32>) {
  %a = memref.alloc() : memref<8xf32>
  linalg.exp ins(%x : memref<8xf32>) outs(%a : memref<8xf32>)
  linalg.exp ins(%out : memref<8xf32>) outs(%other : memref<8xf32>)
  memref.copy %a, %out : memref<8xf32> to memref<8xf32>
  return
}

// -----

// What was copied is needed when the place has been written again.
// CHECK-LABEL: func @place_overwritten(
// CHECK:         memref.copy
func.func @place_overwritten(%x: memref<8xf32>, %out: memref<8xf32>, %other: memref<8xf32>) {
  %a = memref.alloc() : memref<8xf32>
  linalg.exp ins(%x : memref<8xf32>) outs(%a : memref<8xf32>)
  memref.copy %a, %out : memref<8xf32> to memref<8xf32>
  linalg.abs ins(%x : memref<8xf32>) outs(%out : memref<8xf32>)
  linalg.exp ins(%a : memref<8xf32>) outs(%other : memref<8xf32>)
  return
}

// -----

// The buffer that was copied is written again.
// CHECK-LABEL: func @computed_overwritten(
// CHECK:         memref.copy
func.func @computed_overwritten(%x: memref<8xf32>, %out: memref<8xf32>, %other: memref<8xf32>) {
  %a = memref.alloc() : memref<8xf32>
  linalg.exp ins(%x : memref<8xf32>) outs(%a : memref<8xf32>)
  memref.copy %a, %out : memref<8xf32> to memref<8xf32>
  linalg.abs ins(%x : memref<8xf32>) outs(%a : memref<8xf32>)
  linalg.exp ins(%a : memref<8xf32>) outs(%other : memref<8xf32>)
  return
}

// -----

// What one turn leaves in the buffer, the next one reads.
// CHECK-LABEL: func @carried(
// CHECK:         memref.copy
func.func @carried(%x: memref<8xf32>, %out: memref<8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<8xf32>
  scf.for %i = %c0 to %n step %c1 {
    linalg.add ins(%x, %a : memref<8xf32>, memref<8xf32>) outs(%a : memref<8xf32>)
    memref.copy %a, %out : memref<8xf32> to memref<8xf32>
  }
  return
}

// -----

// A part with gaps cannot take the shape.
// CHECK-LABEL: func @gaps(
// CHECK:         memref.copy
func.func @gaps(%x: memref<64xf32>, %out: memref<8x16xf32>) {
  %a = memref.alloc() : memref<64xf32>
  linalg.exp ins(%x : memref<64xf32>) outs(%a : memref<64xf32>)
  %e = memref.expand_shape %a [[0, 1]] output_shape [8, 8] : memref<64xf32> into memref<8x8xf32>
  %part = memref.subview %out[0, 8] [8, 8] [1, 1] : memref<8x16xf32> to memref<8x8xf32, strided<[16, 1], offset: 8>>
  memref.copy %e, %part : memref<8x8xf32> to memref<8x8xf32, strided<[16, 1], offset: 8>>
  return
}

// -----

// What is returned is the caller's, which frees it: no part of another buffer.
// CHECK-LABEL: func @returned(
// CHECK:         %[[A:.+]] = memref.alloc
// CHECK:         linalg.exp {{.+}} outs(%[[A]] :
// CHECK:         memref.copy %[[A]]
// CHECK:         return %[[A]],
func.func @returned(%x: memref<?x8xf32>, %n: index) -> (memref<?x8xf32>, memref<?x8xf32>) {
  %a = memref.alloc(%n) : memref<?x8xf32>
  linalg.exp ins(%x : memref<?x8xf32>) outs(%a : memref<?x8xf32>)
  %size = affine.apply affine_map<()[n] -> (n * 2)>()[%n]
  %whole = memref.alloc(%size) : memref<?x8xf32>
  %part = memref.subview %whole[0, 0] [%n, 8] [1, 1] : memref<?x8xf32> to memref<?x8xf32, strided<[8, 1]>>
  memref.copy %a, %part : memref<?x8xf32> to memref<?x8xf32, strided<[8, 1]>>
  return %a, %whole : memref<?x8xf32>, memref<?x8xf32>
}

// -----

// Rows of single elements apart: reshaped, they are no rows that a kernel writes.
// CHECK-LABEL: func @elements_apart(
// CHECK:         linalg.exp {{.+}} outs(%[[A:.+]] : memref<7x31xf32>)
// CHECK:         memref.copy
func.func @elements_apart(%x: memref<7x31xf32>) -> memref<31x7x2xf32> {
  %a = memref.alloc() : memref<7x31xf32>
  linalg.exp ins(%x : memref<7x31xf32>) outs(%a : memref<7x31xf32>)
  %flat = memref.collapse_shape %a [[0, 1]] : memref<7x31xf32> into memref<217xf32>
  %c = memref.expand_shape %flat [[0, 1, 2]] output_shape [31, 7, 1] : memref<217xf32> into memref<31x7x1xf32>
  %whole = memref.alloc() : memref<31x7x2xf32>
  %part = memref.subview %whole[0, 0, 0] [31, 7, 1] [1, 1, 1] : memref<31x7x2xf32> to memref<31x7x1xf32, strided<[14, 2, 1]>>
  memref.copy %c, %part : memref<31x7x1xf32> to memref<31x7x1xf32, strided<[14, 2, 1]>>
  return %whole : memref<31x7x2xf32>
}

// -----

// The place depends on the size of what is computed.
// CHECK-LABEL: func @place_by_size(
// CHECK:         linalg.exp {{.+}} outs(%[[A:.+]] : memref<1x?xf32>)
// CHECK:         memref.copy
func.func @place_by_size(%x: memref<1x?xf32>, %n: index, %out: memref<?xf32>) {
  %c1 = arith.constant 1 : index
  %a = memref.alloc(%n) : memref<?xf32>
  %row = memref.expand_shape %a [[0, 1]] output_shape [1, %n] : memref<?xf32> into memref<1x?xf32>
  linalg.exp ins(%x : memref<1x?xf32>) outs(%row : memref<1x?xf32>)
  %size = memref.dim %row, %c1 : memref<1x?xf32>
  %part = memref.subview %out[1] [%size] [1] : memref<?xf32> to memref<?xf32, strided<[1], offset: 1>>
  memref.copy %a, %part : memref<?xf32> to memref<?xf32, strided<[1], offset: 1>>
  return
}
