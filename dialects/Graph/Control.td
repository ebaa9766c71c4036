#ifndef GRAPHOPT_GRAPH_CONTROL
#define GRAPHOPT_GRAPH_CONTROL

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "dialects/Graph/GraphTypes.td"

def Graph_YieldOp : Graph_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a branch or a loop body with its values";
  let arguments = (ins Variadic<Graph_Value>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), "build($_builder, $_state, ::mlir::ValueRange());">];
}

def Graph_IfOp : Graph_Op<"if", [
    NoRegionArguments, RecursiveMemoryEffects,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "Computes one of two subgraphs";
  let description = [{
    Both branches may use values from outside.

    Constraints:
    - (C1) Each branch yields one value a result, of a compatible type.
    - (C2) `condition` has one element.

    ```mlir
    %r = graph.if %c : tensor<i1> -> (tensor<?xf32>) {
      graph.yield %x : tensor<2xf32>
    } else {
      graph.yield %y : tensor<3xf32>
    }
    ```
  }];
  let arguments = (ins Graph_BoolTensor:$condition);
  let results = (outs Variadic<Graph_Value>:$results);
  let regions = (region SizedRegion<1>:$thenBranch, SizedRegion<1>:$elseBranch);
  let assemblyFormat = [{
    $condition `:` type($condition) `->` `(` type($results) `)` $thenBranch `else`
    $elseBranch attr-dict
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Graph_LoopOp : Graph_Op<"loop", [
    AttrSizedOperandSegments, RecursiveMemoryEffects, SingleBlock]> {
  let summary = "Repeats a subgraph";
  let description = [{
    Runs `body` at most `maxTrips` times (without a limit if absent) and while
    the condition is true: `condition` before the first iteration (true if
    absent), then the one the body yields.

    The body gets the iteration number, the condition and the carried values; it
    yields the next condition, the next carried values, and one value for each
    scan output. Results are the last carried values, then the scan outputs: the
    values of all iterations, stacked along a new first dimension.

    Constraints:
    - (C1) The body has arguments `tensor<i64>`, `tensor<i1>`, then one for each
      carried value, of a type that its initial value fits.
    - (C2) The body yields a condition, the carried values of the types of its
      arguments, and one value a scan output.
    - (C3) Results are the carried values, then the scan outputs with one more
      dimension.

    ```mlir
    %sum, %all = graph.loop max %n while %go carry (%zero)
        : (tensor<i64>, tensor<i1>, tensor<f32>) -> (tensor<f32>, tensor<?xf32>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<f32>):
      %t = graph.binary Add %s, %x : tensor<f32>, tensor<f32>
      graph.yield %c, %t, %t : tensor<i1>, tensor<f32>, tensor<f32>
    }
    ```
  }];
  let arguments = (ins Optional<RankedTensorOf<[I64]>>:$maxTrips,
                       Optional<Graph_BoolTensor>:$condition,
                       Variadic<Graph_Value>:$inits);
  let results = (outs Variadic<Graph_Value>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`max` $maxTrips^)? (`while` $condition^)? (`carry` `(` $inits^ `)`)? `:`
    functional-type(operands, results)
    $body attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    YieldOp getYield();
    /// Results that are scan outputs.
    ::mlir::ResultRange getScans() { return getResults().drop_front(getInits().size()); }
  }];
}

def Graph_GradientOp : Graph_PureOp<"gradient", [AttrSizedOperandSegments]> {
  let summary = "Derivatives of a tensor by others that it is computed of";
  let description = [{
    `y`, `xs` and `zs` name tensors of the graph around: what lies between `y` and
    the others is a function of `xs` and `zs`. Result `i` is the derivative of the
    sum of its elements by `xs[i]` where `inputs`, first one a tensor of `xs`, then
    one of `zs`, are in the place of these tensors. What else `y` depends on is
    constant. An `x` that `y` does not depend on has the derivative 0.

    Constraints:
    - (C1) There is an input for each of `xs` and `zs`, of its element type.
    - (C2) `y` and `xs` are floats.

    ```mlir
    %dw, %db = graph.gradient %loss by %w, %b given %x at %w, %b, %x
        : tensor<f32> by tensor<4x3xf32>, tensor<3xf32> given tensor<?x4xf32>
          at tensor<4x3xf32>, tensor<3xf32>, tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Graph_FloatTensor:$y, Variadic<Graph_FloatTensor>:$xs,
                       Variadic<Graph_MovableTensor>:$zs,
                       Variadic<Graph_MovableTensor>:$inputs);
  let results = (outs Variadic<Graph_FloatTensor>:$results);
  let assemblyFormat = [{
    $y `by` $xs (`given` $zs^)? `at` $inputs attr-dict `:` type($y) `by` type($xs)
    (`given` type($zs)^)? `at` type($inputs)
  }];
}

#endif
