#include "HostRunner.h"
#include "CompiledCopy.h"
#include "Instrument.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Support/OutputFile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

namespace {
/// One run's outputs go to the statistics that were asked for.
class Collector {
public:
  Collector(ModuleOp module, ArrayRef<graph::StatisticRequest> requests)
      : names(module.lookupSymbol<func::FuncOp>("main")), requests(requests) {
    statistics.model = graph::fingerprint(module);
    for (const graph::StatisticRequest &request : requests) {
      statistics.values[name(request.value)].kinds |= request.kinds;
      values.insert(request.value);
      if (request.crossWith)
        values.insert(request.crossWith);
    }
  }

  ArrayRef<Value> outputs() const { return values.getArrayRef(); }

  llvm::Error add(ArrayRef<HostTensor> outputs, const RowFlags &mask) {
    llvm::DenseSet<Value> done;
    for (const graph::StatisticRequest &request : requests) {
      const HostTensor &x = outputs[index(request.value)];
      ValueStatistics &to = statistics.values[name(request.value)];
      if (done.insert(request.value).second)
        if (llvm::Error error = to.add(x, request.channelAxis, mask))
          return explain(request, std::move(error));
      if (!request.crossWith)
        continue;
      const HostTensor &y = outputs[index(request.crossWith)];
      std::string other = name(request.crossWith);
      bool wantsCosine = request.kinds & ValueStatistics::Cosine;
      if (llvm::Error error =
              wantsCosine ? to.addCosines(x, y, request.channelAxis, other, mask)
                          : to.addCross(x, y, other, mask))
        return explain(request, std::move(error));
    }
    ++statistics.samples;
    return llvm::Error::success();
  }

  Statistics statistics;

private:
  std::string name(Value value) const { return names.get(value).str(); }
  size_t index(Value value) const {
    return llvm::find(values, value) - values.begin();
  }
  llvm::Error explain(const graph::StatisticRequest &request,
                      llvm::Error error) const {
    return llvm::createStringError("statistics of '" + name(request.value) +
                                   "': " + llvm::toString(std::move(error)));
  }

  graph::ValueNames names;
  ArrayRef<graph::StatisticRequest> requests;
  llvm::SetVector<Value> values;
};
} // namespace

llvm::Expected<Statistics>
HostRunner::collect(ModuleOp module,
                    ArrayRef<graph::StatisticRequest> requests) const {
  ArrayRef<std::string> files = samples.get(graph::Split::Calibrate);
  if (llvm::Error error = requireSamples(files, "calibrate"))
    return error;
  Collector collector(module, requests);
  auto copy = CompiledCopy::compile(copyWithOutputs(module, collector.outputs()));
  if (!copy)
    return copy.takeError();
  std::string result = copy->folder->file("statistics");
  llvm::Error error = copy->runIsolated([&]() -> llvm::Error {
    for (auto [i, file] : llvm::enumerate(files)) {
      auto sample =
          copy->load(file, 0, options.mask);
      if (!sample)
        return sample.takeError();
      if (!sample->mask.empty())
        collector.statistics.mask =
            options.mask.empty() ? "attention_mask" : options.mask;
      auto session = copy->start(file, std::move(sample->inputs), options.threads);
      if (!session)
        return session.takeError();
      if (llvm::Error error = (*session)->run())
        return llvm::createFileError(file, std::move(error));
      if (llvm::Error error =
              collector.add((*session)->outputs(), sample->mask))
        return llvm::createFileError(file, std::move(error));
      showProgress("statistics", i + 1, files.size());
    }
    return collector.statistics.save(result);
  });
  if (error)
    return error;
  return Statistics::load(result);
}

void HostRunner::report(StringRef pass, json::Object what) const {
  what["pass"] = pass.str();
  reports.push_back(std::move(what));
}

//===----------------------------------------------------------------------===//
// Before and after
//===----------------------------------------------------------------------===//

namespace {
/// The outputs of a model on all samples, one after the other.
struct AllOutputs {
  std::vector<std::vector<HostTensor>> samples;
  std::vector<RowFlags> masks;
};
} // namespace

/// Which output of `library` has the name.
static llvm::Expected<size_t> findOutput(const Library &library, StringRef name) {
  for (auto [i, port] : llvm::enumerate(library.outputs()))
    if (port.name == name)
      return i;
  return llvm::createStringError("the second model has no output '" + name + "'");
}

llvm::Expected<json::Object>
HostRunner::compare(const CompiledCopy &before, const CompiledCopy &after) const {
  ArrayRef<std::string> files = samples.get(graph::Split::Evaluate);
  if (llvm::Error error = requireSamples(files, "evaluate"))
    return error;
  size_t done = 0;
  auto runAll = [&](const CompiledCopy &copy, AllOutputs &all) -> llvm::Error {
    for (const std::string &file : files) {
      auto sample = copy.load(file, 0, options.mask);
      if (!sample)
        return sample.takeError();
      auto session = copy.start(file, std::move(sample->inputs), options.threads);
      if (!session)
        return session.takeError();
      if (llvm::Error error = (*session)->run())
        return llvm::createFileError(file, std::move(error));
      auto outputs = cloneAll((*session)->outputs());
      if (!outputs)
        return outputs.takeError();
      all.samples.push_back(std::move(*outputs));
      all.masks.push_back(std::move(sample->mask));
      showProgress("evaluation", ++done, 2 * files.size());
    }
    return llvm::Error::success();
  };
  std::string result = after.folder->file("metrics.json");
  llvm::Error error = after.runIsolated([&]() -> llvm::Error {
    AllOutputs old, now;
    if (llvm::Error error = runAll(before, old))
      return error;
    if (llvm::Error error = runAll(after, now))
      return error;
    json::Object metrics;
    for (auto [i, port] : llvm::enumerate(before.library->outputs())) {
      llvm::Expected<size_t> at = findOutput(*after.library, port.name);
      if (!at)
        return at.takeError();
      const graphopt_port &changed = after.library->outputs()[*at];
      if (ArrayRef(port.dims, port.rank) != ArrayRef(changed.dims, changed.rank))
        continue; // it lost heads
      std::vector<const HostTensor *> values, originals;
      for (auto [a, b] : llvm::zip_equal(now.samples, old.samples)) {
        values.push_back(&a[*at]);
        originals.push_back(&b[i]);
      }
      metrics[port.name] =
          measureOutput(values, originals, old.masks).toJson();
    }
    return writeOutputFile(result, [&](llvm::raw_ostream &os) {
      os << json::Value(std::move(metrics));
      return llvm::Error::success();
    });
  });
  if (error)
    return error;
  auto text = llvm::MemoryBuffer::getFile(result, /*IsText=*/true);
  if (!text)
    return llvm::createFileError(result, text.getError());
  auto parsed = json::parse((*text)->getBuffer());
  if (!parsed)
    return parsed.takeError();
  return std::move(*parsed->getAsObject());
}
