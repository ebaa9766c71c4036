#include "graphopt/Driver/Run.h"
#include "graphopt/Import/TensorFile.h"
#include "graphopt/Support/Npz.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <fmt/format.h>

using namespace graphopt;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// The files <prefix>_0.pb, <prefix>_1.pb, ... of a folder of ONNX test data.
static llvm::Expected<std::vector<HostTensor>> readTestData(StringRef folder,
                                                            StringRef prefix) {
  std::vector<HostTensor> tensors;
  while (true) {
    std::string name = fmt::format("{}_{}", prefix.str(), tensors.size());
    llvm::SmallString<128> file(folder);
    path::append(file, name + ".pb");
    if (!fs::exists(file))
      break;
    llvm::Expected<HostTensor> tensor = readTensorFile(file);
    if (!tensor)
      return tensor.takeError();
    // ONNX matches test data by position; the names inside may be others.
    tensor->setName(name);
    tensors.push_back(std::move(*tensor));
  }
  if (tensors.empty())
    return llvm::createStringError("'" + folder + "' holds no " + prefix +
                                   "_0.pb");
  return tensors;
}

static llvm::Expected<std::vector<HostTensor>> readFile(StringRef file,
                                                        StringRef prefix) {
  if (fs::is_directory(file))
    return readTestData(file, prefix);
  if (path::extension(file) != ".pb")
    return readNumpyFile(file);
  llvm::Expected<HostTensor> tensor = readTensorFile(file);
  if (!tensor)
    return tensor.takeError();
  if (tensor->name().empty())
    tensor->setName(path::stem(file).str());
  std::vector<HostTensor> tensors;
  tensors.push_back(std::move(*tensor));
  return tensors;
}

llvm::Expected<std::vector<HostTensor>>
graphopt::readTensors(llvm::ArrayRef<std::string> files, StringRef prefix) {
  std::vector<HostTensor> all;
  for (StringRef argument : files) {
    // NAME=FILE, unless there is a file of just that name.
    StringRef name, file = argument;
    if (argument.contains('=') && !fs::exists(argument))
      std::tie(name, file) = argument.split('=');
    auto tensors = readFile(file, prefix);
    if (!tensors)
      return tensors.takeError();
    if (!name.empty()) {
      if (tensors->size() != 1)
        return llvm::createStringError(
            "'" + file + "' holds " + llvm::Twine(tensors->size()) +
            " arrays, not one to name '" + name + "'");
      tensors->front().setName(name.str());
    }
    llvm::move(*tensors, std::back_inserter(all));
  }
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (all[i].name() == all[j].name())
        return llvm::createStringError("two tensors are named '" +
                                       all[i].name() + "'");
  return all;
}

/// The reference of an output: by name, else by position where names carry no
/// meaning.
static const HostTensor *findReference(llvm::ArrayRef<HostTensor> references,
                                       StringRef name, size_t position,
                                       bool isOnly) {
  auto find = [&](const std::string &wanted) {
    return llvm::find_if(references, [&](const HostTensor &tensor) {
      return tensor.name() == wanted;
    });
  };
  auto found = find(name.str());
  if (found == references.end())
    found = find(fmt::format("output_{}", position));
  if (found == references.end() && isOnly && references.size() == 1)
    found = references.begin();
  return found == references.end() ? nullptr : found;
}

/// Fails on a reference that belongs to no output.
static llvm::Error compareOutputs(llvm::ArrayRef<HostTensor> outputs,
                                  llvm::ArrayRef<HostTensor> references,
                                  Tolerance tolerance, RunReport &report) {
  llvm::SmallVector<bool> used(references.size(), false);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const HostTensor *reference =
        findReference(references, outputs[i].name(), i, outputs.size() == 1);
    if (!reference)
      continue;
    used[reference - references.data()] = true;
    report.outputs[i].comparison =
        compareTensors(outputs[i], *reference, tolerance);
  }
  for (auto [reference, isUsed] : llvm::zip_equal(references, used))
    if (!isUsed)
      return llvm::createStringError("the model has no output '" +
                                     reference.name() + "'");
  return llvm::Error::success();
}

static llvm::Error saveOutputs(StringRef file,
                               llvm::ArrayRef<HostTensor> outputs) {
  std::vector<const HostTensor *> tensors;
  for (const HostTensor &output : outputs)
    tensors.push_back(&output);
  return writeNpz(file, tensors);
}

llvm::Expected<RunReport> graphopt::runModel(StringRef path,
                                             const RunOptions &options) {
  auto library = Library::load(path);
  if (!library)
    return library.takeError();
  auto inputs = readTensors(options.inputs, "input");
  if (!inputs)
    return inputs.takeError();
  auto references = readTensors(options.expect, "output");
  if (!references)
    return references.takeError();
  auto session =
      Session::create(**library, std::move(*inputs), options.threads);
  if (!session)
    return session.takeError();
  auto profiler = createProfiler(**library, options);
  if (!profiler)
    return profiler.takeError();
  if (llvm::Error error = (*session)->run(profiler->get()))
    return error;

  RunReport report;
  if (options.perNode)
    report.profile = (*profiler)->summarize();
  if (!options.traceFile.empty())
    if (llvm::Error error = (*profiler)->writeTrace(options.traceFile))
      return error;
  for (const HostTensor &output : (*session)->outputs())
    report.outputs.push_back(
        {output.name(),
         fmt::format("{} {}", dtypeName(output.dtype()).str(),
                     formatDims(output.dims())),
         summarize(output), std::nullopt});
  if (llvm::Error error =
          compareOutputs((*session)->outputs(), *references,
                         {options.tolerance, options.integerTolerance}, report))
    return error;
  if (!options.output.empty())
    if (llvm::Error error = saveOutputs(options.output, (*session)->outputs()))
      return error;
  return report;
}

bool RunReport::passed() const {
  return llvm::all_of(outputs, [](const OutputReport &output) {
    return !output.comparison || output.comparison->passed;
  });
}

void RunReport::print(llvm::raw_ostream &os) const {
  for (const OutputReport &output : outputs) {
    os << fmt::format("{} ({}): ", output.name, output.type);
    if (const std::optional<Comparison> &c = output.comparison) {
      if (!c->problem.empty())
        os << c->problem;
      else
        os << fmt::format("max abs {:.3g}, max rel {:.3g}, cosine {:.9f}",
                          c->maxAbs, c->maxRel, c->cosine);
      os << (c->passed ? "  ok\n" : "  DIFFERS\n");
      continue;
    }
    os << fmt::format("min {:.6g}, max {:.6g}, mean {:.6g}", output.summary.min,
                      output.summary.max, output.summary.mean);
    if (output.summary.nans > 0)
      os << fmt::format(", {} NaN", output.summary.nans);
    os << '\n';
  }
  if (profile)
    profile->print(os);
}
