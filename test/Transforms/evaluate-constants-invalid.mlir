// Whatever a constant subgraph does, it ends in an error that names the op.
//
// RUN: graphopt-opt %s -split-input-file -verify-diagnostics --graph-evaluate-constants=evaluate-ms=2000

// A trap, between ops that are well: integers are divided by zero.
#id = affine_map<(i) -> (i)>
module {
  func.func @main() -> (tensor<2xi32>, tensor<2xi32>) {
    %x = arith.constant dense<[1, 0]> : tensor<2xi32>
    %n = graph.unary Neg %x : tensor<2xi32>
    %init = tensor.empty() : tensor<2xi32>
    // expected-error @below {{depends on constants only, but cannot be run while compiling: it ends by a signal: Floating point exception (evaluate-ms=0 leaves it to the model's run)}}
    %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
        ins(%n : tensor<2xi32>) outs(%init : tensor<2xi32>) {
    ^bb0(%a: i32, %o: i32):
      %one = arith.constant 1 : i32
      %d = arith.divsi %one, %a : i32
      linalg.yield %d : i32
    } -> tensor<2xi32>
    %a = graph.unary Abs %x : tensor<2xi32>
    return %q, %a : tensor<2xi32>, tensor<2xi32>
  }
}

// -----

// Values that an operator refuses when it sees them: a shape for more elements.
module {
  func.func @main() -> tensor<f32> {
    %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %zero = arith.constant dense<0.0> : tensor<f32>
    %n = arith.constant dense<1> : tensor<i64>
    %size = arith.constant dense<3> : tensor<1xi64>
    // expected-error @below {{cannot be run while compiling: a value the model cannot work on, such as an index out of range}}
    %r:2 = graph.loop max %n carry (%zero, %size) : (tensor<i64>, tensor<f32>, tensor<1xi64>) -> (tensor<f32>, tensor<1xi64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<f32>, %k: tensor<1xi64>):
      %y = graph.reshape %x to %k : tensor<2xf32>, tensor<1xi64>
      %sum = graph.reduce Sum %y axes = [0] : tensor<?xf32>
      graph.yield %c, %sum, %k : tensor<i1>, tensor<f32>, tensor<1xi64>
    }
    return %r#0 : tensor<f32>
  }
}

// -----

// A loop without end; it ends by its time or by the memory of its iterations.
module {
  func.func @main() -> tensor<2xf32> {
    %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %go = arith.constant dense<true> : tensor<i1>
    %e = graph.unary Exp %x : tensor<2xf32>
    // expected-error-re @below {{cannot be run while compiling: {{(it runs longer than 2000 ms|an allocation failed)}}}}
    %r = graph.loop while %go carry (%e) : (tensor<i1>, tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>):
      %t = graph.unary Neg %s : tensor<2xf32>
      graph.yield %go, %t : tensor<i1>, tensor<2xf32>
    }
    return %r : tensor<2xf32>
  }
}

// -----

// More memory than there may be: 16 TB between two small tensors.
module {
  func.func @main() -> tensor<2xf32> {
    %x = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %n = arith.constant dense<1> : tensor<i64>
    %shape = arith.constant dense<[2, 2199023255552]> : tensor<2xi64>
    // expected-error @below {{cannot be run while compiling: an allocation failed}}
    %r = graph.loop max %n carry (%x) : (tensor<i64>, tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<2xf32>):
      %column = graph.unsqueeze %s axes = [1] : tensor<2xf32>
      %wide = graph.expand %column to %shape : tensor<2x1xf32>, tensor<2xi64>
      %sorted = graph.softmax %wide axis = 1 : tensor<2x2199023255552xf32>
      %m = graph.reduce Max %sorted axes = [1] : tensor<2x2199023255552xf32>
      graph.yield %c, %m : tensor<i1>, tensor<2xf32>
    }
    return %r : tensor<2xf32>
  }
}

// -----

// Where nothing depends on constants only there is nothing to run.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = graph.binary Add %x, %c : tensor<2xf32>, tensor<2xf32>
  return %e : tensor<2xf32>
}
