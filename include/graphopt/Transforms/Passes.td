include "mlir/Pass/PassBase.td"

def InferShapes : Pass<"graph-infer-shapes", "::mlir::func::FuncOp"> {
  let summary = "Narrows the types of values to what inference knows";
  let description = [{
    After arguments became static, or a constant became known, results get the
    static extents that follow.

    ```mlir
    func.func @f(%x: tensor<2x3xf32>) -> tensor<?x?xf32> {
      %y = "graph.transpose"(%x) <{permutation = array<i64: 1, 0>}>
             : (tensor<2x3xf32>) -> tensor<?x?xf32>
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
      %y = graph.transpose %x permutation = [1, 0] : tensor<2x3xf32>
    ```
  }];
  let statistics = [Statistic<"numNarrowed", "num-narrowed", "Values with a narrower type">];
}
