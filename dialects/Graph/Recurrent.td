#ifndef GRAPHOPT_GRAPH_RECURRENT
#define GRAPHOPT_GRAPH_RECURRENT

include "dialects/Graph/GraphEnums.td"

def Graph_RecurrentOp : Graph_PureOp<"recurrent", [AttrSizedOperandSegments]> {
  let summary = "Runs a recurrent cell over a sequence, in one direction";
  let description = [{
    With T steps, a batch of B, I inputs, H hidden units and G gates: `input` is
    [T, B, I], `weights` [G * H, I], `recurrence` [G * H, H], `bias` [2 * G * H]
    (that of the input, then that of the recurrence), `lengths` [B],
    `initialHidden` and `initialCell` [B, H], `peepholes` [3 * H]. Results are
    the hidden state of each step [T, B, H], then the last hidden and, for LSTM,
    the last cell state [B, H]. Steps from `lengths[b]` on leave the state alone
    and give 0. `reverse` begins with the last step.

    `activations` name one function a gate kind as in ONNX, `alpha` and `beta`
    hold their parameters.

    Constraints:
    - (C1) `input` is [T, B, I]; the sizes of all operands agree.
    - (C2) `initialCell`, `peepholes` and `inputForget` are for LSTM only,
      `linearBeforeReset` is for GRU only.
    - (C3) There is one activation for RNN, 2 for GRU, 3 for LSTM, each of a name
      that ONNX knows, each with its alpha and beta.

    ```mlir
    %y, %h = graph.recurrent GRU %x, %w, %r activations = ["Sigmoid", "Tanh"]
        alpha = [0.0, 0.0] beta = [0.0, 0.0]
        : (tensor<?x1x8xf32>, tensor<12x8xf32>, tensor<12x4xf32>)
          -> (tensor<?x1x4xf32>, tensor<1x4xf32>)
    ```
  }];
  let arguments = (ins Graph_RecurrentKindAttr:$kind, Graph_FloatTensor:$input,
                       Graph_FloatTensor:$weights, Graph_FloatTensor:$recurrence,
                       Optional<Graph_FloatTensor>:$bias,
                       Optional<RankedTensorOf<[I32]>>:$lengths,
                       Optional<Graph_FloatTensor>:$initialHidden,
                       Optional<Graph_FloatTensor>:$initialCell,
                       Optional<Graph_FloatTensor>:$peepholes,
                       StrArrayAttr:$activations, DenseF32ArrayAttr:$alpha,
                       DenseF32ArrayAttr:$beta, OptionalAttr<F32Attr>:$clip,
                       UnitAttr:$reverse, UnitAttr:$inputForget,
                       UnitAttr:$linearBeforeReset);
  let results = (outs Graph_FloatTensor:$states, Graph_FloatTensor:$lastHidden,
                      Optional<Graph_FloatTensor>:$lastCell);
  let assemblyFormat = [{
    $kind $input `,` $weights `,` $recurrence (`bias` $bias^)? (`lengths` $lengths^)?
    (`hidden` $initialHidden^)? (`cell` $initialCell^)? (`peepholes` $peepholes^)?
    `activations` `=` $activations `alpha` `=` $alpha `beta` `=` $beta
    (`clip` `=` $clip^)? (`reverse` $reverse^)? (`input_forget` $inputForget^)?
    (`linear_before_reset` $linearBeforeReset^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

#endif
