// RUN: %graphopt-opt %s --kernel-fuse-epilogues | FileCheck %s

#mn = affine_map<(m, n) -> (m, n)>
#m = affine_map<(m, n) -> (m)>
#n = affine_map<(m, n) -> (n)>
#nm = affine_map<(m, n) -> (n, m)>
#bsn = affine_map<(b, s, n) -> (b, s, n)>
#last = affine_map<(b, s, n) -> (n)>

// Bias, a function that reads the value twice, a scale by row and a residual
// that is overwritten become one epilogue; constants come along.
// CHECK-LABEL: func @chain(
// CHECK-SAME:      %[[BIAS:[^:]+]]: tensor<100xf32>, %[[SCALE:[^:]+]]: tensor<?xf32>, %[[X:[^:]+]]: tensor<?x100xf32>
// CHECK-NOT:     linalg.generic
// CHECK:         kernel.matmul {{.+}} outs(%[[X]] : tensor<?x100xf32>) extras(%[[BIAS]], %[[SCALE]], %[[X]] : {{.+}}) maps
// CHECK-NEXT:    ^bb0(%[[SUM:.+]]: f32, %[[B:.+]]: f32, %[[S:.+]]: f32, %[[R:.+]]: f32):
// CHECK:           arith.constant 5.000000e-01 : f32
// CHECK:           %[[V:.+]] = arith.addf %[[SUM]], %[[B]]
// CHECK:           math.erf %[[V]]
// CHECK:           kernel.yield
// CHECK-NOT:     linalg.generic
func.func @chain(%a: tensor<?x48xf32>, %b: tensor<48x100xf32>, %bias: tensor<100xf32>,
                 %scale: tensor<?xf32>, %x: tensor<?x100xf32>) -> tensor<?x100xf32> {
  %half = arith.constant 0.5 : f32
  %i0 = arith.constant 0 : index
  %m = tensor.dim %a, %i0 : tensor<?x48xf32>
  %e = tensor.empty(%m) : tensor<?x100xf32>
  %0 = kernel.matmul ins(%a, %b : tensor<?x48xf32>, tensor<48x100xf32>) outs(%e : tensor<?x100xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x100xf32>
  %1 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0, %bias : tensor<?x100xf32>, tensor<100xf32>) outs(%e : tensor<?x100xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<?x100xf32>
  %2 = linalg.generic {indexing_maps = [#mn, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%1, %1 : tensor<?x100xf32>, tensor<?x100xf32>) outs(%e : tensor<?x100xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %u = math.erf %p : f32
    %v = arith.mulf %u, %half : f32
    %w = arith.mulf %v, %q : f32
    linalg.yield %w : f32
  } -> tensor<?x100xf32>
  %3 = linalg.generic {indexing_maps = [#mn, #m, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%2, %scale : tensor<?x100xf32>, tensor<?xf32>) outs(%x : tensor<?x100xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.mulf %p, %q : f32
    %t = arith.addf %s, %o : f32
    linalg.yield %t : f32
  } -> tensor<?x100xf32>
  return %3 : tensor<?x100xf32>
}

// A consumer on [batch, seq, n] reads the value through a reshape, which sinks.
// CHECK-LABEL: func @consumer_of_expanded(
// CHECK-NOT:     linalg.generic
// CHECK:         %[[R:.+]] = kernel.matmul {{.+}} extras
// CHECK:         tensor.expand_shape %[[R]]
// CHECK-NOT:     linalg.generic
func.func @consumer_of_expanded(%a: tensor<?x48xf32>, %b: tensor<48x64xf32>, %bias: tensor<64xf32>, %x: tensor<?x?x64xf32>) -> tensor<?x?x64xf32> {
  %i0 = arith.constant 0 : index
  %i1 = arith.constant 1 : index
  %m = tensor.dim %a, %i0 : tensor<?x48xf32>
  %batch = tensor.dim %x, %i0 : tensor<?x?x64xf32>
  %seq = tensor.dim %x, %i1 : tensor<?x?x64xf32>
  %c = tensor.empty(%m) : tensor<?x64xf32>
  %e = tensor.empty(%batch, %seq) : tensor<?x?x64xf32>
  %0 = kernel.matmul ins(%a, %b : tensor<?x48xf32>, tensor<48x64xf32>) outs(%c : tensor<?x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x64xf32>
  %1 = tensor.expand_shape %0 [[0, 1], [2]] output_shape [%batch, %seq, 64] : tensor<?x64xf32> into tensor<?x?x64xf32>
  %2 = linalg.generic {indexing_maps = [#bsn, #last, #bsn], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1, %bias : tensor<?x?x64xf32>, tensor<64xf32>) outs(%e : tensor<?x?x64xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<?x?x64xf32>
  %3 = linalg.generic {indexing_maps = [#bsn, #bsn, #bsn], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%2, %x : tensor<?x?x64xf32>, tensor<?x?x64xf32>) outs(%e : tensor<?x?x64xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<?x?x64xf32>
  return %3 : tensor<?x?x64xf32>
}

// The other way round: the kernel has batches, the consumer has rows.
// CHECK-LABEL: func @consumer_of_collapsed(
// CHECK-NOT:     linalg.generic
// CHECK:         %[[R:.+]] = kernel.matmul {{.+}} extras
// CHECK:         tensor.collapse_shape %[[R]]
// CHECK-NOT:     linalg.generic
func.func @consumer_of_collapsed(%a: tensor<?x16x48xf32>, %b: tensor<48x64xf32>, %bias: tensor<64xf32>) -> tensor<?x64xf32> {
  %i0 = arith.constant 0 : index
  %batch = tensor.dim %a, %i0 : tensor<?x16x48xf32>
  %c = tensor.empty(%batch) : tensor<?x16x64xf32>
  %0 = kernel.matmul ins(%a, %b : tensor<?x16x48xf32>, tensor<48x64xf32>) outs(%c : tensor<?x16x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x16x64xf32>
  %1 = tensor.collapse_shape %0 [[0, 1], [2]] : tensor<?x16x64xf32> into tensor<?x64xf32>
  %m = tensor.dim %1, %i0 : tensor<?x64xf32>
  %e = tensor.empty(%m) : tensor<?x64xf32>
  %2 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%1, %bias : tensor<?x64xf32>, tensor<64xf32>) outs(%e : tensor<?x64xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<?x64xf32>
  return %2 : tensor<?x64xf32>
}

// A constant divisor is never 0; one that is read could be past the last column.
// CHECK-LABEL: func @integer_division(
// CHECK:         kernel.matmul
// CHECK:           arith.divsi %{{.+}}, %{{.+}} : i32
// CHECK:           kernel.yield
// CHECK:         linalg.generic
// CHECK:           arith.divsi
func.func @integer_division(%a: tensor<4x48xi32>, %b: tensor<48x3xi32>, %d: tensor<3xi32>) -> tensor<4x3xi32> {
  %seven = arith.constant 7 : i32
  %e = tensor.empty() : tensor<4x3xi32>
  %0 = kernel.matmul ins(%a, %b : tensor<4x48xi32>, tensor<48x3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  } -> tensor<4x3xi32>
  %1 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%p: i32, %o: i32):
    %s = arith.divsi %p, %seven : i32
    linalg.yield %s : i32
  } -> tensor<4x3xi32>
  %2 = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%1, %d : tensor<4x3xi32>, tensor<3xi32>) outs(%e : tensor<4x3xi32>) {
  ^bb0(%p: i32, %q: i32, %o: i32):
    %s = arith.divsi %p, %q : i32
    linalg.yield %s : i32
  } -> tensor<4x3xi32>
  return %2 : tensor<4x3xi32>
}

// The value has a second reader; an extra would be read by columns of a tile; a
// sum over rows is no epilogue. None of them is fused.
// CHECK-LABEL: func @stays_outside(
// CHECK:         kernel.matmul
// CHECK:         linalg.generic
// CHECK:         kernel.matmul
// CHECK:         linalg.generic
// CHECK:         kernel.matmul
// CHECK:         linalg.generic
func.func @stays_outside(%a: tensor<4x48xf32>, %b: tensor<48x4xf32>, %x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4x4xf32>
  %0 = kernel.matmul ins(%a, %b : tensor<4x48xf32>, tensor<48x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x4xf32>
  %1 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.negf %p : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  %2 = kernel.matmul ins(%a, %b : tensor<4x48xf32>, tensor<48x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x4xf32>
  %3 = linalg.generic {indexing_maps = [#mn, #nm, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%2, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %s = arith.addf %p, %q : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  %4 = kernel.matmul ins(%a, %b : tensor<4x48xf32>, tensor<48x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<4x4xf32>
  %f = tensor.empty() : tensor<4xf32>
  %5 = linalg.generic {indexing_maps = [#mn, #n], iterator_types = ["reduction", "parallel"]}
      ins(%4 : tensor<4x4xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%p: f32, %o: f32):
    %s = arith.addf %p, %o : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0, %1, %3, %5 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>
}

// -----

// A value that one op reads as it is and reshaped ends no kernel; the pass ends.
// CHECK-LABEL: func @two_shapes(
// CHECK:         kernel.matmul
// CHECK:         linalg.generic
func.func @two_shapes(%a: tensor<1x21xf32>, %b: tensor<21x1xf32>, %sum: tensor<1xf32>) -> tensor<1xf32> {
  %e = tensor.empty() : tensor<1x1xf32>
  %0 = kernel.matmul ins(%a, %b : tensor<1x21xf32>, tensor<21x1xf32>) outs(%e : tensor<1x1xf32>) {
  ^bb0(%x: f32):
    kernel.yield %x : f32
  } -> tensor<1x1xf32>
  %1 = tensor.collapse_shape %0 [[0, 1]] : tensor<1x1xf32> into tensor<1xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}
      ins(%0, %1 : tensor<1x1xf32>, tensor<1xf32>) outs(%sum : tensor<1xf32>) {
  ^bb0(%x: f32, %y: f32, %out: f32):
    %3 = arith.mulf %x, %y : f32
    %4 = arith.addf %out, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<1xf32>
  return %2 : tensor<1xf32>
}
