include "mlir/Pass/PassBase.td"

def VectorizeLinalg : Pass<"graphopt-vectorize-linalg", "::mlir::func::FuncOp"> {
  let summary = "Lowers linalg on memrefs to loops over native-width vectors";
  let description = [{
    Each linalg op and memref.copy becomes scf loops. One loop steps by the lanes
    of a vector; it is the one whose memory accesses cost least: contiguous
    operands are loaded as vectors, operands that do not depend on it as scalars,
    the rest lane by lane. Reductions keep their accumulators in registers. The
    tail is masked. An op that has no vector form gets scalar loops and a remark.

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
           "Width of the target's vectors">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}
