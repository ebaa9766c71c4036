#ifndef GRAPHOPT_GRAPH_SORTING
#define GRAPHOPT_GRAPH_SORTING

include "dialects/Graph/GraphBase.td"

// Of floats, NaN is the greatest and equal to itself.

def Graph_TopKOp : Graph_PureOp<"top_k"> {
  let summary = "The greatest or smallest elements along a dimension";
  let description = [{
    `k` elements of each row along `axis`, and where in it they are. Of equal
    elements those that come first are taken. If `sorted`, the greatest (with
    `largest`; else the smallest) comes first, and equal ones keep their order;
    if not, any order will do.

    Constraints:
    - (C1) `axis` is a dimension of `input`.
    - (C2) `k` has one element.
    - (C3) `k` is in `[0, extent]`. The run refuses others.

    ```mlir
    %values, %indices = graph.top_k %x by %k axis = 1 largest sorted
        : tensor<?x1000xf32>, tensor<1xi64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, RankedTensorOf<[I64]>:$k,
                       I64Attr:$axis, UnitAttr:$largest, UnitAttr:$sorted);
  let results = (outs Graph_Tensor:$values, RankedTensorOf<[I64]>:$indices);
  let assemblyFormat = [{
    $input `by` $k `axis` `=` $axis (`largest` $largest^)? (`sorted` $sorted^)?
    attr-dict `:` type(operands)
  }];
}

#endif
