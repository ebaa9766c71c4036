#ifndef GRAPHOPT_GRAPH_SCATTERING
#define GRAPHOPT_GRAPH_SCATTERING

include "dialects/Graph/GraphEnums.td"

/// An op whose result is `data` with `updates` written into it, one after the
/// other: of two at one position the later one counts.
///
/// With a `reduction`, which is Add, Mul, Max or Min, an update is joined with
/// the element that it meets. A negative index counts from the end. The run
/// refuses indices that are out of range (GRAPHOPT_BAD_DATA).
class Graph_ScatterBase<string mnemonic> : Graph_PureOp<mnemonic> {
  let results = (outs Graph_MovableTensor:$result);
}

def Graph_ScatterElementsOp : Graph_ScatterBase<"scatter_elements"> {
  let summary = "Writes one element for each index, along a dimension";
  let description = [{
    `result[i, indices[i, j, k], k] = updates[i, j, k]` for rank 3 and `axis` 1,
    else `data`.

    Constraints:
    - (C1) `axis` is a dimension of `data`.
    - (C2) Constant `indices` are in `[-extent, extent)`.
    - (C3) `data` and `indices` have the same rank, and `indices` is in no other
      dimension longer than `data`. The run refuses open extents that are.
    - (C4) `updates` has the extents of `indices` and the element type of `data`.
    - (C5) `reduction` is Add, Mul, Max or Min.

    ```mlir
    %y = graph.scatter_elements %updates into %data at %indices axis = 1 reduction Add
        : tensor<?x3xf32>, tensor<?x8xf32>, tensor<?x3xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$updates, Graph_MovableTensor:$data,
                       Graph_IndexTensor:$indices, I64Attr:$axis,
                       OptionalAttr<Graph_BinaryKindAttr>:$reduction);
  let assemblyFormat = [{
    $updates `into` $data `at` $indices `axis` `=` $axis (`reduction`
    $reduction^)? attr-dict `:` type(operands)
  }];
}

def Graph_ScatterNDOp : Graph_ScatterBase<"scatter_nd"> {
  let summary = "Writes slices at positions in several dimensions";
  let description = [{
    The last dimension of `indices` holds a position in the first dimensions of
    `data`: `result[indices[i..., :]..., k...] = updates[i..., k...]`, else
    `data`.

    Constraints:
    - (C1) The last dimension of `indices` is static.
    - (C2) Constant `indices` are in `[-extent, extent)`.
    - (C3) `data` has at least as many dimensions as a position has elements.
    - (C4) `updates` has the dimensions `i...`, `k...` and the element type of
      `data`.
    - (C5) `reduction` is Add, Mul, Max or Min.

    ```mlir
    %y = graph.scatter_nd %updates into %data at %indices
        : tensor<?x8xf32>, tensor<?x?x8xf32>, tensor<?x2xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$updates, Graph_MovableTensor:$data,
                       Graph_IndexTensor:$indices,
                       OptionalAttr<Graph_BinaryKindAttr>:$reduction);
  let assemblyFormat = [{
    $updates `into` $data `at` $indices (`reduction` $reduction^)? attr-dict `:`
    type(operands)
  }];
}

def Graph_TensorScatterOp : Graph_ScatterBase<"tensor_scatter"> {
  let summary = "Writes a run of rows into each sample of a cache";
  let description = [{
    `result[b, ..., starts[b] + i, ...] = updates[b, ..., i, ...]` along `axis`,
    else `data`. Absent `starts` are 0. If `circular`, positions are taken modulo
    the extent; if not, the run refuses those beyond it.

    Constraints:
    - (C1) `axis` is a dimension of `data`, but not the first.
    - (C2) `updates` has the rank and the element type of `data`, and its
      extents but along `axis`, where it is not longer. The run refuses open
      extents that are.
    - (C3) `starts` has one dimension, the first of `data`.

    ```mlir
    %y = graph.tensor_scatter %updates into %data at %starts axis = 1 circular
        : tensor<?x1x8xf32>, tensor<?x64x8xf32>, tensor<?xi64>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$updates, Graph_MovableTensor:$data,
                       Optional<RankedTensorOf<[I64]>>:$starts, I64Attr:$axis,
                       UnitAttr:$circular);
  let assemblyFormat = [{
    $updates `into` $data (`at` $starts^)? `axis` `=` $axis (`circular`
    $circular^)? attr-dict `:` type(operands)
  }];
}

#endif
