include "mlir/Pass/PassBase.td"
include "graphopt/Codegen/Common/KernelPasses.td"

def DescribePorts : Pass<"graphopt-describe-ports", "::mlir::ModuleOp"> {
  let summary = "Records what each argument of @main is, before types are lowered";
  let description = [{
    Runs on memrefs. `@main` gets `graphopt.ports`: one entry an argument, in
    order, then one a result. An argument with `graph.result` is an output, one
    with `graph.name` an input, one with `graphopt.weights` the weights, any other
    `memref<?xi8>` the workspace, `!llvm.ptr` the run. A result is an output whose
    size depends on values.

    An extent is a number, the name of an open dimension (`graph.open_dims` of the
    module), `"?"` (computed by `@result_dims`) or `"*"` (depends on values).

    ```mlir
    func.func @main(%x: memref<?x4xf32> {graph.name = "x", graph.dims = ["n", ""],
                                         graph.dtype = "float"},
                    %y: memref<?x4xf32> {graph.name = "y", graph.dims = ["n", ""],
                                         graph.dtype = "float", graph.result = 0},
                    %workspace: memref<?xi8>)
    ```
    gets
    ```mlir
    graphopt.ports = [
      {dims = ["n", 4], dtype = "float", kind = "input", name = "x"},
      {dims = ["n", 4], dtype = "float", index = 0, kind = "output", name = "y"},
      {kind = "workspace"}
    ]
    ```
  }];
}

