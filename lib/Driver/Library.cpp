#include "graphopt/Driver/Library.h"
#include "Jit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <dlfcn.h>
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

void Library::Close::operator()(void *shared) const { dlclose(shared); }

Library::Library() = default;
Library::~Library() {
  if (mapped.data)
    descriptor->weights_close(&mapped);
}

/// Files `lib*<extension>` of a folder.
static llvm::Expected<std::vector<std::string>>
listLibraries(StringRef folder, StringRef extension) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error)) {
    StringRef file = path::filename(it->path());
    if (file.starts_with("lib") && path::extension(file) == extension)
      found.push_back(it->path());
  }
  if (error)
    return llvm::createFileError(folder, error);
  return found;
}

/// `given` itself, or the one archive in the folder `given`, or else the one
/// shared library.
static llvm::Expected<std::string> findLibrary(StringRef given) {
  if (!fs::exists(given))
    return llvm::createStringError("'" + given + "' does not exist");
  if (!fs::is_directory(given))
    return given.str();
  for (StringRef extension : {".a", ".so"}) {
    auto found = listLibraries(given, extension);
    if (!found)
      return found.takeError();
    if (found->size() == 1)
      return found->front();
    if (!found->empty())
      return llvm::createStringError(
          "'" + given + "' holds several compiled models; name the library");
  }
  return llvm::createStringError("'" + given +
                                 "' holds no compiled model (lib<model>.a)");
}

static llvm::Error verifyMachine(const llvm::object::ObjectFile &object) {
  llvm::Triple::ArchType host =
      llvm::Triple(llvm::sys::getProcessTriple()).getArch();
  if (object.getArch() == host)
    return llvm::Error::success();
  return llvm::createStringError(
      "holds code for " + llvm::Triple::getArchTypeName(object.getArch()) +
      ", this machine is " + llvm::Triple::getArchTypeName(host));
}

static llvm::Error verifyMachines(const llvm::object::Archive &archive) {
  llvm::Error error = llvm::Error::success();
  for (const auto &member : archive.children(error)) {
    auto binary = member.getAsBinary();
    if (!binary)
      return binary.takeError();
    if (auto *object = llvm::dyn_cast<llvm::object::ObjectFile>(binary->get()))
      if (llvm::Error wrong = verifyMachine(*object))
        return wrong;
  }
  return error;
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
  if (llvm::Error error = verifyMachines(**archive))
    return std::move(error);
  return std::move(*file);
}

/// Whether `path` is a shared library, which must be for this machine.
static llvm::Expected<bool> isShared(StringRef path) {
  llvm::file_magic magic;
  if (std::error_code error = llvm::identify_magic(path, magic))
    return llvm::errorCodeToError(error);
  if (magic != llvm::file_magic::elf_shared_object)
    return false;
  auto object = llvm::object::ObjectFile::createObjectFile(path);
  if (!object)
    return object.takeError();
  if (llvm::Error error = verifyMachine(*object->getBinary()))
    return std::move(error);
  return true;
}

llvm::Error Library::loadArchive(const std::string &file, StringRef model) {
  auto bytes = readArchive(file);
  if (!bytes)
    return bytes.takeError();
  auto made = createJit(std::move(*bytes));
  if (!made)
    return made.takeError();
  jit = std::move(*made);
  return findModel(*jit, model).moveInto(descriptor);
}

llvm::Error Library::loadShared(const std::string &file, StringRef model) {
  llvm::SmallString<128> absolute(file); // any other would be searched for
  if (std::error_code error = fs::make_absolute(absolute))
    return llvm::errorCodeToError(error);
  shared.reset(dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!shared)
    return llvm::createStringError(dlerror());
  descriptor = static_cast<const graphopt_model *>(
      dlsym(shared.get(), (model + "_model").str().c_str()));
  if (!descriptor)
    return llvm::createStringError("holds no model '" + model + "'");
  return llvm::Error::success();
}

llvm::Error Library::loadCode(const std::string &file) {
  StringRef model = path::stem(file);
  model.consume_front("lib");
  auto isSharedFile = isShared(file);
  if (!isSharedFile)
    return isSharedFile.takeError();
  if (llvm::Error error =
          *isSharedFile ? loadShared(file, model) : loadArchive(file, model))
    return error;
  if (descriptor->abi != GRAPHOPT_ABI_VERSION)
    return llvm::createStringError(
        fmt::format("compiled for ABI {} of graphopt, this is {}",
                    descriptor->abi, GRAPHOPT_ABI_VERSION));
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Library>> Library::load(StringRef given) {
  llvm::Expected<std::string> file = findLibrary(given);
  if (!file)
    return file.takeError();
  std::unique_ptr<Library> library(new Library());
  if (llvm::Error error = library->loadCode(*file))
    return llvm::createFileError(*file, std::move(error));
  if (llvm::Error error = library->mapWeights(path::parent_path(*file)))
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
  if (port.rank == GRAPHOPT_ANY_RANK)
    return "of any rank";
  if (port.rank == 0)
    return "scalar";
  auto format = [&](int64_t dim) -> std::string {
    if (dim >= 0)
      return std::to_string(dim);
    if (dim == GRAPHOPT_DIM_COMPUTED || dim == GRAPHOPT_DIM_DATA ||
        dim == GRAPHOPT_DIM_ANY)
      return "?";
    return descriptor->dim_names[-1 - dim];
  };
  llvm::ArrayRef<int64_t> dims(port.dims, port.rank);
  return llvm::join(llvm::map_range(dims, format), "x");
}
