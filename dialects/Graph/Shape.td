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
  let arguments = (ins Graph_MovableTensor:$input);
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
  let arguments = (ins Graph_MovableTensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Graph_MovableTensor:$result);
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
  let arguments = (ins Graph_MovableTensor:$input, RankedTensorOf<[I64]>:$shape,
                       UnitAttr:$allowZero);
  let results = (outs Graph_MovableTensor:$result);
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
  let arguments = (ins Variadic<Graph_MovableTensor>:$inputs, I64Attr:$axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = "$inputs `axis` `=` $axis attr-dict `:` type($inputs)";
}

def Graph_SizeOp : Graph_PureOp<"size"> {
  let summary = "The number of elements of a tensor";
  let description = [{
    ```mlir
    %n = graph.size %x : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Graph_SqueezeOp : Graph_PureOp<"squeeze"> {
  let summary = "Removes dimensions of extent 1";
  let description = [{
    Constraints:
    - (C1) `axes` are different dimensions of the input.
    - (C2) Their extents are 1. The run refuses open extents that are not.

    ```mlir
    %y = graph.squeeze %x axes = [0, -1] : tensor<1x?x1xf32>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = "$input `axes` `=` $axes attr-dict `:` type($input)";
}

def Graph_UnsqueezeOp : Graph_PureOp<"unsqueeze"> {
  let summary = "Inserts dimensions of extent 1";
  let description = [{
    Constraints:
    - (C1) `axes` are different dimensions of the result.

    ```mlir
    %y = graph.unsqueeze %x axes = [0, 2] : tensor<?xf32>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = "$input `axes` `=` $axes attr-dict `:` type($input)";
}

def Graph_ExpandOp : Graph_PureOp<"expand"> {
  let summary = "Repeats a tensor to a shape, broadcasting both ways";
  let description = [{
    An extent of 1 in `shape`, or one that it lacks, keeps the input's.

    Constraints:
    - (C1) `shape` has one dimension, of static extent.
    - (C2) The elements of `shape` are not negative.
    - (C3) The input's shape and `shape` broadcast.

    ```mlir
    %y = graph.expand %x to %shape : tensor<?x1xf32>, tensor<3xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, RankedTensorOf<[I64]>:$shape);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat =
      "$input `to` $shape attr-dict `:` type($input) `,` type($shape)";
}

def Graph_TileOp : Graph_PureOp<"tile"> {
  let summary = "Repeats a whole tensor along each dimension";
  let description = [{
    Constraints:
    - (C1) `repeats` has one dimension, with one element per input dimension.
    - (C2) No element of `repeats` is negative.

    ```mlir
    %y = graph.tile %x by %repeats : tensor<?x2xf32>, tensor<2xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, RankedTensorOf<[I64]>:$repeats);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat =
      "$input `by` $repeats attr-dict `:` type($input) `,` type($repeats)";
}

def Graph_SplitOp : Graph_PureOp<"split"> {
  let summary = "Cuts a tensor into parts along a dimension";
  let description = [{
    Without `sizes` all parts have the same extent; if the input's is no multiple
    of `parts`, the last one is shorter.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `sizes` has one dimension, with `parts` elements.
    - (C3) The elements of `sizes` are not negative, their sum is the extent of
      `axis`. The run refuses an open extent that differs.
    - (C4) `parts` is the number of results. Without `sizes`, no part before the
      last one is longer than what is left.

    ```mlir
    %a, %b = graph.split %x axis = 1 into 2 : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, I64Attr:$axis, I64Attr:$parts,
                       Optional<RankedTensorOf<[I64]>>:$sizes);
  let results = (outs Variadic<Graph_MovableTensor>:$results);
  let assemblyFormat = [{
    $input `axis` `=` $axis `into` $parts (`sizes` $sizes^)? attr-dict `:`
    type($input) (`,` type($sizes)^)?
  }];
  let hasVerifier = 1;
}

#endif
