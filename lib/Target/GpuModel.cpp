//===- GpuModel.cpp - GPU names to rows -----------------------------------===//

#include "graphopt/Target/CodeTargets.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace graphopt;

static constexpr GpuModel rows[] = {
#define GPU_MODEL(...) {__VA_ARGS__},
#include "GpuModels.def"
};

static constexpr StringLiteral kPrecisions[] = {"f32", "tf32", "f16", "bf16"};

StringRef graphopt::precisionName(Precision precision) { return kPrecisions[int(precision)]; }

std::optional<Precision> graphopt::findPrecision(StringRef name) {
  const auto *found = find(kPrecisions, name);
  if (found == std::end(kPrecisions))
    return std::nullopt;
  return Precision(found - std::begin(kPrecisions));
}

Expected<std::vector<GpuModel>> graphopt::findGpuModels(StringRef list) {
  std::vector<GpuModel> models;
  SmallVector<StringRef> names;
  list.split(names, ',');
  for (StringRef name : names) {
    int64_t sm = 0;
    bool isNumber = !name.trim().getAsInteger(10, sm);
    const GpuModel *row = find_if(rows, [&](const GpuModel &row) { return row.sm == sm; });
    if (!isNumber || row == std::end(rows)) {
      std::string known = join(
          map_range(rows, [](const GpuModel &row) { return std::to_string(row.sm); }), ", ");
      return createStringError("--sm: no GPU '" + name.trim() + "'; known are " + known);
    }
    if (is_contained(map_range(models, [](const GpuModel &m) { return m.sm; }), sm))
      return createStringError("--sm: " + name.trim() + " is there twice");
    models.push_back(*row);
  }
  llvm::sort(models, [](const GpuModel &a, const GpuModel &b) { return a.sm < b.sm; });
  return models;
}

std::vector<GpuModel> graphopt::listCodeTargets(ArrayRef<GpuModel> gpus) {
  std::vector<GpuModel> targets(gpus);
  if (gpus.front().tensorMemory) {
    targets.push_back(gpus.front());
    targets.back().tensorMemory = false;
  }
  return targets;
}

size_t graphopt::portableTarget(ArrayRef<GpuModel> targets) {
  return targets.front().tensorMemory ? targets.size() - 1 : 0;
}

std::string graphopt::architectureOf(const GpuModel &target) {
  return "sm_" + std::to_string(target.sm) + (target.tensorMemory ? "a" : "");
}
