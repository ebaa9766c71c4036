#ifndef GRAPHOPT_GRAPH_CUMULATION
#define GRAPHOPT_GRAPH_CUMULATION

include "dialects/Graph/GraphEnums.td"

def Graph_CumulateOp : Graph_PureOp<"cumulate"> {
  let summary = "Combines each element with all before it along a dimension";
  let description = [{
    `exclusive` leaves the element itself out: the first is 0, or 1 for products.
    `reverse` combines it with those after it.

    Constraints:
    - (C1) `axis` has one element, a dimension. The run refuses others.
    - (C2) Elements are floats or integers of at least 32 bits.

    ```mlir
    %y = graph.cumulate Sum %x axis %a exclusive : tensor<?x128xi64>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_CumKindAttr:$kind, Graph_Tensor:$input,
                       Graph_IndexTensor:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $kind $input `axis` $axis (`exclusive` $exclusive^)? (`reverse` $reverse^)?
    attr-dict `:` type($input) `,` type($axis)
  }];
}

#endif
