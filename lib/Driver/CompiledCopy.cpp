#include "CompiledCopy.h"
#include "ChildProcess.h"
#include "Diagnostics.h"
#include "Instrument.h"
#include "graphopt/Emit/Emit.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Support/OutputFile.h"
#include "graphopt/Target/Target.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <unistd.h>

using namespace graphopt;
using namespace mlir;
namespace fs = llvm::sys::fs;

llvm::Expected<std::unique_ptr<ScratchFolder>> ScratchFolder::create() {
  auto folder = std::make_unique<ScratchFolder>();
  if (std::error_code error = fs::createUniqueDirectory("graphopt", folder->path))
    return llvm::createStringError(error,
                                   "no scratch folder: " + error.message());
  return folder;
}

ScratchFolder::~ScratchFolder() {
  if (!path.empty())
    fs::remove_directories(path);
}

std::string ScratchFolder::file(StringRef name) const {
  SmallString<128> result(path);
  llvm::sys::path::append(result, name);
  return result.str().str();
}

/// Constants as resources of the module's own, of the same bytes: packing frees
/// those that nobody in its module reads any more.
static void separateWeights(ModuleOp module) {
  auto &manager =
      DenseResourceElementsHandle::getManagerInterface(module.getContext());
  module.walk([&](arith::ConstantOp op) {
    auto value = dyn_cast<DenseResourceElementsAttr>(op.getValue());
    AsmResourceBlob *blob = value ? value.getRawHandle().getBlob() : nullptr;
    if (!blob)
      return;
    AsmResourceBlob view = UnmanagedAsmResourceBlob::allocateWithAlign(
        blob->getData(), blob->getDataAlignment());
    op.setValueAttr(DenseResourceElementsAttr::get(
        value.getType(), manager.insert("observed", std::move(view))));
  });
}

/// From the graph dialect on.
static llvm::Error lower(ModuleOp module, const CpuModel &host) {
  PassManager passes(module.getContext());
  buildGraphPipeline(passes, host);
  buildKernelPipeline(passes, host);
  buildMemoryPipeline(passes, host);
  buildLLVMPipeline(passes, host);
  return runQuietly(passes, module,
                    "the copy of the model that is to be run on samples does not "
                    "compile");
}

llvm::Expected<CompiledCopy>
CompiledCopy::compile(OwningOpRef<ModuleOp> module) {
  llvm::Expected<CpuModel> host = findCpuModel("host");
  if (!host)
    return host.takeError();
  auto folder = ScratchFolder::create();
  if (!folder)
    return folder.takeError();
  (*module)->setAttr("graph.model",
                     StringAttr::get(module->getContext(), "observed"));
  restoreInputs(*module);
  separateWeights(*module);
  if (llvm::Error error = lower(*module, *host))
    return error;
  LibraryOptions options;
  options.object.target = {host->triple, host->llvmCpu, host->features};
  options.folder = (*folder)->name();
  auto files = emitLibrary(*module, options);
  if (!files)
    return files.takeError();
  auto library = Library::load((*folder)->name());
  if (!library)
    return library.takeError();
  uint64_t bytes = 0;
  if (std::error_code error = fs::file_size(files->front(), bytes))
    return llvm::createFileError(files->front(), error);
  return CompiledCopy{std::move(*folder), std::move(*library), int64_t(bytes)};
}

llvm::Expected<CompiledCopy> CompiledCopy::loadAgain() const {
  auto second = Library::load(folder->name());
  if (!second)
    return second.takeError();
  return CompiledCopy{folder, std::move(*second), libraryBytes};
}

llvm::Error
CompiledCopy::runIsolated(llvm::function_ref<llvm::Error()> body) const {
  std::string errorFile = folder->file("error");
  auto child = [&]() -> int {
    llvm::Error error = body();
    if (!error)
      return 0;
    std::string text = llvm::toString(std::move(error));
    llvm::consumeError(writeOutputFile(errorFile, [&](llvm::raw_ostream &os) {
      os << text;
      return llvm::Error::success();
    }));
    return 1;
  };
  constexpr int64_t dayMs = int64_t(24) * 3600 * 1000;
  int64_t memory = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  llvm::Expected<int> status = runInChild(child, {dayMs, memory});
  if (!status)
    return llvm::createStringError("the run on samples failed: " +
                                   llvm::toString(status.takeError()));
  if (*status == 0)
    return llvm::Error::success();
  auto text = llvm::MemoryBuffer::getFile(errorFile, /*IsText=*/true);
  return llvm::createStringError(text ? (*text)->getBuffer()
                                      : "the run on samples failed");
}

