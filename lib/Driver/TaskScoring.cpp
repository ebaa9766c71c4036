#include "TaskScoring.h"

using namespace graphopt;
namespace json = llvm::json;

llvm::Error graphopt::addScores(const Library &library,
                                llvm::ArrayRef<HostTensor> outputs,
                                const LoadedSample &sample,
                                const MetricOptions &metric, TaskScores &scores) {
  if (!sample.labels)
    return llvm::createStringError("metric: the sample has no '" +
                                   Samples::labels + "'");
  auto port = llvm::find_if(library.outputs(), [&](const graphopt_port &port) {
    return metric.output.empty() || port.name == metric.output;
  });
  if (port == library.outputs().end())
    return llvm::createStringError("metric: the model has no output '" +
                                   metric.output + "'");
  if (llvm::Error error =
          scores.add(outputs[port - library.outputs().begin()], *sample.labels,
                     sample.mask, metric))
    return llvm::createStringError("metric of output '" + llvm::Twine(port->name) +
                                   "': " + llvm::toString(std::move(error)));
  return llvm::Error::success();
}

std::vector<double> graphopt::readNumbers(const json::Value &array) {
  std::vector<double> numbers;
  for (const json::Value &number : *array.getAsArray())
    numbers.push_back(*number.getAsNumber());
  return numbers;
}

llvm::Expected<TaskScores> graphopt::scoreModel(const CompiledCopy &model,
                                                const HostRunner &runner,
                                                const MetricOptions &metric) {
  auto files = runner.getSamples().get(graph::Split::Evaluate);
  auto result = model.runForJson([&]() -> llvm::Expected<json::Value> {
    TaskScores scores;
    for (auto [done, file] : llvm::enumerate(files)) {
      auto sample = model.load(file, 0, runner.getOptions().mask);
      if (!sample)
        return sample.takeError();
      auto session = model.start(file, std::move(sample->inputs),
                                 runner.getOptions().threads);
      if (!session)
        return session.takeError();
      if (llvm::Error error = (*session)->run())
        return llvm::createFileError(file, std::move(error));
      if (llvm::Error error = addScores(*model.library, (*session)->outputs(),
                                        *sample, metric, scores))
        return llvm::createFileError(file, std::move(error));
      runner.showProgress("metric", done + 1, files.size());
    }
    return json::Array{json::Array(scores.predicted), json::Array(scores.labels)};
  });
  if (!result)
    return result.takeError();
  const json::Array &lists = *result->getAsArray();
  return TaskScores{readNumbers(lists[0]), readNumbers(lists[1])};
}
