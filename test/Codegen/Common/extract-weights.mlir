// RUN: graphopt-opt %s --graphopt-extract-weights=minimum-bytes=16 | FileCheck %s
// RUN: graphopt-opt %s --graphopt-extract-weights='minimum-bytes=0 all' | FileCheck %s --check-prefix=ALL

// ALL-NOT:     memref.global "private"
// ALL:         memref.global "public" constant @dense : memref<8xf32>{{$}}
// ALL:         memref.global "private" @count : memref<i64> = dense<0>
// ALL:         dense: "0x400000000000803F0000803F0000803F0000803F0000803F0000803F0000803F0000803F"

// A large constant leaves the code and becomes external; its bytes stay a blob.
// CHECK:       module attributes {graphopt.weights = [{large = dense_resource<w> : tensor<4xf32>}]}
// CHECK:       memref.global "public" constant @large : memref<4xf32>{{$}}
memref.global "private" constant @large : memref<4xf32> = dense_resource<w>

// Small ones and those that are not blobs stay.
// CHECK:       memref.global "private" constant @small : memref<2xf32> = dense_resource<s>
memref.global "private" constant @small : memref<2xf32> = dense_resource<s>
// CHECK:       memref.global "private" constant @dense : memref<8xf32> = dense<
memref.global "private" constant @dense : memref<8xf32> = dense<1.0>

// What is no constant is the host's.
// CHECK:       memref.global "private" @count
memref.global "private" @count : memref<i64> = dense<0>

{-#
  dialect_resources: {
    builtin: {
      w: "0x400000000000803F000000400000404000008040",
      s: "0x400000000000803F00000040"
    }
  }
#-}
