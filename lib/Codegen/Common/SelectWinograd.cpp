//===- SelectWinograd.cpp - kernel-select-winograd ------------------------===//

#include "Constants.h"
#include "PassCpu.h"
#include "dialects/Kernel/Kernel.h"
#include "graphopt/Codegen/Common/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>
#include <map>

namespace graphopt {
#define GEN_PASS_DEF_SELECTWINOGRAD
#include "graphopt/Codegen/Common/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::kernel;

//===----------------------------------------------------------------------===//
// Costs
//===----------------------------------------------------------------------===//

namespace {
/// A convolution; costs are in multiply-adds of vectors. Their factors are
/// fitted to 20 sizes with 3x3 taps, from 8 channels at 56x56 to 512 at 7x7
/// (AVX2).
struct ConvSizes {
  ArrayRef<int64_t> init; // [batch, spatial..., filters]; negative: open
  ArrayRef<int64_t> taps;
  int64_t channels, lanes;

  int64_t filters() const { return init.back(); }
  /// Tiles of such directions; -1 if open.
  int64_t countTiles(ArrayRef<Winograd> directions) const {
    if (llvm::any_of(init, ShapedType::isDynamic))
      return -1;
    int64_t tiles = init.front();
    for (auto [size, direction] : llvm::zip_equal(spatial(), directions))
      tiles *= llvm::divideCeil(size, direction.getOutputs());
    return tiles;
  }
  ArrayRef<int64_t> spatial() const { return init.drop_front().drop_back(); }
  double vectors(int64_t channels) const {
    return llvm::divideCeil(channels, lanes);
  }

  /// Weights come from memory: bytes that it delivers in a multiply-add.
  static double memoryCost(double vectors, const CpuModel &cpu) {
    constexpr double kBytesPerMultiplyAdd = 2.0;
    return vectors * cpu.vectorBytes / kBytesPerMultiplyAdd;
  }

  double directCost(const CpuModel &cpu) const {
    constexpr double kShareOfPeak = 0.85;
    double weights =
        llvm::product_of(taps) * channels * vectors(filters());
    double pixels = llvm::any_of(init, ShapedType::isDynamic)
                        ? kOpenPixels
                        : llvm::product_of(init.drop_back());
    return std::max(pixels * weights / kShareOfPeak, memoryCost(weights, cpu));
  }

  double winogradCost(ArrayRef<Winograd> directions, const CpuModel &cpu) const {
    // A vector of a product costs so much to store and, in each direction, to
    // transform from the input and to the output. The sum over channels has a
    // beginning and an end.
    constexpr double kStore = 1.0, kInput = 2.0, kOutput = 2.0, kSum = 6.0;
    constexpr double kShareOfPeak = 0.75;
    double products = countProducts(directions);
    double transforms = llvm::count_if(
        directions, [](const Winograd &it) { return !it.isIdentity(); });
    double weights = products * channels * vectors(filters());
    double perTile =
        weights +
        products * ((kStore + transforms * kInput) * vectors(channels) +
                    (transforms * kOutput + kSum) * vectors(filters()));
    double tiles = countTiles(directions);
    if (tiles < 0)
      tiles = kOpenPixels / countOutputs(directions);
    return std::max(tiles * perTile / kShareOfPeak, memoryCost(weights, cpu));
  }

