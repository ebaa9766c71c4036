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
}

inline void addFlag(llvm::cl::SubCommand &command,
                    std::vector<std::string> &field, llvm::StringRef flag,
                    llvm::StringRef value, llvm::StringRef help) {
  namespace cl = llvm::cl;
  new cl::list<std::string, std::vector<std::string>>(
      flag, cl::desc(help), cl::value_desc(value), cl::location(field),
      cl::sub(command), cl::cat(flagCategory()));
}

inline void addFlag(llvm::cl::SubCommand &command, Stage &field,
                    llvm::StringRef flag, llvm::StringRef value, llvm::StringRef help) {
  namespace cl = llvm::cl;
  auto *option = new cl::opt<Stage, true>(
      flag, cl::desc(help), cl::value_desc(value), cl::location(field),
      cl::sub(command), cl::cat(flagCategory()));
  option->setInitialValue(field);
  for (int stage = 0; stage <= int(Stage::Shared); ++stage)
    option->getParser().addLiteralOption(stageName(Stage(stage)), Stage(stage),
                                         "");
}

inline void addFlag(llvm::cl::SubCommand &command, WeightsPlace &field,
                    llvm::StringRef flag, llvm::StringRef value, llvm::StringRef help) {
  namespace cl = llvm::cl;
  auto *option = new cl::opt<WeightsPlace, true>(
      flag, cl::desc(help), cl::value_desc(value), cl::location(field),
      cl::sub(command), cl::cat(flagCategory()));
  option->setInitialValue(field);
  option->getParser().addLiteralOption("library", WeightsPlace::Library, "");
  option->getParser().addLiteralOption("file", WeightsPlace::File, "");
}

} // namespace graphopt
#endif
