#ifndef GRAPHOPT_GRAPH_SHAPE
#define GRAPHOPT_GRAPH_SHAPE

include "dialects/Graph/GraphBase.td"

def Graph_ShapeOp : Graph_PureOp<"shape"> {
  let summary = "The extents of a tensor";
  let description = [{
    Element `i` of the result is the extent of dimension `i` of the input.

    ```mlir
    %s = graph.shape %x : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Graph_TransposeOp : Graph_PureOp<"transpose"> {
  let summary = "Permutes the dimensions of a tensor";
  let description = [{
    Dimension `i` of the result is dimension `permutation[i]` of the input.

    Constraints:
    - (C1) `permutation` has one entry per input dimension.
    - (C2) `permutation` holds each of `0 .. rank-1` exactly once.

    ```mlir
    %t = graph.transpose %x permutation = [0, 2, 1] : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat =
      "$input `permutation` `=` $permutation attr-dict `:` type($input)";
  let hasFolder = 1;
}

def Graph_ReshapeOp : Graph_PureOp<"reshape"> {
  let summary = "Gives the elements of a tensor another shape";
  let description = [{
    The elements keep their row-major order. An element -1 of `shape` stands for
    what is left; 0 for the extent of the same dimension of the input, unless
    `allowZero`.

    Constraints:
    - (C1) `shape` has one dimension, of static extent: the result's rank.
    - (C2) At most one element of `shape` is -1.
    - (C3) Both shapes have the same number of elements.
    - (C4) A 0 stands for a dimension that the input has.

    ```mlir
    %y = graph.reshape %x to %shape : tensor<2x6xf32>, tensor<3xi64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, RankedTensorOf<[I64]>:$shape,
                       UnitAttr:$allowZero);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input `to` $shape (`allowzero` $allowZero^)? attr-dict `:` type($input) `,`
    type($shape)
  }];
  let hasFolder = 1;
}

def Graph_ConcatOp : Graph_PureOp<"concat"> {
  let summary = "Joins tensors along a dimension";
  let description = [{
    Constraints:
    - (C1) All inputs have the same element type and rank.
    - (C2) `axis` is a dimension.
    - (C3) All inputs have the same extents, except along `axis`.

    ```mlir
    %y = graph.concat %a, %b axis = 0 : tensor<?x4xf32>, tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Variadic<Graph_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$inputs `axis` `=` $axis attr-dict `:` type($inputs)";
}

#endif
