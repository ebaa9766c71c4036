#ifndef GRAPHOPT_GRAPH_GENERATOR
#define GRAPHOPT_GRAPH_GENERATOR

include "dialects/Graph/GraphBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"

def Graph_ConstantOfShapeOp : Graph_PureOp<"constant_of_shape"> {
  let summary = "A tensor of one value";
  let description = [{
    Constraints:
    - (C1) `shape` has one dimension, of static extent: the result's rank.
    - (C2) No element of `shape` is negative.

    ```mlir
    %y = graph.constant_of_shape %shape value = 0.0 : f32 : tensor<2xi64>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I64]>:$shape, TypedAttrInterface:$value);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$shape `value` `=` $value attr-dict `:` type($shape)";
}

def Graph_RangeOp : Graph_PureOp<"range"> {
  let summary = "start, start + delta, ... up to, without, limit";
  let description = [{
    Constraints:
    - (C1) The operands are scalars of one type, which is that of the result.
    - (C2) `delta` is not 0.

    ```mlir
    %y = graph.range %start to %limit by %delta : tensor<i64>, tensor<i64>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$start, Graph_Tensor:$limit,
                       Graph_Tensor:$delta);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $start `to` $limit `by` $delta attr-dict `:` type($start) `,` type($limit)
    `,` type($delta)
  }];
}

def Graph_TriluOp : Graph_PureOp<"trilu"> {
  let summary = "Keeps the elements on one side of a diagonal, and 0 elsewhere";
  let description = [{
    The diagonal is `k` to the right of the main one of the last two dimensions (0
    if absent). It stays, with what is below it or, with `upper`, above.

    Constraints:
    - (C1) The input has at least two dimensions.
    - (C2) `k` has one element.

    ```mlir
    %y = graph.trilu %x by %k upper : tensor<?x8x8xf32>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Optional<RankedTensorOf<[I64]>>:$k,
                       UnitAttr:$upper);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input (`by` $k^)? (`upper` $upper^)? attr-dict `:` type(operands)
  }];
}

def Graph_OneHotOp : Graph_PureOp<"one_hot"> {
  let summary = "A row for each index, with one value there and another elsewhere";
  let description = [{
    The rows, of `depth` elements, are along the result's dimension `axis`.
    `values` holds the value elsewhere, then the one at the index. Negative indices
    count from the end; those out of range have no place in their row.

    Constraints:
    - (C1) `axis` is a dimension of the result.
    - (C2) `depth` has one element, which is not negative. The run refuses others.
    - (C3) `values` has one dimension of extent 2. The run refuses others.

    ```mlir
    %y = graph.one_hot %i depth %d values %v axis = -1 : tensor<?xi64>, tensor<i64>, tensor<2xf32>
    ```
  }];
  let arguments = (ins Graph_IndexTensor:$indices, Graph_IndexTensor:$depth,
                       Graph_Tensor:$values, I64Attr:$axis);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $indices `depth` $depth `values` $values `axis` `=` $axis attr-dict `:`
    type(operands)
  }];
}

#endif
