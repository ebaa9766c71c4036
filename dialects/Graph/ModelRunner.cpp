#include "dialects/Graph/ModelRunner.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

const ModelRunner *graphopt::graph::findModelRunner(MLIRContext *context) {
  Dialect *dialect = context->getLoadedDialect<GraphDialect>();
  return dialect ? dialect->getRegisteredInterface<ModelRunner>() : nullptr;
}

llvm::Expected<Statistics>
graphopt::graph::findStatistics(ModuleOp module, const ValueNames &names,
                                StringRef file,
                                ArrayRef<StatisticRequest> requests) {
  if (file.empty()) {
    const ModelRunner *runner = findModelRunner(module.getContext());
    if (!runner)
      return llvm::createStringError("samples or a file of statistics are "
                                     "needed (--calib, statistics=FILE)");
    return runner->collect(module, requests);
  }
  auto loaded = Statistics::load(file);
  if (!loaded)
    return loaded;
  if (loaded->model != fingerprint(module))
    return llvm::createStringError("'" + file +
                                   "' has statistics of another model");
  for (const StatisticRequest &request : requests) {
    StringRef name = names.get(request.value);
    auto found = loaded->find(name, request.kinds);
    if (!found)
      return found.takeError();
    if (request.crossWith &&
        !(*found)->cosines.count(names.get(request.crossWith).str()))
      return llvm::createStringError("the statistics of '" + name +
                                     "' lack the cosine with '" +
                                     names.get(request.crossWith) + "'");
  }
  return loaded;
}
