include "mlir/Pass/PassBase.td"

def InferShapes : Pass<"graph-infer-shapes", "::mlir::func::FuncOp"> {
  let summary = "Narrows the types of values to what inference knows";
  let description = [{
    After arguments became static, or a constant became known, results get the
    static extents that follow. Small integer tensors (shapes, axes) whose elements
    are known become constants.

    ```mlir
    func.func @f(%x: tensor<2x3xf32>) -> tensor<?x?xf32> {
      %y = "graph.transpose"(%x) <{permutation = array<i64: 1, 0>}>
             : (tensor<2x3xf32>) -> tensor<?x?xf32>
    ```
    becomes
    ```mlir
    func.func @f(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
      %y = graph.transpose %x permutation = [1, 0] : tensor<2x3xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [
    Statistic<"numNarrowed", "num-narrowed", "Values with a narrower type">,
    Statistic<"numFolded", "num-folded", "Values that became constants">];
}

def FoldAffine : Pass<"graph-fold-affine", "::mlir::func::FuncOp"> {
  let summary = "Folds constant scales and shifts into the weights before them";
  let description = [{
    A number, or one a channel, that a convolution, gemm or product with weights is
    multiplied with or that is added to it changes its weights and its bias. Batch
    normalization with constant statistics is such a scale and shift. The new
    weights are computed from constants, for `graph-evaluate-constants` to run.

    ```mlir
    %y = graph.conv %x, %w, %b ... : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>
    %z = graph.binary Mul %y, %c : tensor<?x4x8x8xf32>, tensor<4x1x1xf32>
    ```
    becomes
    ```mlir
    %s = graph.squeeze %c axes = [1, 2] : tensor<4x1x1xf32>
    %t = graph.unsqueeze %s axes = [1, 2, 3] : tensor<4xf32>
    %v = graph.binary Mul %w, %t : tensor<4x3x3x3xf32>, tensor<4x1x1x1xf32>
    %d = graph.binary Mul %b, %s : tensor<4xf32>, tensor<4xf32>
    %z = graph.conv %x, %v, %d ... : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FoldPads : Pass<"graph-fold-pads", "::mlir::func::FuncOp"> {
  let summary = "Lets convolutions add the zeros that stand around their input";
  let description = [{
    A convolution has a border of its own, which is planned in its input's buffer.

    ```mlir
    %p = graph.pad constant %x by %pads : tensor<?x3x8x8xf32>, tensor<8xi64>
    %y = graph.conv %p, %w ... pads = [0, 0, 0, 0] ... : tensor<?x3x9x9xf32>, tensor<4x3x3x3xf32>
    ```
    becomes, where `%pads` is [0, 0, 0, 0, 0, 0, 1, 1],
    ```mlir
    %y = graph.conv %x, %w ... pads = [0, 0, 1, 1] ... : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>
    ```
  }];
}

def MoveChannelsLast : Pass<"graph-move-channels-last", "::mlir::func::FuncOp"> {
  let summary = "Gives convolutions and what is around them channels-last order";
  let description = [{
    Each convolution reads and gives channels-last tensors between two
    transposes. Those behind move down through element-wise ops, poolings,
    reductions, concatenations and the like until they meet one in front; what is
    left are transposes where a region of images begins or ends.

    ```mlir
    %a = graph.conv %x, %v ... : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>
    %b = graph.unary Relu %a : tensor<?x4x8x8xf32>
    %c = graph.conv %b, %w ... : tensor<?x4x8x8xf32>, tensor<4x4x3x3xf32>
    ```
    becomes
    ```mlir
    %t = graph.transpose %x permutation = [0, 2, 3, 1] : tensor<?x3x8x8xf32>
    %a = graph.conv %t, %v ... channels_last : tensor<?x8x8x3xf32>, tensor<4x3x3x3xf32>
    %b = graph.unary Relu %a : tensor<?x8x8x4xf32>
    %c = graph.conv %b, %w ... channels_last : tensor<?x8x8x4xf32>, tensor<4x4x3x3xf32>
    %d = graph.transpose %c permutation = [0, 3, 1, 2] : tensor<?x8x8x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def SplitTransposedConvs
    : Pass<"graph-split-transposed-convs", "::mlir::func::FuncOp"> {
  let summary = "Makes 1x1 convolutions of transposed ones whose windows touch";
  let description = [{
    Where the kernel is as large as the dilation of the input, each element of the
    result has one tap: the other products are with inserted zeros. Each line of
    the kernel becomes a convolution of its own, which computes one of the lines
    that a line of the input becomes, in its place.

    ```mlir
    %y = graph.conv %x, %w ... pads = [1, 1, 1, 1] groups = 1 input_dilations = [2, 2] channels_last
        : tensor<1x8x8x3xf32>, tensor<4x3x2x2xf32>
    ```
    becomes, where each convolution has the weights of two columns,
    ```mlir
    %a = graph.conv %x, %w0 ... channels_last : tensor<1x8x8x3xf32>, tensor<8x3x1x1xf32>
    %b = graph.conv %x, %w1 ... channels_last : tensor<1x8x8x3xf32>, tensor<8x3x1x1xf32>
    %c = graph.concat %a, %b axis = 2 : tensor<1x8x8x8xf32>, tensor<1x8x8x8xf32>
    %y = graph.reshape %c ... // from 1x8x16x8 to 1x16x16x4
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def PropagateQuantization
    : Pass<"graph-propagate-quantization", "::mlir::func::FuncOp"> {
  let summary = "Keeps bytes as bytes where elements are only moved";
  let description = [{
    What dequantizes goes below ops that move elements or take the greatest, where
    there is one scale. There it may meet what quantizes to the same grid: both go.

    ```mlir
    %f = graph.dequantize_linear %x, %s axis = 0 to f32 : tensor<2x4xui8>, tensor<f32>
    %t = graph.transpose %f permutation = [1, 0] : tensor<2x4xf32>
    %y = graph.quantize_linear %t, %s axis = 0 to ui8 : tensor<4x2xf32>, tensor<f32>
    ```
    becomes
    ```mlir
    %y = graph.transpose %x permutation = [1, 0] : tensor<2x4xui8>
    ```
  }];
}

def FuseQuantized : Pass<"graph-fuse-quantized", "::mlir::func::FuncOp"> {
  let summary = "Multiplies quantized matrices as bytes";
  let description = [{
    A product of two matrices of dequantized bytes becomes a product of the bytes
    in 32 bits, scaled afterwards; sums aside make up for zero points. The left
    side has one scale, the right one or one a column. Signed bytes on the left
    become unsigned ones, as CPUs with such products want them. So does a convolution
    whose border has a fixed size; the zero point is the border. Where such results
    become bytes again, scales are multiplied while compiling.

    ```mlir
    %a = graph.dequantize_linear %x, %sx, %zx axis = 0 to f32 : tensor<?x384xui8>, tensor<f32>, tensor<ui8>
    %b = graph.dequantize_linear %w, %sw axis = 1 to f32 : tensor<384x1536xi8>, tensor<1536xf32>
    %y = graph.matmul %a, %b : tensor<?x384xf32>, tensor<384x1536xf32>
    ```
    becomes
    ```mlir
    %p = graph.matmul %x, %w : tensor<?x384xui8>, tensor<384x1536xi8>
    %c = graph.reduce Sum %w32 axes = [0] keepdims : tensor<384x1536xi32>
    %m = graph.binary Mul %z32, %c : tensor<i32>, tensor<1x1536xi32>
    %q = graph.binary Sub %p, %m : tensor<?x1536xi32>, tensor<1x1536xi32>
    %f = graph.cast %q to f32 : tensor<?x1536xi32>
    %s = graph.binary Mul %sx, %sw : tensor<f32>, tensor<1536xf32>
    %y = graph.binary Mul %f, %s : tensor<?x1536xf32>, tensor<1536xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FuseLowBitWeights : Pass<"graph-fuse-low-bit-weights", "::mlir::func::FuncOp"> {
  let summary = "Multiplies with weights on a grid as they are stored";
  let description = [{
    A product with constant weights of at most 8 bits that are dequantized, with a
    scale for all, for a column or for each block of a column, becomes one op, whose
    kernel unpacks the weights in registers: the archive and each run read the bits
    that the model has.

    With `bfloat16`, for CPUs whose products of bf16 are no faster than those of f32,
    so does a product of f32 that is rounded to bf16 with constant weights of bf16;
    neither that nor a result that is widened again is rounded then.

    ```mlir
    %f = graph.dequantize_linear %w, %s axis = 0 block_size = 32 to f32 : tensor<384x1536xi4>, tensor<12x1536xf32>
    %y = graph.matmul %x, %f : tensor<?x384xf32>, tensor<384x1536xf32>
    ```
    becomes
    ```mlir
    %y = graph.grid_matmul %x, %w, %s block_size = 32 : tensor<?x384xf32>, tensor<384x1536xi4>, tensor<12x1536xf32>
    ```
  }];
  let options = [
    Option<"bfloat16", "bfloat16", "bool", "false", "Take products of bf16, too">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def DecomposeQuantization
    : Pass<"graph-decompose-quantization", "::mlir::func::FuncOp"> {
  let summary = "Makes element-wise ops of what quantizes and dequantizes";
  let description = [{
    What no product of bytes took is computed in floats; the element-wise ops are
    fused with what is around them.

    ```mlir
    %y = graph.dequantize_linear %x, %s, %z axis = 0 to f32 : tensor<?x4xui8>, tensor<f32>, tensor<ui8>
    ```
    becomes
    ```mlir
    %f = graph.cast %x to f32 : tensor<?x4xui8>
    %g = graph.cast %z to f32 : tensor<ui8>
    %d = graph.binary Sub %f, %g : tensor<?x4xf32>, tensor<f32>
    %y = graph.binary Mul %d, %s : tensor<?x4xf32>, tensor<f32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def FuseAttention : Pass<"graph-fuse-attention", "::mlir::func::FuncOp"> {
  let summary = "Finds attention in the products and softmaxes that it is written as";
  let description = [{
    Whatever the order of nodes, the rank and the layout: queries, keys and values
    become [batch, heads, length, depth], factors the scale, masks one operand,
    `causal` where it is exactly that. Keys and values of several heads are not
    repeated any more. Scores that are replaced by -10000 or less have no weight,
    unless the whole row is. A softmax in front of a product that is something else
    is left alone; a remark tells why.

    ```mlir
    %s = graph.matmul %q, %kt : tensor<?x8x?x64xf32>, tensor<?x8x64x?xf32>
    %d = graph.binary Mul %s, %eighth : tensor<?x8x?x?xf32>, tensor<f32>
    %m = graph.binary Add %d, %mask : tensor<?x8x?x?xf32>, tensor<?x1x1x?xf32>
    %p = graph.softmax %m axis = -1 : tensor<?x8x?x?xf32>
    %y = graph.matmul %p, %v : tensor<?x8x?x?xf32>, tensor<?x8x?x64xf32>
    ```
    becomes, where `%kt` is the transpose of `%k`,
    ```mlir
    %y = graph.attention %q, %k, %v mask %mask scale = 1.25e-1
        : tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x8x?x64xf32>, tensor<?x1x1x?xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numFused", "num-fused", "Attentions found">];
}

def FuseNormalization
    : Pass<"graph-fuse-normalization", "::mlir::func::FuncOp"> {
  let summary = "Finds LayerNormalization and RMSNormalization in what they are written as";
  let description = [{
    Rows over the root of their mean square are an RMSNormalization, rows without
    their mean a LayerNormalization; a scale and a bias of the shape of a row go
    into them. What has a mean of squares under a root but is something else is left
    alone; a remark tells why.

    ```mlir
    %s = graph.binary Mul %x, %x : tensor<?x8xf32>, tensor<?x8xf32>
    %m = graph.reduce Mean %s axes = [1] keepdims : tensor<?x8xf32>
    %e = graph.binary Add %m, %epsilon : tensor<?x1xf32>, tensor<f32>
    %r = graph.unary Sqrt %e : tensor<?x1xf32>
    %n = graph.binary Div %x, %r : tensor<?x8xf32>, tensor<?x1xf32>
    %y = graph.binary Mul %scale, %n : tensor<8xf32>, tensor<?x8xf32>
    ```
    becomes
    ```mlir
    %y = graph.rms_normalization %x, %scale axis = 1 epsilon = 1.0e-5
        : tensor<?x8xf32>, tensor<8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
  let statistics = [Statistic<"numFused", "num-fused", "Normalizations found">];
}

def FuseActivation : Pass<"graph-fuse-activation", "::mlir::func::FuncOp"> {
  let summary = "Finds GELU, SiLU and the logistic function in what they are written as";
  let description = [{
    GELU by `Erf` or by `Tanh`, with its factors in any order and its argument as any
    polynomial that is the same; x * sigmoid(x); 1 / (1 + exp(-x)). An `Erf` that is
    something else is left alone; a remark tells why.

    ```mlir
    %d = graph.binary Div %x, %root : tensor<?x8xf32>, tensor<f32>
    %e = graph.unary Erf %d : tensor<?x8xf32>
    %a = graph.binary Add %e, %one : tensor<?x8xf32>, tensor<f32>
    %m = graph.binary Mul %x, %a : tensor<?x8xf32>, tensor<?x8xf32>
    %y = graph.binary Mul %m, %half : tensor<?x8xf32>, tensor<f32>
    ```
    becomes
    ```mlir
    %y = graph.unary Gelu %x : tensor<?x8xf32>
    ```
  }];
  let statistics = [Statistic<"numFused", "num-fused", "Activations found">];
}

/// How many go.
defvar budgetOptions = [
  Option<"count", "count", "int64_t", "-1", "Remove so many">,
  Option<"keepParameters", "keep-parameters", "double", "0",
         "Remove until this share of the model's parameters is left">,
  Option<"minCosine", "min-cosine", "double", "0",
         "Remove as many as the outputs stay this near to the original's with">,
  Option<"minMetric", "min-metric", "double", "0",
         "Remove as many as the metric of the recipe stays so good with">,
  Option<"maxMetricDrop", "max-metric-drop", "double", "0",
         "Remove as many as the metric stays within this of the original's with">,
  Option<"alpha", "alpha", "double", "0",
         "Remove until the compiled model takes this share of the original's time">,
  Option<"latencyMs", "latency-ms", "double", "0",
         "Remove until a run of the compiled model takes no more">,
  Option<"statistics", "statistics", "std::string", "\"\"",
         "File of 'graphopt statistics --gram' to use in place of a run">];

/// How heads or neurons are scored, and how many go.
defvar pruneOptions = !listconcat(budgetOptions, [
  Option<"ratio", "ratio", "double", "0", "Remove this share of each layer's">,
  Option<"minPerLayer", "min-per-layer", "int64_t", "1",
         "How many each layer keeps">,
  Option<"score", "score", "std::string", "\"activation\"",
         "weights, activation, refit-error, leave-one-out or leave-one-out-refit">,
  Option<"refit", "refit", "std::string", "\"auto\"",
         "auto (if it is better on other samples), always or never">,
  Option<"ridge", "ridge", "double", "0.01",
         "How much a refit is held to the weights it begins with">]);

def PruneHeads : Pass<"graph-prune-heads", "::mlir::ModuleOp"> {
  let summary = "Removes attention heads, with the weights that make and read them";
  let description = [{
    The heads of each `graph.attention` are followed to the constant weights of
    queries, keys and values and of the projection after it, through whatever is
    between: biases, reshapes, transposes, splits of fused projections. Heads with
    the least score go; the weights that are left may be refitted to make up for
    them. Queries that share a key go together. A layer whose heads cannot be taken
    out, because they are an output or read by something else, is left alone; a
    remark tells why. Layers and heads count from 0.

    ```mlir
    %q = graph.matmul %x, %wq : tensor<?x4xf32>, tensor<4x6xf32>
    %h = graph.reshape %q to %heads ... // to ?x3x1x2, and so on for %k and %v
    %a = graph.attention %h, %k, %v scale = 1.0 : tensor<?x3x1x2xf32>, ...
    %c = graph.reshape %a to %merged ... // to ?x6
    %y = graph.matmul %c, %wo : tensor<?x6xf32>, tensor<6x4xf32>
    ```
    becomes, without head 1 (`heads=0:1`),
    ```mlir
    %q = graph.matmul %x, %wq2 : tensor<?x4xf32>, tensor<4x4xf32>
    %h = graph.reshape %q to %heads2 ... // to ?x2x1x2
    %a = graph.attention %h, %k, %v scale = 1.0 : tensor<?x2x1x2xf32>, ...
    %c = graph.reshape %a to %merged2 ... // to ?x4
    %y = graph.matmul %c, %wo2 : tensor<?x4xf32>, tensor<4x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = !listconcat(pruneOptions, [
    ListOption<"remove", "heads", "std::string", "Remove these, LAYER:HEAD">,
    Option<"changeInterface", "change-interface", "bool", "false",
           "Inputs and outputs of the model, as caches of keys are, may lose heads">]);
}

def PruneNeurons : Pass<"graph-prune-neurons", "::mlir::ModuleOp"> {
  let summary = "Removes what two products with weights have between them";
  let description = [{
    The columns of a product with constant weights that only element-wise ops lie
    between and a product that sums over them: the neurons of a feed-forward layer.
    The two products before a gate lose the same columns. Those with the least score
    go, as in `graph-prune-heads`; what is left of each layer is a multiple of
    `align`. Layers count from 0.

    ```mlir
    %h = graph.matmul %x, %w1 : tensor<?x4xf32>, tensor<4x3xf32>
    %r = graph.unary Relu %h : tensor<?x3xf32>
    %y = graph.matmul %r, %w2 : tensor<?x3xf32>, tensor<3x4xf32>
    ```
    becomes, without one neuron,
    ```mlir
    %h = graph.matmul %x, %v1 : tensor<?x4xf32>, tensor<4x2xf32>
    %r = graph.unary Relu %h : tensor<?x2xf32>
    %y = graph.matmul %r, %v2 : tensor<?x2xf32>, tensor<2x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = !listconcat(pruneOptions, [
    ListOption<"remove", "neurons", "std::string",
               "Remove these, LAYER:NEURON">,
    Option<"align", "align", "int64_t", "1",
           "Each layer keeps a multiple of so many">]);
}

def PruneChannels : Pass<"graph-prune-channels", "::mlir::ModuleOp"> {
  let summary = "Removes channels of convolutions";
  let description = [{
    The output channels of each convolution with constant weights are followed,
    through element-wise ops, normalizations, poolings, concatenations and
    reshapes, to the convolutions and products that sum over them. Convolutions
    whose results are added lose the same channels, those with groups whole groups.
    Channels with the least score go, as in `graph-prune-heads`; what is left of
    each is a multiple of `align`. Channels that are an output of the model, or that
    an op without a rule reads, are left alone; a remark tells why.

    ```mlir
    %c = graph.conv %x, %w1 ... : tensor<?x3x8x8xf32>, tensor<4x3x3x3xf32>
    %r = graph.unary Relu %c : tensor<?x4x8x8xf32>
    %y = graph.conv %r, %w2 ... : tensor<?x4x8x8xf32>, tensor<8x4x3x3xf32>
    ```
    becomes, without one channel,
    ```mlir
    %c = graph.conv %x, %v1 ... : tensor<?x3x8x8xf32>, tensor<3x3x3x3xf32>
    %r = graph.unary Relu %c : tensor<?x3x8x8xf32>
    %y = graph.conv %r, %v2 ... : tensor<?x3x8x8xf32>, tensor<8x3x3x3xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = !listconcat(pruneOptions, [
    ListOption<"remove", "channels", "std::string",
               "Remove these, LAYER:CHANNEL">,
    Option<"align", "align", "int64_t", "1",
           "Each layer keeps a multiple of so many">]);
}

def PruneLayers : Pass<"graph-prune-layers", "::mlir::ModuleOp"> {
  let summary = "Removes branches that are added to their own input";
  let description = [{
    A sum whose one side is computed, with weights, from the other side is a block;
    without it, its input is read in its place. A norm behind the sum stays. Blocks
    from one that attends to itself to the next are a layer (`unit=layer`), which
    goes with its norms. Those with the least score go: `activation`, 1 less the
    cosine of input and output, or `leave-one-out`, what outputs lose. A block of
    which an output of the model is made is left alone; a remark tells why. Blocks
    count from 0.

    ```mlir
    %n = graph.rms_normalization %x, %s axis = -1 epsilon = 1.0e-5 : tensor<?x4xf32>, tensor<4xf32>
    %f = graph.matmul %n, %w : tensor<?x4xf32>, tensor<4x4xf32>
    %y = graph.binary Add %x, %f : tensor<?x4xf32>, tensor<?x4xf32>
    %z = graph.unary Relu %y : tensor<?x4xf32>
    ```
    becomes
    ```mlir
    %z = graph.unary Relu %x : tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = !listconcat(budgetOptions, [
    Option<"score", "score", "std::string", "\"activation\"",
           "activation or leave-one-out">,
    Option<"unit", "unit", "std::string", "\"block\"",
           "What goes as a whole: block or layer">,
    ListOption<"remove", "layers", "std::string", "Remove these, by number">]);
}

def SparsifyWeights : Pass<"graph-sparsify", "::mlir::ModuleOp"> {
  let summary = "Makes weights of products zero";
  let description = [{
    Of each product and convolution with constant f32 weights and without groups, a
    share becomes zero: each by itself, `keep:of` of neighbouring inputs of an
    output, or blocks of `1xB` neighbouring outputs. By `magnitude` the least ones
    go. In `second-order` those go that outputs miss least, given what is seen of
    the input, and the inputs behind make up for them (Frantar and Alistarh,
    SparseGPT, 2023); the bias keeps the mean. `graph.sparsity` of the module tells
    what was done: exporters store such weights compressed.

    ```mlir
    %w = arith.constant dense<[[1.0, -5.0], [2.0, 3.0]]> : tensor<2x2xf32>
    %y = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
    ```
    becomes, with `pattern=1:2 method=magnitude`,
    ```mlir
    %w = arith.constant dense<[[0.0, -5.0], [2.0, 0.0]]> : tensor<2x2xf32>
    %y = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = [
    Option<"pattern", "pattern", "std::string", "\"unstructured\"",
           "unstructured, KEEP:OF inputs or 1xBLOCK of outputs">,
    Option<"ratio", "ratio", "double", "0.5",
           "Share that becomes zero, unless the pattern has one">,
    Option<"method", "method", "std::string", "\"second-order\"",
           "magnitude or second-order">,
    Option<"damping", "damping", "double", "0.01",
           "How much weights are held to what they are, of second-order">,
    ListOption<"keep", "keep", "std::string", "Nodes that stay as they are">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "File of 'graphopt statistics --gram' to use in place of a run">];
}

def QuantizeModel : Pass<"graph-quantize", "::mlir::ModuleOp"> {
  let summary = "Lets products with constant weights multiply small numbers";
  let description = [{
    Inputs and weights of products and convolutions go through `quantize_linear` and
    `dequantize_linear`, or casts to bf16, around the same ops of floats. Weights of
    8 bits have a scale an output, those of 4 bits one for a group of inputs. Rows of
    an input have scales of their own (`int8-dynamic`), or the whole input one grid of
    unsigned bytes that contains 0, from statistics (`int8-static`). Products that
    read the same tensor share it. Channels of an input may be scaled before, and the
    weights' rows the other way (SmoothQuant). With samples to select with, what is
    open is chosen by the model's outputs, and outputs below the floor are an error
    that names the worst layer.

    ```mlir
    %w = arith.constant dense<[[127.0, 2.54], [-63.5, -1.27]]> : tensor<2x2xf32>
    %y = graph.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32>
    ```
    becomes, with `scheme=int8-static`,
    ```mlir
    %q = graph.quantize_linear %x, %s, %z axis = 0 to ui8 : tensor<?x2xf32>, tensor<f32>, tensor<ui8>
    %d = graph.dequantize_linear %q, %s, %z axis = 0 to f32 : tensor<?x2xui8>, tensor<f32>, tensor<ui8>
    %v = arith.constant dense<[[127, 127], [-64, -64]]> : tensor<2x2xi8>
    %c = arith.constant dense<[1.0, 0.02]> : tensor<2xf32>
    %u = graph.dequantize_linear %v, %c axis = 1 to f32 : tensor<2x2xi8>, tensor<2xf32>
    %y = graph.matmul %d, %u : tensor<?x2xf32>, tensor<2x2xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = [
    Option<"scheme", "scheme", "std::string", "\"int8-dynamic\"",
           "int8-dynamic, int8-static, weight-only, bf16 or float">,
    Option<"weights", "weights", "std::string", "\"s8\"", "s8, i4 or u4">,
    Option<"tables", "tables", "bool", "false",
           "Tables that are only looked up become bytes, too">,
    Option<"group", "group", "int64_t", "32", "Inputs that share a scale, of 4 bits">,
    Option<"perTensor", "per-tensor", "bool", "false",
           "One scale for all weights of 8 bits of a layer">,
    Option<"secondOrder", "second-order", "bool", "true",
           "Weights of 4 bits make up for the loss of those before">,
    Option<"damping", "damping", "double", "0.01",
           "How much second-order holds weights to what they are">,
    Option<"calibrator", "calibrator", "std::string", "\"minmax\"",
           "minmax, percentile, mse or entropy">,
    Option<"percentile", "percentile", "double", "99.99",
           "Share of an input's values that its grid reaches">,
    Option<"smooth", "smooth", "std::string", "\"auto\"",
           "How much of an input's range weights take: auto, none, or 0 to 1">,
    ListOption<"keepFloat", "float", "std::string",
               "Nodes, or conv, gemm, matmul, that stay as they are">,
    ListOption<"overrides", "override", "std::string", "NODE=SCHEME">,
    Option<"biasCorrection", "bias-correction", "std::string", "\"auto\"",
           "auto (if it is better on other samples), always or never">,
    Option<"mixed", "mixed", "int64_t", "0",
           "So many inputs may stay as they are until the floor holds">,
    Option<"minSqnr", "min-sqnr", "double", "-1",
           "The floor of outputs in dB; -1: what the scheme can be asked">,
    Option<"minTop1", "min-top1", "double", "0",
           "Share of rows of outputs that must have the same greatest element">,
    Option<"maxMetricDrop", "max-metric-drop", "double", "0",
           "How much less than the original's the recipe's metric may be">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "File of 'graphopt statistics' to use in place of a run">];
}

def EvaluateConstants : Pass<"graph-evaluate-constants", "::mlir::ModuleOp"> {
  let summary = "Replaces what depends on constants only by its value";
  let description = [{
    All such ops of a function are compiled together for this machine and run
    once, in a process of their own, so that each operator has one
    implementation. A trap, or a run beyond the limits, is an error that names
    the op. Results that would be much larger than what they are made of stay
    computed, and so do integer weights on their way to floats. Works on graph
    ops and on tensors alike.

    ```mlir
    %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
    %t = graph.transpose %w permutation = [1, 0] : tensor<2x2xf32>
    ```
    becomes
    ```mlir
    %t = arith.constant dense<[[1.0, 3.0], [2.0, 4.0]]> : tensor<2x2xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::graphopt::graph::GraphDialect"];
  let options = [
    Option<"evaluateMs", "evaluate-ms", "int64_t", "10000",
           "How long the run may take, in milliseconds; 0: nothing is run">,
    Option<"report", "report", "bool", "false", "Tell the counts as a remark">];
  let statistics = [
    Statistic<"numEvaluated", "num-evaluated", "Ops that were run">,
    Statistic<"numConstants", "num-constants", "Constants that replace them">];
}

def EliminateDeadNodes : Pass<"graph-eliminate-dead-nodes", "::mlir::ModuleOp"> {
  let summary = "Removes what no output depends on";
  let description = [{
    Ops whose results nobody uses, branches that a constant condition never
    takes, results of control flow that nobody reads, constants (initializers)
    without a user, functions nobody calls. `outputs` keeps only the named
    outputs of the model. With `report` a remark tells the counts, if there is anything to count.

    ```mlir
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %w = arith.constant dense<1.0> : tensor<2xf32>
      %y = graph.unary Exp %x : tensor<2xf32>
      return %x : tensor<2xf32>
    }
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      return %x : tensor<2xf32>
    }
    ```
  }];
  let options = [
    ListOption<"outputs", "outputs", "std::string",
               "Outputs to keep, by name; all if empty">,
    Option<"report", "report", "bool", "false", "Tell the counts as a remark">];
}

def ListNodes : Pass<"graph-list-nodes", "::mlir::ModuleOp"> {
  let summary = "Writes down the nodes and what they compute, in their order";
  let description = [{
    For who reads about code that knows no tensors any more: the module's
    `graph.nodes` has each ONNX node that is left, by name, with its ops.

    ```mlir
    %0 = graph.matmul %x, %w : tensor<?x8xf32>, tensor<8x8xf32> loc("dense")
    ```
    gets
    ```mlir
    graph.nodes = [
      {name = "dense", text = "matmul (?x8xf32, 8x8xf32) -> ?x8xf32"}
    ]
    ```
  }];
  let statistics = [Statistic<"numNodes", "num-nodes", "Nodes in the list">];
}
