include "mlir/Pass/PassBase.td"

def ExpandGpuKernels : Pass<"graphopt-expand-gpu-kernels", "::mlir::func::FuncOp"> {
  let summary = "Makes blocks of threads, or turns of a parallel loop, of kernels";
  let description = [{
    Runs on memrefs. Products of floats become a `gpu.launch`: a block for each tile
    of the result, through shared memory; or, of a few rows, a block for some columns,
    whose threads share the depth. Where sizes are open the host chooses among them.
    Tensor cores multiply bytes, 16-bit floats, and f32 if `precision` allows it.
    Where one form is not best for all of `sm`, each has a launch of its own, marked with the
    targets that it is for.
    Attention of floats has a block for some queries of a head, which reads keys and
    values once. Reductions along rows become one, too, with a warp or a block for each row,
    together with what `graphopt-group-rows` puts into one region with them.

    Element-wise ops whose neighbours lie beside each other become an `scf.parallel`
    whose turns read and write 16 bytes of them at once.

    All else, kernel ops with plain operands, linalg ops and `memref.copy`,
    becomes an `scf.parallel` over the elements that they write; sums are loops
    inside it. The epilogue of a kernel op stands at their end.

    ```mlir
    kernel.matmul ins(%a, %b : memref<?x8xf64>, memref<8x4xf64>) outs(%c : memref<?x4xf64>) {
    ^bb0(%sum: f64):
      %0 = math.absf %sum : f64
      kernel.yield %0 : f64
    }
    ```
    becomes
    ```mlir
    scf.parallel (%m, %n) = (%c0, %c0) to (%rows, %c4) step (%c1, %c1) {
      %sum = scf.for %k = %c0 to %c8 step %c1 iter_args(%s = %zero) -> (f64) {
        %x = memref.load %a[%m, %k] : memref<?x8xf64>
        %y = memref.load %b[%k, %n] : memref<8x4xf64>
        ...
      }
      %0 = math.absf %sum : f64
      memref.store %0, %c[%m, %n] : memref<?x4xf64>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::nvgpu::NVGPUDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
  let options = [
    Option<"sm", "sm", "std::string", "\"80\"",
           "Compute capabilities, times 10, of the GPUs that kernels are for">,
    Option<"precision", "precision", "std::string", "\"f32\"",
           "What factors of f32 may be rounded to: f32, tf32, f16 or bf16">
  ];
}

def GroupRows : Pass<"graphopt-group-rows", "::mlir::func::FuncOp"> {
  let summary = "Groups ops that can be one kernel, row by row";
  let description = [{
    Runs on buffers before memory is planned. Around a reduction along rows, what makes
    its rows' elements or uses its results, row by row, comes with it into one
    `scf.execute_region`, which becomes one kernel: softmaxes, norms. In the plan, all
    buffers of a group live together.

    ```mlir
    linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
    linalg.generic {...} ins(%x : memref<?x64xf32>) outs(%sum : memref<?xf32>) { ... }
    linalg.generic {...} ins(%x, %sum : ...) outs(%y : memref<?x64xf32>) { ... }
    ```
    becomes
    ```mlir
    scf.execute_region no_inline {
      linalg.fill ins(%zero : f32) outs(%sum : memref<?xf32>)
      linalg.generic {...} ins(%x : memref<?x64xf32>) outs(%sum : memref<?xf32>) { ... }
      linalg.generic {...} ins(%x, %sum : ...) outs(%y : memref<?x64xf32>) { ... }
      scf.yield
    }
    ```
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def RoundFactors : Pass<"graphopt-round-factors", "::mlir::ModuleOp"> {
  let summary = "Makes halves of f32 factors where they come from";
  let description = [{
    Runs on tensors before fusion, if `precision` is f16 or bf16. Factors of matrix products and
    convolutions are rounded once, by what makes them, and not by each product that reads
    them: constants become constants of halves, other tensors get an element-wise op that merges
    with the one that computes them. Tensor cores are given the same numbers as without it;
    products of few rows, which they do not compute, have rounded factors by it only.

    ```mlir
    %c = kernel.matmul ins(%a, %w : tensor<?x8xf32>, tensor<8x4xf32>) outs(...) { ... }
    ```
    becomes
    ```mlir
    %h = linalg.generic ins(%a : tensor<?x8xf32>) outs(... : tensor<?x8xf16>) { arith.truncf ... }
    %c = kernel.matmul ins(%h, %w16 : tensor<?x8xf16>, tensor<8x4xf16>) outs(...) { ... }
    ```
  }];
  let options = [
    Option<"precision", "precision", "std::string", "\"f32\"",
           "What factors of f32 may be rounded to: f32, tf32, f16 or bf16">
  ];
  let statistics = [Statistic<"numConstants", "num-constants", "Constants that were rounded">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def SplitDepth : Pass<"graphopt-split-depth", "::mlir::func::FuncOp"> {
  let summary = "Cuts products of few tiles into parts of their depth";
  let description = [{
    Runs on buffers before memory is planned. A product that has fewer tiles than the least
    GPU of `sm` multiprocessors, and a depth that is worth it, becomes one of parts of its
    depth, which are batches of a matrix product and groups of a convolution; an
    element-wise op adds them up and ends with the product's epilogue. Its order is always the
    same. Fixed sizes and sums of f32 only.

    ```mlir
    kernel.matmul ins(%a, %b : memref<64x2048xf32>, memref<2048x64xf32>)
        outs(%c : memref<64x64xf32>) { ... }
    ```
    becomes
    ```mlir
    %parts = memref.alloc() : memref<4x64x64xf32>
    kernel.matmul ins(%a_parts, %b_parts : memref<4x64x512xf32, strided<[512, 2048, 1]>>,
        memref<4x512x64xf32, strided<[32768, 64, 1]>>) outs(%parts : memref<4x64x64xf32>) { ... }
    linalg.generic {...} ins(%part0, %part1, %part2, %part3 : ...) outs(%c : memref<64x64xf32>) {...}
    ```
  }];
  let options = [
    Option<"sm", "sm", "std::string", "\"80\"",
           "Compute capabilities, times 10, of the GPUs that kernels are for">
  ];
  let statistics = [Statistic<"numSplit", "num-split", "Products that were cut">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect"
  ];
}

def MapToGpu : Pass<"graphopt-map-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Makes GPU kernels of functions, and of their bodies a launch";
  let description = [{
    Each private function without results that holds an `scf.parallel` or only
    loops is one kernel of the module `@kernels`; one with `gpu.launch` has a kernel
    for each, and keeps what chooses among them. A thread takes turns of the loop
    that lie a whole grid apart; a function without a parallel loop is run by one
    thread. The host's function computes the number of turns and launches as many
    blocks as they need, at most `most-blocks`.

    ```mlir
    func.func private @relu(%x: memref<?xf32>) {
      %n = memref.dim %x, %c0 : memref<?xf32>
      scf.parallel (%i) = (%c0) to (%n) step (%c1) { ... }
      return
    }
    ```
    becomes
    ```mlir
    func.func private @relu(%x: memref<?xf32>) {
      %n = memref.dim %x, %c0 : memref<?xf32>
      ...
      gpu.launch_func @kernels::@relu blocks in (%blocks, %c1, %c1)
          threads in (%c256, %c1, %c1) args(%x : memref<?xf32>)
      return
    }
    gpu.module @kernels {
      gpu.func @relu(%x: memref<?xf32>) kernel { ... }
    }
    ```
  }];
  let options = [
    Option<"threads", "threads", "int64_t", "256", "Threads of a block">,
    Option<"mostBlocks", "most-blocks", "int64_t", "65535", "Blocks of a launch">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
}

def BindDevice : Pass<"graphopt-bind-device", "::mlir::ModuleOp"> {
  let summary = "Makes the host call the runtime for what lies on the GPU";
  let description = [{
    Runs on the host's functions when kernels are in the LLVM dialect, before memrefs
    are. A launch becomes a call of `graphopt_cuda_launch` with the kernel's number
    and an array of its arguments, 8 bytes each; loads and stores of the host become
    copies of one element, for which the host waits: a model has few, where it decides
    by a value.

    ```mlir
    %n = memref.load %count[] : memref<i64>
    ```
    becomes
    ```mlir
    %n = llvm.call @graphopt_cuda_read(%address, %bytes) : (!llvm.ptr, i64) -> i64
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def ConvertToNvvm : Pass<"graphopt-convert-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Converts a module of kernels to the LLVM dialect with NVVM's ops";
  let description = [{
    Upstream's `convert-gpu-to-nvvm` makes calls of NVIDIA's device library of all
    math. Here what the hardware has (fused multiply-add, square root, rounding)
    becomes LLVM's intrinsics, for which no library is needed.

    ```mlir
    %y = math.fma %a, %b, %c : f32
    ```
    becomes
    ```mlir
    %y = llvm.intr.fma(%a, %b, %c) : (f32, f32, f32) -> f32
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect"];
}
