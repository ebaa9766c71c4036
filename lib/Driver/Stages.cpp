#include "graphopt/Driver/Compiler.h"
#include "llvm/Support/ErrorHandling.h"

llvm::StringRef graphopt::stageName(Stage stage) {
  switch (stage) {
  case Stage::Import:
    return "import";
  case Stage::Graph:
    return "graph";
  case Stage::Kernel:
    return "kernel";
  case Stage::Memory:
    return "memory";
  case Stage::LLVM:
    return "llvm";
  case Stage::Object:
    return "object";
  case Stage::Archive:
    return "archive";
  case Stage::Shared:
    return "shared";
  case Stage::Onnx:
    return "onnx";
  case Stage::Ptx:
    return "ptx";
  case Stage::Cubin:
    return "cubin";
  }
  llvm_unreachable("not a stage");
}
