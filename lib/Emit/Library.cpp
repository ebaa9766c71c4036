#include "../Runtime/Image.h"
#include "Header.h"
#include "Object.h"
#include "SharedLibrary.h"
#include "Weights.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include <deque>

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
writeAndMapWeights(const std::string &file, const Code &code) {
  if (Error error = writeOutputFile(file, [&](raw_ostream &os) {
        return writeWeightsObject(os, code.weights, *code.objects.front());
      }))
    return std::move(error);
  auto mapped = MemoryBuffer::getFile(file, /*IsText=*/false,
                                      /*RequiresNullTerminator=*/false);
  if (!mapped)
    return createFileError(file, mapped.getError());
  return std::move(*mapped);
}

/// Members in order, with names that depend on the model only and times of 0.
static Error writeArchive(raw_ostream &os, const Code &code,
                          MemoryBuffer *weights) {
  SmallVector<NewArchiveMember> members;
  std::deque<std::string> names;
  auto add = [&](const MemoryBuffer &object, const Twine &suffix) {
    members.emplace_back(object.getMemBufferRef());
    members.back().MemberName =
        names.emplace_back((code.model->name + suffix).str());
  };
  for (auto [i, object] : enumerate(code.objects))
    add(*object, i == 0 ? ".o" : "." + Twine(i) + ".o");
  if (weights)
    add(*weights, ".weights.o");
  return writeArchiveToStream(os, members, SymtabWritingMode::NormalSymtab,
                              members[0].detectKindFromObject(),
                              /*Deterministic=*/true, /*Thin=*/false);
}

static Error writeObjects(Output &output, const Code &code) {
  const MemoryBuffer &object = *code.objects.front();
  if (Error error =
          output.writeText(code.model->name + ".o", object.getBuffer()))
    return error;
  if (code.weights.empty() || code.model->hasWeightsFile)
    return Error::success();
  return output.write(code.model->name + ".weights.o", [&](raw_ostream &os) {
    return writeWeightsObject(os, code.weights, object);
  });
}

static Error writeLibrary(Output &output, const Code &code, LibraryKind kind) {
  const std::string &name = code.model->name;
  if (kind == LibraryKind::Object)
    return writeObjects(output, code);
  std::string weightsFile = output.temporaryPathOf(name + ".weights");
  FileRemover weightsRemover(weightsFile);
  std::unique_ptr<MemoryBuffer> weights;
  if (!code.weights.empty() && !code.model->hasWeightsFile)
    if (Error error = writeAndMapWeights(weightsFile, code).moveInto(weights))
      return error;
  auto writer = [&](raw_ostream &os) {
    return writeArchive(os, code, weights.get());
  };
  if (kind == LibraryKind::Archive)
    return output.write("lib" + name + ".a", writer);

  std::string archive = output.temporaryPathOf("lib" + name + ".a");
  FileRemover archiveRemover(archive);
  if (Error error = writeOutputFile(archive, writer))
    return error;
  std::string library = output.pathOf("lib" + name + ".so");
  if (Error error = linkSharedLibrary(archive, library, Triple(code.triple)))
    return error;
  output.adopt(library);
  return Error::success();
}

static Error writeWeights(Output &output, const Code &code) {
  if (!code.model->hasWeightsFile)
    return Error::success();
  return output.write(code.model->name + ".weights", [&](raw_ostream &os) {
    writeWeightsFile(os, code.weights);
    return Error::success();
  });
}

static Error writeHeaders(Output &output, const Code &code) {
  HeaderFacts facts;
  facts.workspaceBytes = code.workspaceBytes;
  facts.weightsBytes = totalBytes(code.weights);
  facts.hasThreads = Triple(code.triple).isOSLinux();
  if (Error error = output.writeText(code.model->name + ".h",
                                     writeHeader(*code.model, facts)))
    return error;
  if (Error error = output.writeText("graphopt.h", runtimeHeader()))
    return error;
  return output.writeText("graphopt.hpp", runtimeCppHeader());
}

Expected<std::vector<std::string>>
graphopt::emitLibrary(mlir::ModuleOp module, const LibraryOptions &options) {
  Expected<Code> code = compileCode(
      module, options.object, /*maySplit=*/options.kind != LibraryKind::Object);
  if (!code)
    return code.takeError();
  if (!code->model)
    return createStringError(
        "the module is no model: graphopt.ports is missing");
  Output output(options.folder);
  if (Error error = output.makeFolder())
    return std::move(error);
  if (Error error = writeLibrary(output, *code, options.kind))
    return std::move(error);
  if (Error error = writeWeights(output, *code))
    return std::move(error);
  if (Error error = writeHeaders(output, *code))
    return std::move(error);
  return output.finish();
}
