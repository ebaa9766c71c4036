// RUN: graphopt-opt %s --graphopt-tensor-pipeline --graphopt-memory-pipeline --graphopt-llvm-pipeline -o %t.mlir
// RUN: mlir-translate --mlir-to-llvmir %t.mlir -o %t.ll
// RUN: %clang -O2 -Wno-override-module -march=native -I%include -I%root/lib/Runtime %t.ll %S/Inputs/threads.c %root/lib/Runtime/Bitcode.c -o %t -lm -lpthread
// RUN: %t
//
// With two threads nothing races, neither in the pool nor in the model's code.
// RUN: sed -E 's/^(define .*\)) /\1 sanitize_thread /' %t.ll > %t.tsan.ll
// RUN: %clang -O1 -g -fsanitize=thread -Wno-override-module -march=native -I%include -I%root/lib/Runtime %t.tsan.ll %S/Inputs/threads.c %root/lib/Runtime/Bitcode.c -o %t.tsan -lm -lpthread
// RUN: %t.tsan 500

// The results are the same bits however the items of loops are handed out; the
// program tries several ways and sizes.
module attributes {graph.model = "m"} {
  func.func @main(%x: tensor<?x1024xf32> {graph.name = "x", graph.dims = ["n", ""], graph.dtype = "float"},
                  %b: tensor<1024xf32> {graph.name = "b", graph.dims = [""], graph.dtype = "float"},
                  %w: tensor<1024x40xf32> {graph.name = "w", graph.dims = ["", ""], graph.dtype = "float"})
      -> (tensor<?x1024xf32> {graph.name = "y", graph.dtype = "float"},
          tensor<1024x?xf32> {graph.name = "t", graph.dtype = "float"},
          tensor<?xf32> {graph.name = "rows", graph.dtype = "float"},
          tensor<1024xf32> {graph.name = "columns", graph.dtype = "float"},
          tensor<?x40xf32> {graph.name = "product", graph.dtype = "float"},
          tensor<?x6x6x40xf32> {graph.name = "images", graph.dtype = "float"}) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %x, %c0 : tensor<?x1024xf32>
    %e = tensor.empty(%n) : tensor<?x1024xf32>
    %row = linalg.broadcast ins(%b : tensor<1024xf32>) outs(%e : tensor<?x1024xf32>) dimensions = [0]
    %sum = linalg.add ins(%x, %row : tensor<?x1024xf32>, tensor<?x1024xf32>) outs(%e : tensor<?x1024xf32>) -> tensor<?x1024xf32>
    %y = linalg.exp ins(%sum : tensor<?x1024xf32>) outs(%e : tensor<?x1024xf32>) -> tensor<?x1024xf32>
    %et = tensor.empty(%n) : tensor<1024x?xf32>
    %t = linalg.transpose ins(%y : tensor<?x1024xf32>) outs(%et : tensor<1024x?xf32>) permutation = [1, 0]
    %er = tensor.empty(%n) : tensor<?xf32>
    %fr = linalg.fill ins(%zero : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
    %rows = linalg.reduce {arith.addf} ins(%y : tensor<?x1024xf32>) outs(%fr : tensor<?xf32>) dimensions = [1]
    %ec = tensor.empty() : tensor<1024xf32>
    %fc = linalg.fill ins(%zero : f32) outs(%ec : tensor<1024xf32>) -> tensor<1024xf32>
    %columns = linalg.reduce {arith.addf} ins(%y : tensor<?x1024xf32>) outs(%fc : tensor<1024xf32>) dimensions = [0]
    %ep = tensor.empty(%n) : tensor<?x40xf32>
    // Sums that go through the stack.
    %product = kernel.matmul ins(%x, %w : tensor<?x1024xf32>, tensor<1024x40xf32>) outs(%ep : tensor<?x40xf32>) {
    ^bb0(%s: f32):
      %th = math.tanh %s : f32
      kernel.yield %th : f32
    } -> tensor<?x40xf32>
    // Blocks of tiles, one after the other; the values do not matter.
    %one = arith.constant 1.0 : f32
    %ef = tensor.empty() : tensor<36x16x40xf32>
    %f = linalg.fill ins(%one : f32) outs(%ef : tensor<36x16x40xf32>) -> tensor<36x16x40xf32>
    %image = tensor.expand_shape %x [[0], [1, 2, 3]] output_shape [%n, 8, 8, 16] : tensor<?x1024xf32> into tensor<?x8x8x16xf32>
    %ei = tensor.empty(%n) : tensor<?x6x6x40xf32>
    %images = kernel.winograd_conv ins(%image, %f : tensor<?x8x8x16xf32>, tensor<36x16x40xf32>) taps = [3, 3] tile = [4, 4] block = 24 outs(%ei : tensor<?x6x6x40xf32>) {
    ^bb0(%s: f32):
      kernel.yield %s : f32
    } -> tensor<?x6x6x40xf32>
    return %y, %t, %rows, %columns, %product, %images
        : tensor<?x1024xf32>, tensor<1024x?xf32>, tensor<?xf32>, tensor<1024xf32>, tensor<?x40xf32>, tensor<?x6x6x40xf32>
  }
}
