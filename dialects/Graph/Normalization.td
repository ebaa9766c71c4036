#ifndef GRAPHOPT_GRAPH_NORMALIZATION
#define GRAPHOPT_GRAPH_NORMALIZATION

include "dialects/Graph/GraphBase.td"

/// An op on rows along one dimension.
class Graph_AxisOp<string mnemonic> : Graph_PureOp<mnemonic> {
  string constraints = [{
    Constraints:
    - (C1) `axis` is a dimension.
  }];
  let arguments = (ins Graph_FloatTensor:$input, I64Attr:$axis);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = "$input `axis` `=` $axis attr-dict `:` type($input)";
}

def Graph_SoftmaxOp : Graph_AxisOp<"softmax"> {
  let summary = "Exponentials over their sum along a dimension";
  let description = [{
    `exp(x - max(x)) / sum(exp(x - max(x)))`
    }] # constraints # [{
    ```mlir
    %y = graph.softmax %x axis = -1 : tensor<?x12x?x?xf32>
    ```
  }];
}

def Graph_LogSoftmaxOp : Graph_AxisOp<"log_softmax"> {
  let summary = "Logarithm of the softmax along a dimension";
  let description = [{
    `x - max(x) - log(sum(exp(x - max(x))))`
    }] # constraints # [{
    ```mlir
    %y = graph.log_softmax %x axis = 1 : tensor<?x10xf32>
    ```
  }];
}

def Graph_HardmaxOp : Graph_AxisOp<"hardmax"> {
  let summary = "1 at the first of the greatest elements along a dimension, else 0";
  let description = [{}] # constraints # [{
    ```mlir
    %y = graph.hardmax %x axis = 1 : tensor<?x10xf32>
    ```
  }];
}

