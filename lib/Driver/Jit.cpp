#include "Jit.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/Support/TargetSelect.h"
#include <mutex>

using namespace graphopt;
using llvm::StringRef;

static void initializeNativeTarget() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
graphopt::createJit(std::unique_ptr<llvm::MemoryBuffer> archive) {
  initializeNativeTarget();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (archive) {
    auto members = llvm::orc::StaticLibraryDefinitionGenerator::Create(
        (*jit)->getObjLinkingLayer(), std::move(archive));
    if (!members)
      return members.takeError();
    (*jit)->getMainJITDylib().addGenerator(std::move(*members));
  }
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  return jit;
}

llvm::Expected<const graphopt_model *>
graphopt::findModel(llvm::orc::LLJIT &jit, StringRef name) {
  // ORC tells causes apart from results, and prints them if not asked.
  std::string causes;
  jit.getExecutionSession().setErrorReporter([&](llvm::Error cause) {
    causes += (causes.empty() ? "" : "; ") + llvm::toString(std::move(cause));
  });
  auto symbol = jit.lookup((name + "_model").str());
  jit.getExecutionSession().setErrorReporter(llvm::consumeError);
  if (symbol)
    return symbol->toPtr<const graphopt_model *>();
  if (causes.empty())
    return symbol.takeError();
  llvm::consumeError(symbol.takeError());
  return llvm::createStringError(causes);
}
