#include "../Runtime/Image.h"
#include "Descriptor.h"
#include "Machine.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/Linker/Linker.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

/// What clang wrote for its own idea of the target. `no-builtins` in particular
/// forbids inlining into functions without it.
static void removeClangsAttributes(Module &runtime) {
  for (Function &function : runtime)
    for (StringRef name : {"frame-pointer", "no-builtins", "no-trapping-math",
                           "stack-protector-buffer-size", "target-cpu",
                           "target-features", "tune-cpu"})
      function.removeFnAttr(name);
}

Error graphopt::linkRuntime(Module &module) {
  bool needed = any_of(module, [](const Function &function) {
    return function.isDeclaration() &&
           function.getName().starts_with("graphopt_");
  });
  if (!needed)
    return Error::success();
  const Triple &triple = module.getTargetTriple();
  StringRef image = runtimeBitcode(triple);
  if (image.empty())
    return createStringError(fmt::format("no runtime for {}", triple.str()));
  auto runtime = parseBitcodeFile(MemoryBufferRef(image, "graphopt runtime"),
                                  module.getContext());
  if (!runtime)
    return runtime.takeError();
  removeClangsAttributes(**runtime);
  (*runtime)->setTargetTriple(triple);
  // Small and called by code for better CPUs, which may inline it.
  for (Function &function : **runtime)
    if (!function.isDeclaration())
      setLeastTarget(function);
  (*runtime)->setDataLayout(module.getDataLayout());
  // Flags such as the PIC level are the model's.
  if (NamedMDNode *flags = (*runtime)->getModuleFlagsMetadata())
    flags->eraseFromParent();
  if (Linker::linkModules(module, std::move(*runtime), Linker::LinkOnlyNeeded))
    return createStringError("the runtime does not link with the model");
  return Error::success();
}
