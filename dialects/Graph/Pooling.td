#ifndef GRAPHOPT_GRAPH_POOLING
#define GRAPHOPT_GRAPH_POOLING

include "dialects/Graph/Window.td"

def Graph_PoolOp : Graph_WindowOp<"pool"> {
  let summary = "Combines the elements of each window";
  let description = windows # [{
    - (C4) There is a positive entry of `kernel` for each spatial dimension.
    - (C5) The kind is defined for the element type: `Max` for all, the others for
      floats.

    Padding counts for `AverageWithPads` only, as zeros. With `ceil_mode` a last
    window may reach beyond the padded input; there it has fewer elements.

    ```mlir
    %y = graph.pool Max %x kernel = [3, 3] strides = [2, 2] dilations = [1, 1]
        pads = [1, 1, 1, 1] : tensor<?x64x112x112xf32>
    ```
  }];
  let arguments = (ins Graph_PoolKindAttr:$kind, Graph_Tensor:$input,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads,
                       OptionalAttr<Graph_AutoPadAttr>:$auto_pad,
                       UnitAttr:$ceil_mode, UnitAttr:$channels_last);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $kind $input `kernel` `=` $kernel `strides` `=` $strides
    `dilations` `=` $dilations `pads` `=` $pads (`auto_pad` `=` $auto_pad^)?
    (`ceil_mode` $ceil_mode^)? (`channels_last` $channels_last^)? attr-dict `:`
    type($input)
  }];
  let extraClassDeclaration = getWindows;
}

def Graph_MaxPoolIndicesOp : Graph_WindowOp<"max_pool_indices"> {
  let summary = "Where the greatest element of each window is";
  let description = windows # [{
    - (C4) There is a positive entry of `kernel` for each spatial dimension.

    The result is the first such element's index in the input as flat memory; with
    `column_major`, as if the order of the spatial dimensions were reversed.

    ```mlir
    %i = graph.max_pool_indices %x kernel = [3, 3] strides = [2, 2] dilations = [1, 1]
        pads = [1, 1, 1, 1] : tensor<?x64x112x112xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads,
                       OptionalAttr<Graph_AutoPadAttr>:$auto_pad,
                       UnitAttr:$ceil_mode, UnitAttr:$column_major);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = [{
    $input `kernel` `=` $kernel `strides` `=` $strides `dilations` `=` $dilations
    `pads` `=` $pads (`auto_pad` `=` $auto_pad^)? (`ceil_mode` $ceil_mode^)?
    (`column_major` $column_major^)? attr-dict `:` type($input)
  }];
  let extraClassDeclaration = getWindows;
}

#endif
