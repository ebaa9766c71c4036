#ifndef GRAPHOPT_GRAPH_LINEAR
#define GRAPHOPT_GRAPH_LINEAR

include "dialects/Graph/GraphBase.td"

def Graph_MatMulOp : Graph_PureOp<"matmul"> {
  let summary = "Matrix product, batched as NumPy does it";
  let description = [{
    `result[b..., m, n] = sum_k lhs[b..., m, k] * rhs[b..., k, n]`

    Batch dimensions broadcast. A vector on the left is a row, on the right a
    column; the result lacks the dimension that it stands for. Integers wrap.

    Constraints:
    - (C1) Both operands have the same element type, at least 32 bits wide if it
      is an integer.
    - (C2) Both operands have a dimension.
    - (C3) The columns of `lhs` are as many as the rows of `rhs`.
    - (C4) The batch dimensions broadcast.

    ```mlir
    %y = graph.matmul %x, %w : tensor<?x128x384xf32>, tensor<384x1536xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def Graph_GemmOp : Graph_PureOp<"gemm"> {
  let summary = "Scaled product of two matrices, a third one added";
  let description = [{
    `result = alpha * lhs' * rhs' + beta * bias`, where `lhs'` is `lhs`, transposed
    if `transA`, and `rhs'` is `rhs`, transposed if `transB`.

    Constraints:
    - (C1) All operands have the same element type, at least 32 bits wide if it is
      an integer.
    - (C2) `lhs` and `rhs` are matrices.
    - (C3) The columns of `lhs'` are as many as the rows of `rhs'`.
    - (C4) `bias` broadcasts to the product's shape.

    ```mlir
    %y = graph.gemm %x, %w, %b transB : tensor<?x512xf32>, tensor<1000x512xf32>, tensor<1000xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs,
                       Optional<Graph_Tensor>:$bias,
                       UnitAttr:$transA, UnitAttr:$transB,
                       DefaultValuedAttr<F32Attr, "1.0f">:$alpha,
                       DefaultValuedAttr<F32Attr, "1.0f">:$beta);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`,` $bias^)? (`transA` $transA^)? (`transB` $transB^)?
    attr-dict `:` type($lhs) `,` type($rhs) (`,` type($bias)^)?
  }];
}

#endif
