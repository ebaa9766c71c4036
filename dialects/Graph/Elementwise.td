#ifndef GRAPHOPT_GRAPH_ELEMENTWISE
#define GRAPHOPT_GRAPH_ELEMENTWISE

include "dialects/Graph/GraphEnums.td"

def Graph_UnaryOp : Graph_PureOp<"unary"> {
  let summary = "Applies a function to each element";
  let description = [{
    Constraints:
    - (C1) The function is defined for the element type: arithmetic for numbers,
      transcendental functions for floats, `Not` for booleans, `BitwiseNot` for
      integers.

    ```mlir
    %y = graph.unary Erf %x : tensor<2x?xf32>
    ```
  }];
  let arguments = (ins Graph_UnaryKindAttr:$kind, Graph_Tensor:$input);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input)";
}

def Graph_BinaryOp : Graph_PureOp<"binary"> {
  let summary = "Applies a function to each pair of elements, broadcasting";
  let description = [{
    Shapes are aligned at the last dimension; an extent of 1, or a missing
    dimension, is repeated. Comparisons give booleans.

    Constraints:
    - (C1) Both operands have the same element type, except for `Pow`.
    - (C2) The function is defined for the element type.
    - (C3) The shapes broadcast.

    ```mlir
    %z = graph.binary Add %x, %y : tensor<?x4xf32>, tensor<4xf32>
    ```
  }];
  let arguments = (ins Graph_BinaryKindAttr:$kind, Graph_Tensor:$lhs,
                       Graph_Tensor:$rhs);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$kind $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";
}

def Graph_WhereOp : Graph_PureOp<"where"> {
  let summary = "Chooses each element from one of two tensors, broadcasting";
  let description = [{
    Constraints:
    - (C1) `onTrue` and `onFalse` have the same element type.
    - (C2) The three shapes broadcast.

    ```mlir
    %r = graph.where %c, %x, %y : tensor<?x1xi1>, tensor<?x4xf32>, tensor<f32>
    ```
  }];
  let arguments = (ins Graph_BoolTensor:$condition, Graph_MovableTensor:$onTrue,
                       Graph_MovableTensor:$onFalse);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $condition `,` $onTrue `,` $onFalse attr-dict `:` type($condition) `,`
    type($onTrue) `,` type($onFalse)
  }];
}

def Graph_CastOp : Graph_PureOp<"cast"> {
  let summary = "Converts each element to another type";
  let description = [{
    Floats are rounded to nearest even; float to integer truncates; anything to
    boolean asks whether it differs from zero. What is too large for a float of 8
    bits or less becomes the largest number of its sign; if `unsaturated`, infinity
    or, where there is none, NaN. `f8E8M0FNU`, which holds powers of two only, is
    rounded as `rounding` says.

    ```mlir
    %y = graph.cast %x to f16 : tensor<?x4xf32>
    %z = graph.cast %x to f8E4M3FN unsaturated : tensor<?x4xf32>
    %s = graph.cast %x to f8E8M0FNU rounding = nearest : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, TypeAttr:$to, UnitAttr:$unsaturated,
                       DefaultValuedAttr<Graph_RoundingAttr, "Rounding::Up">:$rounding);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = [{
    $input `to` $to (`unsaturated` $unsaturated^)? (`rounding` `=` $rounding^)? attr-dict
    `:` type($input)
  }];
  let hasFolder = 1;
}

def Graph_BitcastOp : Graph_PureOp<"bitcast"> {
  let summary = "Reads the bits of each element as another type";
  let description = [{
    Constraints:
    - (C1) Elements of both types have the same number of bits, a boolean 8.

    ```mlir
    %y = graph.bitcast %x to i32 : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, TypeAttr:$to);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$input `to` $to attr-dict `:` type($input)";
  let hasFolder = 1;
}

#endif
