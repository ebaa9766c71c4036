#include "graphopt/Driver/Library.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/TargetSelect.h"
#include <fmt/format.h>
#include <mutex>

using namespace graphopt;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

Library::Library() = default;
Library::~Library() = default;

/// `given` itself, or the one archive in the folder `given`.
static llvm::Expected<std::string> findArchive(StringRef given) {
  if (!fs::exists(given))
    return llvm::createStringError("'" + given + "' does not exist");
  if (!fs::is_directory(given))
    return given.str();
  std::string found;
  std::error_code error;
  for (fs::directory_iterator it(given, error), end; it != end && !error;
       it.increment(error)) {
    StringRef file = path::filename(it->path());
    if (!file.starts_with("lib") || path::extension(file) != ".a")
      continue;
    if (!found.empty())
      return llvm::createStringError(
          "'" + given + "' holds several compiled models; name the archive");
    found = it->path();
  }
  if (error)
    return llvm::createFileError(given, error);
  if (found.empty())
    return llvm::createStringError(
        "'" + given + "' holds no compiled model (lib<model>.a)");
  return found;
}

static void initializeNativeTarget() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
}

/// A JIT that resolves symbols from the archive, then from this process (libc
/// and libm).
static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
openArchive(const std::string &archive) {
  initializeNativeTarget();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  auto members = llvm::orc::StaticLibraryDefinitionGenerator::Load(
      (*jit)->getObjLinkingLayer(), archive.c_str());
  if (!members)
    return members.takeError();
  auto process = llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
      (*jit)->getDataLayout().getGlobalPrefix());
  if (!process)
    return process.takeError();
  (*jit)->getMainJITDylib().addGenerator(std::move(*members));
  (*jit)->getMainJITDylib().addGenerator(std::move(*process));
  return jit;
}

llvm::Expected<std::unique_ptr<Library>> Library::load(StringRef given) {
  llvm::Expected<std::string> archive = findArchive(given);
  if (!archive)
    return archive.takeError();
  StringRef model = path::stem(*archive);
  model.consume_front("lib");

  auto jit = openArchive(*archive);
  if (!jit)
    return llvm::createFileError(*archive, jit.takeError());
  auto symbol = (*jit)->lookup((model + "_model").str());
  if (!symbol)
    return llvm::createFileError(*archive, symbol.takeError());

  std::unique_ptr<Library> library(new Library());
  library->jit = std::move(*jit);
  library->descriptor = symbol->toPtr<const graphopt_model *>();
  if (library->descriptor->abi != GRAPHOPT_ABI_VERSION)
    return llvm::createFileError(
        *archive, llvm::createStringError(fmt::format(
                      "compiled for ABI {} of graphopt, this is {}",
                      library->descriptor->abi, GRAPHOPT_ABI_VERSION)));
  return library;
}

std::string Library::formatPortDims(const graphopt_port &port) const {
  if (port.rank == 0)
    return "scalar";
  auto format = [&](int64_t dim) -> std::string {
    if (dim >= 0)
      return std::to_string(dim);
    if (dim == GRAPHOPT_DIM_COMPUTED || dim == GRAPHOPT_DIM_DATA)
      return "?";
    return descriptor->dim_names[-1 - dim];
  };
  llvm::ArrayRef<int64_t> dims(port.dims, port.rank);
  return llvm::join(llvm::map_range(dims, format), "x");
}
