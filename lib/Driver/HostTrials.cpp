//===- HostTrials.cpp - Runs a model with other weights -------------------===//

#include "CompiledCopy.h"
#include "HostRunner.h"
#include "Instrument.h"
#include "TaskScoring.h"
#include "dialects/Graph/ValueNames.h"
#include "llvm/Support/ThreadPool.h"
#include <atomic>
#include <cstring>

using namespace graphopt;
using namespace mlir;
namespace json = llvm::json;

/// A number of floats as a tensor of the port's type and extents.
static llvm::Expected<HostTensor> makeTensor(const graphopt_port &port,
                                             ArrayRef<float> values) {
  auto tensor = HostTensor::create(port.name, DType::Float32,
                                   ArrayRef(port.dims, port.rank));
  if (!tensor)
    return tensor.takeError();
  if (values.empty())
    std::memset(tensor->bytes().data(), 0, tensor->bytes().size());
  else
    llvm::copy(values, tensor->elements<float>().begin());
  return tensor;
}

/// Outputs count alike, however many rows they have.
static double meanLoss(ArrayRef<double> lost, ArrayRef<double> rows) {
  double sum = 0, outputs = 0;
  for (auto [loss, count] : llvm::zip_equal(lost, rows)) {
    if (count == 0)
      continue;
    sum += loss / count;
    ++outputs;
  }
  return outputs > 0 ? sum / outputs : 0;
}

namespace {
/// What is found out of one candidate over the samples.
struct Result {
  std::vector<double> lost, rows; ///< of each output
  TaskScores scores;
};
} // namespace

namespace graphopt {
class HostTrials : public graph::Trials {
public:
  using Candidate = std::vector<graph::ProductWeights>;

  HostTrials(const HostRunner &runner, CompiledCopy copy,
             std::vector<std::vector<float>> originals)
      : runner(runner), copy(std::move(copy)), originals(std::move(originals)) {}

  llvm::Expected<std::vector<double>> measure(ArrayRef<Candidate> candidates,
                                              graph::Split split,
                                              StringRef task) override {
    return run(candidates, split, task, /*metric=*/nullptr,
               [](const Result &result) {
                 return meanLoss(result.lost, result.rows);
               });
  }

  llvm::Expected<std::vector<double>> measureTask(ArrayRef<Candidate> candidates,
                                                  graph::Split split,
                                                  StringRef task) override {
    const auto &metric = runner.options.metric;
    if (!metric)
      return llvm::createStringError("the recipe has no metric");
    return run(candidates, split, task, &*metric, [&](const Result &result) {
      return graphopt::measureTask(result.scores, metric->kind);
    });
  }

private:
  ArrayRef<graphopt_port> parameters() const {
    return copy.library->inputs().take_back(2 * originals.size());
  }

  llvm::Expected<std::vector<double>>
  run(ArrayRef<Candidate> candidates, graph::Split split, StringRef task,
      const MetricOptions *metric,
      llvm::function_ref<double(const Result &)> summarize) {
    ArrayRef<std::string> files = runner.samples.get(split);
    if (llvm::Error error = requireSamples(
            files, split == graph::Split::Calibrate ? "calibrate" : "select"))
      return error;
    auto numbers = copy.runForJson([&]() -> llvm::Expected<json::Value> {
      std::vector<Result> results(candidates.size());
      for (auto [i, file] : llvm::enumerate(files)) {
        if (llvm::Error error = runSample(file, candidates, metric, results))
          return llvm::createFileError(file, std::move(error));
        runner.showProgress(task, i + 1, files.size());
      }
      return json::Array(llvm::map_range(results, summarize));
    });
    if (!numbers)
      return numbers.takeError();
    std::vector<double> values;
    for (const json::Value &number : *numbers->getAsArray())
      values.push_back(*number.getAsNumber());
    return values;
  }

  /// A session with the original weights.
  llvm::Expected<std::unique_ptr<Session>>
  start(ArrayRef<HostTensor> sampleInputs) const {
    auto inputs = cloneAll(sampleInputs);
    if (!inputs)
      return inputs.takeError();
    for (auto [i, port] : llvm::enumerate(parameters())) {
      auto tensor = makeTensor(port, i % 2 == 0 ? ArrayRef(originals[i / 2])
                                                : ArrayRef<float>());
      if (!tensor)
        return tensor.takeError();
      inputs->push_back(std::move(*tensor));
    }
    return Session::create(*copy.library, std::move(*inputs),
                           runner.options.threads);
  }

