#include "dialects/Graph/Cumulation.h"
#include "lib/Export/Exporters.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::exportOp(CumulateOp op, NodeExporter &node) {
  node.write(("Cum" + stringifyCumKind(op.getKind())).str(),
             {op.getInput(), op.getAxis()})
      .set("exclusive", op.getExclusive())
      .set("reverse", op.getReverse());
  return success();
}
