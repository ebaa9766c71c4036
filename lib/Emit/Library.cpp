#include "../Runtime/Image.h"
#include "Header.h"
#include "Object.h"
#include "SharedLibrary.h"
#include "Weights.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;
namespace fs = sys::fs;
namespace path = sys::path;

namespace {

/// Files written so far; removed again unless all went well.
class Output {
public:
  explicit Output(StringRef folder) : folder(folder) {}

  ~Output() {
    if (complete)
      return;
    for (const std::string &file : files)
      fs::remove(file);
    if (madeFolder)
      fs::remove(folder); // if it is empty
  }

  Error makeFolder() {
    if (fs::is_directory(folder))
      return Error::success();
    if (std::error_code error = fs::create_directories(
            folder, /*IgnoreExisting=*/true, fs::all_all))
      return createFileError(folder, error);
    madeFolder = true;
    return Error::success();
  }

  std::string pathOf(const Twine &name) {
    SmallString<128> file(folder);
    path::append(file, name);
    return file.str().str();
  }

  /// A path that no one else uses, for what does not stay.
  std::string temporaryPathOf(const Twine &name) {
    SmallString<128> file;
    fs::createUniquePath(pathOf(name + "-%%%%%%%%.tmp"), file,
                         /*MakeAbsolute=*/false);
    return file.str().str();
  }

  Error write(const Twine &name, function_ref<Error(raw_ostream &)> writer) {
    std::string file = pathOf(name);
    if (Error error = writeOutputFile(file, writer))
      return error;
    files.push_back(file);
    return Error::success();
  }

  Error writeText(const Twine &name, StringRef text) {
    return write(name, [&](raw_ostream &os) {
      os << text;
      return Error::success();
    });
  }

  /// A file that others made is part of the output.
  void adopt(std::string file) { files.push_back(std::move(file)); }

  std::vector<std::string> finish() {
    complete = true;
    return std::move(files);
  }

private:
  std::string folder;
  std::vector<std::string> files;
  bool madeFolder = false, complete = false;
};

} // namespace

/// Writes the weights' object once, to be mapped for the archive.
static Expected<std::unique_ptr<MemoryBuffer>>
writeAndMapWeights(const std::string &file, const Code &code,
                   const MemoryBuffer &object) {
  FileRemover remover(file); // what is mapped stays
  if (Error error = writeOutputFile(file, [&](raw_ostream &os) {
        return writeWeightsObject(os, code.weights, object);
      }))
    return std::move(error);
  auto mapped = MemoryBuffer::getFile(file, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!mapped)
    return createFileError(file, mapped.getError());
  return std::move(*mapped);
}

namespace {
/// The objects of a library, by their names.
class Members {
public:
  explicit Members(Output &output) : output(output) {}

  /// Takes the objects of `code`, and its weights as they are now.
  Error add(Code &code, const std::string &name) {
    for (auto [i, object] : enumerate(code.objects))
      members.emplace_back(i == 0 ? name + ".o"
                                  : fmt::format("{}.{}.o", name, i),
                           std::move(object));
    if (code.weights.empty() || code.model->hasWeightsFile)
      return Error::success();
    std::string file = output.temporaryPathOf(name + ".weights");
    const MemoryBuffer &first =
        *members[members.size() - code.objects.size()].second;
    return writeAndMapWeights(file, code, first)
        .moveInto(members.emplace_back(name + ".weights.o", nullptr).second);
  }

  Error writeObjects() const {
    for (const auto &[name, object] : members)
      if (Error error = output.writeText(name, object->getBuffer()))
        return error;
    return Error::success();
  }

  /// In order, with times of 0.
  Error writeArchive(raw_ostream &os) const {
    SmallVector<NewArchiveMember> list;
    for (const auto &[name, object] : members) {
      list.emplace_back(object->getMemBufferRef());
      list.back().MemberName = name;
    }
    return writeArchiveToStream(os, list, SymtabWritingMode::NormalSymtab,
                                list[0].detectKindFromObject(),
                                /*Deterministic=*/true, /*Thin=*/false);
  }

private:
  Output &output;
  std::vector<std::pair<std::string, std::unique_ptr<MemoryBuffer>>> members;
};
} // namespace

static Error writeLibrary(Output &output, const Members &members,
                          const std::string &name, const Triple &triple,
                          ArrayRef<StringRef> libraries, LibraryKind kind) {
  if (kind == LibraryKind::Object)
    return members.writeObjects();
  auto writer = [&](raw_ostream &os) { return members.writeArchive(os); };
  if (kind == LibraryKind::Archive)
    return output.write("lib" + name + ".a", writer);

  std::string archive = output.temporaryPathOf("lib" + name + ".a");
  FileRemover archiveRemover(archive);
  if (Error error = writeOutputFile(archive, writer))
    return error;
  std::string library = output.pathOf("lib" + name + ".so");
  if (Error error = linkSharedLibrary(archive, library, triple, libraries))
    return error;
  output.adopt(library);
  return Error::success();
}