  /// Large enough for tiles to be whole and weights to be reused.
  static constexpr double kOpenPixels = 56 * 56;
};
} // namespace

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

/// Taps to values at the points, one direction after the other.
static SmallVector<double>
transformTaps(ArrayRef<SmallVector<SmallVector<double>>> matrices,
              SmallVector<double> taps) {
  // The last direction becomes the first: after all, the order is the same.
  for (ArrayRef<SmallVector<double>> matrix : llvm::reverse(matrices)) {
    size_t count = matrix.front().size(), rest = taps.size() / count;
    SmallVector<double> values;
    for (ArrayRef<double> row : matrix)
      for (size_t i = 0; i < rest; ++i) {
        double &value = values.emplace_back(0.0);
        for (size_t k = 0; k < count; ++k)
          value += row[k] * taps[i * count + k];
      }
    taps = std::move(values);
  }
  return taps;
}

/// filter[o, c, k...], of which `bytes` are the elements that `read` orders, as
/// values[product, c, o].
template <typename T>
static void transformFilter(ArrayRef<Winograd> directions,
                            const ReadConstant &read, ArrayRef<char> bytes,
                            bool isSplat, MutableArrayRef<char> values) {
  SmallVector<int64_t> stored(read.shape.size(), 1), sizes, strides;
  for (size_t i = stored.size() - 1; i-- > 0;)
    stored[i] = stored[i + 1] * read.shape[i + 1];
  for (int64_t dim : read.permutation) {
    sizes.push_back(read.shape[dim]);
    strides.push_back(isSplat ? 0 : stored[dim]);
  }
  SmallVector<int64_t> offsets{0}; // of taps
  for (size_t d = 2; d < sizes.size(); ++d) {
    SmallVector<int64_t> longer;
    for (int64_t offset : offsets)
      for (int64_t k = 0; k < sizes[d]; ++k)
        longer.push_back(offset + k * strides[d]);
    offsets = std::move(longer);
  }
  auto matrices = llvm::map_to_vector(
      directions, [](const Winograd &it) { return it.getFilterMatrix(); });
  int64_t filters = sizes[0], channels = sizes[1];
  for (int64_t o = 0; o < filters; ++o)
    for (int64_t c = 0; c < channels; ++c) {
      SmallVector<double> taps;
      for (int64_t offset : offsets) {
        T tap;
        int64_t at = o * strides[0] + c * strides[1] + offset;
        std::memcpy(&tap, bytes.data() + at * sizeof(T), sizeof(T));
        taps.push_back(tap);
      }
      for (auto [i, value] : llvm::enumerate(transformTaps(matrices, taps))) {
        T rounded = value;
        int64_t at = (i * channels + c) * filters + o;
        std::memcpy(values.data() + at * sizeof(T), &rounded, sizeof(T));
      }
    }
}

namespace {
struct SelectWinograd : graphopt::impl::SelectWinogradBase<SelectWinograd> {
  using SelectWinogradBase::SelectWinogradBase;

  LogicalResult initialize(MLIRContext *context) override {
    return graphopt::findPassCpu(context, cpu, model);
  }

  void runOnOperation() override {
    transformed.clear();
    replaced = ReplacedConstants();
    SmallVector<ConvOp> convs;
    getOperation()->walk([&](ConvOp op) { convs.push_back(op); });
    for (ConvOp op : convs)
      if (Directions directions = select(op); !directions.empty())
        rewrite(op, directions);
    replaced.dropUnread(getOperation());
  }

private:
  using Directions = SmallVector<Winograd>;

  static bool isPossible(ConvOp op) {
    auto filter = dyn_cast<RankedTensorType>(op.getFilter().getType());
    auto isOne = [](int64_t size) { return size == 1; };
    return filter && !op.getPacked() && filter.getRank() <= 4 &&
           (filter.getElementType().isF32() ||
            filter.getElementType().isF64()) &&
           op.getGroups() == 1 &&
           llvm::all_of(op.getStrides(), isOne) &&
           llvm::all_of(op.getDilations(), isOne);
  }

  /// The fastest form that is possible; none for the op as it is.
  Directions select(ConvOp op) {
    if (!isPossible(op))
      return {};
    ConvSizes sizes = getSizes(op);
    if (points != 0)
      return makeDirections(sizes.taps, points);
    // What is saved must be worth the memory and the rounding.
    constexpr double kWorthIt = 0.85;
    double least = kWorthIt * sizes.directCost(model);
    Directions best;
    for (int64_t points : {4, 6}) {
      Directions directions = makeDirections(sizes.taps, points);
      if (directions.empty())
        continue;
      double cost = sizes.winogradCost(directions, model);
      if (cost < least) {
        least = cost;
        best = std::move(directions);
      }
    }
    return best;
  }