def Graph_LpNormalizationOp : Graph_PureOp<"lp_normalization"> {
  let summary = "Divides by the p-norm along a dimension";
  let description = [{
    Where the norm is 0, the result is 0.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `p` is 1 or 2.

    ```mlir
    %y = graph.lp_normalization %x axis = 1 p = 2 : tensor<?x384xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, I64Attr:$axis, I64Attr:$p);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `axis` `=` $axis `p` `=` $p attr-dict `:` type($input)
  }];
}

def Graph_LayerNormalizationOp : Graph_PureOp<"layer_normalization"> {
  let summary = "Gives each row zero mean and unit variance, then scales and shifts";
  let description = [{
    A row holds the dimensions from `axis` on. `mean` and `invStdDev` have an
    extent of 1 there, and the type `stash`, f32 if it is not given.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `scale` and `bias` have the input's element type.
    - (C3) `scale` and `bias` broadcast to the input's shape.

    ```mlir
    %y, %mean, %inv = graph.layer_normalization %x, %scale, %bias axis = -1 epsilon = 1.0e-5
        : tensor<?x384xf32>, tensor<384xf32>, tensor<384xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$scale,
                       Optional<Graph_FloatTensor>:$bias, I64Attr:$axis,
                       F32Attr:$epsilon, OptionalAttr<TypeAttr>:$stash);
  let results = (outs Graph_FloatTensor:$result, Graph_FloatTensor:$mean,
                      Graph_FloatTensor:$invStdDev);
  let assemblyFormat = [{
    $input `,` $scale (`,` $bias^)? `axis` `=` $axis `epsilon` `=` $epsilon
    (`stash` $stash^)? attr-dict `:` type($input) `,` type($scale)
    (`,` type($bias)^)?
  }];
}

def Graph_RMSNormalizationOp : Graph_PureOp<"rms_normalization"> {
  let summary = "Divides each row by its root mean square, then scales";
  let description = [{
    A row holds the dimensions from `axis` on. The result has the element type of
    `scale`.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `scale` broadcasts to the input's shape.

    ```mlir
    %y = graph.rms_normalization %x, %scale axis = -1 epsilon = 1.0e-5
        : tensor<?x384xf32>, tensor<384xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$scale,
                       I64Attr:$axis, F32Attr:$epsilon);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `axis` `=` $axis `epsilon` `=` $epsilon attr-dict `:`
    type($input) `,` type($scale)
  }];
}

def Graph_BatchNormalizationOp : Graph_PureOp<"batch_normalization"> {
  let summary = "Normalizes each channel with given or measured statistics";
  let description = [{
    `result = (input - mean) / sqrt(variance + epsilon) * scale + bias`, channels
    along `axis`. With `training` the statistics of the input take the place of
    `mean` and `variance`, and `runningMean` is
    `mean * momentum + measured * (1 - momentum)`; else it is `mean`. The same holds
    for the variance.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `scale`, `bias`, `mean` and `variance` have an element a channel.
    - (C3) `mean` and `variance` have the same element type.

    ```mlir
    %y, %m, %v = graph.batch_normalization %x, %scale, %bias, %mean, %variance axis = 1
        epsilon = 1.0e-5 momentum = 0.9 : tensor<?x64x7x7xf32>, tensor<64xf32>,
        tensor<64xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$scale,
                       Graph_FloatTensor:$bias, Graph_FloatTensor:$mean,
                       Graph_FloatTensor:$variance, I64Attr:$axis,
                       F32Attr:$epsilon, F32Attr:$momentum, UnitAttr:$training);
  let results = (outs Graph_FloatTensor:$result, Graph_FloatTensor:$runningMean,
                      Graph_FloatTensor:$runningVariance);
  let assemblyFormat = [{
    $input `,` $scale `,` $bias `,` $mean `,` $variance `axis` `=` $axis
    `epsilon` `=` $epsilon `momentum` `=` $momentum (`training` $training^)? attr-dict
    `:` type($input) `,` type($scale) `,` type($bias) `,` type($mean) `,`
    type($variance)
  }];
}

def Graph_GroupNormalizationOp : Graph_PureOp<"group_normalization"> {
  let summary = "Normalizes the channels of a group together, then scales and shifts";
  let description = [{
    Channels lie along `axis`, the batch along dimension 0. A group of each image
    gets zero mean and unit variance. As many groups as channels make an instance
    normalization; that many, and no less, is also what `groups` = 0 means.

    Constraints:
    - (C1) `axis` is a dimension other than 0.
    - (C2) `scale` and `bias` have an element a channel, of the input's type.
    - (C3) `groups` is not negative and divides the channels.

    ```mlir
    %y = graph.group_normalization %x, %scale, %bias axis = 1 groups = 8 epsilon = 1.0e-5
        : tensor<?x64x7x7xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, Graph_FloatTensor:$scale,
                       Graph_FloatTensor:$bias, I64Attr:$axis, I64Attr:$groups,
                       F32Attr:$epsilon);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $bias `axis` `=` $axis `groups` `=` $groups
    `epsilon` `=` $epsilon attr-dict `:` type($input) `,` type($scale) `,`
    type($bias)
  }];
}

def Graph_LRNOp : Graph_PureOp<"lrn"> {
  let summary = "Local response normalization over neighbouring channels";
  let description = [{
    `input / (bias + alpha / size * sum(x^2)) ^ beta`, where the sum is over the
    `size` channels around each one, one more after it than before if `size` is
    even.

    Constraints:
    - (C1) `axis`, of the channels, is a dimension.
    - (C2) `size` is positive.

    ```mlir
    %y = graph.lrn %x axis = 1 size = 5 alpha = 1.0e-4 beta = 0.75 bias = 1.0
        : tensor<?x64x7x7xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$input, I64Attr:$axis, I64Attr:$size,
                       F32Attr:$alpha, F32Attr:$beta, F32Attr:$bias);
  let results = (outs Graph_FloatTensor:$result);
  let assemblyFormat = [{
    $input `axis` `=` $axis `size` `=` $size `alpha` `=` $alpha `beta` `=` $beta
    `bias` `=` $bias attr-dict `:` type($input)
  }];
}

#endif
