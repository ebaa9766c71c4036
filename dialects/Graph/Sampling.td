#ifndef GRAPHOPT_GRAPH_SAMPLING
#define GRAPHOPT_GRAPH_SAMPLING

include "dialects/Graph/GraphEnums.td"

def Graph_GridSampleOp : Graph_PureOp<"grid_sample"> {
  let summary = "Takes values at any positions in the spatial dimensions";
  let description = [{
    `result[n, c, o...]` is the value of `input[n, c, ...]` at the position
    `grid[n, o..., :]`, which holds a coordinate for each spatial dimension, the
    last dimension's first. Along a dimension of extent `d`, -1 and 1 are the outer
    edges of the outermost elements (positions -0.5 and `d - 0.5`) or, with
    `align_corners`, their centres (0 and `d - 1`).

    The value is that of the nearest element (half to even), or a sum of the 2
    (`linear`) or 4 (`cubic`, coefficient -0.75) elements around the position along
    each dimension. `outside` says what stands around the input.

    Constraints:
    - (C1) `input` and `grid` have the same rank, at least 3, and the last extent
      of `grid` is the number of spatial dimensions. The run refuses others.
    - (C2) `input` and `grid` have equal first extents. The run refuses others.
    - (C3) `linear` and `cubic` take numbers, not booleans.
    - (C4) Spatial dimensions have elements, or the result none. The run refuses
      others.

    ```mlir
    %y = graph.grid_sample linear %x at %grid outside = zeros
        : tensor<?x3x8x8xf32>, tensor<?x4x4x2xf32>
    ```
  }];
  let arguments = (ins Graph_InterpolationAttr:$mode, Graph_Tensor:$input,
                       Graph_FloatTensor:$grid, Graph_OutsideModeAttr:$outside,
                       UnitAttr:$align_corners);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $mode $input `at` $grid `outside` `=` $outside
    (`align_corners` $align_corners^)? attr-dict `:` type($input) `,` type($grid)
  }];
}

def Graph_Col2ImOp : Graph_PureOp<"col2im"> {
  let summary = "Adds up the windows that an image was taken apart into";
  let description = [{
    Column `l` of `input[n]` holds, for each channel, the elements of a window of
    extents `block`; the windows lie in the padded image as those of a convolution
    do, the last dimension's position changing fastest. Each element of the result
    is the sum of all that lie at its place.

    Constraints:
    - (C1) The input has 3 dimensions; `image` and `block` have one, with an element
      for each spatial dimension: in `image` not negative, in `block` positive. The
      run refuses others.
    - (C2) There is a positive entry of `strides` and `dilations` for each spatial
      dimension, and two of `pads`, which are not negative.
    - (C3) Dimension 1 of the input is a multiple of the elements of `block`, its
      dimension 2 the number of windows. The run refuses others.

    ```mlir
    %y = graph.col2im %x to %shape block %block strides = [1, 1] dilations = [1, 1]
        pads = [0, 0, 0, 0] : tensor<?x27x36xf32>, tensor<2xi64>, tensor<2xi64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_IndexTensor:$image,
                       Graph_IndexTensor:$block, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$pads);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input `to` $image `block` $block `strides` `=` $strides
    `dilations` `=` $dilations `pads` `=` $pads attr-dict `:` type(operands)
  }];
}

def Graph_RoiAlignOp : Graph_PureOp<"roi_align"> {
  let summary = "Averages values at even positions in regions of images";
  let description = [{
    Region `r` is of image `images[r]`, from `rois[r, 0:2]` to `rois[r, 2:4]` (x, y),
    times `scale`; with `half_pixel` 0.5 to the left and above, else at least 1 x 1.
    It is cut into `height` x `width` bins, and `result[r, c, h, w]` is the mean of
    channel `c` at `samples` x `samples` positions in bin (h, w), interpolated
    between the four elements around each, 0 beyond -1 and the extent. Without
    `samples` there are about as many in a dimension as elements, at most 2^20. With
    `max` it is the greatest of the four products of an element and its weight, of
    all positions. A bin without positions has 0.

    Constraints:
    - (C1) `input` has 4 dimensions; `rois` has 2, of which the last is of extent 4;
      `images` has one. The run refuses other extents.
    - (C2) `rois` has the input's element type.
    - (C3) There are as many `images` as `rois`. The run refuses others, and those
      that are no images.
    - (C4) `height` and `width` are positive, `samples` is not negative.

    ```mlir
    %y = graph.roi_align %x at %rois of %images height = 7 width = 7 samples = 2
        scale = 6.250000e-02 half_pixel
        : tensor<?x256x?x?xf32>, tensor<?x4xf32>, tensor<?xi64>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$rois,
                       Graph_IndexTensor:$images, I64Attr:$height, I64Attr:$width,
                       I64Attr:$samples, F32Attr:$scale, UnitAttr:$half_pixel,
                       UnitAttr:$max);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `at` $rois `of` $images `height` `=` $height `width` `=` $width
    `samples` `=` $samples `scale` `=` $scale (`half_pixel` $half_pixel^)?
    (`max` $max^)? attr-dict `:` type(operands)
  }];
}

def Graph_MaxRoiPoolOp : Graph_PureOp<"max_roi_pool"> {
  let summary = "Greatest elements of the bins of regions of images";
  let description = [{
    `rois[r]` is an image and the first and last element of a region of it: x, y, x,
    y, times `scale`, rounded, half away from zero. The region, at least 1 x 1, is cut
    into `height` x `width` bins that overlap where they share elements;
    `result[r, c, h, w]` is the greatest element of a bin, 0 if it has none.

    Constraints:
    - (C1) `input` has 4 dimensions; `rois` has 2, of which the last is of extent 5.
      The run refuses other extents, and a first entry that is no image.
    - (C2) `rois` has the input's element type.
    - (C3) `height` and `width` are positive.

    ```mlir
    %y = graph.max_roi_pool %x at %rois height = 7 width = 7 scale = 6.250000e-02
        : tensor<?x256x?x?xf32>, tensor<?x5xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$rois,
                       I64Attr:$height, I64Attr:$width, F32Attr:$scale);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `at` $rois `height` `=` $height `width` `=` $width `scale` `=` $scale
    attr-dict `:` type(operands)
  }];
}

def Graph_DecodeImageOp : Graph_PureOp<"decode_image"> {
  let summary = "Pixels of an image file";
  let description = [{
    `input` are the bytes of a file: BMP, JPEG, JPEG 2000, PNG, PNM, TIFF or WebP. The
    result has rows, columns and, as `format` says, the channels red, green and blue,
    the same backwards, or brightness alone. Opacity is left out. The run refuses a
    file that is damaged, or larger than 2^26 pixels.

    Constraints:
    - (C1) The input has one dimension.
    - (C2) `format` is "RGB", "BGR" or "Grayscale".

    ```mlir
    %y = graph.decode_image "RGB" %x : tensor<?xui8>
    ```
  }];
  let arguments = (ins StrAttr:$format, RankedTensorOf<[UI8]>:$input);
  let results = (outs RankedTensorOf<[UI8]>:$result);
  let assemblyFormat = "$format $input attr-dict `:` type($input)";
}

#endif
