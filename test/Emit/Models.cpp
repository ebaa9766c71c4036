#include "Models.h"
#include "llvm/ADT/StringExtras.h"

std::string addWeightsModel(const std::string &name) {
  float weights[32];
  for (int i = 0; i < 32; ++i)
    weights[i] = i;
  std::string hex = llvm::toHex(
      llvm::StringRef(reinterpret_cast<char *>(weights), sizeof weights));
  return "module attributes {graph.model = \"" + name + R"mlir("} {
  memref.global "private" constant @w : memref<32xf32> = dense_resource<weights>
  func.func private @workspace_bytes() -> index {
    %bytes = arith.constant 128 : index
    return %bytes : index
  }
  func.func @main(%x: memref<32xf32> {graph.name = "x", graph.dtype = "float"},
                  %y: memref<32xf32> {graph.name = "y.out", graph.dtype = "float", graph.result = 0},
                  %workspace: memref<?xi8>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    %w = memref.get_global @w : memref<32xf32>
    %t = memref.view %workspace[%c0][] : memref<?xi8> to memref<32xf32>
    scf.for %i = %c0 to %c32 step %c1 {
      %a = memref.load %x[%i] : memref<32xf32>
      %b = memref.load %w[%i] : memref<32xf32>
      %s = arith.addf %a, %b : f32
      memref.store %s, %t[%i] : memref<32xf32>
    }
    memref.copy %t, %y : memref<32xf32> to memref<32xf32>
    return
  }
}
{-# dialect_resources: {builtin: {weights: "0x40000000)mlir" +
         hex + "\"}} #-}\n";
}

std::string doubleRowsModel() {
  return R"mlir(
module attributes {graph.model = "rows", graph.open_dims = ["n"]} {
  llvm.func @graphopt_parallel_for(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64)
  llvm.func @body(%captures: !llvm.ptr, %begin: i64, %end: i64) {
    %c1 = llvm.mlir.constant(1 : i64) : i64
    %c3 = llvm.mlir.constant(3 : i64) : i64
    %two = llvm.mlir.constant(2.0 : f32) : f32
    %x = llvm.load %captures : !llvm.ptr -> !llvm.ptr
    %slot = llvm.getelementptr %captures[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %y = llvm.load %slot : !llvm.ptr -> !llvm.ptr
    %first = llvm.mul %begin, %c3 : i64
    %last = llvm.mul %end, %c3 : i64
    llvm.br ^head(%first : i64)
  ^head(%i: i64):
    %more = llvm.icmp "slt" %i, %last : i64
    llvm.cond_br %more, ^loop, ^done
  ^loop:
    %xi = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %yi = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %a = llvm.load %xi : !llvm.ptr -> f32
    %b = llvm.fmul %a, %two : f32
    llvm.store %b, %yi : f32, !llvm.ptr
    %next = llvm.add %i, %c1 : i64
    llvm.br ^head(%next : i64)
  ^done:
    llvm.return
  }
  func.func private @workspace_bytes(%n: index) -> index {
    %row = arith.constant 64 : index
    %bytes = arith.muli %n, %row : index
    return %bytes : index
  }
  func.func @main(%x: memref<?x3xf32> {graph.name = "x", graph.dims = ["n", ""], graph.dtype = "float"},
                  %y: memref<?x3xf32> {graph.name = "y", graph.dims = ["n", ""], graph.dtype = "float", graph.result = 0},
                  %workspace: memref<?xi8>, %run: !llvm.ptr) {
    %c0 = arith.constant 0 : index
    %two = llvm.mlir.constant(2 : i64) : i64
    %n = memref.dim %x, %c0 : memref<?x3xf32>
    %count = arith.index_cast %n : index to i64
    %xp = memref.extract_aligned_pointer_as_index %x : memref<?x3xf32> -> index
    %yp = memref.extract_aligned_pointer_as_index %y : memref<?x3xf32> -> index
    %xi = arith.index_cast %xp : index to i64
    %yi = arith.index_cast %yp : index to i64
    %captures = llvm.alloca %two x i64 : (i64) -> !llvm.ptr
    %slot = llvm.getelementptr %captures[1] : (!llvm.ptr) -> !llvm.ptr, i64
    llvm.store %xi, %captures : i64, !llvm.ptr
    llvm.store %yi, %slot : i64, !llvm.ptr
    %body = llvm.mlir.addressof @body : !llvm.ptr
    llvm.call @graphopt_parallel_for(%run, %body, %captures, %count) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> ()
    return
  }
})mlir";
}

std::string keepNonzeroModel() {
  return R"mlir(
module attributes {graph.model = "keep", graph.open_dims = ["n"]} {
  func.func @main(%x: memref<?xi32> {graph.name = "x", graph.dims = ["n"], graph.dtype = "int32"})
      -> (memref<?xi32> {graph.name = "kept", graph.dtype = "int32", graph.result = 0}) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0 : i32
    %n = memref.dim %x, %c0 : memref<?xi32>
    %all = memref.alloc(%n) : memref<?xi32>
    %count = scf.for %i = %c0 to %n step %c1 iter_args(%k = %c0) -> (index) {
      %v = memref.load %x[%i] : memref<?xi32>
      %good = arith.cmpi sge, %v, %zero : i32
      cf.assert %good, "negative"
      memref.store %v, %all[%k] : memref<?xi32>
      %is = arith.cmpi ne, %v, %zero : i32
      %more = arith.addi %k, %c1 : index
      %next = arith.select %is, %more, %k : index
      scf.yield %next : index
    }
    %kept = memref.alloc(%count) : memref<?xi32>
    scf.for %i = %c0 to %count step %c1 {
      %v = memref.load %all[%i] : memref<?xi32>
      memref.store %v, %kept[%i] : memref<?xi32>
    }
    memref.dealloc %all : memref<?xi32>
    return %kept : memref<?xi32>
  }
})mlir";
}

std::string expModel() {
  return R"mlir(
module attributes {graph.model = "exps"} {
  func.func @main(%x: tensor<?x4xf32> {graph.name = "x", graph.dims = ["n", ""], graph.dtype = "float"})
      -> (tensor<?x4xf32> {graph.name = "y", graph.dtype = "float"},
          tensor<?xf32> {graph.name = "s", graph.dtype = "float"},
          tensor<?x4xf32> {graph.name = "twice", graph.dtype = "float"}) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %x, %c0 : tensor<?x4xf32>
    %e = tensor.empty(%n) : tensor<?x4xf32>
    %t = linalg.exp ins(%x : tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
    %y = linalg.add ins(%t, %x : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
    %es = tensor.empty(%n) : tensor<?xf32>
    %f = linalg.fill ins(%zero : f32) outs(%es : tensor<?xf32>) -> tensor<?xf32>
    %s = linalg.reduce { arith.addf } ins(%t : tensor<?x4xf32>) outs(%f : tensor<?xf32>) dimensions = [1]
    %twice = tensor.concat dim(0) %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
    return %y, %s, %twice : tensor<?x4xf32>, tensor<?xf32>, tensor<?x4xf32>
  }
})mlir";
}
