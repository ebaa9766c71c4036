//===- Faults.h - What ends a launch before its end -----------------------===//

#ifndef GRAPHOPT_TEST_CUDA_EMULATOR_FAULTS_H
#define GRAPHOPT_TEST_CUDA_EMULATOR_FAULTS_H

#include <functional>
#include <string>

namespace emulator {

/// Ends the work that runGuarded() does for this thread, from any of its
/// stacks.
[[noreturn]] void fail(const std::string &text);

/// \returns the text that `work` failed with, or that it followed an address
/// which is
///          not the GPU's; empty if it came to its end.
std::string runGuarded(const std::function<void()> &work);

} // namespace emulator

#endif
