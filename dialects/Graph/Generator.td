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

#endif
