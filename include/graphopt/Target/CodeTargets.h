//===- CodeTargets.h - What kernels for GPUs are compiled for -------------===//

#ifndef GRAPHOPT_TARGET_CODETARGETS_H
#define GRAPHOPT_TARGET_CODETARGETS_H

#include "graphopt/Target/Target.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace graphopt {

/// What kernels are compiled for; its place is the target's number. First the GPUs
/// themselves, for cubins. If the least has instructions that later ones lack, it comes
/// once more without them: its PTX is for later ones, too.
std::vector<GpuModel> listCodeTargets(llvm::ArrayRef<GpuModel> gpus);

/// The number of the target whose PTX all GPUs from the least on run.
size_t portableTarget(llvm::ArrayRef<GpuModel> targets);

/// "sm_80"; "sm_90a" of code that runs on this GPU alone.
std::string architectureOf(const GpuModel &target);

/// An attribute of launches and kernels, an array of numbers of targets: these alone have
/// them. The runtime passes over a launch of others.
constexpr llvm::StringLiteral kTargetsAttr = "graphopt.targets";

} // namespace graphopt

#endif // GRAPHOPT_TARGET_CODETARGETS_H
