#include "Header.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace graphopt;
using namespace llvm;

/// Words that C99, C11, C23 or C++20 keep for themselves.
static const char *const keywords[] = {"alignas",      "alignof",
                                       "and",          "and_eq",
                                       "asm",          "auto",
                                       "bitand",       "bitor",
                                       "bool",         "break",
                                       "case",         "catch",
                                       "char",         "class",
                                       "compl",        "concept",
                                       "const",        "consteval",
                                       "constexpr",    "constinit",
                                       "const_cast",   "continue",
                                       "co_await",     "co_return",
                                       "co_yield",     "decltype",
                                       "default",      "delete",
                                       "do",           "double",
                                       "dynamic_cast", "else",
                                       "enum",         "explicit",
                                       "export",       "extern",
                                       "false",        "float",
                                       "for",          "friend",
                                       "goto",         "if",
                                       "inline",       "int",
                                       "long",         "mutable",
                                       "namespace",    "new",
                                       "noexcept",     "not",
                                       "not_eq",       "nullptr",
                                       "operator",     "or",
                                       "or_eq",        "private",
                                       "protected",    "public",
                                       "register",     "reinterpret_cast",
                                       "requires",     "restrict",
                                       "return",       "short",
                                       "signed",       "sizeof",
                                       "static",       "static_assert",
                                       "static_cast",  "struct",
                                       "switch",       "template",
                                       "this",         "thread_local",
                                       "throw",        "true",
                                       "try",          "typedef",
                                       "typeid",       "typename",
                                       "typeof",       "typeof_unqual",
                                       "union",        "unsigned",
                                       "using",        "virtual",
                                       "void",         "volatile",
                                       "wchar_t",      "while",
                                       "xor",          "xor_eq",
                                       "linux",        "unix",
                                       "null"};

/// Only letters, digits and single underscores; starts with a letter, because
/// C keeps leading underscores for itself.
static std::string cleanName(StringRef name) {
  std::string clean;
  for (char c : name)
    if (isAlnum(c))
      clean += c;
    else if (!clean.empty() && clean.back() != '_')
      clean += '_';
  while (!clean.empty() && clean.back() == '_')
    clean.pop_back();
  if (clean.empty() || isDigit(clean[0]))
    clean.insert(0, clean.empty() ? "unnamed" : "n");
  return clean;
}

SmallVector<std::string>
graphopt::makeIdentifiers(ArrayRef<std::string> names,
                          ArrayRef<std::string> taken) {
  StringSet<> used;
  for (const char *keyword : keywords)
    used.insert(keyword);
  for (const std::string &name : taken)
    used.insert(StringRef(name).lower());
  SmallVector<std::string> identifiers;
  for (StringRef name : names) {
    std::string base = cleanName(name), identifier = base;
    for (int i = 2; !used.insert(StringRef(identifier).lower()).second; ++i)
      identifier = base + "_" + std::to_string(i);
    identifiers.push_back(identifier);
  }
  return identifiers;
}
