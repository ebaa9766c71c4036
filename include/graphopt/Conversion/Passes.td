include "mlir/Pass/PassBase.td"

def GraphToLinalg : Pass<"convert-graph-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Lowers the graph dialect to linalg and kernel ops on tensors";
  let description = [{
    Contractions become kernel ops, everything else linalg on tensors. Integers
    become signless and booleans bytes that hold 0 or 1, as a vector of i1 would
    be packed in memory. Sizes come from `ShapeInference`: extents that it knows
    to be equal become one value, and small integer tensors that it knows become
    `tensor.from_elements`.

    ```mlir
    %y = graph.unary Exp %x : tensor<?xf32>
    ```
    becomes
    ```mlir
    %d = tensor.dim %x, %c0 : tensor<?xf32>
    %e = tensor.empty(%d) : tensor<?xf32>
    %y = linalg.generic {...} ins(%x) outs(%e) {
    ^bb0(%in: f32, %out: f32):
      %0 = math.exp %in : f32
      linalg.yield %0 : f32
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::cf::ControlFlowDialect", "::graphopt::kernel::KernelDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}
