#include "Samples.h"
#include "graphopt/Driver/Run.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include <algorithm>

using namespace graphopt;
using graph::Split;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static constexpr Split splits[] = {Split::Calibrate, Split::Select,
                                   Split::Evaluate};

namespace {
struct Sample {
  std::string hash, file;
};
} // namespace

llvm::Expected<std::vector<HostTensor>>
Samples::read(const std::string &file) {
  return readTensors({file}, "input");
}

/// Of the tensors in any order: neither names nor the kind of file count, and
/// whether there are labels neither.
static std::string hashContents(llvm::ArrayRef<HostTensor> tensors) {
  std::vector<std::array<uint8_t, 32>> parts;
  for (const HostTensor &tensor : tensors) {
    if (tensor.name() == Samples::labels)
      continue;
    llvm::SHA256 hash;
    hash.update(dtypeName(tensor.dtype()));
    hash.update(formatDims(tensor.dims()));
    hash.update(llvm::ArrayRef(
        reinterpret_cast<const uint8_t *>(tensor.bytes().data()),
        tensor.bytes().size()));
    parts.push_back(hash.final());
  }
  llvm::sort(parts);
  llvm::SHA256 whole;
  for (const auto &part : parts)
    whole.update(part);
  auto digest = whole.final();
  return std::string(digest.begin(), digest.end());
}

static bool isSample(StringRef file) {
  if (!fs::is_directory(file))
    return path::extension(file) == ".npz";
  llvm::SmallString<128> first(file);
  path::append(first, "input_0.pb");
  return fs::exists(first);
}

/// The samples in `folder`, by name; the folder itself if it is one.
static llvm::Expected<std::vector<Sample>> listSamples(const std::string &folder) {
  std::vector<Sample> samples;
  if (isSample(folder)) {
    samples.push_back({"", folder});
  } else {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; it != end && !error;
         it.increment(error))
      if (isSample(it->path()))
        samples.push_back({"", it->path()});
    if (error)
      return llvm::createFileError(folder, error);
  }
  if (samples.empty())
    return llvm::createStringError(
        "'" + folder + "' holds no samples (.npz files or folders of ONNX test "
        "data)");
  llvm::sort(samples, [](const Sample &a, const Sample &b) {
    return a.file < b.file;
  });
  for (Sample &sample : samples) {
    auto tensors = Samples::read(sample.file);
    if (!tensors)
      return tensors.takeError();
    sample.hash = hashContents(*tensors);
  }
  return samples;
}

/// Equal samples go to the same part.
static std::array<std::vector<Sample>, 3> deal(std::vector<Sample> samples) {
  llvm::sort(samples, [](const Sample &a, const Sample &b) {
    return std::tie(a.hash, a.file) < std::tie(b.hash, b.file);
  });
  std::array<std::vector<Sample>, 3> parts;
  size_t count = samples.size(), part = 0;
  const size_t ends[] = {std::max<size_t>(count * 3 / 5, 1), count * 4 / 5,
                         count};
  for (size_t i = 0; i < count; ++i) {
    bool isRepeated = i > 0 && samples[i].hash == samples[i - 1].hash;
    while (!isRepeated && part < 2 && i >= ends[part])
      ++part;
    parts[part].push_back(samples[i]);
  }
  return parts;
}

llvm::Expected<Samples> Samples::find(const SampleFolders &folders) {
  const std::string *given[] = {&folders.calibrate, &folders.select,
                                &folders.evaluate};
  std::array<std::vector<Sample>, 3> parts;
  for (Split split : splits) {
    size_t i = size_t(split);
    if (given[i]->empty())
      continue;
    auto samples = listSamples(*given[i]);
    if (!samples)
      return samples.takeError();
    parts[i] = std::move(*samples);
  }
  if (folders.select.empty() && folders.evaluate.empty())
    parts = deal(std::move(parts[0]));
  Samples found;
  llvm::StringMap<std::pair<Split, std::string>> seen;
  for (Split split : splits)
    for (const Sample &sample : parts[size_t(split)]) {
      auto [entry, isNew] = seen.try_emplace(sample.hash, split, sample.file);
      if (!isNew && entry->second.first != split)
        return llvm::createStringError(
            "'" + entry->second.second + "' and '" + sample.file +
            "' hold the same sample: what is measured on one would be known from "
            "the other");
      found.files[size_t(split)].push_back(sample.file);
    }
  return found;
}

llvm::Expected<Samples> Samples::findAll(const std::string &folder,
                                         Split split) {
  auto samples = listSamples(folder);
  if (!samples)
    return samples.takeError();
  Samples found;
  for (const Sample &sample : *samples)
    found.files[size_t(split)].push_back(sample.file);
  return found;
}