llvm::Expected<llvm::json::Value> CompiledCopy::runForJson(
    llvm::function_ref<llvm::Expected<llvm::json::Value>()> body) const {
  std::string file = folder->file("result.json");
  llvm::Error error = runIsolated([&]() -> llvm::Error {
    llvm::Expected<llvm::json::Value> result = body();
    if (!result)
      return result.takeError();
    return writeOutputFile(file, [&](llvm::raw_ostream &os) {
      os << *result;
      return llvm::Error::success();
    });
  });
  if (error)
    return error;
  auto text = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!text)
    return llvm::createFileError(file, text.getError());
  return llvm::json::parse((*text)->getBuffer());
}

/// The flag a position of the sample's mask: false for padding. Empty without a
/// mask.
static llvm::Expected<RowFlags> readMask(ArrayRef<HostTensor> inputs,
                                         StringRef name) {
  const HostTensor *mask = llvm::find_if(inputs, [&](const HostTensor &tensor) {
    return tensor.name() == (name.empty() ? "attention_mask" : name);
  });
  if (mask == inputs.end()) {
    if (name.empty())
      return RowFlags();
    return llvm::createStringError("there is no input '" + name +
                                   "' to tell padding");
  }
  RowFlags flags;
  visitDType(mask->dtype(), [&](auto type) {
    for (auto value : mask->elements<decltype(type)>())
      flags.push_back(toDouble(value) > 0);
  });
  return flags;
}

llvm::Expected<LoadedSample> CompiledCopy::load(const std::string &file,
                                               size_t more,
                                               StringRef mask) const {
  auto inputs = Samples::read(file);
  if (!inputs)
    return inputs.takeError();
  // Test data of ONNX is in the order of the inputs.
  for (auto [i, port] : llvm::enumerate(library->inputs().drop_back(more)))
    for (HostTensor &tensor : *inputs)
      if (tensor.name() == ("input_" + Twine(i)).str())
        tensor.setName(port.name);
  llvm::Expected<RowFlags> flags = readMask(*inputs, mask);
  if (!flags)
    return llvm::createFileError(file, flags.takeError());
  LoadedSample sample;
  auto labels = llvm::find_if(*inputs, [](const HostTensor &tensor) {
    return tensor.name() == Samples::labels;
  });
  bool isInput = llvm::any_of(library->inputs(), [](const graphopt_port &port) {
    return port.name == Samples::labels;
  });
  if (labels != inputs->end() && !isInput) {
    sample.labels = std::move(*labels);
    inputs->erase(labels);
  }
  sample.inputs = std::move(*inputs);
  sample.mask = std::move(*flags);
  return sample;
}

llvm::Expected<std::unique_ptr<Session>>
CompiledCopy::start(const std::string &file, std::vector<HostTensor> inputs,
                    int threads) const {
  auto session = Session::create(*library, std::move(inputs), threads);
  if (!session)
    return llvm::createFileError(file, session.takeError());
  return session;
}

llvm::Error graphopt::requireSamples(ArrayRef<std::string> files,
                                     StringRef purpose) {
  if (!files.empty())
    return llvm::Error::success();
  return llvm::createStringError("there are no samples to " + purpose + " with");
}

llvm::Expected<std::vector<HostTensor>>
graphopt::cloneAll(ArrayRef<HostTensor> tensors) {
  std::vector<HostTensor> copies;
  for (const HostTensor &tensor : tensors) {
    auto copy =
        HostTensor::create(tensor.name(), tensor.dtype(), tensor.dims());
    if (!copy)
      return copy.takeError();
    llvm::copy(tensor.bytes(), copy->bytes().begin());
    copies.push_back(std::move(*copy));
  }
  return copies;
}
