#include "Symbols.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

// The C library, by lib/Runtime/Libc.h and by what LLVM makes of loops.
static const char *const libc[] = {"aligned_alloc",
                                   "bcmp",
                                   "calloc",
                                   "close",
                                   "dlclose",
                                   "dlopen",
                                   "dlsym",
                                   "free",
                                   "getauxval",
                                   "lseek",
                                   "memcmp",
                                   "memcpy",
                                   "memmove",
                                   "memset",
                                   "mmap",
                                   "munmap",
                                   "open",
                                   "pthread_create",
                                   "pthread_join",
                                   "strcmp",
                                   "strlen",
                                   "syscall",
                                   "sched_getaffinity",
                                   "_GLOBAL_OFFSET_TABLE_"};

// Double precision; the float versions end in f.
static const char *const libm[] = {
    "acos",      "acosh",     "asin",   "asinh",     "atan",  "atan2",
    "atanh",     "cbrt",      "ceil",   "copysign",  "cos",   "cosh",
    "erf",       "erfc",      "exp",    "exp10",     "exp2",  "expm1",
    "fabs",      "floor",     "fma",    "fmax",      "fmin",  "fmod",
    "frexp",     "ldexp",     "lgamma", "log",       "log10", "log1p",
    "log2",      "nearbyint", "pow",    "remainder", "rint",  "round",
    "roundeven", "sin",       "sincos", "sinh",      "sqrt",  "tan",
    "tanh",      "tgamma",    "trunc"};

static StringSet<> allowedSymbols() {
  StringSet<> names;
  for (const char *name : libc)
    names.insert(name);
  for (const char *name : libm) {
    names.insert(name);
    names.insert((Twine(name) + "f").str());
  }
  return names;
}

Error graphopt::verifySymbols(MemoryBufferRef buffer,
                              ArrayRef<Weight> weights,
                              const StringSet<> &shared) {
  auto object = object::ObjectFile::createObjectFile(buffer);
  if (!object)
    return object.takeError();
  StringSet<> allowed = allowedSymbols();
  for (const Weight &weight : weights)
    allowed.insert(weight.symbol);
  SmallVector<std::string> unknown;
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty() &&
        !allowed.contains(*name) && !shared.contains(*name))
      unknown.push_back(name->str());
  }
  if (unknown.empty())
    return Error::success();
  sort(unknown);
  return createStringError(
      fmt::format("generated code needs functions that no C library has: {}",
                  join(unknown, ", ")));
}
