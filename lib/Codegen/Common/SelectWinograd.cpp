//===- SelectWinograd.cpp - kernel-select-winograd ------------------------===//

#include "Constants.h"
#include "PassCpu.h"
#include "dialects/Kernel/Kernel.h"
#include "dialects/Kernel/Winograd.h"
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
/// A 3x3 convolution; costs are in multiply-adds of vectors. Their factors are
/// fitted to 20 sizes from 8 channels at 56x56 to 512 at 7x7 (AVX2).
struct ConvSizes {
  int64_t batch, height, width; // of init; negative: open
  int64_t channels, filters;
  int64_t lanes;

  /// Pixels or, with tiles of size x size pixels, tiles; -1 if open.
  int64_t count(int64_t size) const {
    if (batch < 0 || height < 0 || width < 0)
      return -1;
    return batch * llvm::divideCeil(height, size) *
           llvm::divideCeil(width, size);
  }
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
    double weights = 9.0 * channels * vectors(filters);
    double pixels = count(1) < 0 ? kOpenPixels : count(1);
    return std::max(pixels * weights / kShareOfPeak, memoryCost(weights, cpu));
  }

  double winogradCost(const Winograd &winograd, const CpuModel &cpu) const {
    // A vector of a product costs so much to transform from the input and to
    // the output. The sum over channels has a beginning and an end.
    constexpr double kInput = 5.0, kOutput = 4.0, kSum = 6.0;
    constexpr double kShareOfPeak = 0.75;
    double products = winograd.getProducts();
    double weights = products * channels * vectors(filters);
    double perTile = weights + products * (kInput * vectors(channels) +
                                           (kOutput + kSum) * vectors(filters));
    int64_t size = winograd.getOutputs();
    double tiles = count(size) < 0 ? kOpenPixels / (size * size) : count(size);
    return std::max(tiles * perTile / kShareOfPeak, memoryCost(weights, cpu));
  }

  /// Large enough for tiles to be whole and weights to be reused.
  static constexpr double kOpenPixels = 56 * 56;
};
} // namespace

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

/// filter[o, c, i, j], of which `bytes` are the elements that `read` orders, as
/// values[product, c, o].
template <typename T>
static void transformFilter(const Winograd &winograd, const ReadConstant &read,
                            ArrayRef<char> bytes, bool isSplat,
                            MutableArrayRef<char> values) {
  SmallVector<int64_t> stored(4, 1), strides;
  for (size_t i = 3; i-- > 0;)
    stored[i] = stored[i + 1] * read.shape[i + 1];
  for (int64_t dim : read.permutation)
    strides.push_back(isSplat ? 0 : stored[dim]);
  int64_t filters = read.shape[read.permutation[0]];
  int64_t channels = read.shape[read.permutation[1]];
  constexpr int64_t kTaps = Winograd::kTaps;
  auto matrix = winograd.getFilterMatrix();
  int64_t points = winograd.getPoints();
  for (int64_t o = 0; o < filters; ++o)
    for (int64_t c = 0; c < channels; ++c) {
      double taps[kTaps][kTaps];
      for (int64_t i = 0; i < kTaps; ++i)
        for (int64_t j = 0; j < kTaps; ++j) {
          T tap;
          int64_t at =
              o * strides[0] + c * strides[1] + i * strides[2] + j * strides[3];
          std::memcpy(&tap, bytes.data() + at * sizeof(T), sizeof(T));
          taps[i][j] = tap;
        }
      for (int64_t y = 0; y < points; ++y) {
        double line[kTaps];
        for (int64_t j = 0; j < kTaps; ++j)
          line[j] = matrix[y][0] * taps[0][j] + matrix[y][1] * taps[1][j] +
                    matrix[y][2] * taps[2][j];
        for (int64_t x = 0; x < points; ++x) {
          T value = matrix[x][0] * line[0] + matrix[x][1] * line[1] +
                    matrix[x][2] * line[2];
          int64_t at = ((y * points + x) * channels + c) * filters + o;
          std::memcpy(values.data() + at * sizeof(T), &value, sizeof(T));
        }
      }
    }
}

namespace {
struct SelectWinograd : graphopt::impl::SelectWinogradBase<SelectWinograd> {
  using SelectWinogradBase::SelectWinogradBase;

  LogicalResult initialize(MLIRContext *context) override {
    auto found = graphopt::findPassCpu(context, cpu);
    if (failed(found))
      return failure();
    model = *found;
    return success();
  }

