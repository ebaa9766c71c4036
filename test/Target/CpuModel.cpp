//===- CpuModel.cpp - Names of CPUs and what they can do ------------------===//

#include "graphopt/Target/Target.h"
#include <gtest/gtest.h>

using namespace graphopt;

static CpuModel find(const char *name) {
  llvm::Expected<CpuModel> model = findCpuModel(name);
  if (!model) {
    ADD_FAILURE() << llvm::toString(model.takeError());
    return {};
  }
  return *model;
}

TEST(CpuModel, RowsAreNames) {
  for (llvm::StringRef row : listCpuModels())
    EXPECT_EQ(find(row.data()).row, row);
  EXPECT_EQ(find("avx512").lanes(32), 16);
  EXPECT_EQ(find("avx2").lanes(64), 4);
}

TEST(CpuModel, CpuBelongsToTheBestRowItsFeaturesAllow) {
  EXPECT_EQ(find("skylake-avx512").row, "avx512");
  EXPECT_EQ(find("znver3").row, "avx2");
  EXPECT_EQ(find("alderlake").row, "avx2"); // by what its features imply
  EXPECT_EQ(find("nehalem").row, "sse4.2");
  EXPECT_EQ(find("neoverse-n1").row, "neon");
  EXPECT_EQ(find("znver3").llvmCpu, "znver3");
}

TEST(CpuModel, DotProductsComeFromTheCpuNotTheRow) {
  EXPECT_FALSE(find("avx512").dotInt8);
  EXPECT_FALSE(find("skylake-avx512").dotInt8);
  EXPECT_TRUE(find("cascadelake").dotInt8);
  EXPECT_FALSE(find("cascadelake").dotBFloat16);
  EXPECT_TRUE(find("znver4").dotBFloat16);
  EXPECT_TRUE(find("alderlake").dotInt8);
  EXPECT_FALSE(find("neoverse-n1").dotInt8); // not of u8 by s8
  EXPECT_TRUE(find("neoverse-v1").dotInt8);
  EXPECT_TRUE(find("icelake-server").byteTables);
  EXPECT_FALSE(find("cascadelake").byteTables);
  EXPECT_TRUE(find("sse4.2").dotInt16);
  EXPECT_FALSE(find("neoverse-v1").dotInt16);
}

TEST(CpuModel, OtherArchitectureHasItsOwnTriple) {
  EXPECT_TRUE(llvm::StringRef(find("neon").triple).starts_with("aarch64-"));
  EXPECT_TRUE(llvm::StringRef(find("avx2").triple).starts_with("x86_64-"));
}

TEST(CpuModel, UnknownAndTooOldAreErrorsThatListTheRows) {
  for (const char *name : {"pentium-mmx", "x86-64", "", "avx3"}) {
    llvm::Expected<CpuModel> model = findCpuModel(name);
    ASSERT_FALSE(bool(model)) << name;
    EXPECT_NE(llvm::toString(model.takeError()).find("avx512, avx2, sse4.2, neon"),
              std::string::npos);
  }
}

TEST(CpuModel, HostIsAlwaysTheSame) {
  EXPECT_EQ(find("host").features, find("host").features);
  EXPECT_EQ(find("native").features, find("host").features);
  EXPECT_FALSE(find("host").llvmCpu.empty());
}

TEST(CpuModel, PanelsAreEqualNotWide) {
  CpuModel cpu = find("avx512");
  EXPECT_EQ(cpu.panelVectors(-1, 384, 32), 4);
  EXPECT_EQ(cpu.panelVectors(-1, 96, 32), 3); // 48 + 48, not 64 + 32
  EXPECT_EQ(cpu.panelVectors(-1, 5, 32), 1);
  EXPECT_EQ(cpu.panelVectors(-1, 0, 32), 1);
  EXPECT_EQ(cpu.panelVectors(-1, -1, 32), 4);
  EXPECT_EQ(cpu.panelVectors(1, 4096, 32), 8); // one row: more sums
  EXPECT_EQ(cpu.panelVectors(-1, 384, 32, 1024), 4);
  EXPECT_EQ(cpu.panelVectors(-1, 384, 32, 1025), 2); // a panel of 256 KiB at most
}

TEST(CpuModel, NoPanelOfOneVectorBesideOthers) {
  CpuModel cpu = find("avx2");
  EXPECT_EQ(cpu.panelVectors(-1, 32, 32), 2);
  EXPECT_EQ(cpu.panelVectors(-1, 24, 32), 3);
  EXPECT_EQ(cpu.panelVectors(-1, 40, 32), 3); // 24 + 16, not 16 + 16 + 8
  EXPECT_EQ(cpu.panelVectors(-1, 56, 32), 2); // 24 + 24 + 8 is no better
  EXPECT_EQ(cpu.panelVectors(-1, 8, 32), 1);
}

// A line of 7 pixels is one tile of two vectors, not two of four.
TEST(CpuModel, PanelsOfLinesHaveTilesOfManyRows) {
  CpuModel cpu = find("avx512");
  EXPECT_EQ(cpu.linePanelVectors(7, 9 * 512, 512, 32), 2);
  EXPECT_EQ(cpu.linePanelVectors(7, 9 * 4, 512, 32), 4); // stays in level 1
  EXPECT_EQ(cpu.linePanelVectors(56, 9 * 64, 64, 32), 4);
  EXPECT_EQ(cpu.linePanelVectors(-1, 9 * 512, 512, 32), 4);
  EXPECT_EQ(find("avx2").linePanelVectors(7, 9 * 512, 512, 32), 2);
}

TEST(CpuModel, TilesFitTheRegisters) {
  for (llvm::StringRef row : listCpuModels()) {
    CpuModel cpu = find(row.data());
    for (int64_t vectors : {1, 2, 3, 4})
      EXPECT_LE(cpu.tileRows(vectors) * vectors + vectors + 1,
                cpu.vectorRegisters);
  }
  EXPECT_EQ(find("avx512").tileRows(4), 6);
  EXPECT_EQ(find("avx2").tileRows(2), 6);
}
