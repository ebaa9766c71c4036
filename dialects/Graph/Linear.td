#ifndef GRAPHOPT_GRAPH_LINEAR
#define GRAPHOPT_GRAPH_LINEAR

include "dialects/Graph/GraphBase.td"

def Graph_MatMulOp : Graph_PureOp<"matmul"> {
  let summary = "Matrix product, batched as NumPy does it";
  let description = [{
    `result[b..., m, n] = sum_k lhs[b..., m, k] * rhs[b..., k, n]`

    Batch dimensions broadcast. A vector on the left is a row, on the right a
    column; the result lacks the dimension that it stands for. Integers wrap.
    Products of bytes, signed or not on either side, are summed in 32 bits; those on
    the left may be in 16 signed ones. With `wide`, products of bf16 are summed and
    stay in f32.

    Constraints:
    - (C1) Both operands have the same element type, at least 32 bits wide if it
      is an integer; or both are matrices of bytes; or of 16 bits and of bytes.
    - (C2) Both operands have a dimension.
    - (C3) The columns of `lhs` are as many as the rows of `rhs`.
    - (C4) The batch dimensions broadcast.
    - (C5) If `wide`, the operands are matrices of bf16.

    ```mlir
    %y = graph.matmul %x, %w : tensor<?x128x384xf32>, tensor<384x1536xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs, UnitAttr:$wide);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`wide` $wide^)? attr-dict `:` type($lhs) `,` type($rhs)
  }];
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

def Graph_EinsumOp : Graph_PureOp<"einsum"> {
  let summary = "Sum of products, as an equation of dimension labels says";
  let description = [{
    Dimensions with the same label go together; what is not in the output is summed
    over. A label that is twice in a term takes the diagonal. `...` stands for any
    dimensions, aligned at the last.

    Constraints:
    - (C1) All inputs have the same element type.
    - (C2) `equation` has a term for each input, of as many labels as it has
      dimensions; each label of the output is once in it, and in an input.
    - (C3) The extents of a label broadcast.

    ```mlir
    %y = graph.einsum "bhid,bhjd->bhij" %q, %k : tensor<?x12x?x64xf32>, tensor<?x12x?x64xf32>
    ```
  }];
  let arguments = (ins Variadic<Graph_Tensor>:$inputs, StrAttr:$equation);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$equation $inputs attr-dict `:` type($inputs)";
}

def Graph_DetOp : Graph_PureOp<"det"> {
  let summary = "Determinants of the matrices in the last two dimensions";
  let description = [{
    By elimination with the largest pivot of each column; that of a matrix without
    elements is 1.

    Constraints:
    - (C1) `input` has at least two dimensions; the last two have equal extents. The
      run refuses others.

    ```mlir
    %y = graph.det %x : tensor<?x3x3xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

#endif
