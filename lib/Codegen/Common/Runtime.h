//===- Runtime.h - What generated code calls ------------------------------===//
// The functions of lib/Runtime/Run.h as seen from the LLVM dialect.

#ifndef GRAPHOPT_LIB_CODEGEN_COMMON_RUNTIME_H
#define GRAPHOPT_LIB_CODEGEN_COMMON_RUNTIME_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace graphopt {

/// The runtime's status for values that the model cannot work on.
constexpr int32_t kStatusBadData = 9;

/// Declares runtime functions as they are first called.
class Runtime {
public:
  explicit Runtime(mlir::ModuleOp module)
      : module(module), prefix(module->hasAttr("gpu.container_module")
                                   ? "graphopt_cuda_"
                                   : "graphopt_"),
        pointer(mlir::LLVM::LLVMPointerType::get(module.getContext())),
        i32(mlir::IntegerType::get(module.getContext(), 32)),
        i64(mlir::IntegerType::get(module.getContext(), 64)),
        none(mlir::LLVM::LLVMVoidType::get(module.getContext())) {}

  /// `graphopt_allocate(run, bytes)`: NULL if the run has failed.
  mlir::Value allocate(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
                       mlir::Value bytes) {
    return call(b, loc, prefix + "allocate", pointer, {run, bytes});
  }
  void release(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
               mlir::Value data) {
    call(b, loc, prefix + "release", none, {run, data});
  }
  void fail(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
            int32_t status) {
    mlir::Value code = mlir::LLVM::ConstantOp::create(b, loc, i32, status);
    call(b, loc, "graphopt_fail", none, {run, code});
  }
  mlir::Value status(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run) {
    return call(b, loc, "graphopt_run_status", i32, {run});
  }
  void setResult(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
                 int32_t index, mlir::Value data, mlir::Value bytes,
                 mlir::Value extents) {
    mlir::Value output = mlir::LLVM::ConstantOp::create(b, loc, i32, index);
    call(b, loc, prefix + "set_result", none,
         {run, output, data, bytes, extents});
  }
  /// The number by which generated code knows an input that is no tensor. `kind` has
  /// graphopt_kind's bits.
  mlir::Value sequenceInput(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
                            mlir::Value given, int32_t kind) {
    mlir::Value bits = mlir::LLVM::ConstantOp::create(b, loc, i32, kind);
    return call(b, loc, "graphopt_sequence_input", i64, {run, given, bits});
  }
  void sequenceOutput(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
                      int32_t index, mlir::Value handle, int32_t kind) {
    mlir::Value output = mlir::LLVM::ConstantOp::create(b, loc, i32, index);
    mlir::Value bits = mlir::LLVM::ConstantOp::create(b, loc, i32, kind);
    call(b, loc, "graphopt_sequence_output", none, {run, output, handle, bits});
  }
  void setStrings(mlir::OpBuilder &b, mlir::Location loc, mlir::Value run,
                  int32_t index, mlir::Value data, mlir::Value count,
                  mlir::Value extents) {
    mlir::Value output = mlir::LLVM::ConstantOp::create(b, loc, i32, index);
    call(b, loc, "graphopt_set_strings", none,
         {run, output, data, count, extents});
  }

private:
  mlir::Value call(mlir::OpBuilder &b, mlir::Location loc, const std::string &name,
                   mlir::Type result, mlir::ValueRange operands) {
    auto function = module.lookupSymbol<mlir::LLVM::LLVMFuncOp>(name);
    if (!function) {
      auto atEnd = mlir::OpBuilder::atBlockEnd(module.getBody());
      function = mlir::LLVM::LLVMFuncOp::create(
          atEnd, module.getLoc(), name,
          mlir::LLVM::LLVMFunctionType::get(
              result, llvm::to_vector(operands.getTypes())));
    }
    auto op = mlir::LLVM::CallOp::create(b, loc, function, operands);
    return op.getNumResults() ? op.getResult() : mlir::Value();
  }

  mlir::ModuleOp module;
  std::string prefix; ///< of what is done with memory, the host's or a GPU's
  mlir::Type pointer, i32, i64, none;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_CODEGEN_COMMON_RUNTIME_H
