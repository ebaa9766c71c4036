#ifndef GRAPHOPT_GRAPH_ATTENTION
#define GRAPHOPT_GRAPH_ATTENTION

include "dialects/Graph/GraphEnums.td"

def Graph_AttentionOp : Graph_PureOp<"attention"> {
  let summary = "Scaled dot-product attention";
  let description = [{
    For each batch `b` and query head `h`, which reads the key and value head
    `g = h / (Hq / Hkv)`:

    ```
    scores[m, n] = cap(scale * sum_d query[b, h, m, d] * key[b, g, n, d])
                   + mask[b, h, m, n]
    result[b, h, m, :] = sum_n softmax(scores[m, :])[n] * value[b, g, n, :]
    ```

    `cap(x)` is `softcap * tanh(x / softcap)`, or x if `softcap` is 0. A mask of
    floats is added; one of booleans adds 0 where it is true and -inf where it is
    not. So does `causal`: `top_left` keeps n <= m, `bottom_right` keeps
    n <= m + N - M, the last query sees all keys.

    Softmax decides about rows without a key left: what was added to all scores
    cancels if it is finite, and a row of -inf makes its results NaN. Without any
    keys, N = 0, results are 0. The value of a key that is masked by -inf counts as
    finite.

    Constraints:
    - (C1) `query` is [B, Hq, M, D], `key` [B, Hkv, N, D], `value` [B, Hkv, N, Dv].
    - (C2) They have one element type; so has `mask`, or booleans.
    - (C3) Hkv divides Hq.
    - (C4) `mask` broadcasts to [B, Hq, M, N].
    - (C5) `softcap` is not negative.

    ```mlir
    %y = graph.attention %q, %k, %v mask %m scale = 1.25e-1 causal = bottom_right
        : tensor<?x32x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>,
          tensor<?x1x1x?xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$query, Graph_FloatTensor:$key,
                       Graph_FloatTensor:$value, Optional<Graph_Tensor>:$mask,
                       F32Attr:$scale,
                       DefaultValuedAttr<F32Attr, "0.0f">:$softcap,
                       DefaultValuedAttr<Graph_CausalAttr, "Causal::None">:$causal);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` $mask^)? `scale` `=` $scale
    (`softcap` `=` $softcap^)? (`causal` `=` $causal^)? attr-dict `:` type($query)
    `,` type($key) `,` type($value) (`,` type($mask)^)?
  }];
  let hasVerifier = 1;
}

#endif
