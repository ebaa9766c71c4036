#include "graphopt/Compress/Recipe.h"
#include <gtest/gtest.h>

using namespace graphopt;

namespace {
std::string problem(llvm::StringRef text) {
  auto recipe = parseRecipe(text);
  return recipe ? "" : llvm::toString(recipe.takeError());
}

TEST(Recipe, Reads) {
  Recipe recipe = llvm::cantFail(parseRecipe(R"({
    "mask": "pad",
    "prune": [{"heads": {"min_cosine": 0.98, "score": "leave-one-out-refit",
                         "refit": "always", "min_per_layer": 0, "ridge": 0.1}},
              {"heads": {"remove": ["0:1", "2:3"],
                         "change_interface": true}}]})"));
  EXPECT_EQ(recipe.mask, "pad");
  ASSERT_EQ(recipe.steps.size(), 2u);
  const PruneOptions &first = recipe.steps[0].options;
  EXPECT_EQ(first.minCosine, 0.98);
  EXPECT_EQ(first.score, Score::LeaveOneOutRefit);
  EXPECT_EQ(first.refit, RefitMode::Always);
  EXPECT_EQ(first.minPerLayer, 0);
  EXPECT_EQ(recipe.steps[1].options.remove,
            (std::vector<std::string>{"0:1", "2:3"}));
  EXPECT_EQ(recipe.steps[1].options.count, -1);
  EXPECT_FALSE(first.changeInterface);
  EXPECT_TRUE(recipe.steps[1].options.changeInterface);
}

TEST(Recipe, NamesWhatIsWrong) {
  EXPECT_EQ(problem(R"({"prun": []})"), "prun is unknown");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"count": 1}}, {"tails": {}}]})"),
            "prune[1].tails is unknown");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"count": 1, "scor": "x"}}]})"),
            "prune[0].heads.scor is unknown");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"count": 1, "score": "x"}}]})"),
            "prune[0].heads.score is none of weights, activation, "
            "refit-error, leave-one-out, leave-one-out-refit");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"count": 1.5}}]})"),
            "prune[0].heads.count is no whole number");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"min_cosine": 2}}]})"),
            "prune[0].heads.min_cosine is not between 0 and 1");
  EXPECT_EQ(problem(R"({"prune": [{"heads": {"remove": [1]}}]})"),
            "prune[0].heads.remove[0] is no string");
  EXPECT_EQ(
      problem(R"({"prune": [{"heads": {"count": 1, "change_interface": 1}}]})"),
      "prune[0].heads.change_interface is neither true nor false");
  EXPECT_EQ(
      problem(R"({"prune": [{"heads": {"count": 1, "min_cosine": 0.9}}]})"),
      "prune[0].heads needs one of remove, count, ratio, "
      "keep_parameters, min_cosine, min_metric, max_metric_drop, alpha, "
      "latency_ms");
  EXPECT_EQ(problem(R"({"timing": {"rounds": -1}})"),
            "timing.rounds is negative");
  EXPECT_EQ(problem(R"({"prune": {}})"), "prune is no list");
  EXPECT_EQ(problem("[]"), "the recipe is no object");
}
} // namespace
