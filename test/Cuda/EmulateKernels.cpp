// emulate-kernels DUMP.mlirbc OUT.bc
//
// The kernels of a model for GPUs as code for this CPU: the very LLVM IR that
// becomes PTX, but what only a GPU has are calls of FakeCuda.cpp. For each kernel k there
// is emulated_k(void **arguments), which runs one thread.
#include "lib/Emit/Cuda.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

static ExitOnError exitOnError("emulate-kernels: ");

/// llvm.nvvm.<name>(...)  =>  simt_<name>(...), dots as lines, and NVIDIA's library of
/// functions  =>  this machine's.
static void callEmulator(Module &code) {
  SmallVector<Function *> intrinsics;
  for (Function &function : code)
    if (function.getName().starts_with("llvm.nvvm."))
      intrinsics.push_back(&function);
    else if (function.getName().starts_with("__nv_"))
      function.setName(function.getName().drop_front(strlen("__nv_")));
  for (Function *intrinsic : intrinsics) {
    std::string name = "simt_" + intrinsic->getName().drop_front(strlen("llvm.nvvm.")).str();
    std::replace(name.begin(), name.end(), '.', '_');
    auto *emulated = Function::Create(intrinsic->getFunctionType(), GlobalValue::ExternalLinkage,
                                      name, code);
    intrinsic->replaceAllUsesWith(emulated);
    intrinsic->eraseFromParent();
  }
}

static void forgetGpu(Module &code) {
  code.setTargetTriple(Triple(sys::getDefaultTargetTriple()));
  code.setDataLayout("");
  for (Function &function : code) {
    function.setAttributes(AttributeList());
    for (BasicBlock &block : function)
      for (Instruction &instruction : block)
        if (auto *call = dyn_cast<CallInst>(&instruction))
          call->setAttributes(AttributeList());
  }
}

/// void emulated_k(void **arguments): as the driver is given them.
static void addEntry(Function &kernel) {
  LLVMContext &context = kernel.getContext();
  kernel.setCallingConv(CallingConv::C);
  Type *pointer = PointerType::get(context, 0);
  auto *entry = Function::Create(FunctionType::get(Type::getVoidTy(context), {pointer}, false),
                                 GlobalValue::ExternalLinkage,
                                 "emulated_" + kernel.getName(), *kernel.getParent());
  IRBuilder<> b(BasicBlock::Create(context, "", entry));
  SmallVector<Value *> arguments;
  for (Argument &argument : kernel.args()) {
    Value *slot = b.CreateConstGEP1_32(pointer, entry->getArg(0), argument.getArgNo());
    arguments.push_back(b.CreateLoad(argument.getType(), b.CreateLoad(pointer, slot)));
  }
  b.CreateCall(&kernel, arguments);
  b.CreateRetVoid();
}

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
  SmallVector<Function *> entries;
  for (Function &function : *code)
    if (function.getCallingConv() == CallingConv::PTX_Kernel)
      entries.push_back(&function);
  callEmulator(*code);
  forgetGpu(*code);
  for (Function *kernel : entries)
    addEntry(*kernel);
  if (verifyModule(*code, &errs()))
    return 1;
  std::error_code error;
  raw_fd_ostream os(argv[2], error);
  exitOnError(errorCodeToError(error));
  WriteBitcodeToFile(*code, os);
  return 0;
}
