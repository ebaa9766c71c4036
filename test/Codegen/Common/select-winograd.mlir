// RUN: %graphopt-opt %s --kernel-select-winograd=cpu=avx2 | FileCheck %s
// RUN: %graphopt-opt %s --kernel-select-winograd="cpu=avx2 points=4" \
// RUN:   --mlir-elide-resource-strings-if-larger=200 | FileCheck %s --check-prefix=TWO

// F(4, 3) saves three quarters of the products. The filter goes from (o, c, k)
// to (product, c, o); nothing is left of the original.
// CHECK-LABEL: func @large(
// CHECK-NOT:     tensor<64x32x3x3xf32>
// CHECK:         %[[W:.+]] = arith.constant dense_resource<constant_winograd{{.*}}> : tensor<36x32x64xf32>
// CHECK:         kernel.winograd_conv ins(%{{.+}}, %[[W]] : tensor<1x58x58x32xf32>, tensor<36x32x64xf32>) taps = [3, 3] tile = [4, 4] block = 33
// CHECK-SAME:      outs(%{{.+}} : tensor<1x56x56x64xf32>) extras(%{{.+}} : tensor<64xf32>) maps [#{{.+}}]
// CHECK:           arith.addf
// TWO-LABEL:   func @large(
// TWO:           kernel.winograd_conv {{.+}} tensor<16x32x64xf32>) taps = [3, 3] tile = [2, 2] block
func.func @large(%x: tensor<1x58x58x32xf32>, %y: tensor<1x56x56x64xf32>, %b: tensor<64xf32>) -> tensor<1x56x56x64xf32> {
  %w = arith.constant dense<1.0> : tensor<64x32x3x3xf32>
  %r = kernel.conv ins(%x, %w : tensor<1x58x58x32xf32>, tensor<64x32x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<1x56x56x64xf32>)
         extras(%b : tensor<64xf32>) maps [affine_map<(b, y, x, o) -> (o)>] {
  ^bb0(%sum: f32, %bias: f32):
    %0 = arith.addf %sum, %bias : f32
    kernel.yield %0 : f32
  } -> tensor<1x56x56x64xf32>
  return %r : tensor<1x56x56x64xf32>
}

