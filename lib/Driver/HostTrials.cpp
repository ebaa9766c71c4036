//===- HostTrials.cpp - Runs a model with other weights -------------------===//

#include "CompiledCopy.h"
#include "HostRunner.h"
#include "Instrument.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Support/Npz.h"
#include <cstring>

using namespace graphopt;
using namespace mlir;

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
    ArrayRef<std::string> files = runner.samples.get(split);
    if (llvm::Error error = requireSamples(
            files, split == graph::Split::Calibrate ? "calibrate" : "select"))
      return error;
    std::string result = copy.folder->file("losses.npz");
    llvm::Error error = copy.runIsolated([&]() -> llvm::Error {
      auto losses = HostTensor::create("losses", DType::Float64,
                                       {int64_t(candidates.size())});
      if (!losses)
        return losses.takeError();
      // A row a candidate, a column an output.
      size_t outputs = copy.library->outputs().size();
      std::vector<double> lost(candidates.size() * outputs, 0.0), rows = lost;
      for (auto [i, file] : llvm::enumerate(files)) {
        if (llvm::Error error = runSample(file, candidates, lost, rows))
          return error;
        runner.showProgress(task, i + 1, files.size());
      }
      for (size_t i = 0; i < candidates.size(); ++i)
        losses->elements<double>()[i] =
            meanLoss(ArrayRef(lost).slice(i * outputs, outputs),
                     ArrayRef(rows).slice(i * outputs, outputs));
      return writeNpz(result, {&*losses});
    });
    if (error)
      return error;
    auto read = readNumpyFile(result);
    if (!read)
      return read.takeError();
    ArrayRef<double> losses = std::as_const(read->front()).elements<double>();
    return std::vector<double>(losses.begin(), losses.end());
  }

private:
  ArrayRef<graphopt_port> parameters() const {
    return copy.library->inputs().take_back(2 * originals.size());
  }

  /// Adds what each output of each candidate loses on a sample, and its rows.
  llvm::Error runSample(const std::string &file, ArrayRef<Candidate> candidates,
                        std::vector<double> &lost, std::vector<double> &rows) {
    auto sample = copy.load(file, parameters().size(), runner.options.mask);
    if (!sample)
      return sample.takeError();
    for (auto [i, port] : llvm::enumerate(parameters())) {
      auto tensor = makeTensor(port, i % 2 == 0 ? ArrayRef(originals[i / 2])
                                                : ArrayRef<float>());
      if (!tensor)
        return tensor.takeError();
      sample->inputs.push_back(std::move(*tensor));
    }
    auto session = copy.start(file, std::move(sample->inputs),
                              runner.options.threads);
    if (!session)
      return session.takeError();
    if (llvm::Error error = (*session)->run())
      return llvm::createFileError(file, std::move(error));
    auto original = cloneAll((*session)->outputs());
    if (!original)
      return original.takeError();
    MutableArrayRef<HostTensor> inputs =
        (*session)->inputs().take_back(parameters().size());
    for (auto [i, candidate] : llvm::enumerate(candidates)) {
      for (const graph::ProductWeights &change : candidate) {
        llvm::copy(change.weights,
                   inputs[2 * change.product].elements<float>().begin());
        if (!change.bias.empty())
          llvm::copy(change.bias,
                     inputs[2 * change.product + 1].elements<float>().begin());
      }
      if (llvm::Error error = (*session)->run())
        return llvm::createFileError(file, std::move(error));
      for (auto [j, reference] : llvm::enumerate(*original)) {
        if (!isFloat(reference.dtype()))
          continue;
        OutputAgreement agreement = compareRows((*session)->outputs()[j],
                                                reference, sample->mask);
        size_t at = i * original->size() + j;
        lost[at] += agreement.rows - agreement.cosine;
        rows[at] += agreement.rows;
      }
      for (const graph::ProductWeights &change : candidate) {
        llvm::copy(originals[change.product],
                   inputs[2 * change.product].elements<float>().begin());
        auto bias = inputs[2 * change.product + 1].elements<float>();
        std::fill(bias.begin(), bias.end(), 0.0f);
      }
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
