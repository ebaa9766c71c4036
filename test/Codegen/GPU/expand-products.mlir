// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels -canonicalize -cse -split-input-file | FileCheck %s
// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels=precision=f16 -canonicalize -cse -split-input-file | FileCheck %s --check-prefix=F16
// RUN: graphopt-opt %s --graphopt-expand-gpu-kernels=sm=80,90 -canonicalize -cse -split-input-file | FileCheck %s --check-prefix=HOPPER

// A block of 128 threads for each of 16 x 16 tiles; two stages of both sides. While one is multiplied, the next is read.
// CHECK-LABEL: func.func @tiles(
// CHECK:         gpu.launch blocks({{.+}}) in (%{{.+}} = %c256{{.*}}threads({{.+}}) in (%{{.+}} = %c128
// CHECK-SAME:        workgroup(%[[A:.+]] : memref<2x8x132xf32, #gpu.address_space<workgroup>>, %[[B:.+]] : memref<2x8x64xf32, #gpu.address_space<workgroup>>)
// CHECK:           vector.load %arg0[{{.+}}] {alignment = 16 : i64} : memref<2048x512xf32>, vector<4xf32>
// CHECK:           gpu.barrier
// CHECK:           scf.for %[[TURN:.+]] = %c0{{.*}} to %c64
// CHECK:             vector.load %arg0[
// CHECK:             vector.load %arg1[
// CHECK:             vector.load %[[A]][
// CHECK:             vector.load %[[B]][
// CHECK-COUNT-128:   math.fma
// CHECK:             vector.store {{.+}}, %[[A]][
// CHECK:             vector.store {{.+}}, %[[B]][
// CHECK:             gpu.barrier
// CHECK:             scf.yield
// CHECK:           vector.load %arg2[
// CHECK:           arith.addf
// CHECK:           vector.store {{.+}}, %arg3[{{.+}}] {alignment = 16 : i64} : memref<2048x1024xf32>, vector<4xf32>

// With tensor cores 8 warps, each of 4 x 4 fragments of 16 x 8; 16 words of two numbers a turn.
// F16-LABEL: func.func @tiles(
// F16:         gpu.launch {{.+}} threads({{.+}}) in (%{{.+}} = %c256
// F16:           scf.for
// F16:             nvgpu.ldmatrix {{.+}} {numTiles = 4 : i32, transpose = false}
// F16-COUNT-32:    nvvm.mma.sync {{.+}}shape = #nvvm.shape<m = 16, n = 8, k = 16>
// F16:             arith.truncf {{.+}} : vector<8xf32> to vector<8xf16>
func.func @tiles(%a: memref<2048x512xf32>, %b: memref<512x1024xf32>, %bias: memref<1024xf32>, %c: memref<2048x1024xf32>) {
  kernel.matmul ins(%a, %b : memref<2048x512xf32>, memref<512x1024xf32>) outs(%c : memref<2048x1024xf32>)
      extras(%bias : memref<1024xf32>) maps [affine_map<(m, n) -> (n)>] {
  ^bb0(%sum: f32, %x: f32):
    %y = arith.addf %sum, %x : f32
    kernel.yield %y : f32
  }
  return
}

// -----

