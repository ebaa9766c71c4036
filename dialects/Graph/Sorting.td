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
    - (C2) `k` has one element. The run refuses others.
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

def Graph_UniqueOp : Graph_PureOp<"unique"> {
  let summary = "Different slices along a dimension";
  let description = [{
    `values` holds one of each set of equal slices of `input` along `axis`: the
    first one, at position `firsts` of the input. `inverse` says for each slice
    of the input which one of `values` it equals, `counts` for each of `values`
    how many do. They are in the order of their elements if `sorted`, else in
    that of their first positions.

    Constraints:
    - (C1) `axis` is a dimension of `input`.

    ```mlir
    %values, %firsts, %inverse, %counts = graph.unique %x axis = 0 sorted
        : tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, I64Attr:$axis, UnitAttr:$sorted);
  let results = (outs Graph_Tensor:$values, RankedTensorOf<[I64]>:$firsts,
                      RankedTensorOf<[I64]>:$inverse,
                      RankedTensorOf<[I64]>:$counts);
  let assemblyFormat = [{
    $input `axis` `=` $axis (`sorted` $sorted^)? attr-dict `:` type(operands)
  }];
}

def Graph_NonMaxSuppressionOp
    : Graph_PureOp<"non_max_suppression", [AttrSizedOperandSegments]> {
  let summary = "Boxes that no better one overlaps";
  let description = [{
    For each batch and class, in this order, walks the boxes from the greatest
    score down and takes up to `maxBoxes` (0 if absent) of which the intersection
    over union with each one taken before is at most `overlap` (0 if absent).
    Boxes whose score is not above `threshold` are left out. A row of the result
    is batch, class and box. `boxes` are y1, x1, y2, x2, corners in any order, or
    with `centered` x, y, width, height.

    Constraints:
    - (C1) `boxes` is [batch, box, 4] and `scores` [batch, class, box]. The run
      refuses open extents that differ.
    - (C2) `maxBoxes`, `overlap` and `threshold` have one element. The run
      refuses others.

    ```mlir
    %y = graph.non_max_suppression %boxes, %scores max %n overlap %o threshold %t
        : tensor<1x?x4xf32>, tensor<1x?x?xf32>, tensor<1xi64>, tensor<1xf32>, tensor<1xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[F32]>:$boxes,
                       RankedTensorOf<[F32]>:$scores,
                       Optional<RankedTensorOf<[I64]>>:$maxBoxes,
                       Optional<RankedTensorOf<[F32]>>:$overlap,
                       Optional<RankedTensorOf<[F32]>>:$threshold,
                       UnitAttr:$centered);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = [{
    $boxes `,` $scores (`max` $maxBoxes^)? (`overlap` $overlap^)? (`threshold`
    $threshold^)? (`centered` $centered^)? attr-dict `:` type(operands)
  }];
}

#endif
