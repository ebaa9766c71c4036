#include "../../lib/Emit/Header.h"
#include "Harness.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {

TEST(Header, identifiers) {
  EXPECT_EQ(makeIdentifiers(
                {"x", "a.b/c:0", "for", "7up", "", "X", "x", "_y_", "日本"}),
            (llvm::SmallVector<std::string>{"x", "a_b_c_0", "for_2", "n7up",
                                            "unnamed", "X_2", "x_3", "y",
                                            "unnamed_2"}));
}

// Whatever the model's names are, the header compiles, in C and in C++.
TEST(Header, hostileNames) {
  Model model{"m",
              {"*/ #error", "dims", "int"},
              {{"dims", DType::Float16, {-1, 4}},
               {"text", DType::String, {-1, 2}},
               {"*/ int main(){}\n", DType::Bool, {}},
               {"in", DType::UInt64, {-2, -3}}},
              {{"x", DType::BFloat16, {INT64_MIN}},
               {"x_dims", DType::Int8, {3}},
               {"words", DType::String, {4}},
               {"\\", DType::Float64, {INT64_MIN + 1, 0}}}};
  // Sequences, and what may be absent; of tensors of any rank, too.
  for (int32_t kind : {1, 2, 3}) {
    for (auto *ports : {&model.inputs, &model.outputs}) {
      ports->push_back({"s", DType::Float32, {INT64_MIN + 2, 4}, kind});
      ports->push_back({"s_count", DType::Int8, {}, kind, kind == 1});
    }
  }
  HeaderFacts facts;
  TemporaryFolder folder;
  writeFile(folder / "m.h", writeHeader(model, facts));
  writeFile(folder / "graphopt.h", readFile(std::string(GRAPHOPT_INCLUDE) +
                                            "/graphopt/Runtime/graphopt.h"));
  for (std::string compiler :
       {"cc -std=c99 -pedantic -x c", "c++ -std=c++17 -pedantic -x c++"})
    EXPECT_EQ(shell("cd " + folder.path + " && echo '#include \"m.h\"' | " +
                    compiler + " -Wall -Wextra -Werror -fsyntax-only -I. -"),
              0)
        << readFile(folder / "m.h");
}

TEST(Header, modelWithoutTensors) {
  Model model{"empty", {}, {}, {}};
  TemporaryFolder folder;
  writeFile(folder / "empty.h", writeHeader(model, HeaderFacts()));
  EXPECT_EQ(
      shell(
          "cc -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only -x c -I" +
          std::string(GRAPHOPT_INCLUDE) + "/graphopt/Runtime " +
          (folder / "empty.h")),
      0);
}

} // namespace
