// Passes that make a model smaller: what goes, what becomes zero, what becomes small.

include "mlir/Pass/PassBase.td"

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
    `dequantize_linear`, or casts to bf16, around the same ops of floats; of f16 are the
    weights alone. Weights of 8 bits have a scale an output, those of 4 bits one for a
    group of inputs. Rows of an input have scales of their own (`int8-dynamic`), or the
    whole input one grid of unsigned bytes that contains 0, from statistics
    (`int8-static`), or of signed 16 bits (`int16-static`). Products that read the same tensor share it. Channels of an input
    may be scaled before, and the weights' rows the other way (SmoothQuant). With samples
    to select with, what is open is chosen by the model's outputs, and outputs below the
    floor are an error that names the worst layer.

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
           "int8-dynamic, int8-static, int16-static, weight-only, bf16, f16 or float">,
    Option<"weights", "weights", "std::string", "\"s8\"", "s8, i4 or u4">,
    Option<"tables", "tables", "bool", "false",
           "Tables that are only looked up become bytes, too">,
    Option<"group", "group", "int64_t", "32", "Inputs that share a scale, of 4 bits">,
    Option<"perTensor", "per-tensor", "bool", "false",
           "One scale for all weights of 8 bits of a layer">,
    Option<"zeroPoints", "zero-points", "bool", "false",
           "Rows of int8-dynamic have zero points">,
    Option<"secondOrder", "second-order", "bool", "true",
           "Weights make up for the loss of those before, of 8 bits if that is better">,
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
           "So many inputs may have another scheme until the floor holds">,
    Option<"mixedScheme", "mixed-scheme", "std::string", "\"float\"",
           "Theirs: float or, of int8-static, int8-dynamic">,
    Option<"minSqnr", "min-sqnr", "double", "-1",
           "The floor of outputs in dB; -1: what the scheme can be asked">,
    Option<"minTop1", "min-top1", "double", "0",
           "Share of rows of outputs that must have the same greatest element">,
    Option<"maxMetricDrop", "max-metric-drop", "double", "0",
           "How much less than the original's the recipe's metric may be">,
    Option<"statistics", "statistics", "std::string", "\"\"",
           "File of 'graphopt statistics' to use in place of a run">];
}
