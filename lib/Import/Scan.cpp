// Scan, as a loop that takes slices of its inputs by the number of the iteration.
#include "dialects/Graph/Control.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"
#include "lib/Import/LoopBuilder.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// The scanned inputs or outputs of one node.
struct Scanned {
  SmallVector<int64_t> axes;
  SmallVector<int64_t> directions;

  bool isReversed(size_t i) const { return directions[i] == 1; }
};
} // namespace

/// Attributes `<side>_axes` and `<side>_directions` for `count` values.
static FailureOr<Scanned> readScanned(NodeImporter &node, StringRef side,
                                      size_t count) {
  SmallVector<int64_t> zeros(count, 0);
  Scanned result{node.getInts((side + "_axes").str(), zeros),
                 node.getInts((side + "_directions").str(), zeros)};
  if (result.axes.size() != count || result.directions.size() != count)
    return node.emitError() << side << "_axes has " << result.axes.size()
                            << " entries and " << side << "_directions has "
                            << result.directions.size() << " for " << count
                            << " values";
  for (int64_t direction : result.directions)
    if (direction != 0 && direction != 1)
      return node.emitError() << side << "_directions has an entry " << direction
                              << ", which is neither 0 nor 1";
  return result;
}

/// Counts `axis` from the front of `rank` dimensions.
static FailureOr<int64_t> countFromFront(NodeImporter &node, int64_t axis,
                                         int64_t rank) {
  if (axis < -rank || axis >= rank)
    return node.emitError() << "axis " << axis << " is not in [-" << rank << ", "
                            << rank - 1 << "]";
  return axis < 0 ? axis + rank : axis;
}

static Value takeExtent(NodeImporter &node, Value value, int64_t axis) {
  Value shape = node.create<ShapeOp>(value);
  Value position = node.createScalar(node.getBuilder().getI64Type(), axis);
  return node.create<GatherOp>(shape, position, /*axis=*/int64_t(0));
}

/// The iterations that the scanned inputs have in common.
static FailureOr<Value> buildTrips(NodeImporter &node, ValueRange inputs,
                                   Scanned &scanned) {
  Value trips;
  int64_t known = ShapedType::kDynamic;
  for (auto [input, axis] : llvm::zip_equal(inputs, scanned.axes)) {
    if (!input)
      return node.emitError("a scanned input is missing");
    auto type = cast<RankedTensorType>(input.getType());
    FailureOr<int64_t> front = countFromFront(node, axis, type.getRank());
    if (failed(front))
      return failure();
    axis = *front;
    int64_t extent = type.getDimSize(axis);
    if (!ShapedType::isDynamic(known) && !ShapedType::isDynamic(extent) &&
        extent != known)
      return node.emitError("its inputs are scanned ")
             << known << " times and " << extent << " times";
    if (!trips || (ShapedType::isDynamic(known) && !ShapedType::isDynamic(extent)))
      trips = takeExtent(node, input, axis);
    if (!ShapedType::isDynamic(extent))
      known = extent;
  }
  return trips;
}

/// What the iterations made, stacked along dimension 0, as the node wants it.
static Value arrange(NodeImporter &node, Value stacked, int64_t axis,
                     bool isReversed) {
  if (isReversed)
    stacked = node.create<SliceOp>(
        stacked, node.createInts(-1),
        node.createInts(std::numeric_limits<int64_t>::min()),
        node.createInts(int64_t(0)), node.createInts(-1));
  if (axis == 0)
    return stacked;
  SmallVector<int64_t> order = llvm::to_vector(
      llvm::seq<int64_t>(1, cast<RankedTensorType>(stacked.getType()).getRank()));
  order.insert(order.begin() + axis, 0);
  return node.create<TransposeOp>(stacked, order);
}

LogicalResult graphopt::importScan(NodeImporter &node) {
  const onnx::GraphProto *graph = node.getGraph("body");
  if (!graph)
    return failure();
  size_t total = node.getNumInputs(), count = node.getInt("num_scan_inputs");
  if (count < 1 || count > total)
    return node.emitError("num_scan_inputs is ")
           << node.getInt("num_scan_inputs") << ", but it has " << total << " inputs";
  size_t carried = total - count;
  if (static_cast<size_t>(graph->input_size()) != total ||
      static_cast<size_t>(graph->output_size()) < carried)
    return node.emitError("its body has ")
           << graph->input_size() << " inputs and " << graph->output_size()
           << " outputs for " << carried << " states and " << count
           << " scanned inputs";
  size_t outputs = graph->output_size() - carried;
  FailureOr<Scanned> in = readScanned(node, "scan_input", count),
                     out = readScanned(node, "scan_output", outputs);
  if (failed(in) || failed(out))
    return failure();
  ArrayRef<Value> scans = node.getInputs().drop_front(carried);
  FailureOr<Value> trips = buildTrips(node, scans, *in);
  if (failed(trips))
    return failure();
  Value last = node.create<BinaryOp>(
      BinaryKind::Sub, *trips,
      node.createScalar(node.getBuilder().getI64Type(), 1));

  auto enter = [&](ValueRange arguments) -> FailureOr<SmallVector<Value>> {
    SmallVector<Value> inputs(arguments.drop_front(2));
    Value iteration = arguments[0], back;
    for (size_t i = 0; i < count; ++i) {
      if (in->isReversed(i) && !back)
        back = node.create<BinaryOp>(BinaryKind::Sub, last, iteration);
      Value slice = node.create<GatherOp>(
          scans[i], in->isReversed(i) ? back : iteration, in->axes[i]);
      if (!slice)
        return failure();
      inputs.push_back(slice);
    }
    return inputs;
  };
  auto leave = [](ValueRange arguments, ValueRange values) {
    SmallVector<Value> yielded{arguments[1]};
    llvm::append_range(yielded, values);
    return yielded;
  };
  LoopBuilder loop{node, *trips, {}, {}, {}, enter, leave};
  for (auto [i, init] : llvm::enumerate(node.getInputs().take_front(carried))) {
    loop.inits.push_back(init);
    loop.types.push_back(init ? getCarriedType(graph->input(i), init.getType())
                              : Type());
  }
  FailureOr<LoopOp> op = loop.build();
  if (failed(op))
    return failure();
  SmallVector<Value> results(op->getResults());
  for (size_t i = 0; i < outputs; ++i) {
    Value &result = results[carried + i];
    FailureOr<int64_t> axis = countFromFront(
        node, out->axes[i], cast<RankedTensorType>(result.getType()).getRank());
    if (failed(axis) ||
        !(result = arrange(node, result, *axis, out->isReversed(i))))
      return failure();
  }
  return node.bind(results);
}
