#include "dialects/Graph/Convolution.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Windows.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::checkKernelShape(NodeImporter &node) {
  RankedTensorType filter = node.getInputType(1);
  ArrayRef<int64_t> actual =
      filter.getShape().drop_front(std::min<int64_t>(filter.getRank(), 2));
  SmallVector<int64_t> given = node.getInts("kernel_shape", actual);
  if (succeeded(verifyCompatibleShape(given, actual)))
    return success();
  return node.emitError() << "attribute 'kernel_shape' is [" << given
                          << "], but the filter has type " << filter;
}

LogicalResult graphopt::importConv(NodeImporter &node) {
  FailureOr<WindowAttributes> windows = WindowAttributes::get(node);
  if (failed(windows) || failed(checkKernelShape(node)))
    return failure();
  return node.finish<ConvOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), windows->strides,
      windows->dilations, windows->pads, node.getInt("group", 1),
      windows->autoPad, DenseI64ArrayAttr(), DenseI64ArrayAttr(),
      /*channels_last=*/false);
}
