// CausalConvWithState: a filter a channel over what came before and now.
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/GraphMath.h"
#include "lib/Import/Importers.h"
#include "lib/Import/OpenLists.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
class CausalConv {
public:
  explicit CausalConv(NodeImporter &node) : node(node), filter(node.getInput(1)) {}

  LogicalResult import() {
    for (size_t i : {0, 1, 3})
      if (node.hasInput(i) && node.getInputRank(i) != 3)
        return node.emitError("its input ") << i << " has rank " << node.getInputRank(i)
                                            << ", not 3";
    StringRef activation = node.getString("activation", "none");
    if (activation != "none" && activation != "silu" && activation != "swish")
      return node.emitError() << "activation '" << activation << "' is not known";
    Value input = node.getInput(0), whole = extend(input);
    Value result = whole ? convolve(whole) : Value();
    if (activation != "none")
      result = g.mul(result, g.unary(UnaryKind::Sigmoid, result));
    Value state = node.hasOutput(1) && whole ? takeState(whole) : Value();
    return result ? node.bind({result, state}) : failure();
  }

private:
  /// The input after the state, which is zeros if there is none.
  Value extend(Value input) {
    if (node.hasInput(3))
      return g.concat({node.getInput(3), input}, /*axis=*/2);
    Value before = g.sub(getExtents(node, filter, 2, 3), node.createInts(1));
    Value none = node.createInts({0, 0});
    return node.create<PadOp>(PadMode::Constant, input,
                              g.concat({none, before, none, node.createInts(0)}), Value(), Value());
  }

  /// All that comes after as many elements as the input has.
  Value takeState(Value whole) {
    return node.create<SliceOp>(whole, getExtents(node, node.getInput(0), 2, 3),
                                node.createInts(INT64_MAX), node.createInts(2), Value());
  }

  Value convolve(Value whole) {
    int64_t channels = node.getInputType(0).getDimSize(1);
    if (ShapedType::isDynamic(channels))
      channels = node.getInputType(1).getDimSize(0);
    if (ShapedType::isDynamic(channels))
      return multiplyWindows(whole);
    SmallVector<int64_t> one{1}, none{0, 0};
    return node.create<ConvOp>(whole, filter, node.getInput(2), one, one, none, channels,
                               AutoPadAttr(), DenseI64ArrayAttr(), DenseI64ArrayAttr(),
                               /*channels_last=*/false);
  }

  /// Channels whose number is open are matrices, of a row a window.
  Value multiplyWindows(Value whole) {
    auto count = [&](Value value) {
      return g.range(g.squeeze(g.extents(value, 2, 3), {0}));
    };
    Value positions = g.add(g.unsqueeze(count(node.getInput(0)), {1}), count(filter));
    Value windows = g.gather(whole, positions, /*axis=*/2); // [batch, channels, length, kernel]
    Value result = g.squeeze(g.matmul(windows, g.transpose(filter, {0, 2, 1})), {3});
    return node.hasInput(2) ? g.add(result, g.unsqueeze(node.getInput(2), {1})) : result;
  }

  NodeImporter &node;
  GraphMath g{node};
  Value filter;
};
} // namespace

LogicalResult graphopt::importCausalConvWithState(NodeImporter &node) {
  return CausalConv(node).import();
}
