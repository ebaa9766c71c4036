// Regular expressions of RE2's syntax as automata over bytes.
#ifndef GRAPHOPT_IMPORT_REGEX_H
#define GRAPHOPT_IMPORT_REGEX_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <memory>
#include <vector>

namespace graphopt {

/// Code points `first` to `last`.
struct CodeRange {
  uint32_t first, last;
};

/// What a regular expression says.
struct Regex {
  enum Kind { Empty, Set, Concat, Either, Repeat, Begin, End, WordEdge, NoWordEdge };

  Kind kind = Empty;
  std::vector<CodeRange> set;
  std::vector<std::unique_ptr<Regex>> parts; // of Repeat one
  int least = 0, most = 0;                   // of Repeat; most is -1: no limit
};

/// An error says what is not of the syntax, or what of it we lack.
llvm::Expected<std::unique_ptr<Regex>> parseRegex(llvm::StringRef pattern);

/// The automaton of `graph.string_match` that accepts what `pattern` matches as a
/// whole.
llvm::Expected<std::vector<int32_t>> compileRegex(llvm::StringRef pattern);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_REGEX_H
