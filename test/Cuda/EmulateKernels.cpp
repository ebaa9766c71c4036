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
#include "llvm/Support/SourceMgr.h"

using namespace llvm;

static ExitOnError exitOnError("emulate-kernels: ");

/// MLIR's bytecode wants to be aligned in memory, as files of a few pages are not by
/// themselves.
static mlir::OwningOpRef<mlir::ModuleOp> parse(const char *path, mlir::MLIRContext &context) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/true,
                                    /*IsVolatile=*/false, Align(64));
  exitOnError(errorCodeToError(file.getError()));
  SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*file), SMLoc());
  return mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    errs() << "usage: emulate-kernels DUMP OUT.bc\n";
    return 2;
  }
  mlir::MLIRContext context;
  context.loadDialect<mlir::gpu::GPUDialect, mlir::LLVM::LLVMDialect, mlir::NVVM::NVVMDialect>();
  context.allowUnregisteredDialects();
  auto module = parse(argv[1], context);
  if (!module)
    return 1;
  mlir::gpu::GPUModuleOp kernels = graphopt::findKernels(*module);
  if (!kernels) {
    errs() << "emulate-kernels: " << argv[1] << " has no kernels\n";
    return 1;
  }
  LLVMContext llvmContext;
  auto gpus = exitOnError(graphopt::findGpuModels("80"));
  auto code = exitOnError(graphopt::lowerKernels(kernels, gpus.front(), llvmContext));
  exitOnError(emulateKernels(*code));
  if (verifyModule(*code, &errs()))
    return 1;
  std::error_code error;
  raw_fd_ostream os(argv[2], error);
  exitOnError(errorCodeToError(error));
  WriteBitcodeToFile(*code, os);
  return 0;
}
