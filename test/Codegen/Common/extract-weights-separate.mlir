// RUN: graphopt-opt %s '--graphopt-extract-weights=minimum-bytes=16 separate=true' -split-input-file -verify-diagnostics | FileCheck %s

// Weights become parts of an argument, in the order of their first use and those
// without one at the end, at multiples of 64 bytes; what is small stays.
// CHECK:       module attributes {graphopt.weights = [{b = dense_resource<w> : tensor<4xf32>}, {a = dense_resource<u> : tensor<4xf32>}, {unused = dense_resource<u> : tensor<4xf32>}]}
// CHECK-NOT:     @a
// CHECK-NOT:     @b
// CHECK:         memref.global "private" constant @small
// CHECK-LABEL: func @main(
// CHECK-SAME:      %[[WEIGHTS:[^:]+]]: memref<?xi8> {graphopt.weights})
// CHECK:         %[[AT64:.+]] = arith.constant 64 : index
// CHECK:         %[[A:.+]] = memref.view %[[WEIGHTS]][%[[AT64]]][] : memref<?xi8> to memref<4xf32>
// CHECK:         memref.reinterpret_cast %[[A]]
// CHECK:         %[[AT0:.+]] = arith.constant 0 : index
// CHECK:         %[[B:.+]] = memref.view %[[WEIGHTS]][%[[AT0]]][]
// CHECK:         memref.copy %[[B]],
// CHECK:         memref.get_global @small
module {
  memref.global "private" constant @unused : memref<4xf32> = dense_resource<u>
  memref.global "private" constant @a : memref<4xf32> = dense_resource<u>
  memref.global "private" constant @b : memref<4xf32> = dense_resource<w>
  memref.global "private" constant @small : memref<2xf32> = dense_resource<s>
  func.func @main(%y: memref<4xf32>, %z: memref<2xf32>) {
    %a = memref.get_global @a : memref<4xf32>
    %view = memref.reinterpret_cast %a to offset: [0], sizes: [4], strides: [1] : memref<4xf32> to memref<4xf32>
    %b = memref.get_global @b : memref<4xf32>
    memref.copy %b, %y : memref<4xf32> to memref<4xf32>
    memref.copy %view, %y : memref<4xf32> to memref<4xf32>
    %s = memref.get_global @small : memref<2xf32>
    memref.copy %s, %z : memref<2xf32> to memref<2xf32>
    return
  }
}
{-#
  dialect_resources: {
    builtin: {
      u: "0x400000000000803F000000400000404000008040",
      w: "0x400000000000803F000000400000404000008040",
      s: "0x400000000000803F00000040"
    }
  }
#-}

// -----

module {
  // expected-error @below {{is used outside of @main}}
  memref.global "private" constant @b : memref<4xf32> = dense_resource<w>
  func.func @other() -> memref<4xf32> {
    %b = memref.get_global @b : memref<4xf32>
    return %b : memref<4xf32>
  }
  func.func @main() {
    return
  }
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F000000400000404000008040"
    }
  }
#-}

// -----

// expected-error @below {{no function @main to take the weights}}
module {
  memref.global "private" constant @b : memref<4xf32> = dense_resource<w>
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F000000400000404000008040"
    }
  }
#-}
