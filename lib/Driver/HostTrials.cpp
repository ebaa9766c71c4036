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

/// What a copy's further inputs are, unless a candidate says otherwise: for each
/// product its weights and a bias of zeros (empty), for each bypass a 1, and the
/// constants.
using Parameters = std::vector<std::vector<float>>;

static void assign(HostTensor &tensor, ArrayRef<float> values) {
  MutableArrayRef<float> elements = tensor.elements<float>();
  if (values.empty())
    std::fill(elements.begin(), elements.end(), 0.0f);
  else
    llvm::copy(values, elements.begin());
}

namespace {
/// What is found out of one candidate over the samples.
struct Result {
  /// Of each output.
  std::vector<double> lost, rows, signal, noise, sameTop1, divergence;
  TaskScores scores;
};
} // namespace

/// An infinite number is none of JSON's.
static json::Value toFinite(double number) { return std::min(number, 1e300); }

static double toNumber(const json::Value &value) {
  double number = *value.getAsNumber();
  return number < 1e300 ? number : HUGE_VAL;
}

/// Of the farthest output.
static json::Value describeNearness(const Result &result,
                                    const graph::OutputReading &reading) {
  bool hasClasses = llvm::any_of(reading.rows, isOfClasses);
  double share = 0, top1 = 1, divergence = 0; // share of noise
  for (size_t i = 0; i < result.rows.size(); ++i) {
    if (result.rows[i] == 0)
      continue;
    if (result.noise[i] > 0)
      share = std::max(share, result.noise[i] / result.signal[i]);
    if (hasClasses && !isOfClasses(reading.rows[i]))
      continue;
    top1 = std::min(top1, result.sameTop1[i] / result.rows[i]);
    divergence = std::max(divergence, result.divergence[i] / result.rows[i]);
  }
  json::Object object{{"top1", top1},
                      {"sqnr", toFinite(-10 * std::log10(std::min(share, 1e300)))},
                      {"predicted", json::Array(result.scores.predicted)},
                      {"labels", json::Array(result.scores.labels)}};
  if (hasClasses)
    object["divergence"] = toFinite(divergence);
  return object;
}

static graph::Nearness parseNearness(const json::Value &value) {
  const json::Object &object = *value.getAsObject();
  graph::Nearness near;
  near.sqnrDb = toNumber(*object.get("sqnr"));
  near.top1 = toNumber(*object.get("top1"));
  if (const json::Value *divergence = object.get("divergence"))
    near.divergence = toNumber(*divergence);
  near.scores = {readNumbers(*object.get("predicted")),
                 readNumbers(*object.get("labels"))};
  return near;
}

namespace graphopt {
class HostTrials : public graph::Trials {
public:
  using Candidate = graph::Candidate;

  HostTrials(const HostRunner &runner, CompiledCopy copy, Parameters parameters,
             size_t products, size_t bypasses)
      : runner(runner), copy(std::move(copy)),
        parameters(std::move(parameters)), products(products),
        bypasses(bypasses) {}

  llvm::Expected<std::vector<double>> measure(ArrayRef<Candidate> candidates,
                                              graph::Split split,
                                              StringRef task) override {
    return toNumbers(run(candidates, split, task, /*reading=*/{},
                         [](const Result &result) {
                           return meanLoss(result.lost, result.rows);
                         }));
  }

  llvm::Expected<std::vector<graph::Nearness>>
  measureNearness(ArrayRef<Candidate> candidates, graph::Split split,
                  StringRef task, const graph::OutputReading &reading) override {
    auto values = run(candidates, split, task, reading,
                      [&](const Result &result) {
                        return describeNearness(result, reading);
                      });
    if (!values)
      return values.takeError();
    std::vector<graph::Nearness> near;
    llvm::transform(*values, std::back_inserter(near), parseNearness);
    return near;
  }

  llvm::Expected<std::vector<double>> measureTask(ArrayRef<Candidate> candidates,
                                                  graph::Split split,
                                                  StringRef task) override {
    const auto &metric = runner.options.metric;
    if (!metric)
      return llvm::createStringError("the recipe has no metric");
    return toNumbers(
        run(candidates, split, task, {{}, /*byLabels=*/true},
            [&](const Result &result) {
              return graphopt::measureTask(result.scores, metric->kind);
            }));
  }

private:
  static llvm::Expected<std::vector<double>>
  toNumbers(llvm::Expected<json::Array> values) {
    if (!values)
      return values.takeError();
    std::vector<double> numbers;
    for (const json::Value &value : *values)
      numbers.push_back(*value.getAsNumber());
    return numbers;
  }

