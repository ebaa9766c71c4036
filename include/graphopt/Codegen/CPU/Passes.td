include "mlir/Pass/PassBase.td"

def VectorizeLinalg : Pass<"graphopt-vectorize-linalg", "::mlir::func::FuncOp"> {
  let summary = "Lowers linalg on memrefs to loops over native-width vectors";
  let description = [{
    Each linalg op and memref.copy becomes scf loops. One loop steps by the lanes
    of a vector; it is the one whose memory accesses cost least: contiguous
    operands are loaded as vectors, operands that do not depend on it as scalars,
    the rest lane by lane. Reductions keep their accumulators in registers. The
    tail is masked. An op that has no vector form gets scalar loops and a remark.
    Outer loops with enough work are cut into items of an scf.parallel.

    ```mlir
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%x : memref<64xf32>) outs(%y : memref<64xf32>) {
    ^bb0(%a: f32, %b: f32):
      %s = arith.addf %a, %a : f32
      linalg.yield %s : f32
    }
    ```
    becomes
    ```mlir
    scf.for %i = %c0 to %c64 step %c16 {
      %a = vector.load %x[%i] : memref<64xf32>, vector<16xf32>
      %s = arith.addf %a, %a : vector<16xf32>
      vector.store %s, %y[%i] : memref<64xf32>, vector<16xf32>
    }
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "unsigned", "512",
           "Width of the target's vectors">,
    Option<"parallel", "parallel", "bool", "true",
           "Cut loops with enough work into items of an scf.parallel">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def ExpandKernels : Pass<"graphopt-expand-kernels", "::mlir::func::FuncOp"> {
  let summary = "Expands kernel ops on memrefs into loops over native vectors";
  let description = [{
    A matrix product or convolution becomes loops over panels of columns and tiles
    of rows. The sums of a tile stay in registers; the tile's size comes from the
    CPU's row in CpuModels.def. Rows are cut into tiles as equal as can be; an
    open number of rows gets one loop and a switch on the tile's rows. A packed
    panel larger than half of the level 2 cache is summed in blocks of k. With
    enough work, tiles become the items of an scf.parallel.

    Sums are added in the order of k whatever the tile, so a product is equal to a
    loop of fused multiply-adds to the bit (of multiply and add, on a CPU without).

    Attention keeps the scores of a block of queries on the stack; keys come in
    blocks, and sums of earlier blocks are scaled when a later one has a greater
    score.

    ```mlir
    kernel.matmul ins(%a, %b : memref<6x384xf32>, memref<1x384x16xf32>) packed
        outs(%c : memref<6x16xf32>) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    }
    ```
    becomes
    ```mlir
    %sums:6 = scf.for %k = %c0 to %c384 step %c1 iter_args(%s0 = %zero, ...) {
      %b_k = vector.load %b[%c0, %k, %c0] : memref<1x384x16xf32>, vector<16xf32>
      %a_k = memref.load %a[%c0, %k] : memref<6x384xf32>
      %v_k = vector.broadcast %a_k : f32 to vector<16xf32>
      %t0 = vector.fma %v_k, %b_k, %s0 : vector<16xf32>
      ...
    }
    vector.store %sums#0, %c[%c0, %c0] : memref<6x16xf32>, vector<16xf32>
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">,
    Option<"epilogue", "epilogue", "std::string", "\"auto\"",
           "auto (by cost), unroll (in registers) or loop (over a stack tile)">,
    Option<"panelBytes", "panel-bytes", "int64_t", "0",
           "Largest panel that is summed in one block; 0: half of level 2">,
    Option<"parallel", "parallel", "bool", "true",
           "Cut what is enough work into items of an scf.parallel">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ApproximateMath : Pass<"graphopt-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "Turns math functions of f32 into arithmetic on vectors";
  let description = [{
    Polynomials within 5 units in the last place, MLIR's where we have none. On f16 and bf16 the
    functions are computed in f32. What has no polynomial is left to libm, one
    call an element. On a CPU without fused multiply-add those of the polynomials
    become two operations; with it quantizations multiply by the scale's reciprocal, with
    a correction that gives the division's bytes for scales from 2^-100 on. Where a CPU
    looks up bytes in registers, long chains of arithmetic from one byte to another, as
    of an activation between quantizations, become a table.

    ```mlir
    %y = math.exp %x : vector<16xf16>
    ```
    becomes
    ```mlir
    %0 = arith.extf %x : vector<16xf16> to vector<16xf32>
    %1 = arith.mulf %0, %log2e : vector<16xf32>
    ...
    %y = arith.truncf %n : vector<16xf32> to vector<16xf16>
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def ExpandHalfFloats : Pass<"graphopt-expand-half-floats", "::mlir::func::FuncOp"> {
  let summary = "Turns conversions of f16 and bf16 that a CPU lacks into arithmetic";
  let description = [{
    LLVM would call functions of compiler-rt. Conversions between a half and f64
    or an integer go through f32; those of bf16 become integer arithmetic, those
    of f16 too, on a CPU without them. All round to nearest, ties to even. A CPU with
    products of bf16 rounds whole vectors to it by one instruction, for which subnormal
    numbers are 0.

    ```mlir
    %y = arith.extf %x : bf16 to f32
    ```
    becomes
    ```mlir
    %0 = arith.bitcast %x : bf16 to i16
    %1 = arith.extui %0 : i16 to i32
    %2 = arith.shli %1, %c16 : i32
    %y = arith.bitcast %2 : i32 to f32
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def RetypeHalfFloats : Pass<"graphopt-retype-half-floats", "::mlir::ModuleOp"> {
  let summary = "Makes i16 of the halves that a CPU cannot compute on";
  let description = [{
    After graphopt-expand-half-floats such values are only moved. LLVM promotes
    them to float even so, and calls compiler-rt to get back.

    ```mlir
    %x = llvm.load %p : !llvm.ptr -> bf16
    %i = llvm.bitcast %x : bf16 to i16
    ```
    becomes
    ```mlir
    %i = llvm.load %p : !llvm.ptr -> i16
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}