  /// So many points in each direction in which the filter slides; empty if
  /// that is not possible.
  static Directions makeDirections(ArrayRef<int64_t> taps, int64_t points) {
    Directions directions;
    for (int64_t count : taps) {
      int64_t outputs = count == 1 ? 1 : points - count + 1;
      if (!Winograd::isPossible(outputs, count))
        return {};
      directions.emplace_back(outputs, count);
    }
    bool slides = llvm::any_of(taps, [](int64_t count) { return count > 1; });
    return slides ? directions : Directions();
  }

  ConvSizes getSizes(ConvOp op) {
    return {op.getInit().getType().getShape(),
            op.getFilter().getType().getShape().drop_front(2),
            op.getInput().getType().getShape().back(),
            model.lanes(op.getFilter().getType().getElementTypeBitWidth())};
  }

  /// Tiles whose values are in memory at a time. Those of a block stay in the
  /// level 2 cache, but are so many that a panel of the filter is worth loading
  /// and that threads do not wait for each other often.
  int64_t getBlock(ConvOp op, ArrayRef<Winograd> directions) {
    constexpr int64_t kLeast = 24;
    int64_t bits = op.getFilter().getType().getElementTypeBitWidth();
    ConvSizes sizes = getSizes(op);
    int64_t tileBytes = countProducts(directions) *
                        getWinogradPitch(sizes.channels, bits) * bits / 8;
    int64_t most = std::max(kLeast, model.level2Bytes / 2 / tileBytes);
    int64_t tiles = sizes.countTiles(directions);
    if (tiles < 0)
      return most;
    // Equal blocks.
    int64_t blocks = std::max<int64_t>(1, llvm::divideCeil(tiles, most));
    return std::max<int64_t>(1, llvm::divideCeil(tiles, blocks));
  }

  void rewrite(ConvOp op, ArrayRef<Winograd> directions) {
    Value filter = transform(op.getFilter(), directions);
    if (!filter)
      return;
    IRRewriter rewriter(op);
    replaced.replace(op.getFilterMutable(), filter);
    auto conv = WinogradConvOp::create(rewriter, op.getLoc(), op.getInput(),
                                       filter, op.getInit(), directions,
                                       getBlock(op, directions));
    conv.getExtrasMutable().assign(op.getExtras());
    conv.setMapsAttr(op.getMapsAttr());
    conv.getEpilogue().takeBody(op.getEpilogue());
    rewriter.replaceOp(op, conv);
    ++numSelected;
  }

  /// A constant of the filter's values; null if it is no constant whose bytes
  /// can be read.
  Value transform(Value filter, ArrayRef<Winograd> directions) {
    std::optional<ReadConstant> read = readConstant(filter);
    if (!read)
      return {};
    bool isSplat;
    std::optional<ArrayRef<char>> bytes = getBytes(read->value, isSplat);
    if (!bytes)
      return {};
    auto type = cast<RankedTensorType>(filter.getType());
    ElementsAttr &values = transformed[{read->value.getAsOpaquePointer(),
                                        read->shape, read->permutation,
                                        countProducts(directions)}];
    if (!values) {
      bool isF32 = type.getElementType().isF32();
      auto valuesType = RankedTensorType::get(
          {countProducts(directions), type.getDimSize(1), type.getDimSize(0)},
          type.getElementType());
      values = makeConstant(
          valuesType, read->value, "_winograd",
          [&](MutableArrayRef<char> data) {
            (isF32 ? transformFilter<float> : transformFilter<double>)(
                directions, *read, *bytes, isSplat, data);
          });
      replaced.addOriginal(read->value);
    }
    OpBuilder builder(filter.getContext());
    builder.setInsertionPointAfterValue(filter);
    return arith::ConstantOp::create(builder, filter.getLoc(), values);
  }

  /// A filter that two ops read is transformed once.
  std::map<std::tuple<const void *, SmallVector<int64_t>, SmallVector<int64_t>,
                      int64_t>,
           ElementsAttr>
      transformed;
  ReplacedConstants replaced;
  CpuModel model;
};
} // namespace
