#ifndef GRAPHOPT_GRAPH_INDEXING
#define GRAPHOPT_GRAPH_INDEXING

include "dialects/Graph/GraphBase.td"

/// An op that reads at positions which a tensor holds.
///
/// A negative position counts from the end. Constant ones are checked here, the
/// others before any is used: the run refuses those that are out of range
/// (GRAPHOPT_BAD_DATA).
class Graph_IndexedOp<string mnemonic, list<Trait> traits = []>
    : Graph_PureOp<mnemonic, traits>;

def Graph_GatherOp : Graph_IndexedOp<"gather"> {
  let summary = "Takes slices at positions along a dimension";
  let description = [{
    `result[i..., j..., k...] = data[i..., indices[j...], k...]`, where `i` has
    `axis` dimensions.

    Constraints:
    - (C1) `axis` is a dimension of `data`.
    - (C2) Constant `indices` are in `[-extent, extent)`.

    ```mlir
    %y = graph.gather %data at %indices axis = 0 : tensor<30522x384xf32>, tensor<?x?xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$data, Graph_IndexTensor:$indices,
                       I64Attr:$axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $data `at` $indices `axis` `=` $axis attr-dict `:` type($data) `,`
    type($indices)
  }];
}

def Graph_GatherElementsOp : Graph_IndexedOp<"gather_elements"> {
  let summary = "Takes one element for each index, along a dimension";
  let description = [{
    `result[i, j, k] = data[i, indices[i, j, k], k]` for rank 3 and `axis` 1.

    Constraints:
    - (C1) `axis` is a dimension of `data`.
    - (C2) Constant `indices` are in `[-extent, extent)`.
    - (C3) `data` and `indices` have the same rank, and `indices` is in no other
      dimension longer than `data`. The run refuses open extents that are.

    ```mlir
    %y = graph.gather_elements %data at %indices axis = 1 : tensor<?x8xf32>, tensor<?x3xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$data, Graph_IndexTensor:$indices,
                       I64Attr:$axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $data `at` $indices `axis` `=` $axis attr-dict `:` type($data) `,`
    type($indices)
  }];
}

def Graph_GatherNDOp : Graph_IndexedOp<"gather_nd"> {
  let summary = "Takes slices at positions in several dimensions";
  let description = [{
    The last dimension of `indices` holds a position in the dimensions of `data`
    that follow the first `batchDims`, which both have in common:
    `result[b..., i..., k...] = data[b..., indices[b..., i..., :]..., k...]`.

    Constraints:
    - (C1) The last dimension of `indices` is static.
    - (C2) Constant `indices` are in `[-extent, extent)`.
    - (C3) `batchDims` is less than both ranks; `data` has at least as many
      further dimensions as a position has elements.
    - (C4) The first `batchDims` extents of `data` and `indices` are equal.

    ```mlir
    %y = graph.gather_nd %data at %indices batch = 0 : tensor<?x?x8xf32>, tensor<?x2xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$data, Graph_IndexTensor:$indices,
                       I64Attr:$batchDims);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $data `at` $indices `batch` `=` $batchDims attr-dict `:` type($data) `,`
    type($indices)
  }];
}

def Graph_NonZeroOp : Graph_PureOp<"non_zero"> {
  let summary = "The positions of elements that are not 0";
  let description = [{
    One column of `result` an element that is not 0 (or false), in row-major
    order; one row a dimension. How many columns there are only the run knows.

    ```mlir
    %y = graph.non_zero %x : tensor<?x8xf32> // tensor<2x?xi64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Graph_TreeLeavesOp : Graph_PureOp<"tree_leaves"> {
  let summary = "The leaf of each tree that a row of features leads to";
  let description = [{
    From step `roots[t]`, `depth` times a step: from `s` to `next[s, 1]` if
    `input[n, features[s]] <= splits[s]`, or if `missing[s]` and that feature is not
    a number, else to `next[s, 0]`. A leaf is its own successor. `result[n, t]` is the
    last step.

    Constraints:
    - (C1) `input` has two dimensions; `splits` are f32 or f64, as the input is.
    - (C2) `features`, `splits` and `missing` have one dimension, of the same extent;
      `next` has as many rows, of 2; `roots` has one dimension.
    - (C3) `features`, `next` and `roots` are constants; `next` and `roots` are steps,
      `features` positions in dimension 1 of the input. The run refuses an input that
      has less features.

    ```mlir
    %l = graph.tree_leaves %x by %features, %splits to %next from %roots depth = 6
        : tensor<?x10xf32>, tensor<90xi32>, tensor<90xf32>, tensor<90x2xi32>, tensor<3xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32, F64]>:$input, RankedTensorOf<[I32]>:$features,
                       RankedTensorOf<[F32, F64]>:$splits, RankedTensorOf<[I32]>:$next,
                       RankedTensorOf<[I32]>:$roots, Optional<Graph_BoolTensor>:$missing,
                       I64Attr:$depth);
  let results = (outs RankedTensorOf<[I32]>:$result);
  let assemblyFormat = [{
    $input `by` $features `,` $splits `to` $next `from` $roots (`missing` $missing^)?
    `depth` `=` $depth attr-dict `:` type(operands)
  }];
}

#endif
