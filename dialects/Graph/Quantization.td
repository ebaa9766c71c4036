#ifndef GRAPHOPT_GRAPH_QUANTIZATION
#define GRAPHOPT_GRAPH_QUANTIZATION

include "dialects/Graph/GraphBase.td"

def Graph_QuantizeLinearOp : Graph_PureOp<"quantize_linear"> {
  let summary = "Puts floats on a grid of integers, or of floats of few bits";
  let description = [{
    `result = saturate(round(input / scale) + zero)`, halves rounded to even. There
    is one `scale` and `zero` for all elements, or one for each index of `axis`, or
    one for each `block_size` neighbours along it. On a grid of floats the sum is
    rounded, and `unsaturated` is as for `graph.cast`.

    Constraints:
    - (C1) `to` is an integer of at most 16 bits or a float of at most 8, but no
      `f8E8M0FNU`; `zero` is of that type.
    - (C2) `scale` has one element; or one dimension, that of `axis`; or, with a
      positive `block_size`, as many dimensions as `input`.
    - (C3) `zero` has as many dimensions as `scale`.

    ```mlir
    %q = graph.quantize_linear %x, %s, %z axis = 0 to ui8 : tensor<?x384xf32>, tensor<f32>, tensor<ui8>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$scale,
                       Optional<Graph_Tensor>:$zero, I64Attr:$axis,
                       OptionalAttr<I64Attr>:$block_size, TypeAttr:$to,
                       UnitAttr:$unsaturated);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $scale (`,` $zero^)? `axis` `=` $axis (`block_size` `=` $block_size^)?
    `to` $to (`unsaturated` $unsaturated^)? attr-dict `:` type($input) `,` type($scale) (`,` type($zero)^)?
  }];
}

def Graph_DequantizeLinearOp : Graph_PureOp<"dequantize_linear"> {
  let summary = "What the numbers on a grid stand for";
  let description = [{
    `result = (input - zero) * scale`; what `scale` and `zero` belong to is as for
    `graph.quantize_linear`.

    Constraints:
    - (C1) `input` holds integers or floats of at most 8 bits, `zero` the same type;
      `to` is a float of at least 16.
    - (C2) `scale` has one element; or one dimension, that of `axis`; or, with a
      positive `block_size`, as many dimensions as `input`.
    - (C3) `zero` has as many dimensions as `scale`.

    ```mlir
    %w = graph.dequantize_linear %q, %s axis = 1 to f32 : tensor<384x1536xi8>, tensor<1536xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_FloatTensor:$scale,
                       Optional<Graph_Tensor>:$zero, I64Attr:$axis,
                       OptionalAttr<I64Attr>:$block_size, TypeAttr:$to);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale (`,` $zero^)? `axis` `=` $axis (`block_size` `=` $block_size^)?
    `to` $to attr-dict `:` type($input) `,` type($scale) (`,` type($zero)^)?
  }];
}

def Graph_GridMatMulOp : Graph_PureOp<"grid_matmul"> {
  let summary = "Matrix product with weights on a grid";
  let description = [{
    `result[b..., m, n] = sum_k lhs[b..., m, k] * (rhs[k, n] - zero[k / B, n]) * scale[k / B, n]`
    where B is `block_size`. With `transB` the dimensions of `rhs`, `scale` and `zero`
    are the other way round. Without `zero` it is 0.

    Constraints:
    - (C1) `lhs` and `scale` hold floats of at most 32 bits, `rhs` integers of at most
      8, `zero` the same; or `rhs` holds bf16 or f16, without `zero`.
    - (C2) `lhs` has two dimensions at least, `rhs` is static [K, N], neither 0.
    - (C3) `scale` and `zero` are static [ceil(K / B), N]; B is positive.
    - (C4) The columns of `lhs` are as many as the rows of `rhs`.

    ```mlir
    %y = graph.grid_matmul %x, %w, %s block_size = 32 : tensor<?x1x384xf32>, tensor<384x1536xi4>, tensor<12x1536xf16>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$lhs, Graph_Tensor:$rhs,
                       Graph_FloatTensor:$scale, Optional<Graph_Tensor>:$zero,
                       UnitAttr:$transB, I64Attr:$block_size);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `,` $scale (`,` $zero^)? (`transB` $transB^)?
    `block_size` `=` $block_size attr-dict
    `:` type($lhs) `,` type($rhs) `,` type($scale) (`,` type($zero)^)?
  }];
  let extraClassDeclaration = [{
    /// K.
    int64_t getDepth() { return getRhs().getType().getDimSize(getTransB() ? 1 : 0); }
  }];
}

#endif