def ExtractWeights : Pass<"graphopt-extract-weights", "::mlir::ModuleOp"> {
  let summary = "Takes large constants out of the code";
  let description = [{
    Runs on memrefs. The value of each large `memref.global` moves into the
    module's dictionary `graphopt.weights`, untouched; the global becomes an
    external one. lib/Emit writes the values as bytes next to the code; as LLVM
    constants they would cost seconds and twice the memory.

    With `separate`, `@main` gets the weights as an argument instead: one after the
    other in the order of the dictionary, each at the next multiple of 64 bytes.

    ```mlir
    memref.global "private" constant @w : memref<512x512xf32> = dense_resource<w0>
    ```
    becomes
    ```mlir
    module attributes {graphopt.weights = {w = dense_resource<w0> : tensor<512x512xf32>}}
    memref.global "public" constant @w : memref<512x512xf32>
    ```
  }];
  let options = [
    Option<"separate", "separate", "bool", "false",
           "The weights come from outside, as an argument of @main">,
    Option<"minimumBytes", "minimum-bytes", "uint64_t", "1024",
           "Smaller constants stay in the code, where they fold">,
    Option<"all", "all", "bool", "false",
           "Those that are written in the code, too: GPUs cannot read it">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def EmitEntry : Pass<"graphopt-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Makes the three C functions of a model";
  let description = [{
    Runs on the LLVM dialect. `@main`, described by `graphopt.ports`, takes one
    descriptor a memref. For the model `m` (module attribute `graph.model`) come

    - `i32 @m_entry(ptr tensors, ptr dims, ptr workspace, ptr run)`: `tensors` are
      the data of the inputs, then of the outputs, then the weights of a file. The
      result is a status.
    - `i64 @m_workspace_bytes(ptr dims)`: calls `@workspace_bytes`, or is 0.
    - `@m_result_dims(ptr dims, ptr extents)`: writes all extents of all outputs;
      those `"?"` come from `@result_dims`, which returns all of them as well.

    `dims` are the open dimensions in the order of `graph.open_dims`. `@main`
    becomes internal; its pointers are aligned, and they don't alias each other:
    the runtime refuses tensors that overlap.

    ```mlir
    llvm.func @main(%x: !llvm.ptr, %x_aligned: !llvm.ptr, %offset: i64, %size: i64, %stride: i64, ...)
    ```
    becomes
    ```mlir
    llvm.func internal @main(%x: !llvm.ptr, %x_aligned: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias}, ...)
    llvm.func @m_entry(%tensors: !llvm.ptr, %dims: !llvm.ptr, %workspace: !llvm.ptr, %run: !llvm.ptr) -> i32 {
      %x = llvm.load %tensors : !llvm.ptr -> !llvm.ptr
      %n = llvm.load %dims : !llvm.ptr -> i64
      llvm.call @main(%x, %x, %zero, %n, %one, ...)
      %status = llvm.call @graphopt_run_status(%run) : (!llvm.ptr) -> i32
      llvm.return %status : i32
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def BindRuntime : Pass<"graphopt-bind-runtime", "::mlir::ModuleOp"> {
  let summary = "Sends allocations and failures of generated code to its run";
  let description = [{
    Runs on the LLVM dialect, after graphopt-emit-entry. `malloc`, `aligned_alloc`
    and `free` become memory of the run, which is freed at its end; `abort` (what
    cf.assert lowers to) records bad data. Whoever failed returns at once, and so
    does whoever called it. Functions that need the run get it as first argument,
    and so do those declared with `graphopt.runtime`, which may fail, too.

    ```mlir
    llvm.func @f(%n: i64) {
      %p = llvm.call @malloc(%n) : (i64) -> !llvm.ptr
      ...
    ```
    becomes
    ```mlir
    llvm.func @f(%run: !llvm.ptr, %n: i64) {
      %p = llvm.call @graphopt_allocate(%run, %n) : (!llvm.ptr, i64) -> !llvm.ptr
      %failed = llvm.icmp "eq" %p, %null : !llvm.ptr
      llvm.cond_br %failed, ^failed, ^go_on
    ^failed:
      llvm.return
    ^go_on:
      ...
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def BindResults : Pass<"graphopt-bind-results", "::mlir::ModuleOp"> {
  let summary = "Makes the results of @main arguments that it writes";
  let description = [{
    Runs on tensors, before bufferization. Each result becomes a memref argument
    with `graph.result`, the result's number, and keeps its other attributes.
    `@result_dims` computes all extents of all results, one after the other, from
    the open dimensions (`graph.open_dims`, made if it is missing). A result whose
    extents depend on values stays a result; its extents there are -1. So does one
    of strings (`graph.dtype`), which the run copies for the caller. Inputs are
    the caller's: marked as not writable. Ops that compute in one tensor get a
    tensor each, as results must not share a buffer. What is joined to a result is
    written part by part, each where it belongs.

    ```mlir
    func.func @main(%x: tensor<?x4xf32> {graph.name = "x", graph.dims = ["n", ""]})
        -> (tensor<?x4xf32> {graph.name = "y"}) {
      ...
      return %y : tensor<?x4xf32>
    }
    ```
    becomes
    ```mlir
    func.func @main(%x: tensor<?x4xf32> {graph.name = "x", graph.dims = ["n", ""]},
                    %out: memref<?x4xf32> {graph.name = "y", graph.result = 0, graph.dims = ["n", ""]}) {
      ...
      bufferization.materialize_in_destination %y in restrict writable %out
      return
    }
    func.func private @result_dims(%n: index) -> (index, index) {
      %c4 = arith.constant 4 : index
      return %n, %c4 : index, index
    }
    ```
  }];
  let statistics = [
    Statistic<"numBound", "num-bound", "Results that became arguments">,
    Statistic<"numDataDependent", "num-data-dependent",
              "Results whose extents depend on values">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def DoubleBufferLoops : Pass<"graphopt-double-buffer-loops", "::mlir::func::FuncOp"> {
  let summary = "Lets loops carry values in two buffers instead of one a turn";
  let description = [{
    Runs on memrefs. A value of fixed sizes that a loop hands from turn to turn gets
    two buffers outside the loop, which the turns write alternately; what the loop
    starts from is only read. Where a turn does not allocate the value itself, it is
    copied. A value whose sizes change is freed by the turn that was given it, once
    the next one is made. Memory no longer grows with the number of turns.

    ```mlir
    %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (memref<64xf32>) {
      %b = memref.alloc() : memref<64xf32>
      linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
      scf.yield %b : memref<64xf32>
    }
    ```
    becomes
    ```mlir
    %0 = memref.alloc() : memref<64xf32>
    %1 = memref.alloc() : memref<64xf32>
    %r:3 = scf.for %i = %c0 to %n step %c1
        iter_args(%a = %x, %b = %0, %other = %1) -> (memref<64xf32>, memref<64xf32>, memref<64xf32>) {
      linalg.exp ins(%a : memref<64xf32>) outs(%b : memref<64xf32>)
      scf.yield %b, %other, %b : memref<64xf32>, memref<64xf32>, memref<64xf32>
    }
    ```
  }];
  let statistics = [
    Statistic<"numBuffers", "num-buffers",
              "Carried values that took a buffer a turn">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
}

def PlanMemory : Pass<"graphopt-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Places the buffers of @main in one workspace";
  let description = [{
    Each memref.alloc in `@main` whose size is a function of the open dimensions
    becomes a view of the new last argument, `memref<?xi8>`. Buffers that do not
    live at the same time share memory. `@workspace_bytes` computes the size from
    the open dimensions. `graph.workspace` of `@main` tells the bytes of the plan,
    of what lives at once at most, and of all buffers together; with open
    dimensions, for the sample extents.

    Buffers of other sizes, and those that a loop hands to its next turn, stay
    allocations; they are freed after their last use where that is known.

    ```mlir
    func.func @main(%x: memref<64xf32>, %y: memref<64xf32>) {
      %a = memref.alloc() : memref<64xf32>
    ```
    becomes
    ```mlir
    func.func @main(%x: memref<64xf32>, %y: memref<64xf32>, %workspace: memref<?xi8>) {
      %c0 = arith.constant 0 : index
      %a = memref.view %workspace[%c0][] : memref<?xi8> to memref<64xf32>
    ```
  }];
  let options = [
    Option<"sampleExtent", "sample-extent", "int64_t", "128",
           "Extent of each open dimension for which the placement is found">
  ];
  let statistics = [
    Statistic<"numPlanned", "num-planned", "Buffers in the workspace">,
    Statistic<"numAllocations", "num-allocations",
              "Buffers that are allocated at run time">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"
  ];
}

def ForwardCopies : Pass<"graphopt-forward-copies", "::mlir::func::FuncOp"> {
  let summary = "Computes in the place to which a copy would bring the result";
  let description = [{
    Runs after bufferization, which copies what is reshaped on its way into a
    larger buffer, and what is inserted behind a part that comes later. The place
    must not be used by others meanwhile; what makes it moves in front.

    ```mlir
    %a = memref.alloc() : memref<4x2x8xf32>
    linalg.exp ins(%x) outs(%a)
    %c = memref.collapse_shape %a [[0, 1], [2]]
    %part = memref.subview %whole[0, 8] [8, 8] [1, 1]
    memref.copy %c, %part
    ```
    becomes
    ```mlir
    %part = memref.subview %whole[0, 8] [8, 8] [1, 1]
    %a = memref.expand_shape %part [[0, 1], [2]] output_shape [4, 2, 8]
    linalg.exp ins(%x) outs(%a)
    ```
  }];
  let statistics = [
    Statistic<"numForwarded", "num-forwarded", "Copies that are no more">
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def FuseElementwise : Pass<"graphopt-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Merges chains of linalg ops on tensors";
  let description = [{
    A producer moves into its only reader when that does not repeat work, or only
    a little. Reads go through copies and broadcasts. Reshapes move down behind
    element-wise ops, so that those get the shape of the contraction before them,
    and so do concats: each part is computed for itself.

    ```mlir
    %a = linalg.exp ins(%x) outs(%e)
    %b = linalg.abs ins(%a) outs(%e)
    ```
    becomes
    ```mlir
    %b = linalg.generic {...} ins(%x) outs(%e) {
    ^bb0(%in: f32, %out: f32):
      %0 = math.exp %in : f32
      %1 = math.absf %0 : f32
      linalg.yield %1 : f32
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::tensor::TensorDialect"
  ];
}

def DecomposeTensorOps : Pass<"graphopt-decompose-tensor-ops", "::mlir::func::FuncOp"> {
  let summary = "Turns tensor.pad and tensor.concat into insertions";
  let description = [{
    What is inserted can then be computed in its place in the larger buffer. Of a
    padded tensor only the border is filled.

    ```mlir
    %y = tensor.concat dim(0) %a, %b : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
    ```
    becomes
    ```mlir
    %e = tensor.empty() : tensor<5xf32>
    %0 = tensor.insert_slice %a into %e[0] [2] [1]
    %y = tensor.insert_slice %b into %0[2] [3] [1]
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"
  ];
}

def VerifyMemory : Pass<"graphopt-verify-memory", "::mlir::ModuleOp"> {
  let summary = "Checks what stage memory hands over: no tensor is left";
  let description = [{
    ```mlir
    %e = tensor.empty() : tensor<4xf32>  // error: still works on tensors
    ```
  }];
}

def VerifyLLVM : Pass<"graphopt-verify-llvm", "::mlir::ModuleOp"> {
  let summary = "Checks what stage llvm hands over";
  let description = [{
    Everything is of the LLVM dialect, and a global without a value is external.

    ```mlir
    func.func private @f()                             // error: not of the LLVM dialect
    llvm.mlir.global private @w() : !llvm.array<4 x f32>  // error: no value
    ```
  }];
}

def OutlineKernels : Pass<"graphopt-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Makes functions of kernel and linalg ops, one for all equal ones";
  let description = [{
    Runs on memrefs. Layers of a model repeat each other: ops that compute the
    same on buffers of the same types become calls of one function, named after
    the op and the shape that it writes. Constants move in. Ops of a few elements
    stay, where they fold, unless `tiny` is set. The location of an op in the function is that of all
    its calls.

    ```mlir
    kernel.matmul ins(%a, %w0 : ...) packed outs(%b : memref<128x384xf32>) ...
    kernel.matmul ins(%b, %w1 : ...) packed outs(%c : memref<128x384xf32>) ...
    ```
    becomes
    ```mlir
    call @matmul_128x384(%a, %w0, %b)
    call @matmul_128x384(%b, %w1, %c)
    ```
  }];
  let options = [
    Option<"tiny", "tiny", "bool", "false",
           "Those of a few elements, too: their buffers are not the host's">
  ];
  let statistics = [
    Statistic<"numOutlined", "num-outlined", "Ops that became calls">,
    Statistic<"numFunctions", "num-functions", "Functions made of them">
  ];
  let dependentDialects = ["::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ProfileCalls : Pass<"graphopt-profile-calls", "::mlir::ModuleOp"> {
  let summary = "Makes each call of @main tell the run when it begins and ends";
  let description = [{
    Runs on outlined kernels; loops without kernels count as calls, too. A call
    tells how many floating-point operations it does and how many bytes its
    operands have, numbers or sums over sizes. The module's `graphopt.calls` says
    which function each call runs and which ONNX nodes it computes; an entry
    without a function has the nodes that are in no call.

    ```mlir
    call @matmul_128x384(%a, %w, %b)
    ```
    becomes
    ```mlir
    call @graphopt_begin_call(%run, %c0)
    call @matmul_128x384(%a, %w, %b)
    call @graphopt_end_call(%run, %c0, %operations, %bytes)
    ```
    with
    ```mlir
    graphopt.calls = [
      {function = "matmul_128x384", nodes = ["node_linear"]}
    ]
    ```
  }];
  let options = [
    Option<"onGpu", "on-gpu", "bool", /*default=*/"false",
           "A call ends when its kernels have: graphopt_cuda_begin_call and graphopt_cuda_end_call">
  ];
  let statistics = [Statistic<"numCalls", "num-calls", "Calls that tell">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
}

def LocateNodes : Pass<"graphopt-locate-nodes", "::mlir::ModuleOp"> {
  let summary = "Says of each instruction which line of a listing it computes";
  let description = [{
    Runs on the LLVM dialect, for debug information. `graphopt.listing` gets the
    text of a file `<model>.<suffix>`: one line a node of `graph.nodes`, then one for
    each set of nodes that share code. Locations become lines of that file; of
    merged nodes the first stands for all. Functions are named after their node, or
    after how many nodes share them. graph-list-nodes writes `graph.nodes`.

    ```mlir
    llvm.call @softmax_4x8(%x) loc("attention")
    llvm.call @matmul_8x8(%x) loc("dense")
    llvm.call @matmul_8x8(%y) loc("dense_1")
    ```
    becomes
    ```mlir
    llvm.call @softmax_4x8_attention(%x) loc("m.graph.txt":2:0)
    llvm.call @matmul_8x8_of_2_nodes(%x) loc("m.graph.txt":3:0)
    llvm.call @matmul_8x8_of_2_nodes(%y) loc("m.graph.txt":4:0)
    ```
  }];
  let options = [
    Option<"suffix", "suffix", "std::string", "\"graph.txt\"",
           "What the file's name has behind the model's">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def OutlineParallel : Pass<"graphopt-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Makes outermost parallel loops calls of the runtime";
  let description = [{
    Runs on memrefs. The body becomes a function of a range of turns; what it uses
    is handed over in a record on the stack, views and constants are repeated.
    A function with such a loop, and whoever calls it, gets the run, `!llvm.ptr`,
    as its last argument. Which threads do which turns makes no difference; a loop
    with a reduction stays as it is.

    ```mlir
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      %v = memref.load %x[%i] : memref<?xf32>
      ...
    }
    ```
    becomes
    ```mlir
    call @graphopt_parallel_for(%run, %body, %record, %count)

    func.func private @main_body0(%record: !llvm.ptr, %begin: i64, %end: i64) {
      %x = llvm.load %record
      scf.for %i = %begin to %end step %c1 {
        %v = memref.load %x[%i] : memref<?xf32>
        ...
      }
    }
    ```
  }];
  let statistics = [
    Statistic<"numOutlined", "num-outlined", "Loops handed to the runtime">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
}

def LowerRuntimeCalls : Pass<"graphopt-lower-runtime-calls", "::mlir::ModuleOp"> {
  let summary = "Makes calls of C functions of kernel.call";
  let description = [{
    Runs on memrefs. What is called is declared with `graphopt.runtime`, so that
    graphopt-bind-runtime gives it the run and looks whether it has failed.

    ```mlir
    kernel.call @graphopt_string_concat ins(%n, %a : index, memref<?xi64>) outs(%c : memref<?xi64>)
    ```
    becomes
    ```mlir
    %n64 = arith.index_cast %n : index to i64
    %address = memref.extract_aligned_pointer_as_index %a : memref<?xi64> -> index
    ...
    func.call @graphopt_string_concat(%n64, %pa, %pc) : (i64, !llvm.ptr, !llvm.ptr) -> ()
    func.func private @graphopt_string_concat(i64, !llvm.ptr, !llvm.ptr) attributes {graphopt.runtime}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

def LowerOpenReshapes : Pass<"graphopt-lower-open-reshapes"> {
  let summary = "Makes casts of views that upstream cannot lower";
  let description = [{
    A `memref.expand_shape` with several open extents in a group becomes a
    `memref.reinterpret_cast`; upstream's `expand-strided-metadata` lowers the
    others. So does a `memref.subview` that drops one of several extents of 1.

    ```mlir
    %e = memref.expand_shape %x [[0, 1], [2]] output_shape [%b, %s, 8]
        : memref<?x8xf32> into memref<?x?x8xf32>
    ```
    becomes
    ```mlir
    %base, %offset, %sizes:2, %strides:2 = memref.extract_strided_metadata %x
    %n = arith.muli %s, %strides#0 : index
    %e = memref.reinterpret_cast %base to offset: [0], sizes: [%b, %s, 8],
        strides: [%n, 8, 1] : memref<f32> to memref<?x?x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}
