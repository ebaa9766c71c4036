#ifndef GRAPHOPT_GRAPH_RESIZE
#define GRAPHOPT_GRAPH_RESIZE

include "dialects/Graph/GraphEnums.td"

def Graph_ResizeOp : Graph_PureOp<"resize", [AttrSizedOperandSegments]> {
  let summary = "Stretches a tensor along some dimensions";
  let description = [{
    Along each dimension of `axes`, of extent `n`, the result has the extent
    `length`: `floor(n * scale)` in f32, or the entry of `sizes`. With `sizes`,
    `scale` is `length / n`; but with a `policy`, all dimensions get the smallest
    (`not_larger`) or the greatest (`not_smaller`) of these scales and the extent
    `floor(n * scale + 0.5)`.

    Element `i` of the result lies at the position `x` of the input, where `width`
    is `n * scale` without rounding:

    | `coordinates` | `x` |
    |---|---|
    | `half_pixel` | `(i + 0.5) / scale - 0.5` |
    | `half_pixel_symmetric` | `half_pixel + n / 2 * (1 - length / width)` |
    | `pytorch_half_pixel` | `half_pixel`; 0 if `length` is 1 |
    | `align_corners` | `i * (n - 1) / (width - 1)`; 0 if `width` is 1 |
    | `asymmetric` | `i / scale` |
    | `tf_crop_and_resize` | `start * (n - 1) + i * (end - start) * (n - 1) / (width - 1)`; `(start + end) / 2 * (n - 1)` if `width` is 1 |

    `roi` holds `start` of each axis, then `end`. With it, elements whose `x` is not
    in `[0, n - 1]` are `extrapolation_value` (absent: 0).

    The element is that at `x` rounded by `rounding` (absent: half down), or the sum of the 2
    (`linear`) or 4 (`cubic`) elements around `x` with weights that follow from
    their distance to it (`cubic_coefficient`, absent: -0.75); `antialias` widens that by `1 / scale` where `scale` is
    less than 1. Outside of the input stand its outermost elements, which
    `exclude_outside` leaves out of the sum. Integers are rounded, half to even,
    and clamped to their range.

    Constraints:
    - (C1) There is either `scales` or `sizes`.
    - (C2) `axes` are different dimensions.
    - (C3) `scales` and `sizes` have one dimension, with one element for each axis;
      `roi` has two for each. The run refuses others.
    - (C4) No scale is 0 or less, no size is negative; there are elements to make
      those of the result from. The run refuses others.
    - (C5) There is a `roi` with `tf_crop_and_resize`, and only then.
    - (C6) `linear` and `cubic` take numbers, not booleans.
    - (C7) There is no `policy` with `scales`.

    ```mlir
    %y = graph.resize linear %x sizes %hw axes = [2, 3] coordinates = half_pixel
        : tensor<?x64x?x?xf32>, tensor<2xi64>
    ```
  }];
  let arguments = (ins
      Graph_InterpolationAttr:$mode, Graph_Tensor:$input,
      Optional<Graph_FloatTensor>:$scales, Optional<Graph_IndexTensor>:$sizes,
      Optional<Graph_FloatTensor>:$roi, DenseI64ArrayAttr:$axes,
      Graph_CoordinateModeAttr:$coordinates,
      OptionalAttr<Graph_NearestModeAttr>:$rounding,
      OptionalAttr<Graph_AspectPolicyAttr>:$policy,
      OptionalAttr<F32Attr>:$cubic_coefficient,
      OptionalAttr<F32Attr>:$extrapolation_value,
      UnitAttr:$antialias, UnitAttr:$exclude_outside);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $mode $input (`scales` $scales^)? (`sizes` $sizes^)? (`roi` $roi^)?
    `axes` `=` $axes `coordinates` `=` $coordinates
    (`rounding` `=` $rounding^)? (`policy` `=` $policy^)?
    (`antialias` $antialias^)? (`exclude_outside` $exclude_outside^)? attr-dict
    `:` type(operands)
  }];
}

#endif
