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

def Differentiate : Pass<"graph-differentiate", "::mlir::func::FuncOp"> {
  let summary = "Computes gradients by the ops that they consist of";
  let description = [{
    In reverse mode: from the sum of the elements of `y`, whose gradient is 1, back to
    the `xs`, each op's gradient is multiplied with its derivatives. Where `inputs` are
    other tensors than `xs` and `zs` are, what `y` is computed by is first repeated
    with them. Gradients of gradients follow, as inner ones are replaced first. An op
    without a derivative is an error, control flow, too.

    ```mlir
    %y = graph.binary Mul %x, %w : tensor<?x4xf32>, tensor<4xf32>
    %d = graph.gradient %y by %w given %x at %w, %x : tensor<?x4xf32> by tensor<4xf32>
        given tensor<?x4xf32> at tensor<4xf32>, tensor<?x4xf32>
    ```
    becomes
    ```mlir
    %s = graph.shape %y : tensor<?x4xf32>
    %g = graph.constant_of_shape %s value = 1.0 : f32 : tensor<2xi64>
    %p = graph.binary Mul %g, %x : tensor<?x4xf32>, tensor<?x4xf32>
    %d = graph.reduce Sum %p axes = [0] : tensor<?x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
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
    What quantizes the greatest of what is computed for it goes to where that is
    computed.

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
    side has one scale or one a row, the right one or one a column. Signed bytes on the
    left become unsigned ones, as CPUs with such products want them. So does a
    convolution whose border has a fixed size; the zero point is the border. Where such
    results become bytes again, scales are multiplied while compiling. CPUs that multiply
    pairs of 16 bits get the left side of a matrix product in 16 bits, without its zero
    point, where they do not multiply its bytes.

    ```mlir
    %a = graph.dequantize_linear %x, %sx, %zx axis = 0 to f32 : tensor<?x384xui8>, tensor<f32>, tensor<ui8>
    %b = graph.dequantize_linear %w, %sw axis = 1 to f32 : tensor<384x1536xi8>, tensor<1536xf32>
    %y = graph.matmul %a, %b : tensor<?x384xf32>, tensor<384x1536xf32>
    ```
    becomes
    ```mlir
    %p = graph.matmul %x, %w : tensor<?x384xui8>, tensor<384x1536xi8>
    %c = graph.matmul %ones, %w : tensor<1x384xui8>, tensor<384x1536xi8>
    %n = graph.binary Sub %zero, %z32 : tensor<i32>, tensor<i32>
    %m = graph.binary Mul %n, %c : tensor<i32>, tensor<1x1536xi32>
    %q = graph.binary Add %p, %m : tensor<?x1536xi32>, tensor<1x1536xi32>
    %f = graph.cast %q to f32 : tensor<?x1536xi32>
    %s = graph.binary Mul %sx, %sw : tensor<f32>, tensor<1536xf32>
    %y = graph.binary Mul %f, %s : tensor<?x1536xf32>, tensor<1536xf32>
    ```
  }];
  let options = [
    Option<"bytes", "bytes", "bool", "true", "The CPU multiplies unsigned by signed bytes">,
    Option<"pairs", "pairs", "bool", "false", "The CPU multiplies pairs of 16 bits">
  ];
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
    neither that nor a result that is widened again is rounded then, nor the input of a
    convolution with such weights. Without it, a product or convolution of f32 whose sides
    are both read from bf16, the right one a constant, becomes a `wide` one of bf16.
    Constant weights of f16 that a product of f32 reads are always taken.

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

include "graphopt/Transforms/CompressionPasses.td"

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
    Option<"keepHalves", "keep-halves", "bool", "false",
           "Matrices of f16 that products read as f32 stay f16">,
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
