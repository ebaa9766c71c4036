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

/// True if `module` calls functions whose names begin so, and does not have them.
static bool needs(const Module &module, StringRef prefix) {
  return any_of(module, [&](const Function &function) {
    return function.isDeclaration() && function.getName().starts_with(prefix);
  });
}

/// Links what `module` uses of `image`.
static Error linkBitcode(Module &module, StringRef image, StringRef missing) {
  const Triple &triple = module.getTargetTriple();
  if (image.empty())
    return createStringError(fmt::format("{} for {}", missing.str(), triple.str()));
  auto runtime = parseBitcodeFile(MemoryBufferRef(image, "graphopt runtime"),
                                  module.getContext());
  if (!runtime)
    return runtime.takeError();
  if ((*runtime)->getTargetTriple().getArch() != triple.getArch())
    return createStringError(fmt::format("{} for {}", missing.str(), triple.str()));
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

Error graphopt::linkRuntime(Module &module) {
  if (needs(module, "graphopt_image_"))
    if (Error error = linkBitcode(module, decodersBitcode(),
                                  "this graphopt has no image decoders"))
      return error;
  if (!needs(module, "graphopt_"))
    return Error::success();
  return linkBitcode(module, runtimeBitcode(module.getTargetTriple()), "no runtime");
}

ArrayRef<StringRef> graphopt::librariesOf(const Module &module) {
  static const StringRef codecs[] = {"tiff", "jpeg", "png", "webp", "openjp2"};
  return module.getFunction("graphopt_image_rows") ? ArrayRef(codecs) : ArrayRef<StringRef>();
}
