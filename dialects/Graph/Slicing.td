#ifndef GRAPHOPT_GRAPH_SLICING
#define GRAPHOPT_GRAPH_SLICING

include "dialects/Graph/GraphEnums.td"

def Graph_SliceOp : Graph_PureOp<"slice", [AttrSizedOperandSegments]> {
  let summary = "Takes every `step`-th element between two positions";
  let description = [{
    For each dimension in `axes` (all if absent) the positions `starts`,
    `starts + steps`, ... up to, without, `ends`. Negative positions count from
    the end, positions beyond an end are clamped to it; a negative step walks
    backwards. Absent `steps` are 1.

    Extents that clamping makes of open ones are expressions: `x[1:]` of `n` has
    `max(n - 1, 0)`, `x[:m]` has `min(n, m)`. An op that broadcasts such an extent
    with what it would be without clamping takes both for equal; the run refuses
    inputs for which they are not (GRAPHOPT_BAD_DATA).

    Constraints:
    - (C1) `starts`, `ends`, `axes` and `steps` have one dimension and the same
      number of elements.
    - (C2) `axes` are different dimensions.
    - (C3) No step is 0.

    ```mlir
    %y = graph.slice %x from %starts to %ends axes %axes steps %steps
        : tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, Graph_IndexTensor:$starts,
                       Graph_IndexTensor:$ends,
                       Optional<Graph_IndexTensor>:$axes,
                       Optional<Graph_IndexTensor>:$steps);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $input `from` $starts `to` $ends (`axes` $axes^)? (`steps` $steps^)?
    attr-dict `:` type(operands)
  }];
}

def Graph_PadOp : Graph_PureOp<"pad", [AttrSizedOperandSegments]> {
  let summary = "Adds elements before and after each dimension";
  let description = [{
    `pads` holds how many to add before each dimension of `axes` (all if
    absent), then how many after each; negative ones remove elements. `value` is
    what `constant` adds, 0 if absent.

    Constraints:
    - (C1) `pads` has one dimension, with two elements for each axis.
    - (C2) `axes` has one dimension and names different dimensions.
    - (C3) No result extent is negative. The run refuses open extents for which
      one is.
    - (C4) `value` has one element of the input's type.

    ```mlir
    %y = graph.pad reflect %x by %pads : tensor<?x8xf32>, tensor<4xi64>
    ```
  }];
  let arguments = (ins Graph_PadModeAttr:$mode, Graph_MovableTensor:$input,
                       RankedTensorOf<[I64]>:$pads,
                       Optional<Graph_MovableTensor>:$value,
                       Optional<Graph_IndexTensor>:$axes);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $mode $input `by` $pads (`value` $value^)? (`axes` $axes^)? attr-dict `:`
    type(operands)
  }];
}

def Graph_CompressOp : Graph_PureOp<"compress"> {
  let summary = "Takes the slices for which a condition is true";
  let description = [{
    Slice `i` along `axis` if element `i` of `condition` is true. Both may be
    longer; what the other lacks is left out.

    Constraints:
    - (C1) `axis` is a dimension of `input`.
    - (C2) `condition` has one dimension.

    ```mlir
    %y = graph.compress %x by %c axis = 0 : tensor<?x8xf32>, tensor<?xi1>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, Graph_BoolTensor:$condition,
                       I64Attr:$axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $input `by` $condition `axis` `=` $axis attr-dict `:` type(operands)
  }];
}

def Graph_ReverseSequenceOp : Graph_PureOp<"reverse_sequence"> {
  let summary = "Turns the first elements of each sequence around";
  let description = [{
    Sequence `b` of dimension `batchAxis` lies along `timeAxis`; its first
    `lengths[b]` elements change their order. Lengths are clamped to the extent.

    Constraints:
    - (C1) `batchAxis` and `timeAxis` are different dimensions.
    - (C2) `lengths` has one dimension, of the extent of `batchAxis`. The run
      refuses others.

    ```mlir
    %y = graph.reverse_sequence %x lengths %n batch = 1 time = 0 : tensor<?x?x8xf32>, tensor<?xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, RankedTensorOf<[I64]>:$lengths,
                       I64Attr:$batchAxis, I64Attr:$timeAxis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $input `lengths` $lengths `batch` `=` $batchAxis `time` `=` $timeAxis
    attr-dict `:` type(operands)
  }];
}

#endif