  void runOnOperation() override {
    transformed.clear();
    replaced = ReplacedConstants();
    SmallVector<ConvOp> convs;
    getOperation()->walk([&](ConvOp op) { convs.push_back(op); });
    for (ConvOp op : convs)
      if (std::optional<Winograd> winograd = select(op))
        rewrite(op, *winograd);
    replaced.dropUnread(getOperation());
  }

private:
  static bool isPossible(ConvOp op) {
    auto filter = dyn_cast<RankedTensorType>(op.getFilter().getType());
    auto isOne = [](int64_t size) { return size == 1; };
    return filter && !op.getPacked() && filter.getRank() == 4 &&
           (filter.getElementType().isF32() ||
            filter.getElementType().isF64()) &&
           filter.getDimSize(2) == Winograd::kTaps &&
           filter.getDimSize(3) == Winograd::kTaps && op.getGroups() == 1 &&
           llvm::all_of(op.getStrides(), isOne) &&
           llvm::all_of(op.getDilations(), isOne);
  }

  /// The fastest form that is possible; none for the op as it is.
  std::optional<Winograd> select(ConvOp op) {
    if (!isPossible(op))
      return std::nullopt;
    if (outputs == 2 || outputs == 4)
      return Winograd(outputs);
    // What is saved must be worth the memory and the rounding.
    constexpr double kWorthIt = 0.85;
    ConvSizes sizes = getSizes(op);
    double least = kWorthIt * sizes.directCost(model);
    std::optional<Winograd> best;
    for (int64_t outputs : {2, 4}) {
      Winograd winograd(outputs);
      double cost = sizes.winogradCost(winograd, model);
      if (cost < least) {
        least = cost;
        best = winograd;
      }
    }
    return best;
  }

  ConvSizes getSizes(ConvOp op) {
    ArrayRef<int64_t> init = op.getInit().getType().getShape();
    return {init[0],
            init[1],
            init[2],
            op.getInput().getType().getShape().back(),
            init[3],
            model.lanes(op.getFilter().getType().getElementTypeBitWidth())};
  }

  /// Tiles whose values are in memory at a time. Those of a block stay in or near
  /// the level 2 cache, but are so many that a panel of the filter is worth
  /// loading and that threads do not wait for each other often.
  int64_t getBlock(ConvOp op, const Winograd &winograd) {
    constexpr int64_t kLeast = 24;
    int64_t bits = op.getFilter().getType().getElementTypeBitWidth();
    ConvSizes sizes = getSizes(op);
    int64_t tileBytes = winograd.getProducts() *
                        getWinogradPitch(sizes.channels, bits) * bits / 8;
    int64_t most = std::max(kLeast, 2 * model.level2Bytes / tileBytes);
    int64_t tiles = sizes.count(winograd.getOutputs());
    if (tiles < 0)
      return most;
    // Equal blocks.
    int64_t blocks = std::max<int64_t>(1, llvm::divideCeil(tiles, most));
    return std::max<int64_t>(1, llvm::divideCeil(tiles, blocks));
  }

  void rewrite(ConvOp op, const Winograd &winograd) {
    Value filter = transform(op.getFilter(), winograd);
    if (!filter)
      return;
    IRRewriter rewriter(op);
    replaced.replace(op.getFilterMutable(), filter);
    auto conv = WinogradConvOp::create(rewriter, op.getLoc(), op.getInput(),
                                       filter, op.getInit(),
                                       getBlock(op, winograd));
    conv.getExtrasMutable().assign(op.getExtras());
    conv.setMapsAttr(op.getMapsAttr());
    conv.getEpilogue().takeBody(op.getEpilogue());
    rewriter.replaceOp(op, conv);
    ++numSelected;
  }

  /// A constant of the filter's values; null if it is no constant whose bytes
  /// can be read.
  Value transform(Value filter, const Winograd &winograd) {
    std::optional<ReadConstant> read = readConstant(filter);
    if (!read || read->shape.size() != 4)
      return {};
    bool isSplat;
    std::optional<ArrayRef<char>> bytes = getBytes(read->value, isSplat);
    if (!bytes)
      return {};
    auto type = cast<RankedTensorType>(filter.getType());
    ElementsAttr &values = transformed[{read->value.getAsOpaquePointer(),
                                        read->shape, read->permutation,
                                        winograd.getOutputs()}];
    if (!values) {
      bool isF32 = type.getElementType().isF32();
      auto valuesType = RankedTensorType::get(
          {winograd.getProducts(), type.getDimSize(1), type.getDimSize(0)},
          type.getElementType());
      values = makeConstant(
          valuesType, read->value, "_winograd",
          [&](MutableArrayRef<char> data) {
            (isF32 ? transformFilter<float> : transformFilter<double>)(
                winograd, *read, *bytes, isSplat, data);
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