static Error writeWeights(Output &output, const Code &code, bool compressed) {
  if (!code.model->hasWeightsFile)
    return Error::success();
  return output.write(code.model->name + ".weights", [&](raw_ostream &os) {
    writeWeightsFile(os, code.weights, compressed);
    return Error::success();
  });
}

static Error writeHeaders(Output &output, const Code &code,
                          int64_t weightsBytes,
                          ArrayRef<StringRef> libraries) {
  HeaderFacts facts;
  facts.libraries = libraries;
  facts.workspaceBytes = code.workspaceBytes;
  facts.weightsBytes = weightsBytes;
  facts.hasThreads = Triple(code.triple).isOSLinux();
  if (Error error = output.writeText(code.model->name + ".h",
                                     writeHeader(*code.model, facts)))
    return error;
  if (Error error = output.writeText("graphopt.h", runtimeHeader()))
    return error;
  return output.writeText("graphopt.hpp", runtimeCppHeader());
}

static Error writeListings(Output &output, ArrayRef<Code> variants) {
  for (const Code &code : variants)
    if (code.listing)
      if (Error error =
              output.writeText(code.listing->file, code.listing->text))
        return error;
  return Error::success();
}

/// "x86-64-v3" as a part of C identifiers and of file names.
static std::string nameOf(const EmitTarget &target) {
  std::string name = target.cpu;
  for (char &c : name)
    if (!isAlnum(c))
      c = '_';
  return name;
}

Expected<std::vector<std::string>>
graphopt::emitLibrary(mlir::ModuleOp module, const LibraryOptions &options) {
  return emitLibrary(
      options.object.target,
      [&](size_t) -> Expected<mlir::ModuleOp> { return module; }, options);
}

Expected<std::vector<std::string>> graphopt::emitLibrary(
    ArrayRef<EmitTarget> targets,
    function_ref<Expected<mlir::ModuleOp>(size_t target)> makeModule,
    const LibraryOptions &options) {
  Output output(options.folder);
  if (Error error = output.makeFolder())
    return std::move(error);
  Members members(output);
  StoredWeights stored;
  std::vector<Code> variants;
  int64_t weightsBytes = 0;
  bool isOnly = targets.size() == 1;
  for (auto [i, target] : enumerate(targets)) {
    Expected<mlir::ModuleOp> module = makeModule(i);
    if (!module)
      return module.takeError();
    ObjectOptions object = options.object;
    object.target = target;
    Siblings siblings = {nameOf(target), stored, targets.size()};
    auto code = compileCode(*module, object,
                            /*maySplit=*/options.kind != LibraryKind::Object,
                            isOnly ? nullptr : &siblings);
    if (!code)
      return code.takeError();
    if (!code->model)
      return createStringError(
          "the module is no model: graphopt.ports is missing");
    if (code->model->hasWeightsFile && !isOnly)
      return createStringError(
          "weights in a file go with code for one CPU only");
    if (Error error = members.add(
            *code, code->model->name + (isOnly ? "" : "." + siblings.name)))
      return std::move(error);
    weightsBytes += totalBytes(code->weights);
    variants.push_back(std::move(*code));
  }
  if (!isOnly) {
    // With all that another has and more, a variant comes first.
    llvm::sort(variants, [](const Code &a, const Code &b) {
      return std::tuple(-popcount(a.variant.cpuFeatures), a.variant.prefix) <
             std::tuple(-popcount(b.variant.cpuFeatures), b.variant.prefix);
    });
    auto dispatcher =
        compileDispatcher(variants, targets.front().triple, weightsBytes);
    if (!dispatcher)
      return dispatcher.takeError();
    if (Error error = members.add(*dispatcher, dispatcher->model->name))
      return std::move(error);
    variants.insert(variants.begin(), std::move(*dispatcher));
  }
  const Code &model = variants.front();
  ArrayRef<StringRef> libraries = variants.back().libraries; // the same for each CPU
  if (Error error = writeLibrary(output, members, model.model->name,
                                 Triple(model.triple), libraries, options.kind))
    return std::move(error);
  if (Error error = writeWeights(output, model, options.compressWeights))
    return std::move(error);
  if (Error error = writeHeaders(output, model, weightsBytes, libraries))
    return std::move(error);
  if (Error error = writeListings(output, variants))
    return std::move(error);
  return output.finish();
}
