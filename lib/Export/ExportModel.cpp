#include "graphopt/Export/Export.h"
#include "lib/Export/ModelExporter.h"
#include "lib/Export/Onnx/OnnxFile.h"

using namespace graphopt;

llvm::Expected<std::vector<std::string>>
graphopt::exportModel(mlir::ModuleOp module, llvm::StringRef path,
                      const ExportOptions &options) {
  ModelExporter exporter(module);
  llvm::Expected<OnnxModel> model = exporter.run();
  if (!model)
    return model.takeError();
  if (llvm::Error error =
          finishModel(*model, exporter.getElementTypes(), options.opset))
    return error;
  return writeModel(std::move(*model), path, options.separateWeights);
}
