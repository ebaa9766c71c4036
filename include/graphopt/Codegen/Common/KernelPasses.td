// Passes on kernel ops while they are on tensors.

include "mlir/Pass/PassBase.td"

def FoldTransposes : Pass<"kernel-fold-transposes", "::mlir::func::FuncOp"> {
  let summary = "Gives attention the layouts that transposes around it read and write";
  let description = [{
    A transpose in front of a query, key or value, or behind the result, becomes a
    layout of the kernel if the last dimension stays in its place. Slices and
    reshapes between the two move in front of the transpose.

    ```mlir
    %t = linalg.transpose ins(%q : tensor<1x128x12x64xf32>) outs(%e : ...) permutation = [0, 2, 1, 3]
    %y = kernel.attention ins(%t, %k, %v : ...) layouts [#bhsd, #bhsd, #bhsd, #bhsd] ...
    ```
    becomes
    ```mlir
    %y = kernel.attention ins(%q, %k, %v : ...) layouts [#bshd, #bhsd, #bhsd, #bhsd] ...
    ```
  }];
  let dependentDialects = [
    "::graphopt::kernel::KernelDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def FuseEpilogues : Pass<"kernel-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "Moves element-wise consumers of a kernel op into its epilogue";
  let description = [{
    A linalg.generic that is the only reader of a kernel's value, reads it as it
    was computed, and is element-wise becomes the end of the kernel's epilogue; its
    other operands become extras. Reshapes between the two sink below the consumer.
    An integer division stays outside unless its divisor is a constant: it could
    trap in lanes past the last column.

    ```mlir
    %0 = kernel.matmul ins(%a, %b : ...) outs(%e : ...) {
    ^bb0(%sum: f32):
      kernel.yield %sum : f32
    } -> tensor<?x64xf32>
    %1 = linalg.generic {indexing_maps = [#mn, #n, #mn], ...}
        ins(%0, %bias : ...) outs(%e : ...) {
    ^bb0(%x: f32, %y: f32, %old: f32):
      %s = arith.addf %x, %y : f32
      linalg.yield %s : f32
    } -> tensor<?x64xf32>
    ```
    becomes
    ```mlir
    %1 = kernel.matmul ins(%a, %b : ...) outs(%e : ...)
        extras(%bias : tensor<64xf32>) maps [#n] {
    ^bb0(%sum: f32, %y: f32):
      %s = arith.addf %sum, %y : f32
      kernel.yield %s : f32
    } -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = [
    "::graphopt::kernel::KernelDialect", "::mlir::affine::AffineDialect",
    "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"
  ];
}

def SelectWinograd : Pass<"kernel-select-winograd", "::mlir::ModuleOp"> {
  let summary = "Picks Winograd's form for convolutions where it is faster";
  let description = [{
    A `kernel.conv` of f32 or f64 with one or two spatial dimensions, a constant
    filter of up to five taps in each, strides and dilations of 1 and one group
    becomes a `kernel.winograd_conv` if a model of both costs says that four or
    six points in each direction that has taps take less time: products saved,
    against transforms and a filter that is larger, as 1.8 or 4 times for F(2, 3)
    or F(4, 3) along two dimensions. The filter is transformed here, in f64. Sums
    are rounded in another way than those of `kernel.conv`, and infinite inputs
    spread to no numbers around them.

    As with `kernel-pack-constants`, bytes of the original filter are freed.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<64x64x3x3xf32>
    %0 = kernel.conv ins(%x, %w : tensor<1x58x58x64xf32>, tensor<64x64x3x3xf32>)
           strides = [1, 1] dilations = [1, 1] groups = 1 ...
    ```
    becomes
    ```mlir
    %w = arith.constant dense_resource<w_winograd> : tensor<36x64x64xf32>
    %0 = kernel.winograd_conv
           ins(%x, %w : tensor<1x58x58x64xf32>, tensor<36x64x64xf32>)
           taps = [3, 3] tile = [4, 4] block = 40 ...
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">,
    Option<"points", "points", "int64_t", "0",
           "4 or 6: so many wherever it is possible; 0: by cost">
  ];
  let statistics = [Statistic<"numSelected", "num-selected",
                              "Convolutions in Winograd's form">];
  let dependentDialects = [
    "::graphopt::kernel::KernelDialect", "::mlir::arith::ArithDialect"
  ];
}

def PackConstants : Pass<"kernel-pack-constants", "::mlir::ModuleOp"> {
  let summary = "Lays weights out in the panels that microkernels read";
  let description = [{
    A constant right side or filter, possibly reshaped and transposed, becomes a
    constant in panels of columns whose width suits the CPU's vectors and
    registers. A filter that is no constant is packed by `kernel.pack` when the
    model runs; such a right side stays plain.

    Subnormal weights in f32 and f64 become 0: trained models have some, a product
    with one takes a CPU a hundred times as long, and it is less than 2^-126 times
    the other factor.

    With `whole` only constant filters are packed, in one panel a group: so their columns
    lie beside each other.

    The original is erased if nobody else in the module reads it, and its bytes
    are freed: no other module of the context may use them.

    ```mlir
    %w = arith.constant dense_resource<w> : tensor<384x100xf32>
    %0 = kernel.matmul ins(%a, %w : tensor<?x384xf32>, tensor<384x100xf32>) ...
    ```
    becomes
    ```mlir
    %w = arith.constant dense_resource<w_packed> : tensor<2x384x64xf32>
    %0 = kernel.matmul ins(%a, %w : tensor<?x384xf32>, tensor<2x384x64xf32>) packed ...
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"host\"",
           "host, a row of CpuModels.def, or LLVM's name of a CPU">,
    Option<"whole", "whole", "bool", "false", "Make one panel of a group's filters, for GPUs">
  ];
  let statistics = [Statistic<"numPacked", "num-packed", "Constants packed">];
  let dependentDialects = [
    "::graphopt::kernel::KernelDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"
  ];
}
