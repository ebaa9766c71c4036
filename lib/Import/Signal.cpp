// DFT, STFT and the matrix of mel bands.
#include "lib/Import/Fourier.h"
#include "lib/Import/Importers.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// A tensor as [outer, extent, inner, parts] around an axis of all dimensions but the
/// last, which the run may tell.
struct AxisView {
  GraphMath g;
  Value outer, extent, inner, parts; // lists of one
  Value isBefore, isAxis;            // for each dimension but the last
  Value dims;

  AxisView(NodeImporter &node, Value input, Value axis) : g{node} {
    int64_t rank = GraphMath::type(input).getRank();
    dims = g.extents(input, 0, rank - 1);
    parts = g.extents(input, rank - 1, rank);
    SmallVector<int64_t> numbers = llvm::to_vector(llvm::seq<int64_t>(0, rank - 1));
    if (auto known = node.getConstantInts(axis)) {
      int64_t at = known->front() + (known->front() < 0 ? rank : 0);
      outer = product(g.extents(input, 0, at), at);
      extent = g.extents(input, at, at + 1);
      inner = product(g.extents(input, at + 1, rank - 1), rank - 2 - at);
      knownAxis = at;
      return;
    }
    Value positions = node.createInts(numbers);
    Value isNegative = g.binary(BinaryKind::Less, axis, g.integer(0));
    Value front = g.where(isNegative, g.add(axis, g.integer(rank)), axis);
    isAxis = g.binary(BinaryKind::Equal, positions, front);
    Value isOuter = g.binary(BinaryKind::Less, positions, front);
    Value isInner = g.binary(BinaryKind::Greater, positions, front);
    outer = product(g.where(isOuter, dims, g.integer(1)), rank - 1);
    inner = product(g.where(isInner, dims, g.integer(1)), rank - 1);
    extent = g.unsqueeze(g.gather(dims, front, 0), {0});
  }

  /// Of the input, with other extents along the axis and of the last dimension.
  Value shape(Value newExtent, Value newParts) {
    if (!knownAxis)
      return g.concat({g.where(isAxis, newExtent, dims), newParts});
    int64_t at = *knownAxis, rank = GraphMath::type(dims).getDimSize(0) + 1;
    return g.concat({g.slice(dims, 0, 0, at), newExtent,
                     g.slice(dims, 0, at + 1, rank - 1), newParts});
  }

private:
  Value product(Value list, int64_t length) {
    Value result = g.node.createInts(1);
    for (int64_t i = 0; i < length; ++i)
      result = g.mul(result, g.slice(list, 0, i, i + 1));
    return result;
  }
  std::optional<int64_t> knownAxis;
};
} // namespace

/// An integer tensor of one element as a scalar of type i64.
static Value toScalar(NodeImporter &node, Value value) {
  GraphMath g{node};
  if (value && GraphMath::type(value).getRank() > 0)
    value = g.reshape(value, node.createInts(ArrayRef<int64_t>()));
  return g.cast(value, g.i64());
}

/// The last extent is 1 or 2 as far as is known.
static LogicalResult checkParts(NodeImporter &node, Value signal) {
  RankedTensorType type = GraphMath::type(signal);
  int64_t parts = type.getRank() < 2 ? 0 : type.getShape().back();
  if (ShapedType::isDynamic(parts) || parts == 1 || parts == 2)
    return success();
  return node.emitError() << "a tensor of type " << type
                          << " holds neither real nor complex numbers";
}

LogicalResult graphopt::importDFT(NodeImporter &node) {
  Value input = node.getInput(0);
  int64_t rank = node.getInputRank(0);
  if (failed(checkParts(node, input)))
    return failure();
  GraphMath g{node};
  Value axis = node.hasInput(2) ? toScalar(node, node.getInput(2)) : g.integer(-2);
  if (!axis)
    return failure();
  if (auto known = node.getConstantInts(axis)) {
    int64_t at = known->front() + (known->front() < 0 ? rank : 0);
    if (at < 0 || at >= rank - 1)
      return node.emitError() << "axis " << known->front() << " is not in [-" << rank
                              << ", -2] or [0, " << rank - 2 << "]";
  }
  AxisView view(node, input, axis);
  Fourier fourier(node, node.getInt("inverse") != 0, node.getInt("onesided") != 0);
  Value extent = g.squeeze(view.extent, {0});
  if (node.hasInput(1))
    fourier.length = toScalar(node, node.getInput(1));
  else if (fourier.isInverse && fourier.isOneSided)
    fourier.length = g.mul(g.sub(extent, g.integer(1)), g.integer(2));
  else
    fourier.length = extent;
  Value rows = g.reshape(input, g.concat({view.outer, view.extent, view.inner, view.parts}));
  rows = g.transpose(rows, {0, 2, 1, 3});
  rows = g.reshape(rows, g.concat({g.mul(view.outer, view.inner), view.extent, view.parts}));
  Value result = fourier.transform(rows);
  Value elements = g.extents(result, 1, 2), parts = g.extents(result, 2, 3);
  result = g.reshape(result, g.concat({view.outer, view.inner, elements, parts}));
  result = g.reshape(g.transpose(result, {0, 2, 1, 3}), view.shape(elements, parts));
  result = g.cast(result, node.getInputType(0).getElementType());
  return result ? node.bind(result) : failure();
}

