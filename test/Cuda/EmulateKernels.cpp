// emulate-kernels DUMP.mlirbc OUT.bc
//
// The kernels of a model for GPUs as code for this CPU, of the very LLVM IR that
// becomes PTX, see EmulatedModule.h.
#include "EmulatedModule.h"
#include "lib/Emit/Cuda.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"

using namespace llvm;

static ExitOnError exitOnError("emulate-kernels: ");

int main(int argc, char **argv) {
  if (argc != 3) {
    errs() << "usage: emulate-kernels DUMP OUT.bc\n";
    return 2;
  }
  mlir::MLIRContext context;
  context.loadDialect<mlir::gpu::GPUDialect, mlir::LLVM::LLVMDialect, mlir::NVVM::NVVMDialect>();
  context.allowUnregisteredDialects();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  if (!module)
    return 1;
  mlir::gpu::GPUModuleOp kernels = graphopt::findKernels(*module);
  LLVMContext llvmContext;
  std::unique_ptr<Module> code;
  if (kernels) {
    auto gpus = exitOnError(graphopt::findGpuModels("80"));
    code = exitOnError(graphopt::lowerKernels(kernels, gpus.front(), llvmContext));
  } else { // a model that computes nothing
    code = std::make_unique<Module>("kernels", llvmContext);
  }
  exitOnError(emulateKernels(*code));
  if (verifyModule(*code, &errs()))
    return 1;
  std::error_code error;
  raw_fd_ostream os(argv[2], error);
  exitOnError(errorCodeToError(error));
  WriteBitcodeToFile(*code, os);
  return 0;
}
