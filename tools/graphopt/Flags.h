#ifndef GRAPHOPT_TOOLS_FLAGS_H
#define GRAPHOPT_TOOLS_FLAGS_H

#include "graphopt/Driver/Compiler.h"
#include "llvm/Support/CommandLine.h"

namespace graphopt {

/// Ours, among the many flags that LLVM's libraries bring along.
inline llvm::cl::OptionCategory &flagCategory() {
  static llvm::cl::OptionCategory category("Options");
  return category;
}

/// The words that a flag takes for an enumeration.
template <typename Enum>
using FlagWords = std::vector<std::pair<llvm::StringRef, Enum>>;

inline FlagWords<Stage> wordsOf(Stage) {
  FlagWords<Stage> words;
  for (int stage = 0; stage <= int(greatestStage); ++stage)
    words.emplace_back(stageName(Stage(stage)), Stage(stage));
  return words;
}

inline FlagWords<Processor> wordsOf(Processor) {
  return {{"cpu", Processor::Cpu}, {"cuda", Processor::Cuda}};
}

inline FlagWords<Precision> wordsOf(Precision) {
  FlagWords<Precision> words;
  for (int i = 0; i <= int(Precision::BF16); ++i)
    words.emplace_back(precisionName(Precision(i)), Precision(i));
  return words;
}

inline FlagWords<WeightsPlace> wordsOf(WeightsPlace) {
  return {{"library", WeightsPlace::Library}, {"file", WeightsPlace::File},
          {"compressed", WeightsPlace::Compressed}};
}

/// A command-line flag that writes straight into an option's field.
template <typename T>
void addFlag(llvm::cl::SubCommand &command, T &field, llvm::StringRef flag,
             llvm::StringRef value, llvm::StringRef help) {
  namespace cl = llvm::cl;
  // LLVM's command line keeps flags by address until the process ends.
  auto *option = new cl::opt<T, true>(flag, cl::desc(help), cl::location(field),
                                      cl::sub(command), cl::cat(flagCategory()));
  option->setInitialValue(field);
  option->setValueStr(value);
  if constexpr (std::is_enum_v<T>)
    for (auto [word, meaning] : wordsOf(field))
      option->getParser().addLiteralOption(word, meaning, "");
}

inline void addFlag(llvm::cl::SubCommand &command,
                    std::vector<std::string> &field, llvm::StringRef flag,
                    llvm::StringRef value, llvm::StringRef help) {
  namespace cl = llvm::cl;
  new cl::list<std::string, std::vector<std::string>>(
      flag, cl::desc(help), cl::value_desc(value), cl::location(field),
      cl::sub(command), cl::cat(flagCategory()));
}

} // namespace graphopt
#endif