// Of open sizes the host chooses: few rows, or tiles. Nothing is read of an empty side.
// CHECK-LABEL: func.func @open(
// CHECK:         %[[ROWS:.+]] = memref.dim %arg2, %c0
// CHECK:         %[[FEW:.+]] = arith.cmpi ult, %[[ROWS]], %c5
// CHECK:         scf.if %[[FEW]] {
// CHECK:           gpu.launch
// CHECK:             gpu.shuffle xor
// CHECK:             gpu.barrier
// CHECK:         } else {
// CHECK:           gpu.launch
// CHECK:             scf.if %{{.+}} -> (vector<4xf32>,
func.func @open(%a: memref<?x?xf32>, %b: memref<?x?xf32>, %c: memref<?x?xf32>) {
  kernel.matmul ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Bytes are exact on tensor cores, whatever the precision: sums wrap, as ONNX's do.
// CHECK-LABEL: func.func @bytes(
// CHECK:         nvvm.mma.sync {{.+}}intOverflowBehavior = #nvvm.mma_int_overflow<wrapped>{{.+}}multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>, shape = #nvvm.shape<m = 16, n = 8, k = 32>
func.func @bytes(%a: memref<64x64xi8>, %b: memref<64x64xi8>, %c: memref<64x64xi32>) {
  kernel.matmul ins(%a, %b : memref<64x64xi8>, memref<64x64xi8>) unsigned_lhs outs(%c : memref<64x64xi32>) {
  ^bb0(%sum: i32):
    kernel.yield %sum : i32
  }
  return
}

// -----

// A convolution is a product, too: a row is a pixel of the result, the depth (tap, channel). Four channels lie together.
// CHECK-LABEL: func.func @conv(
// CHECK:         gpu.launch
// CHECK:           scf.for
// CHECK:             vector.load %arg0[{{.+}}] {alignment = 16 : i64} : memref<1x30x30x16xf32>, vector<4xf32>
// CHECK:             vector.load %arg1[{{.+}}] {alignment = 16 : i64} : memref<1x3x3x16x32xf32>, vector<4xf32>
// CHECK:             math.fma
func.func @conv(%x: memref<1x30x30x16xf32>, %w: memref<1x3x3x16x32xf32>, %y: memref<1x28x28x32xf32>) {
  kernel.conv ins(%x, %w : memref<1x30x30x16xf32>, memref<1x3x3x16x32xf32>) packed strides = [1, 1] dilations = [1, 1] groups = 1
      outs(%y : memref<1x28x28x32xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Halves go past the registers: four stages, which together are more than a kernel may declare.
// CHECK-LABEL: func.func @halves(
// CHECK:         gpu.launch {{.+}} dynamic_shared_memory_size %c75776
// CHECK:           %[[MEMORY:.+]] = gpu.dynamic_shared_memory
// CHECK:           %[[A:.+]] = memref.view %[[MEMORY]][%c0{{.*}}][] {{.+}} to memref<4x128x40xf16
// CHECK:           %[[B:.+]] = memref.view %[[MEMORY]][%c40960][] {{.+}} to memref<4x32x136xf16
// CHECK-COUNT-3:   nvvm.cp.async.commit.group
// CHECK:           scf.for
// CHECK-NEXT:        nvvm.cp.async.wait.group 2
// CHECK-NEXT:        gpu.barrier
// CHECK:             nvgpu.device_async_copy %arg0[{{.+}}], %[[A]][{{.+}}], 8, %{{.+}} {bypassL1} : memref<2048x512xf16>
// CHECK:             nvgpu.device_async_copy %arg1[{{.+}}], %[[B]][
// CHECK:             nvvm.cp.async.commit.group
// CHECK:             nvgpu.ldmatrix %[[A]][{{.+}} {numTiles = 4 : i32, transpose = false}
// CHECK:             nvgpu.ldmatrix %[[B]][{{.+}} {numTiles = 4 : i32, transpose = true}
// CHECK-COUNT-32:    nvvm.mma.sync
// CHECK:           nvvm.cp.async.wait.group 0
func.func @halves(%a: memref<2048x512xf16>, %b: memref<512x1024xf16>, %c: memref<2048x1024xf32>) {
  kernel.matmul ins(%a, %b : memref<2048x512xf16>, memref<512x1024xf16>) outs(%c : memref<2048x1024xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}

// -----

// Of halves each GPU has what is best for it. The first target's (sm_80) are tiles by mma.sync; those of the second
// (sm_90a) by wgmma, which reads both sides where the tensor memory accelerator brought them: one thread asks
// for boxes of the tensors that the host described. What PTX is of is the first, here.
// HOPPER-LABEL: func.func @halves(
// HOPPER:         gpu.launch
// HOPPER:           nvvm.mma.sync
// HOPPER:         } {graphopt.targets = array<i32: 0>}
// HOPPER:         %[[LEFT:.+]] = nvgpu.tma.create.descriptor %{{.+}} box[%c128, %c64] : {{.+}}tensor = memref<128x64xf16, {{.+}}swizzle_128b, {{.+}}oob = zero
// HOPPER:         %[[RIGHT:.+]] = nvgpu.tma.create.descriptor %{{.+}} box[%c64, %c64] : {{.+}}tensor = memref<64x64xf16,
// HOPPER:         gpu.launch {{.+}} threads({{.+}}) in (%{{.+}} = %c256{{.*}}dynamic_shared_memory_size %c196608
// HOPPER:           %[[MATRIX:.+]] = arith.ori %{{.+}}, %c4611686293305360384
// HOPPER:           %[[BARRIERS:.+]] = nvgpu.mbarrier.create -> <memorySpace = #gpu.address_space<workgroup>, num_barriers = 4>
// HOPPER-COUNT-4:   nvgpu.mbarrier.init
// HOPPER:           nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// HOPPER:           gpu.barrier
// HOPPER:           scf.for {{.+}} -> (!llvm.struct<(
// HOPPER:             nvgpu.mbarrier.try_wait.parity %[[BARRIERS]]
// HOPPER-NEXT:        gpu.barrier
// HOPPER:             scf.if
// HOPPER:               nvgpu.mbarrier.arrive.expect_tx %[[BARRIERS]][%{{.+}}], %c49152
// HOPPER:               nvgpu.tma.async.load %[[LEFT]][
// HOPPER-COUNT-4:       nvgpu.tma.async.load %[[RIGHT]][
// HOPPER:             nvvm.wgmma.fence.aligned
// HOPPER-COUNT-4:     nvvm.wgmma.mma_async {{.+}}, <m = 64, n = 256, k = 16>, D[<f32>, <one>], A[<f16>, <one>, <row>], B[<f16>, <one>, <row>]
// HOPPER-NEXT:        nvvm.wgmma.commit.group.sync.aligned
// HOPPER-NEXT:        nvvm.wgmma.wait.group.sync.aligned 1
// HOPPER:           llvm.inline_asm has_side_effects asm_dialect = att "wgmma.wait_group.sync.aligned 0;"
// HOPPER:         } {graphopt.targets = array<i32: 1>}
func.func @halves(%a: memref<4096x512xf16>, %b: memref<512x4096xf16>, %c: memref<4096x4096xf32>) {
  kernel.matmul ins(%a, %b : memref<4096x512xf16>, memref<512x4096xf16>) outs(%c : memref<4096x4096xf32>) {
  ^bb0(%sum: f32):
    kernel.yield %sum : f32
  }
  return
}
