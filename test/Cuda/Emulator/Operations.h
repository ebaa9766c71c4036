//===- Operations.h - Instructions that only GPUs have --------------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_OPERATIONS_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_OPERATIONS_H

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

namespace emulator {

constexpr unsigned kWarpSize = 32;

/// Operands and results of one thread, 8 bytes each.
struct Operands {
  const uint64_t *arguments = nullptr;
  uint64_t *results = nullptr;

  template <typename T> T get(unsigned i) const {
    T value;
    memcpy(&value, &arguments[i], sizeof value);
    return value;
  }
  template <typename T> void set(unsigned i, T value) const {
    results[i] = 0;
    memcpy(&results[i], &value, sizeof value);
  }
};

/// The lanes of a warp that meet in an instruction.
struct Meeting {
  uint32_t members;
  unsigned firstThread; ///< of the block: lane 0
  Operands lanes[kWarpSize];

  bool has(unsigned lane) const {
    return lane < kWarpSize && (members >> lane & 1);
  }
  template <typename Function> void forEach(Function function) const {
    for (unsigned lane = 0; lane < kWarpSize; ++lane)
      if (has(lane))
        function(lane, lanes[lane]);
  }
};

struct Operation {
  /// Of one of these.
  std::function<void(const Operands &)> ofThread;
  std::function<void(const Meeting &)> ofWarp;
  std::function<void(const std::vector<Operands> &)> ofBlock;
  std::function<bool(const Operands &)> untilThread; ///< asked again until it holds

  /// Of a warp: the operand that names the lanes which meet; -1: all.
  int maskOperand = -1;
  bool aligned =
      true; ///< all lanes of a warp stand at the same place of the code
};

/// The intrinsic llvm.nvvm.`name`; null if it is not emulated.
const Operation *findOperation(std::string_view name);

// Each knows a family of names; an operation of none for others.
Operation findArithmetic(std::string_view name);
Operation findBarrier(std::string_view name);
Operation findWarpExchange(std::string_view name);
Operation findMatrixLoad(std::string_view name);
Operation findMatrixProduct(std::string_view name);
Operation findAsyncCopy(std::string_view name);
Operation findGroupProduct(std::string_view name);
Operation findTensorCopy(std::string_view name);

/// The parts of `name` between dots.
std::vector<std::string_view> splitName(std::string_view name);

} // namespace emulator

#endif
