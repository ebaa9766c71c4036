#include "graphopt/Driver/CollectStatistics.h"
#include "HostRunner.h"
#include "LoadModel.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/ValueNames.h"
#include "graphopt/Driver/HostEvaluator.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "graphopt/Transforms/ResidualBlocks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"

using namespace graphopt;
using namespace graphopt::graph;
using namespace mlir;

/// What products with weights read, channels where they are summed over.
static std::vector<StatisticRequest> listProductInputs(func::FuncOp main,
                                                       unsigned kinds) {
  std::vector<StatisticRequest> requests;
  llvm::DenseSet<Value> seen;
  for (Operation &op : main.front()) {
    if (!isa<MatMulOp, GemmOp, ConvOp>(op) ||
        !matchPattern(op.getOperand(1), m_Constant()))
      continue;
    Value input = op.getOperand(0);
    if (seen.insert(input).second)
      requests.push_back({input, kinds, isa<ConvOp>(op) ? 1 : -1});
  }
  return requests;
}

/// Inputs and outputs of residual blocks, and of layers of several.
static void addBlocks(func::FuncOp main,
                      std::vector<StatisticRequest> &requests) {
  std::vector<ResidualBlock> blocks = findResidualBlocks(main);
  llvm::append_range(blocks, joinLayers(blocks));
  for (const ResidualBlock &block : blocks)
    if (block.reason.empty())
      requests.push_back({block.bypass.to, ValueStatistics::Cosine,
                          block.channelAxis, block.bypass.from});
}

static llvm::Expected<std::vector<StatisticRequest>>
listRequests(func::FuncOp main, const StatisticsOptions &options) {
  unsigned kinds = ValueStatistics::Summary | ValueStatistics::Channels |
                   (options.gram ? ValueStatistics::Gram : 0);
  std::vector<StatisticRequest> requests;
  if (options.values.empty())
    requests = listProductInputs(main, kinds);
  if (options.blocks)
    addBlocks(main, requests);
  ValueNames names(main);
  for (const std::string &name : options.values) {
    Value value = names.find(name);
    if (!value)
      return llvm::createStringError("the model has no value '" + name + "'");
    requests.push_back({value, kinds});
  }
  return requests;
}

llvm::Expected<std::vector<std::string>>
graphopt::collectStatistics(StringRef modelPath,
                            const StatisticsOptions &options,
                            RunProgress *progress) {
  if (options.calibrate.empty())
    return llvm::createStringError("--calib is missing: statistics of which "
                                   "samples?");
  DialectRegistry registry;
  registerCompilerDialects(registry);
  registerHostEvaluator(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = loadModel(context, modelPath, options.shapes);
  if (!module)
    return module.takeError();
  auto main = (*module)->lookupSymbol<func::FuncOp>("main");
  auto requests = listRequests(main, options);
  if (!requests)
    return requests.takeError();
  auto samples = Samples::findAll(options.calibrate, Split::Calibrate);
  if (!samples)
    return samples.takeError();
  HostRunner runner(context.getLoadedDialect<GraphDialect>(),
                    std::move(*samples), {options.mask, options.threads},
                    progress);
  llvm::Expected<Statistics> statistics = runner.collect(**module, *requests);
  if (!statistics)
    return statistics.takeError();
  StringRef base = options.outputBase;
  base.consume_back(".json");
  if (llvm::Error error = statistics->save(base))
    return error;
  return std::vector<std::string>{(base + ".json").str(), (base + ".npz").str()};
}
