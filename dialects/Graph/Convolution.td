#ifndef GRAPHOPT_GRAPH_CONVOLUTION
#define GRAPHOPT_GRAPH_CONVOLUTION

include "dialects/Graph/Window.td"

def Graph_ConvOp : Graph_WindowOp<"conv"> {
  let summary = "Convolution over any number of spatial dimensions";
  let description = windows # [{
    - (C4) `filter` is [O, C / groups, kernel...]; `groups` is positive and divides
      C and O.
    - (C5) `bias` is [O].
    - (C6) All operands have one float type; or `input` and `filter` hold bytes, signed
      or not on either side, those of `input` perhaps in 16 signed bits, and there is
      no `bias`: the sums have 32 bits; or, if `wide`, they are of bf16 and the `bias` is,
      as the result, of f32.
    - (C7) `input_dilations`, if given, has a positive entry, and `output_shape` an
      entry, for each spatial dimension.

    With `input_dilations`, zeros are inserted between the elements of the input
    along the spatial dimensions: a transposed convolution. With `output_shape`
    the result has these spatial extents, and the padding follows from them; in
    front it is shorter than a window.

    ```mlir
    %y = graph.conv %x, %w, %b strides = [2, 2] dilations = [1, 1] pads = [3, 3, 3, 3]
        groups = 1 : tensor<?x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_Tensor:$filter,
                       Optional<Graph_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads, I64Attr:$groups,
                       OptionalAttr<Graph_AutoPadAttr>:$auto_pad,
                       OptionalAttr<DenseI64ArrayAttr>:$input_dilations,
                       OptionalAttr<DenseI64ArrayAttr>:$output_shape,
                       UnitAttr:$channels_last, UnitAttr:$wide);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $filter (`,` $bias^)? `strides` `=` $strides `dilations` `=` $dilations
    `pads` `=` $pads (`auto_pad` `=` $auto_pad^)? `groups` `=` $groups
    (`input_dilations` `=` $input_dilations^)? (`output_shape` `=` $output_shape^)?
    (`channels_last` $channels_last^)? (`wide` $wide^)? attr-dict `:` type($input) `,` type($filter)
    (`,` type($bias)^)?
  }];
  let extraClassDeclaration = getWindows;
}

#endif
