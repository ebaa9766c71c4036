// RUN: graphopt-opt %s --graphopt-fuse-elementwise --canonicalize --cse -split-input-file | FileCheck %s

// A chain becomes one op.
// CHECK-LABEL: func @merges_chain(
// CHECK-SAME:      %[[X:[^:]+]]:
// CHECK:         %[[Y:.+]] = linalg.generic {{.+}} ins(%[[X]] :
// CHECK:           math.exp
// CHECK:           math.absf
// CHECK:         return %[[Y]]
func.func @merges_chain(%x: tensor<?x8xf32>, %e: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %a = linalg.exp ins(%x : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  %b = linalg.abs ins(%a : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %b : tensor<?x8xf32>
}

// -----

// A result with two readers is computed once.
// CHECK-LABEL: func @keeps_shared(
// CHECK-COUNT-1: math.exp
// CHECK-NOT:     math.exp
func.func @keeps_shared(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  %a = linalg.exp ins(%x : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %b = linalg.abs ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %c = linalg.negf ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %b, %c : tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// A broadcast is read through; an exponential is not computed once a row.
// CHECK-LABEL: func @broadcast(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x8xf32>, %[[B:[^:]+]]: tensor<8xf32>
// CHECK:         %[[EXP:.+]] = linalg.generic {{.+}} ins(%[[B]] :
// CHECK:           math.exp
// CHECK:         linalg.generic {{.+}} ins(%[[X]], %[[EXP]] : tensor<4x8xf32>, tensor<8xf32>)
func.func @broadcast(%x: tensor<4x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %e1 = tensor.empty() : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %a = linalg.exp ins(%b : tensor<8xf32>) outs(%e1 : tensor<8xf32>) -> tensor<8xf32>
  %w = linalg.broadcast ins(%a : tensor<8xf32>) outs(%e : tensor<4x8xf32>) dimensions = [0]
  %y = linalg.add ins(%x, %w : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A transpose stays an op of its own.
// CHECK-LABEL: func @keeps_transpose(
// CHECK-COUNT-2: linalg.generic
func.func @keeps_transpose(%x: tensor<4x8xf32>, %z: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<8x4xf32>
  %t = linalg.transpose ins(%x : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>) permutation = [1, 0]
  %y = linalg.add ins(%t, %z : tensor<8x4xf32>, tensor<8x4xf32>) outs(%e : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// The reshape moves behind the op, which works on two dimensions.
// CHECK-LABEL: func @sinks_reshape(
// CHECK:         linalg.generic {{.+}} ins(%{{.+}} : tensor<8x16xf32>)
// CHECK:         tensor.expand_shape
func.func @sinks_reshape(%x: tensor<8x16xf32>) -> tensor<2x4x16xf32> {
  %r = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, 4, 16] : tensor<8x16xf32> into tensor<2x4x16xf32>
  %e = tensor.empty() : tensor<2x4x16xf32>
  %y = linalg.exp ins(%r : tensor<2x4x16xf32>) outs(%e : tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  return %y : tensor<2x4x16xf32>
}

// -----

// A size that turns out to be fixed ends the rewriting, here at no elements.
// CHECK-LABEL: func @size_becomes_fixed(
// CHECK-SAME:      %{{.+}}: tensor<?x?xf32>, %[[N:[^:]+]]: index
// CHECK-COUNT-1: tensor.empty(%[[N]])
// CHECK-NOT:     tensor.empty
func.func @size_becomes_fixed(%x: tensor<?x?xf32>, %n: index, %start: index) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %e = tensor.empty(%n, %c0) : tensor<?x?xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel"]} outs(%e : tensor<?x?xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %k = arith.addi %j, %start : index
    %v = tensor.extract %x[%i, %k] : tensor<?x?xf32>
    linalg.yield %v : f32
  } -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// -----

// Splats are values of the body.
// CHECK-LABEL: func @reads_splats(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x8xf32>, %[[V:[^:]+]]: f32
// CHECK:         %[[TWO:.+]] = arith.constant 2.0
// CHECK:         linalg.generic {{.+}} ins(%[[X]] : tensor<4x8xf32>)
// CHECK:         ^bb0(%[[A:.+]]: f32, %{{.+}}: f32):
// CHECK-NEXT:      %[[S:.+]] = arith.addf %[[A]], %[[V]]
// CHECK-NEXT:      arith.mulf %[[S]], %[[TWO]]
func.func @reads_splats(%x: tensor<4x8xf32>, %v: f32) -> tensor<4x8xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %two = arith.constant dense<2.0> : tensor<4x8xf32>
  %f = linalg.fill ins(%v : f32) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %a = linalg.add ins(%x, %f : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  %b = linalg.mul ins(%a, %two : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %b : tensor<4x8xf32>
}

// -----

// What is overwritten need not be kept.
// CHECK-LABEL: func @forgets_overwritten(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<?x8xf32>, %[[Y:[^:]+]]: tensor<?x8xf32>
// CHECK:         %[[E:.+]] = tensor.empty
// CHECK:         linalg.generic {{.+}} ins(%[[X]] : tensor<?x8xf32>) outs(%[[E]] :
func.func @forgets_overwritten(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %a = linalg.exp ins(%x : tensor<?x8xf32>) outs(%y : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %a : tensor<?x8xf32>
}

// -----

// What can end a kernel does not move into the reduction that reads it.
// CHECK-LABEL: func @leaves_epilogue(
// CHECK:         %[[K:.+]] = kernel.matmul
// CHECK:         %[[A:.+]] = linalg.generic {{.+}} ["parallel", "parallel"]} ins(%[[K]], %{{.+}} : {{.+}})
// CHECK:         linalg.generic {{.+}} ["parallel", "reduction"]} ins(%[[A]] :
func.func @leaves_epilogue(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %r: tensor<4x16xf32>, %s: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4x16xf32>
  %k = kernel.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%v: f32):
    kernel.yield %v : f32
  } -> tensor<4x16xf32>
  %a = linalg.add ins(%k, %r : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %b = linalg.abs ins(%a : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %m = linalg.reduce ins(%b : tensor<4x16xf32>) outs(%s : tensor<4xf32>) dimensions = [1]
    (%v: f32, %sum: f32) {
      %t = arith.addf %v, %sum : f32
      linalg.yield %t : f32
    }
  return %m : tensor<4xf32>
}

// -----

// Rotary embedding: the halves are computed each for itself, from halves of what is
// transposed, without a copy.
// CHECK-LABEL: func @parts_of_concat(
// CHECK-SAME:      %[[X:[^:]+]]: tensor<4x2x64xf32>, %[[COS:[^:]+]]: tensor<4x64xf32>, %[[SIN:[^:]+]]: tensor<4x64xf32>
// CHECK-DAG:     %[[LOW:.+]] = tensor.extract_slice %[[X]][0, 0, 0] [4, 2, 32]
// CHECK-DAG:     %[[HIGH:.+]] = tensor.extract_slice %[[X]][0, 0, 32] [4, 2, 32]
// CHECK:         %[[A:.+]] = linalg.generic {{.+}} ins(%[[LOW]], %{{.+}}, %[[HIGH]], %{{.+}} :
// CHECK:           arith.negf
// CHECK:         %[[B:.+]] = linalg.generic {{.+}} ins(%[[HIGH]], %{{.+}}, %[[LOW]], %{{.+}} :
// CHECK-NOT:       arith.negf
// CHECK:         tensor.concat dim(2) %[[A]], %[[B]]
func.func @parts_of_concat(%x: tensor<4x2x64xf32>, %cos: tensor<4x64xf32>, %sin: tensor<4x64xf32>) -> tensor<2x4x64xf32> {
  %e = tensor.empty() : tensor<2x4x64xf32>
  %h = tensor.empty() : tensor<2x4x32xf32>
  %t = linalg.transpose ins(%x : tensor<4x2x64xf32>) outs(%e : tensor<2x4x64xf32>) permutation = [1, 0, 2]
  %low = tensor.extract_slice %t[0, 0, 0] [2, 4, 32] [1, 1, 1] : tensor<2x4x64xf32> to tensor<2x4x32xf32>
  %high = tensor.extract_slice %t[0, 0, 32] [2, 4, 32] [1, 1, 1] : tensor<2x4x64xf32> to tensor<2x4x32xf32>
  %neg = linalg.negf ins(%high : tensor<2x4x32xf32>) outs(%h : tensor<2x4x32xf32>) -> tensor<2x4x32xf32>
  %turned = tensor.concat dim(2) %neg, %low : (tensor<2x4x32xf32>, tensor<2x4x32xf32>) -> tensor<2x4x64xf32>
  %c = linalg.broadcast ins(%cos : tensor<4x64xf32>) outs(%e : tensor<2x4x64xf32>) dimensions = [0]
  %s = linalg.broadcast ins(%sin : tensor<4x64xf32>) outs(%e : tensor<2x4x64xf32>) dimensions = [0]
  %a = linalg.mul ins(%t, %c : tensor<2x4x64xf32>, tensor<2x4x64xf32>) outs(%e : tensor<2x4x64xf32>) -> tensor<2x4x64xf32>
  %b = linalg.mul ins(%turned, %s : tensor<2x4x64xf32>, tensor<2x4x64xf32>) outs(%e : tensor<2x4x64xf32>) -> tensor<2x4x64xf32>
  %y = linalg.add ins(%a, %b : tensor<2x4x64xf32>, tensor<2x4x64xf32>) outs(%e : tensor<2x4x64xf32>) -> tensor<2x4x64xf32>
  return %y : tensor<2x4x64xf32>
}

// -----

// A concat with another reader has its buffer anyway, and rows of a few elements
// would not fill vectors.
// CHECK-LABEL: func @keeps_concat(
// CHECK-DAG:     %[[READ:.+]] = tensor.concat dim(0)
// CHECK-DAG:     linalg.generic {{.+}} ins(%[[READ]] :
// CHECK-DAG:     %[[SHORT:.+]] = tensor.concat dim(1)
// CHECK-DAG:     linalg.generic {{.+}} ins(%[[SHORT]] :
// CHECK:         return
func.func @keeps_concat(%x: tensor<4x8xf32>) -> (tensor<8x8xf32>, tensor<8x8xf32>, tensor<4x16xf32>) {
  %e = tensor.empty() : tensor<8x8xf32>
  %read = tensor.concat dim(0) %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
  %y = linalg.exp ins(%read : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) -> tensor<8x8xf32>
  %short = tensor.concat dim(1) %x, %x : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %e2 = tensor.empty() : tensor<4x16xf32>
  %z = linalg.exp ins(%short : tensor<4x16xf32>) outs(%e2 : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %read, %y, %z : tensor<8x8xf32>, tensor<8x8xf32>, tensor<4x16xf32>
}

// -----

// A sum that becomes the end of a kernel stays whole.
// CHECK-LABEL: func @keeps_epilogue(
// CHECK:         %[[PRODUCT:.+]] = kernel.matmul
// CHECK:         %[[SUM:.+]] = linalg.generic {{.+}} ins(%{{.+}}, %[[PRODUCT]] :
// CHECK:         return %[[SUM]]
func.func @keeps_epilogue(%x: tensor<4x16xf32>, %a: tensor<8x4xf32>, %b: tensor<4x16xf32>) -> tensor<8x16xf32> {
  %e = tensor.empty() : tensor<8x16xf32>
  %p = kernel.matmul ins(%a, %b : tensor<8x4xf32>, tensor<4x16xf32>) outs(%e : tensor<8x16xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<8x16xf32>
  %c = tensor.concat dim(0) %x, %x : (tensor<4x16xf32>, tensor<4x16xf32>) -> tensor<8x16xf32>
  %y = linalg.add ins(%c, %p : tensor<8x16xf32>, tensor<8x16xf32>) outs(%e : tensor<8x16xf32>) -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// A part of a concat is a part of what lies there.
// CHECK-LABEL: func @slice_of_concat(
// CHECK-SAME:      %{{.+}}: tensor<4x8xf32>, %[[B:[^:]+]]: tensor<4x8xf32>
// CHECK-NEXT:    tensor.extract_slice %[[B]][0, 2] [4, 3] [1, 2]
func.func @slice_of_concat(%a: tensor<4x8xf32>, %b: tensor<4x8xf32>) -> tensor<4x3xf32> {
  %c = tensor.concat dim(1) %a, %b : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x16xf32>
  %s = tensor.extract_slice %c[0, 10] [4, 3] [1, 2] : tensor<4x16xf32> to tensor<4x3xf32>
  return %s : tensor<4x3xf32>
}

// -----

// A number that became a tensor of one keeps its padding.
// CHECK-LABEL: func @pads_scalar(
// CHECK:         %[[ONE:.+]] = tensor.expand_shape
// CHECK:         tensor.pad %[[ONE]] low[1] high[2]
func.func @pads_scalar(%x: tensor<f32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %one = tensor.expand_shape %x [] output_shape [1] : tensor<f32> into tensor<1xf32>
  %y = tensor.pad %one low[1] high[2] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } : tensor<1xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// And a padded tensor that is a number: none of its numbers may be the source's.
// CHECK-LABEL: func @padding_as_number(
// CHECK:         %[[PAD:.+]] = tensor.pad %arg0 low[1] high[0]
// CHECK:         tensor.collapse_shape %[[PAD]] []
func.func @padding_as_number(%x: tensor<0xf32>) -> tensor<f32> {
  %number = arith.constant 1.5 : f32
  %y = tensor.pad %x low[1] high[0] {
  ^bb0(%i: index):
    tensor.yield %number : f32
  } : tensor<0xf32> to tensor<1xf32>
  %z = tensor.collapse_shape %y [] : tensor<1xf32> into tensor<f32>
  return %z : tensor<f32>
}

// -----

// Sums so far, of one element each, are not added up again for each copy.
// CHECK-LABEL: func @sums_so_far(
// CHECK:         linalg.generic
// CHECK-SAME:        iterator_types = ["parallel", "parallel"]
// CHECK:           arith.addf
// CHECK:         linalg.generic
// CHECK-SAME:        iterator_types = ["parallel", "parallel", "parallel"]
#sums = affine_map<(d0, d1) -> (d0, d1)>
#copied = affine_map<(d0, d1, d2) -> (d1, d2)>
#copies = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @sums_so_far(%x: tensor<4x7xf32>, %sum: tensor<4x7xf32>) -> tensor<3x4x7xf32> {
  %e = tensor.empty() : tensor<4x7xf32>
  %0:2 = linalg.generic {indexing_maps = [#sums, #sums, #sums], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<4x7xf32>) outs(%sum, %e : tensor<4x7xf32>, tensor<4x7xf32>) {
  ^bb0(%in: f32, %sum_in: f32, %out: f32):
    %a = arith.addf %sum_in, %in : f32
    linalg.yield %a, %a : f32, f32
  } -> (tensor<4x7xf32>, tensor<4x7xf32>)
  %t = tensor.empty() : tensor<3x4x7xf32>
  %1 = linalg.generic {indexing_maps = [#copied, #copies], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%0#1 : tensor<4x7xf32>) outs(%t : tensor<3x4x7xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<3x4x7xf32>
  return %1 : tensor<3x4x7xf32>
}

// -----

// An extent that only the result's type tells stays known.
// CHECK-LABEL: func @extent_of_type(
// CHECK:         tensor.expand_shape %{{.+}} {{\[\[}}0, 1]] output_shape [%{{.+}}, 1] : tensor<?xf32> into tensor<?x1xf32>
#same = affine_map<(d0, d1) -> (d0, d1)>
func.func @extent_of_type(%x: tensor<?x?xf32>, %e: tensor<?x1xf32>) -> (tensor<?x1xf32>, tensor<?xf32>) {
  %0 = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %s = math.exp %in : f32
    linalg.yield %s : f32
  } -> tensor<?x1xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<?x1xf32> into tensor<?xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?xf32>
}
