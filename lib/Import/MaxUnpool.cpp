// MaxUnpool, as a scatter into zeros.
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Scattering.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Indices are positions in a tensor of the shape that the pooling's attributes
/// give; an output_shape adds zeros at the ends.
LogicalResult graphopt::importMaxUnpool(NodeImporter &node) {
  Value input = node.getInput(0);
  int64_t rank = node.getInputRank(0), depth = rank - 2;
  SmallVector<int64_t> ones(std::max<int64_t>(depth, 0), 1), zeros(2 * ones.size(), 0);
  SmallVector<int64_t> kernel = node.getInts("kernel_shape"),
                       strides = node.getInts("strides", ones),
                       pads = node.getInts("pads", zeros);
  int64_t given = kernel.size();
  if (depth < 1 || given != depth || strides.size() != kernel.size() ||
      pads.size() != 2 * kernel.size())
    return node.emitError() << "kernel_shape, strides and pads have " << kernel.size()
                            << ", " << strides.size() << " and " << pads.size()
                            << " entries for an input of rank " << rank;
  if (node.getInputRank(1) != rank)
    return node.emitError() << "indices have rank " << node.getInputRank(1) << ", not "
                            << rank;
  GraphMath g{node};
  SmallVector<int64_t> added;
  for (int64_t i = 0; i < depth; ++i)
    added.push_back(kernel[i] - pads[i] - pads[depth + i]);
  Value steps = g.sub(g.extents(input, 2, rank), node.createInts(ones));
  Value spatial = g.add(g.mul(steps, node.createInts(strides)), node.createInts(added));
  Value shape = g.concat({g.extents(input, 0, 2), spatial});
  Type element = node.getInputType(0).getElementType();
  auto zero = cast<TypedAttr>(node.getBuilder().getZeroAttr(element));
  if (!shape)
    return failure();
  Value whole = node.createInts(-1);
  auto flat = [&](Value x) {
    return x ? Value(node.create<ReshapeOp>(x, whole, /*allowZero=*/false)) : Value();
  };
  Value target = flat(node.create<ConstantOfShapeOp>(shape, zero));
  Value indices = flat(node.getInput(1)), values = flat(input);
  if (!target || !indices || !values)
    return failure();
  Value filled = node.create<ScatterElementsOp>(values, target, indices, /*axis=*/0,
                                                BinaryKindAttr());
  Value result = g.reshape(filled, shape);
  if (!node.hasInput(2))
    return result ? node.bind(result) : failure();
  Value after = g.sub(node.getInput(2), shape);
  Value both = g.concat({node.createInts(SmallVector<int64_t>(rank, 0)), after});
  if (!result || !both)
    return failure();
  return node.finish<PadOp>(PadMode::Constant, result, both, Value(), Value());
}
