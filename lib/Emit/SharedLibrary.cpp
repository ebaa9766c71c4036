#include "SharedLibrary.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

namespace {

struct Linker {
  std::string program;
  bool isCompiler; ///< a driver, which adds the C library by itself
};

} // namespace

static Expected<Linker> findLinker(const Triple &triple) {
  bool isHost =
      Triple(sys::getDefaultTargetTriple()).getArch() == triple.getArch();
  for (StringRef name : {"cc", "gcc", "clang"})
    if (auto found = sys::findProgramByName(name); isHost && found)
      return Linker{*found, true};
  for (StringRef name : {"ld.lld", "ld.lld-22"})
    if (auto found = sys::findProgramByName(name))
      return Linker{*found, false};
  return createStringError(
      isHost ? "a shared library needs cc or ld.lld in PATH"
             : "a shared library for " + triple.getArchName() +
                   " needs ld.lld in PATH");
}

/// Runs `arguments`; an error holds what the program printed.
static Error runLinker(ArrayRef<StringRef> arguments) {
  SmallString<128> log;
  if (std::error_code error =
          sys::fs::createTemporaryFile("graphopt", "log", log))
    return createFileError(log, error);
  FileRemover remover(log);
  std::optional<StringRef> redirects[] = {StringRef(), StringRef(log),
                                          StringRef(log)};
  std::string problem;
  int status = sys::ExecuteAndWait(arguments[0], arguments, std::nullopt,
                                   redirects, 0, 0, &problem);
  if (status == 0)
    return Error::success();
  if (auto said = MemoryBuffer::getFile(log))
    problem += (*said)->getBuffer();
  return createStringError(fmt::format("{} failed: {}", arguments[0].str(),
                                       StringRef(problem).rtrim().str()));
}

Error graphopt::linkSharedLibrary(StringRef archive, StringRef library,
                                  const Triple &triple,
                                  ArrayRef<StringRef> libraries) {
  Expected<Linker> linker = findLinker(triple);
  if (!linker)
    return linker.takeError();
  SmallString<128> temporary;
  sys::fs::createUniquePath(library + "-%%%%%%%%.tmp", temporary,
                            /*MakeAbsolute=*/false);
  FileRemover remover(temporary);
  std::string soname = sys::path::filename(library).str();
  SmallVector<StringRef> arguments = {linker->program, "-shared", "-o",
                                      temporary};
  if (linker->isCompiler)
    arguments.append({"-Xlinker", "-soname", "-Xlinker", soname, "-Xlinker",
                      "--whole-archive", archive, "-Xlinker",
                      "--no-whole-archive", "-lm", "-pthread"});
  else
    arguments.append({"-soname", soname, "--whole-archive", archive});
  SmallVector<std::string> names;
  for (StringRef name : libraries)
    names.push_back(("-l" + name).str());
  llvm::append_range(arguments, names);
  if (Error error = runLinker(arguments))
    return error;
  if (std::error_code error = sys::fs::rename(temporary, library))
    return createFileError(library, error);
  return Error::success();
}
