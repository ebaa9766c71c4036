//===- Abi.h - What emulated kernels and the emulator agree on ------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_ABI_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_ABI_H

#include <cstdint>
#include <string_view>

namespace emulator {

/// Addresses of the GPU's memory are so much more than those of the memory
/// behind them. No memory of a process lies there: the host that follows one
/// faults, and so does a kernel, whose loads and stores subtract it, at an
/// address of the host's.
constexpr uint64_t kAddressTag = uint64_t(1) << 54;

/// Of kernel k, as `emulated_k_facts`.
struct Facts {
  uint32_t needsFibers;
  uint32_t sharedBegin, sharedEnd; ///< bytes of the module's shared variables
};

/// A place in a kernel where an instruction stands that only GPUs have.
struct Site {
  const char *name;      ///< of the intrinsic, without llvm.nvvm.
  const void *operation; ///< null until it is found
};

/// Whether threads that run one after the other cannot do without stops there.
inline bool needsFibers(std::string_view name) {
  for (std::string_view prefix :
       {"bar", "shfl", "vote", "match", "redux", "activemask", "elect",
        "ldmatrix", "stmatrix", "mma", "cp.async", "fence.proxy.async"})
    if (name.substr(0, prefix.size()) == prefix)
      return true;
  return name.find("wgmma") != name.npos || name.find("mbarrier") != name.npos; // text
}

} // namespace emulator

#endif