  /// Calls `visit(i, values)` for each parameter that the candidate changes.
  template <typename Visit>
  void forEachChange(const Candidate &candidate, Visit &&visit) const {
    for (const graph::ProductWeights &change : candidate.products) {
      visit(2 * change.product, ArrayRef(change.weights));
      visit(2 * change.product + 1, ArrayRef(change.bias));
    }
    for (size_t bypass : candidate.bypasses)
      visit(2 * products + bypass, ArrayRef<float>());
    for (const graph::ConstantValue &change : candidate.constants)
      visit(2 * products + bypasses + change.constant, ArrayRef(change.elements));
  }

  llvm::Expected<json::Array>
  run(ArrayRef<Candidate> candidates, graph::Split split, StringRef task,
      const graph::OutputReading &reading,
      llvm::function_ref<json::Value(const Result &)> summarize) {
    ArrayRef<std::string> files = runner.samples.get(split);
    if (llvm::Error error = requireSamples(
            files, split == graph::Split::Calibrate ? "calibrate" : "select"))
      return error;
    auto values = copy.runForJson([&]() -> llvm::Expected<json::Value> {
      std::vector<Result> results(candidates.size());
      for (auto [i, file] : llvm::enumerate(files)) {
        if (llvm::Error error = runSample(file, candidates, reading, results))
          return llvm::createFileError(file, std::move(error));
        runner.showProgress(task, i + 1, files.size());
      }
      return json::Array(llvm::map_range(results, summarize));
    });
    if (!values)
      return values.takeError();
    return std::move(*values->getAsArray());
  }

  /// A session with the original weights.
  llvm::Expected<std::unique_ptr<Session>>
  start(ArrayRef<HostTensor> sampleInputs) const {
    auto inputs = cloneAll(sampleInputs);
    if (!inputs)
      return inputs.takeError();
    for (auto [values, port] : llvm::zip_equal(
             parameters, copy.library->inputs().take_back(parameters.size()))) {
      auto tensor = makeTensor(port, values);
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
                        const graph::OutputReading &reading,
                        std::vector<Result> &results) const {
    auto sample = copy.load(file, parameters.size(), runner.options.mask);
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
                                             *original, *sample, reading,
                                             results[i]))
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
                           const LoadedSample &sample,
                           const graph::OutputReading &reading,
                           Result &result) const {
    MutableArrayRef<HostTensor> inputs =
        session.inputs().take_back(parameters.size());
    forEachChange(candidate, [&](size_t parameter, ArrayRef<float> values) {
      assign(inputs[parameter], values);
    });
    if (llvm::Error error = session.run())
      return error;
    if (reading.byLabels)
      if (llvm::Error error = addScores(*copy.library, session.outputs(), sample,
                                        *runner.getMetric(), result.scores))
        return error;
    for (auto *sums : {&result.lost, &result.rows, &result.signal, &result.noise,
                       &result.sameTop1, &result.divergence})
      sums->resize(original.size());
    for (auto [i, reference] : llvm::enumerate(original)) {
      if (!isFloat(reference.dtype()))
        continue;
      OutputAgreement agreement =
          compareRows(session.outputs()[i], reference, sample.mask);
      result.lost[i] += agreement.rows - agreement.cosine;
      result.rows[i] += agreement.rows;
      result.signal[i] += agreement.signal;
      result.noise[i] += agreement.noise;
      result.sameTop1[i] += agreement.sameTop1;
      if (i < reading.rows.size() && isOfClasses(reading.rows[i]))
        result.divergence[i] += measureDivergence(session.outputs()[i], reference,
                                                  reading.rows[i], sample.mask);
    }
    forEachChange(candidate, [&](size_t parameter, ArrayRef<float>) {
      assign(inputs[parameter], parameters[parameter]);
    });
    return llvm::Error::success();
  }

  const HostRunner &runner;
  CompiledCopy copy;
  Parameters parameters;
  size_t products, bypasses;
};
} // namespace graphopt

llvm::Expected<std::unique_ptr<graph::Trials>>
HostRunner::prepareTrials(ModuleOp module, ArrayRef<Operation *> products,
                          ArrayRef<graph::Bypass> bypasses,
                          ArrayRef<Value> constants) const {
  Parameters parameters;
  for (Operation *product : products) {
    std::optional<std::vector<float>> weights =
        graph::readFloats(product->getOperand(1));
    if (!weights)
      return llvm::createStringError(
          "'" + graph::getNodeName(product->getLoc()) +
          "' has no constant weights of type f32");
    parameters.push_back(std::move(*weights));
    parameters.push_back({});
  }
  parameters.resize(parameters.size() + bypasses.size(), {1.0f});
  for (Value constant : constants)
    parameters.push_back(*graph::readFloats(constant));
  auto copy = CompiledCopy::compile(
      copyWithParameters(module, products, bypasses, constants));
  if (!copy)
    return copy.takeError();
  return std::make_unique<HostTrials>(*this, std::move(*copy),
                                      std::move(parameters), products.size(),
                                      bypasses.size());
}
