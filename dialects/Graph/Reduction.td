#ifndef GRAPHOPT_GRAPH_REDUCTION
#define GRAPHOPT_GRAPH_REDUCTION

include "dialects/Graph/GraphEnums.td"

def Graph_ReduceOp : Graph_PureOp<"reduce"> {
  let summary = "Combines the elements along some dimensions";
  let description = [{
    Each reduced dimension is dropped, or with `keepdims` has extent 1. No axes
    reduce nothing; what a kind does beside the reduction is done all the same.
    The reduction of no elements is the kind's neutral element: 0 for sums, 1 for
    products, the least and the greatest value for `Max` and `Min`, NaN for means.

    Constraints:
    - (C1) The kind is defined for the element type: `LogSum` and `LogSumExp` for
      floats, `Max` and `Min` for all, the others for floats and integers of at
      least 32 bits.
    - (C2) Each of `axes` is a dimension, given once.

    ```mlir
    %y = graph.reduce Mean %x axes = [1, 2] keepdims : tensor<?x7x7x64xf32>
    ```
  }];
  let arguments = (ins Graph_ReduceKindAttr:$kind, Graph_Tensor:$input,
                       DenseI64ArrayAttr:$axes, UnitAttr:$keepdims);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $kind $input `axes` `=` $axes (`keepdims` $keepdims^)? attr-dict `:`
    type($input)
  }];
}

def Graph_ArgOp : Graph_PureOp<"arg"> {
  let summary = "Where the greatest or the least element along a dimension is";
  let description = [{
    The position of the first such element, or with `last` of the last. A NaN
    counts as greater and as less than all numbers. The dimension is dropped, or
    with `keepdims` has extent 1.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) The dimension has an element, or the result none. The run refuses
      others.

    ```mlir
    %i = graph.arg Max %x axis = -1 : tensor<?x?x50257xf32>
    ```
  }];
  let arguments = (ins Graph_ArgKindAttr:$kind, Graph_Tensor:$input,
                       I64Attr:$axis, UnitAttr:$keepdims, UnitAttr:$last);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = [{
    $kind $input `axis` `=` $axis (`keepdims` $keepdims^)? (`last` $last^)?
    attr-dict `:` type($input)
  }];
}

#endif
