include "mlir/Pass/PassBase.td"

def DescribePorts : Pass<"graphopt-describe-ports", "::mlir::ModuleOp"> {
  let summary = "Records what each argument of @main is, before types are lowered";
  let description = [{
    Runs on memrefs. `@main` gets `graphopt.ports`: one entry an argument, in
    order, then one a result. An argument with `graph.result` is an output, one
    with `graph.name` an input, `memref<?xi8>` the workspace, `!llvm.ptr` the run.
    A result is an output whose size depends on values.

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
    Option<"minimumBytes", "minimum-bytes", "uint64_t", "1024",
           "Smaller constants stay in the code, where they fold">
  ];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def EmitEntry : Pass<"graphopt-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Makes the three C functions of a model";
  let description = [{
    Runs on the LLVM dialect. `@main`, described by `graphopt.ports`, takes one
    descriptor a memref. For the model `m` (module attribute `graph.model`) come

    - `i32 @m_entry(ptr tensors, ptr dims, ptr workspace, ptr run)`: `tensors` are
      the data of the inputs, then of the outputs. The result is a status.
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
    does whoever called it. Functions that need the run get it as first argument.

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
