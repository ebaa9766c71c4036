#include "graphopt/Driver/Library.h"
#include "Jit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

Library::Library() = default;
Library::~Library() {
  if (mapped.data)
    descriptor->weights_close(&mapped);
}

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

/// The archive in memory, if its code is for this machine.
static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readArchive(const std::string &path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return llvm::errorCodeToError(file.getError());
  auto archive = llvm::object::Archive::create(**file);
  if (!archive)
    return archive.takeError();
  llvm::Triple::ArchType host =
      llvm::Triple(llvm::sys::getProcessTriple()).getArch();
  llvm::Error error = llvm::Error::success();
  for (const auto &member : (*archive)->children(error)) {
    auto binary = member.getAsBinary();
    if (!binary)
      return binary.takeError();
    auto *object = llvm::dyn_cast<llvm::object::ObjectFile>(binary->get());
    if (object && object->getArch() != host)
      return llvm::createStringError(
          "holds code for " + llvm::Triple::getArchTypeName(object->getArch()) +
          ", this machine is " + llvm::Triple::getArchTypeName(host));
  }
  if (error)
    return error;
  return std::move(*file);
}

llvm::Expected<std::unique_ptr<Library>> Library::load(StringRef given) {
  llvm::Expected<std::string> archive = findArchive(given);
  if (!archive)
    return archive.takeError();
  StringRef model = path::stem(*archive);
  model.consume_front("lib");

  auto bytes = readArchive(*archive);
  if (!bytes)
    return llvm::createFileError(*archive, bytes.takeError());
  auto jit = createJit(std::move(*bytes));
  if (!jit)
    return llvm::createFileError(*archive, jit.takeError());
  auto descriptor = findModel(**jit, model);
  if (!descriptor)
    return llvm::createFileError(*archive, descriptor.takeError());

  std::unique_ptr<Library> library(new Library());
  library->jit = std::move(*jit);
  library->descriptor = *descriptor;
  if (library->descriptor->abi != GRAPHOPT_ABI_VERSION)
    return llvm::createFileError(
        *archive, llvm::createStringError(fmt::format(
                      "compiled for ABI {} of graphopt, this is {}",
                      library->descriptor->abi, GRAPHOPT_ABI_VERSION)));
  if (llvm::Error error = library->mapWeights(path::parent_path(*archive)))
    return std::move(error);
  return library;
}

llvm::Error Library::mapWeights(StringRef folder) {
  if (!weights())
    return llvm::Error::success();
  llvm::SmallString<128> file(folder);
  path::append(file, name() + ".weights");
  if (!descriptor->weights_open)
    return llvm::createFileError(
        file, llvm::createStringError("the model was compiled without files"));
  if (graphopt_status status = descriptor->weights_open(&mapped, file.c_str()))
    return llvm::createFileError(
        file, llvm::createStringError(descriptor->status_text(status)));
  return llvm::Error::success();
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