/// The frames of the signal, times the window, one after the other.
LogicalResult graphopt::importSTFT(NodeImporter &node) {
  Value signal = node.getInput(0), window = node.getInput(2);
  if (failed(checkParts(node, signal)))
    return failure();
  if (node.getInputRank(0) != 3)
    return node.emitError() << "signal has rank " << node.getInputRank(0) << ", not 3";
  GraphMath g{node};
  Value step = toScalar(node, node.getInput(1));
  Value extent = g.gather(g.shape(signal), g.integer(1), 0);
  Fourier fourier(node, /*isInverse=*/false, node.getInt("onesided", 1) != 0);
  if (node.hasInput(3))
    fourier.length = toScalar(node, node.getInput(3));
  else
    fourier.length = window ? g.gather(g.shape(window), g.integer(0), 0) : extent;
  Value room = g.add(g.sub(extent, fourier.length), step);
  Value frames = g.div(g.binary(BinaryKind::Max, room, g.integer(0)), step);
  Value starts = g.mul(g.unsqueeze(g.range(frames), {1}), step);
  Value places = g.add(starts, g.unsqueeze(g.range(fourier.length), {0}));
  Value taken = g.gather(signal, places, 1); // [batch, frames, length, parts]
  if (window)
    taken = g.mul(taken, g.unsqueeze(window, {1}));
  Value batch = g.extents(signal, 0, 1), count = g.unsqueeze(frames, {0}),
        parts = g.extents(signal, 2, 3), length = g.unsqueeze(fourier.length, {0});
  Value rows = g.reshape(taken, g.concat({g.mul(batch, count), length, parts}));
  Value result = fourier.transform(rows);
  result = g.reshape(result, g.concat({batch, count, g.extents(result, 1, 3)}));
  result = g.cast(result, node.getInputType(0).getElementType());
  return result ? node.bind(result) : failure();
}

/// Triangles between bins that are evenly spaced in mels: entry (j, i) rises from bin
/// i to i + 1 and falls to i + 2.
LogicalResult graphopt::importMelWeightMatrix(NodeImporter &node) {
  Builder &builder = node.getBuilder();
  Type element = node.getElementType("output_datatype", builder.getF32Type());
  if (!element)
    return failure();
  GraphMath g{node};
  Type f64 = g.f64();
  auto number = [&](double value) { return g.scalar(f64, value); };
  auto real = [&](size_t input) { return g.cast(node.getInput(input), f64); };
  const double perDecade = 2595, corner = 700, ln10 = std::log(10.0);
  Value bands = toScalar(node, node.getInput(0)), length = toScalar(node, node.getInput(1)),
        rate = toScalar(node, node.getInput(2));
  auto toMel = [&](Value hertz) {
    Value x = g.add(g.div(hertz, number(corner)), number(1));
    return g.mul(g.unary(UnaryKind::Log, x), number(perDecade / ln10));
  };
  Value low = toMel(real(3)), high = toMel(real(4));
  Value edges = g.add(bands, g.integer(2));
  Value step = g.div(g.sub(high, low), g.cast(edges, f64));
  Value mels = g.add(g.mul(g.cast(g.range(edges), f64), step), low);
  Value hertz = g.mul(g.sub(g.unary(UnaryKind::Exp, g.mul(mels, number(ln10 / perDecade))),
                            number(1)),
                      number(corner));
  Value scaled = g.mul(hertz, g.cast(g.add(length, g.integer(1)), f64));
  Value bins = g.unary(UnaryKind::Floor, g.div(scaled, g.cast(rate, f64)));
  auto part = [&](int64_t first) {
    return g.gather(bins, g.add(g.range(bands), g.integer(first)), 0);
  };
  Value left = part(0), center = part(1), right = part(2);
  Value rows = g.add(g.div(length, g.integer(2)), g.integer(1));
  Value bin = g.unsqueeze(g.cast(g.range(rows), f64), {1});
  Value rising = g.div(g.sub(bin, left), g.sub(center, left)),
        falling = g.div(g.sub(right, bin), g.sub(right, center));
  auto both = [&](Value x, Value y) { return g.binary(BinaryKind::And, x, y); };
  auto isAtLeast = [&](Value x, Value y) {
    return g.binary(BinaryKind::GreaterOrEqual, x, y);
  };
  Value zero = number(0);
  Value isRising = both(isAtLeast(bin, left), isAtLeast(center, bin));
  Value isFalling = both(isAtLeast(bin, center), g.binary(BinaryKind::Less, bin, right));
  Value isSteep = both(g.binary(BinaryKind::Equal, left, center),
                       g.binary(BinaryKind::Equal, bin, center));
  Value weights = g.where(isRising, g.where(isSteep, number(1), rising), zero);
  weights = g.cast(g.where(isFalling, falling, weights), element);
  return weights ? node.bind(weights) : failure();
}
