#include "dialects/Graph/Sorting.h"
#include "dialects/Graph/Text.h"
#include "lib/Import/Flatten.h"
#include "lib/Import/Importers.h"
#include "lib/Import/Text.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

LogicalResult graphopt::importTopK(NodeImporter &node) {
  return node.finish<TopKOp>(node.getInput(0), node.getInput(1),
                             node.getAxis(), node.getInt("largest") != 0,
                             node.getInt("sorted") != 0);
}

LogicalResult graphopt::importUnique(NodeImporter &node) {
  auto [input, axis] = getInputAndAxis(node);
  if (!input)
    return failure();
  if (!isText(input))
    return node.finish<UniqueOp>(input, axis, node.getInt("sorted") != 0);
  auto unique = node.create<UniqueOp>(node.create<StringRankOp>(input), axis,
                                      node.getInt("sorted") != 0);
  if (!unique)
    return failure();
  Value values = GraphMath{node}.gather(input, unique.getFirsts(), axis);
  if (!values)
    return failure();
  return node.bind({values, unique.getFirsts(), unique.getInverse(), unique.getCounts()});
}

LogicalResult graphopt::importNonMaxSuppression(NodeImporter &node) {
  return node.finish<NonMaxSuppressionOp>(
      node.getInput(0), node.getInput(1), node.getInput(2), node.getInput(3),
      node.getInput(4), node.getInt("center_point_box") != 0);
}
