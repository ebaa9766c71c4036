//===- CpuModel.cpp - CPU names and the host to rows ----------------------===//

#include "graphopt/Target/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"
#include <algorithm>

using namespace llvm;
using namespace graphopt;

namespace {
struct Row {
  StringRef name, arch, cpu, feature;
  int64_t vectorBytes, vectorRegisters, level1KiB, level2KiB;
  bool fma, halfConversion;
  StringRef dotInt8, dotBFloat16;
};
} // namespace

static constexpr Row rows[] = {
#define CPU_MODEL(...) {__VA_ARGS__},
#include "CpuModels.def"
};

/// Same system and environment as the host if the architecture is the same.
static std::string makeTriple(StringRef arch) {
  Triple host(sys::getDefaultTargetTriple());
  if (host.getArchName() == arch)
    return host.str();
  return (arch + "-unknown-linux-gnu").str();
}

static CpuModel makeModel(const Row &row, StringRef cpu, StringRef features,
                          const StringSet<> &has) {
  CpuModel model;
  model.row = row.name;
  model.triple = makeTriple(row.arch);
  model.llvmCpu = cpu;
  model.features = features;
  model.vectorBytes = row.vectorBytes;
  model.vectorRegisters = row.vectorRegisters;
  model.level1Bytes = row.level1KiB * 1024;
  model.level2Bytes = row.level2KiB * 1024;
  model.fma = row.fma;
  model.halfConversion = row.halfConversion;
  model.dotInt8 = has.contains(row.dotInt8);
  model.dotInt16 = row.arch == "x86_64";
  model.byteTables = has.contains("avx512vbmi") && row.vectorBytes == 64;
  // Sapphire Rapids has half as many products a cycle by it as by f32's multiply-add.
  bool isSlow = row.arch == "x86_64" && !cpu.starts_with("znver");
  model.dotBFloat16 = has.contains(row.dotBFloat16) && !isSlow;
  return model;
}

static Error makeError(const Twine &text) {
  return createStringError(text + "; use host, " + join(listCpuModels(), ", ") +
                           ", or LLVM's name of a CPU");
}

/// The best row of `arch` that a CPU with the features `has` belongs to.
static Expected<CpuModel> selectRow(StringRef arch, StringRef cpu,
                                    StringRef features,
                                    const StringSet<> &has) {
  for (const Row &row : rows)
    if (row.arch == arch && has.contains(row.feature))
      return makeModel(row, cpu, features, has);
  return makeError("CPU '" + cpu + "' (" + arch + ") is older than all rows");
}

static Expected<CpuModel> detectHost() {
  StringSet<> has;
  SmallVector<std::string> list;
  for (const StringMapEntry<bool> &feature : sys::getHostCPUFeatures()) {
    list.push_back(((feature.second ? "+" : "-") + feature.first()).str());
    if (feature.second)
      has.insert(feature.first());
  }
  llvm::sort(list); // StringMap's order depends on its size only by chance
  Triple triple(sys::getDefaultTargetTriple());
  if (triple.isAArch64())
    has.insert("neon");
  return selectRow(triple.getArchName(), sys::getHostCPUName(), join(list, ","),
                   has);
}

static Expected<CpuModel> findByName(StringRef name) {
  if (name == "host" || name == "native")
    return detectHost();
  for (const Row &row : rows)
    if (row.name == name)
      return makeModel(row, row.cpu, "", {});
  StringSet<> has;
  if (X86::parseArchX86(name, /*Only64Bit=*/true) != X86::CK_None) {
    SmallVector<StringRef> features;
    X86::getFeaturesForCPU(name, features);
    StringMap<bool> implied;
    for (StringRef feature : features)
      X86::updateImpliedFeatures(feature, /*Enabled=*/true, implied);
    has.insert_range(features);
    has.insert_range(implied.keys());
    return selectRow("x86_64", name, "", has);
  }
  if (std::optional<AArch64::CpuInfo> info = AArch64::parseCpu(name)) {
    has.insert("neon");
    std::vector<StringRef> features;
    AArch64::getExtensionFeatures(info->getImpliedExtensions(), features);
    for (StringRef feature : features)
      if (feature.consume_front("+"))
        has.insert(feature);
    return selectRow("aarch64", name, "", has);
  }
  return makeError("unknown CPU '" + name + "'");
}

Expected<CpuModel> graphopt::findCpuModel(StringRef name) {
  Expected<CpuModel> model = findByName(name);
  if (model)
    model->name = name.str();
  return model;
}

int64_t CpuModel::panelVectors(int64_t rows, int64_t columns, int64_t bits,
                               int64_t depth) const {
  // Two or four vectors reuse each element of the left side enough, two if the
  // panel and the next would drive the left side out of level 2.
  int64_t most = vectorRegisters >= 32 ? 4 : 2;
  if (depth * most * vectorBytes > level2Bytes / 4)
    most = 2;
  // Few rows need more sums to hide the latency of the multiply-add: about 8.
  if (rows > 0)
    most = std::max(most, std::min<int64_t>(8, 12 / rows));
  if (columns < 0)
    return most;
  int64_t vectors = std::max<int64_t>(1, divideCeil(columns, lanes(bits)));
  // A panel of one vector loads as often as it multiplies. Three leave none
  // where two would, and fit with four rows.
  if (most == 2 && vectors % 2 == 1 && vectors % 3 != 1)
    return 3;
  return divideCeil(vectors, divideCeil(vectors, most));
}

int64_t CpuModel::linePanelVectors(int64_t line, int64_t terms,
                                   int64_t columns, int64_t bits) const {
  int64_t widest = panelVectors(-1, columns, bits);
  if (line <= 0 || widest * terms * vectorBytes <= level1Bytes / 2)
    return widest;
  // Each tile reads the panel from level 2. A multiply-add waits for that if the
  // tile has few rows, for its loads from level 1 if the panel is narrow, and for
  // memory if a panel leaves no room for the next.
  constexpr double kLevel2Bytes = 12.0, kLevel2Share = 0.6, kNoRoom = 1.25;
  auto cost = [&](int64_t vectors) {
    double rows = double(line) / divideCeil(line, tileRows(vectors));
    double loads = 1.0 / vectors + 1.0 / rows;
    double wait = std::max({1.0, loads, vectorBytes / rows / kLevel2Bytes});
    bool isLarge = vectors * terms * vectorBytes > kLevel2Share * level2Bytes;
    return isLarge ? kNoRoom * wait : wait;
  };
  int64_t best = widest;
  for (int64_t vectors = widest - 1; vectors >= 1; --vectors)
    if (cost(vectors) < cost(best))
      best = vectors;
  return best;
}

int64_t CpuModel::tileRows(int64_t vectors) const {
  // Without a fused form the product needs a register, too. More than 12 rows
  // run out of address registers and gain nothing.
  int64_t left = vectorRegisters - 1 - vectors - (fma ? 0 : 1);
  return std::clamp<int64_t>(left / vectors, 1, 12);
}

SmallVector<StringRef> graphopt::listCpuModels() {
  return map_to_vector(rows, [](const Row &row) { return row.name; });
}