  /// Adds what a sample says of each candidate, several of them at a time. Each
  /// result is one thread's: how many there are changes nothing.
  llvm::Error runSample(const std::string &file, ArrayRef<Candidate> candidates,
                        const MetricOptions *metric,
                        std::vector<Result> &results) const {
    auto sample = copy.load(file, parameters().size(), runner.options.mask);
    if (!sample)
      return sample.takeError();
    auto session = start(sample->inputs);
    if (!session)
      return session.takeError();
    if (llvm::Error error = (*session)->run())
      return error;
    auto original = cloneAll((*session)->outputs());
    if (!original)
      return original.takeError();
    llvm::DefaultThreadPool threads(
        llvm::hardware_concurrency(unsigned(std::max(runner.options.jobs, 0))));
    size_t workers =
        std::min<size_t>(threads.getMaxConcurrency(), candidates.size());
    std::vector<std::unique_ptr<Session>> sessions;
    sessions.push_back(std::move(*session));
    while (sessions.size() < workers) {
      auto more = start(sample->inputs);
      if (!more)
        return more.takeError();
      sessions.push_back(std::move(*more));
    }
    std::vector<std::optional<llvm::Error>> errors(sessions.size());
    std::atomic<size_t> next = 0;
    auto work = [&](size_t worker) -> llvm::Error {
      for (size_t i = next++; i < candidates.size(); i = next++)
        if (llvm::Error error = runCandidate(*sessions[worker], candidates[i],
                                             *original, *sample, metric, results[i]))
          return error;
      return llvm::Error::success();
    };
    for (size_t worker = 1; worker < sessions.size(); ++worker)
      threads.async([&, worker] { errors[worker] = work(worker); });
    errors[0] = work(0);
    threads.wait();
    llvm::Error first = llvm::Error::success();
    for (std::optional<llvm::Error> &error : errors)
      first = llvm::joinErrors(std::move(first), std::move(*error));
    return first;
  }

  llvm::Error runCandidate(Session &session, const Candidate &candidate,
                           ArrayRef<HostTensor> original,
                           const LoadedSample &sample, const MetricOptions *metric,
                           Result &result) const {
    MutableArrayRef<HostTensor> inputs =
        session.inputs().take_back(parameters().size());
    for (const graph::ProductWeights &change : candidate) {
      llvm::copy(change.weights,
                 inputs[2 * change.product].elements<float>().begin());
      if (!change.bias.empty())
        llvm::copy(change.bias,
                   inputs[2 * change.product + 1].elements<float>().begin());
    }
    if (llvm::Error error = session.run())
      return error;
    if (metric)
      if (llvm::Error error = addScores(*copy.library, session.outputs(), sample,
                                        *metric, result.scores))
        return error;
    result.lost.resize(original.size());
    result.rows.resize(original.size());
    for (auto [i, reference] : llvm::enumerate(original)) {
      if (!isFloat(reference.dtype()))
        continue;
      OutputAgreement agreement =
          compareRows(session.outputs()[i], reference, sample.mask);
      result.lost[i] += agreement.rows - agreement.cosine;
      result.rows[i] += agreement.rows;
    }
    for (const graph::ProductWeights &change : candidate) {
      llvm::copy(originals[change.product],
                 inputs[2 * change.product].elements<float>().begin());
      auto bias = inputs[2 * change.product + 1].elements<float>();
      std::fill(bias.begin(), bias.end(), 0.0f);
    }
    return llvm::Error::success();
  }

  const HostRunner &runner;
  CompiledCopy copy;
  std::vector<std::vector<float>> originals; ///< weights of each product
};
} // namespace graphopt

llvm::Expected<std::unique_ptr<graph::Trials>>
HostRunner::prepareTrials(ModuleOp module, ArrayRef<Operation *> products) const {
  std::vector<std::vector<float>> originals;
  for (Operation *product : products) {
    std::optional<std::vector<float>> weights =
        graph::readFloats(product->getOperand(1));
    if (!weights)
      return llvm::createStringError(
          "'" + graph::getNodeName(product->getLoc()) +
          "' has no constant weights of type f32");
    originals.push_back(std::move(*weights));
  }
  auto copy = CompiledCopy::compile(copyWithParameters(module, products));
  if (!copy)
    return copy.takeError();
  return std::make_unique<HostTrials>(*this, std::move(*copy),
                                      std::move(originals));
}
