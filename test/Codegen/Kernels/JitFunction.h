//===- JitFunction.h - Kernel ops compiled and run in this process --------===//

#ifndef GRAPHOPT_TEST_CODEGEN_KERNELS_JITFUNCTION_H
#define GRAPHOPT_TEST_CODEGEN_KERNELS_JITFUNCTION_H

#include "Array.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <array>

/// A function on memrefs, compiled for this machine.
class JitFunction {
public:
  /// Compiles @f of `text` after `passes`, a pipeline on functions. A failure
  /// is a test failure, and calls do nothing then.
  JitFunction(const std::string &text, const std::string &passes);

  template <typename... Ts>
  void operator()(Array<Ts> &...arrays) const {
    std::array<std::vector<int64_t>, sizeof...(Ts)> descriptors{
        arrays.descriptor()...};
    call(descriptors.data(), descriptors.size());
  }
  void call(std::vector<int64_t> *descriptors, size_t count) const;

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void *function = nullptr;
};

#endif
