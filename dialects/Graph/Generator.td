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
                       Graph_MovableTensor:$values, I64Attr:$axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $indices `depth` $depth `values` $values `axis` `=` $axis attr-dict `:`
    type(operands)
  }];
}

def Graph_RandomOp : Graph_Op<"random", [
    Graph_InferResults, MemoryEffects<[MemWrite]>]> {
  let summary = "Random numbers";
  let description = [{
    Floats of type `element`: `offset + scale * r`, where `r` is evenly distributed in
    [0, 1) or, with `normal`, normally, with mean 0 and variance 1.

    The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy
    as 1, 2, 3", 2011). Element `i` in row-major order comes from the block of counter
    `(i mod 2^32, i / 2^32, n mod 2^32, n / 2^32)`: its first word (or two, for f64) as
    a fraction; for normal numbers its two first (or four) by Box and Muller's method.

    With a `seed` its bits are the key and `n` is 0: every execution gives the same
    numbers. Without, the key is fixed and `n` counts the executions of all ops without
    a seed in the process, so that none gives the numbers of another, and a process
    that executes the same ops in the same order gets the same numbers.

    Constraints:
    - (C1) `shape` has one dimension, of static extent: the result's rank.
    - (C2) No element of `shape` is negative.
    - (C3) `element` is a float type.

    ```mlir
    %y = graph.random %shape normal offset = 0.000000e+00 scale = 1.000000e+00
        seed = 7.000000e+00 as f32 : tensor<2xi64>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I64]>:$shape, UnitAttr:$normal,
                       F64Attr:$offset, F64Attr:$scale, OptionalAttr<F32Attr>:$seed,
                       TypeAttr:$element);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $shape (`normal` $normal^)? `offset` `=` $offset `scale` `=` $scale
    (`seed` `=` $seed^)? `as` $element attr-dict `:` type($shape)
  }];
}

#endif
