//===- ByteCpus.h - CPUs that add up products of bytes ----------------------===//

#ifndef GRAPHOPT_TEST_CODEGEN_KERNELS_BYTECPUS_H
#define GRAPHOPT_TEST_CODEGEN_KERNELS_BYTECPUS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include <gtest/gtest.h>

/// Neighbours of a column that lie together.
inline constexpr int64_t kGroup = 4;

struct ByteCpu {
  const char *cpu, *feature;
  int64_t lanes, group = kGroup;
};

/// `body` on each of the CPUs whose instructions this one has.
template <typename Body> void onEachCpu(llvm::ArrayRef<ByteCpu> cpus, Body body) {
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

/// CPUs that add up two products of 16 bits.
inline constexpr ByteCpu kPairCpus[] = {{"skylake-avx512", "avx512bw", 16, 2},
                                        {"x86-64-v3", "avx2", 8, 2},
                                        {"x86-64-v2", "sse4.2", 4, 2}};

/// CPUs that add up four products.
template <typename Body> void onEachByteCpu(Body body) {
  static const ByteCpu cpus[] = {{"sapphirerapids", "avx512vnni", 16},
                                 {"alderlake", "avxvnni", 8}};
  onEachCpu(cpus, body);
}

#endif
