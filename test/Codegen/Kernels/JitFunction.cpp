//===- JitFunction.cpp - Kernel ops compiled and run in this process ------===//

#include "JitFunction.h"
#include "Machine.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/CPU/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/Support/TargetSelect.h"
#include <gtest/gtest.h>

using namespace mlir;

static MLIRContext &getContext() {
  static MLIRContext *context = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    registerAllPasses();
    graphopt::registerGraphOptCodegenCPUPasses();
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registerAllToLLVMIRTranslations(registry);
    registry.insert<graphopt::kernel::KernelDialect>();
    return new MLIRContext(registry, MLIRContext::Threading::DISABLED);
  }();
  return *context;
}

static constexpr auto lowerToLLVM =
    ",canonicalize,cse),convert-scf-to-cf,convert-vector-to-llvm,"
    "expand-strided-metadata,lower-affine,finalize-memref-to-llvm,"
    "convert-math-to-llvm,arith-expand{include-bf16},convert-arith-to-llvm,"
    "convert-ub-to-llvm,convert-func-to-llvm,convert-cf-to-llvm,"
    "convert-index-to-llvm,reconcile-unrealized-casts";

static llvm::Error toError(LogicalResult result, const char *what) {
  return failed(result) ? llvm::createStringError(what) : llvm::Error::success();
}

static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
compile(const std::string &text, const std::string &passes) {
  MLIRContext &context = getContext();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return llvm::createStringError("does not parse:\n" + text);
  PassManager pipeline(&context);
  if (auto error = toError(
          parsePassPipeline("func.func(" + passes + lowerToLLVM, pipeline),
          "no such pipeline"))
    return error;
  if (auto error = toError(pipeline.run(*module), "pipeline failed"))
    return error;
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> llvmModule =
      translateModuleToLLVMIR(*module, *llvmContext);
  if (!llvmModule)
    return llvm::createStringError("no LLVM IR");
  auto machine = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!machine)
    return machine.takeError();
  machine->setCodeGenOptLevel(llvm::CodeGenOptLevel::Less);
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(*machine).create();
  if (!jit)
    return jit.takeError();
  llvmModule->setDataLayout((*jit)->getDataLayout());
  graphopt::storeLoneLanes(*llvmModule);
  if (auto error = (*jit)->addIRModule({std::move(llvmModule), std::move(llvmContext)}))
    return error;
  return jit;
}

JitFunction::JitFunction(const std::string &text, const std::string &passes) {
  auto made = compile(text, passes);
  if (!made) {
    ADD_FAILURE() << llvm::toString(made.takeError());
    return;
  }
  jit = std::move(*made);
  auto address = jit->lookup("_mlir_ciface_f");
  if (!address) {
    ADD_FAILURE() << llvm::toString(address.takeError());
    return;
  }
  function = address->toPtr<void *>();
}

void JitFunction::call(std::vector<int64_t> *d, size_t count) const {
  if (!function)
    return;
  void *p[6] = {};
  for (size_t i = 0; i < count; ++i)
    p[i] = d[i].data();
  // Arguments beyond the last are ignored by every calling convention we run on.
  reinterpret_cast<void (*)(void *, void *, void *, void *, void *, void *)>(
      function)(p[0], p[1], p[2], p[3], p[4], p[5]);
}
