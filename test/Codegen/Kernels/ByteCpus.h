//===- ByteCpus.h - CPUs that add up four products of bytes -----------------===//

#ifndef GRAPHOPT_TEST_CODEGEN_KERNELS_BYTECPUS_H
#define GRAPHOPT_TEST_CODEGEN_KERNELS_BYTECPUS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include <gtest/gtest.h>

/// Neighbours of a column that lie together.
inline constexpr int64_t kGroup = 4;

struct ByteCpu {
  const char *cpu, *feature;
  int64_t lanes;
};

/// `body` on each CPU whose instructions this one has.
template <typename Body> void onEachByteCpu(Body body) {
  static const ByteCpu cpus[] = {{"sapphirerapids", "avx512vnni", 16},
                                 {"alderlake", "avxvnni", 8}};
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  bool any = false;
  for (const ByteCpu &on : cpus)
    if (features.lookup(on.feature)) {
      any = true;
      body(on);
    }
  if (!any)
    GTEST_SKIP() << "this CPU has no such instructions";
}

#endif