// CHECK-LABEL: func @open(
// CHECK:         kernel.winograd_conv {{.+}} tensor<36x32x64xf32>) taps = [3, 3] tile = [4, 4] block
func.func @open(%x: tensor<?x?x?x32xf32>, %y: tensor<?x?x?x64xf32>) -> tensor<?x?x?x64xf32> {
  %w = arith.constant dense<1.0> : tensor<64x32x3x3xf32>
  %r = kernel.conv ins(%x, %w : tensor<?x?x?x32xf32>, tensor<64x32x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<?x?x?x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x?x?x64xf32>
  return %r : tensor<?x?x?x64xf32>
}

// Four tiles of F(4, 3) would not be worth loading its large filter for.
// CHECK-LABEL: func @deep(
// CHECK:         kernel.winograd_conv {{.+}} tensor<16x512x512xf32>) taps = [3, 3] tile = [2, 2] block = 16
func.func @deep(%x: tensor<1x9x9x512xf32>, %y: tensor<1x7x7x512xf32>) -> tensor<1x7x7x512xf32> {
  %w = arith.constant dense<1.0> : tensor<512x512x3x3xf32>
  %r = kernel.conv ins(%x, %w : tensor<1x9x9x512xf32>, tensor<512x512x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<1x7x7x512xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x7x7x512xf32>
  return %r : tensor<1x7x7x512xf32>
}

// Transforms cost more than the products of few channels.
// CHECK-LABEL: func @few_channels(
// CHECK:         kernel.conv
func.func @few_channels(%x: tensor<1x58x58x3xf32>, %y: tensor<1x56x56x8xf32>) -> tensor<1x56x56x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x3x3x3xf32>
  %r = kernel.conv ins(%x, %w : tensor<1x58x58x3xf32>, tensor<8x3x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<1x56x56x8xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x56x56x8xf32>
  return %r : tensor<1x56x56x8xf32>
}

// Along one dimension: 6 products for 2 pixels take the place of 10. Four points
// have no two outputs of five taps.
// CHECK-LABEL: func @line(
// CHECK:         kernel.winograd_conv {{.+}} tensor<6x256x512xf32>) taps = [5] tile = [2] block
// TWO-LABEL:   func @line(
// TWO:           kernel.conv
func.func @line(%x: tensor<?x512x256xf32>, %y: tensor<?x508x512xf32>) -> tensor<?x508x512xf32> {
  %w = arith.constant dense<1.0> : tensor<512x256x5xf32>
  %r = kernel.conv ins(%x, %w : tensor<?x512x256xf32>, tensor<512x256x5xf32>)
         strides = [1] dilations = [1] groups = 1 outs(%y : tensor<?x508x512xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<?x508x512xf32>
  return %r : tensor<?x508x512xf32>
}

// In one of two, and in both with other taps; where nothing slides there is
// nothing to save.
// CHECK-LABEL: func @other_taps(
// CHECK:         kernel.winograd_conv {{.+}} tensor<6x64x64xf32>) taps = [1, 3] tile = [1, 4] block
// CHECK:         kernel.winograd_conv {{.+}} tensor<6x64x64xf32>) taps = [4, 1] tile = [3, 1] block
// CHECK:         kernel.winograd_conv {{.+}} tensor<36x64x64xf32>) taps = [5, 3] tile = [2, 4] block
// CHECK:         kernel.conv
// TWO-LABEL:   func @other_taps(
// TWO:           kernel.winograd_conv {{.+}} tensor<4x64x64xf32>) taps = [1, 3] tile = [1, 2] block
// TWO-COUNT-3:   kernel.conv
func.func @other_taps(%x: tensor<1x36x36x64xf32>, %y13: tensor<1x36x34x64xf32>, %y41: tensor<1x33x36x64xf32>, %y53: tensor<1x32x34x64xf32>)
    -> (tensor<1x36x34x64xf32>, tensor<1x33x36x64xf32>, tensor<1x32x34x64xf32>, tensor<1x36x36x64xf32>) {
  %w13 = arith.constant dense<1.0> : tensor<64x64x1x3xf32>
  %w41 = arith.constant dense<1.0> : tensor<64x64x4x1xf32>
  %w53 = arith.constant dense<1.0> : tensor<64x64x5x3xf32>
  %w11 = arith.constant dense<1.0> : tensor<64x64x1x1xf32>
  %0 = kernel.conv ins(%x, %w13 : tensor<1x36x36x64xf32>, tensor<64x64x1x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y13 : tensor<1x36x34x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x36x34x64xf32>
  %1 = kernel.conv ins(%x, %w41 : tensor<1x36x36x64xf32>, tensor<64x64x4x1xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y41 : tensor<1x33x36x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x33x36x64xf32>
  %2 = kernel.conv ins(%x, %w53 : tensor<1x36x36x64xf32>, tensor<64x64x5x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y53 : tensor<1x32x34x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x32x34x64xf32>
  %3 = kernel.conv ins(%x, %w11 : tensor<1x36x36x64xf32>, tensor<64x64x1x1xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%x : tensor<1x36x36x64xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x36x36x64xf32>
  return %0, %1, %2, %3 : tensor<1x36x34x64xf32>, tensor<1x33x36x64xf32>, tensor<1x32x34x64xf32>, tensor<1x36x36x64xf32>
}

// Not with strides, dilations, groups, longer windows, half floats, or weights
// that only the run knows.
// CHECK-LABEL: func @others(
// CHECK-COUNT-6: kernel.conv
// TWO-LABEL:   func @others(
// TWO-COUNT-6:   kernel.conv
func.func @others(%x: tensor<1x30x30x32xf32>, %h: tensor<1x30x30x32xf16>, %v: tensor<32x32x3x3xf32>,
                  %y14: tensor<1x14x14x32xf32>, %y24: tensor<1x24x24x32xf32>, %y26: tensor<1x26x26x32xf32>, %y28: tensor<1x28x28x32xf32>, %z: tensor<1x28x28x32xf32>)
    -> (tensor<1x14x14x32xf32>, tensor<1x26x26x32xf32>, tensor<1x28x28x32xf32>, tensor<1x24x24x32xf32>, tensor<1x28x28x32xf32>, tensor<1x28x28x32xf32>) {
  %w = arith.constant dense<1.0> : tensor<32x32x3x3xf32>
  %wg = arith.constant dense<1.0> : tensor<32x16x3x3xf32>
  %w7 = arith.constant dense<1.0> : tensor<32x32x7x7xf32>
  %wh = arith.constant dense<1.0> : tensor<32x32x3x3xf16>
  %0 = kernel.conv ins(%x, %w : tensor<1x30x30x32xf32>, tensor<32x32x3x3xf32>)
         strides = [2, 2] dilations = [1, 1] groups = 1 outs(%y14 : tensor<1x14x14x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x14x14x32xf32>
  %1 = kernel.conv ins(%x, %w : tensor<1x30x30x32xf32>, tensor<32x32x3x3xf32>)
         strides = [1, 1] dilations = [2, 2] groups = 1 outs(%y26 : tensor<1x26x26x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x26x26x32xf32>
  %2 = kernel.conv ins(%x, %wg : tensor<1x30x30x32xf32>, tensor<32x16x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 2 outs(%y28 : tensor<1x28x28x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x28x28x32xf32>
  %3 = kernel.conv ins(%x, %w7 : tensor<1x30x30x32xf32>, tensor<32x32x7x7xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y24 : tensor<1x24x24x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x24x24x32xf32>
  %4 = kernel.conv ins(%h, %wh : tensor<1x30x30x32xf16>, tensor<32x32x3x3xf16>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%z : tensor<1x28x28x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x28x28x32xf32>
  %5 = kernel.conv ins(%x, %v : tensor<1x30x30x32xf32>, tensor<32x32x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%z : tensor<1x28x28x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x28x28x32xf32>
  return %0, %1, %2, %3, %4, %5
      : tensor<1x14x14x32xf32>, tensor<1x26x26x32xf32>, tensor<1x28x28x32xf32>, tensor<1x24x24x32xf32>, tensor<1x28x28x32xf32>, tensor<1x28x28x32xf32>
}

// Taps (0, 4, 8) along y, once transposed, and (0, 1, 0) along x. Their values at
// 0, 1, -1 and infinity, divided by -1, 2, 2 and 1, are (0, 6, 2, 8) and
// (0, 1/2, -1/2, 0): products 3, -3; 1, -1; 4, -4.
// TWO-LABEL:   func @values(
// TWO:           arith.constant dense_resource<constant_winograd_4> : tensor<16x1x1xf32>
// TWO:         {-#
// TWO:         constant_winograd_4: "0x40000000
// TWO-SAME:      {{000000[08]0000000[08]0000000[08]0000000[08]0}}
// TWO-SAME:      {{000000[08]0}}00004040000040C0{{000000[08]0}}
// TWO-SAME:      {{000000[08]0}}0000803F000080BF{{000000[08]0}}
// TWO-SAME:      {{000000[08]0}}00008040000080C0{{000000[08]0}}"
func.func @values(%x: tensor<1x4x4x1xf32>, %y: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %t = arith.constant dense<[[[[0.0, 0.0, 0.0], [0.0, 4.0, 8.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
  %e = tensor.empty() : tensor<1x1x3x3xf32>
  %w = linalg.transpose ins(%t : tensor<1x1x3x3xf32>) outs(%e : tensor<1x1x3x3xf32>) permutation = [0, 1, 3, 2]
  %r = kernel.conv ins(%x, %w : tensor<1x4x4x1xf32>, tensor<1x1x3x3xf32>)
         strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : tensor<1x2x2x1xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  } -> tensor<1x2x2x1xf32>
  return %r : tensor<1x2x2x1xf32>
}
