// The sums of a tile fit the registers of the CPU: no vector goes to the stack
// and comes back. One register too many costs a factor of two.
//
// DEFINE: %{lower} = --canonicalize --cse --loop-invariant-code-motion \
// DEFINE:   --convert-scf-to-cf --convert-vector-to-llvm --expand-strided-metadata \
// DEFINE:   --lower-affine --finalize-memref-to-llvm --arith-expand --convert-arith-to-llvm \
// DEFINE:   --convert-ub-to-llvm --convert-func-to-llvm --convert-cf-to-llvm \
// DEFINE:   --convert-index-to-llvm --reconcile-unrealized-casts
//
// RUN: sed 's/COLUMNS/64/g' %s | %graphopt-opt --graphopt-expand-kernels="cpu=avx512 parallel=false" %{lower} \
// RUN:   | mlir-translate --mlir-to-llvmir | llc -O3 -mtriple=x86_64-linux-gnu -mcpu=x86-64-v4 \
// RUN:   | FileCheck %s --check-prefix=ZMM
// RUN: sed 's/COLUMNS/32/g' %s | %graphopt-opt --graphopt-expand-kernels="cpu=avx512 parallel=false" %{lower} \
// RUN:   | mlir-translate --mlir-to-llvmir | llc -O3 -mtriple=x86_64-linux-gnu -mcpu=x86-64-v4 \
// RUN:   | FileCheck %s --check-prefix=ZMM
// RUN: sed 's/COLUMNS/16/g' %s | %graphopt-opt --graphopt-expand-kernels="cpu=avx2 parallel=false" %{lower} \
// RUN:   | mlir-translate --mlir-to-llvmir | llc -O3 -mtriple=x86_64-linux-gnu -mcpu=x86-64-v3 \
// RUN:   | FileCheck %s --check-prefix=YMM

// ZMM-LABEL: matmul:
// ZMM-NOT:     64-byte {{.*}}{{Spill|Reload}}
// ZMM:         vfmadd231ps {{.*}}zmm
// ZMM-NOT:     64-byte {{.*}}{{Spill|Reload}}
// YMM-LABEL: matmul:
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
// YMM:         vfmadd231ps {{.*}}ymm
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
func.func @matmul(%a: memref<?x384xf32>, %b: memref<1x384xCOLUMNSxf32>, %c: memref<?xCOLUMNSxf32>) {
  kernel.matmul ins(%a, %b : memref<?x384xf32>, memref<1x384xCOLUMNSxf32>) packed outs(%c : memref<?xCOLUMNSxf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// ZMM-LABEL: conv:
// ZMM-NOT:     64-byte {{.*}}{{Spill|Reload}}
// ZMM:         vfmadd231ps {{.*}}zmm
// ZMM-NOT:     64-byte {{.*}}{{Spill|Reload}}
// ZMM:       .cfi_endproc
// YMM-LABEL: conv:
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
// YMM:         vfmadd231ps {{.*}}ymm
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
func.func @conv(%x: memref<1x58x58x64xf32>, %w: memref<1x3x3x64xCOLUMNSxf32>, %y: memref<1x56x56xCOLUMNSxf32>) {
  kernel.conv ins(%x, %w : memref<1x58x58x64xf32>, memref<1x3x3x64xCOLUMNSxf32>) packed
    strides = [1, 1] dilations = [1, 1] groups = 1 outs(%y : memref<1x56x56xCOLUMNSxf32>) {
  ^bb0(%sum: f32):
    %zero = arith.constant 0.0 : f32
    %0 = arith.maximumf %sum, %zero : f32
    kernel.yield %0 : f32
  }
  return
}

// A panel of the depthwise kernel is a cache line: one vector of AVX-512.
// YMM-LABEL: depthwise_conv:
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
// YMM:         vfmadd231ps {{.*}}ymm
// YMM-NOT:     32-byte {{.*}}{{Spill|Reload}}
// YMM:       .cfi_endproc
func.func @depthwise_conv(%x: memref<1x58x58xCOLUMNSxf32>, %w: memref<1x3x3x1xCOLUMNSxf32>, %y: memref<1x56x56xCOLUMNSxf32>) {
  kernel.depthwise_conv ins(%x, %w : memref<1x58x58xCOLUMNSxf32>, memref<1x3x3x1xCOLUMNSxf32>) packed
    strides = [1, 1] dilations = [1, 1] outs(%y : memref<1x56x56xCOLUMNSxf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
