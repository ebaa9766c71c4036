#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "dialects/Graph/Window.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace graphopt {
#define GEN_PASS_DEF_SPLITTRANSPOSEDCONVS
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

static bool areAll(ArrayRef<int64_t> values, int64_t value) {
  return llvm::all_of(values, [&](int64_t v) { return v == value; });
}

/// True if each element of the result lies under one element of the input, and
/// nothing is cut off.
static bool doWindowsTouch(ConvOp op) {
  std::optional<ArrayRef<int64_t>> steps = op.getInputDilations();
  if (!steps || op.getOutputShape() || op.getGroups() != 1 ||
      op.getAutoPad().value_or(AutoPad::NotSet) != AutoPad::NotSet ||
      !areAll(op.getStrides(), 1) || !areAll(op.getDilations(), 1))
    return false;
  ArrayRef<int64_t> kernel =
      cast<RankedTensorType>(op.getFilter().getType()).getShape().drop_front(2);
  size_t spatial = steps->size();
  for (size_t i = 0; i < spatial; ++i)
    if (kernel[i] != (*steps)[i] || op.getPads()[i] != kernel[i] - 1 ||
        op.getPads()[spatial + i] != kernel[i] - 1)
      return false;
  return true;
}

namespace {
/// Emits the parts of a transposed convolution with touching windows.
class Splitter : ImplicitLocOpBuilder {
public:
  Splitter(ConvOp op, OpBuilder &b)
      : ImplicitLocOpBuilder(op.getLoc(), b), op(op),
        filterType(cast<RankedTensorType>(op.getFilter().getType())),
        columns(filterType.getShape().back()),
        lines(filterType.getRank() == 4 ? filterType.getDimSize(2) : 1) {}

  /// Elements of a part's result that lie together in memory.
  int64_t run() const { return columns * filterType.getDimSize(0); }

  /// Each part gives one of the lines that an input line becomes; `function` is
  /// applied to it.
  Value emit(llvm::function_ref<Value(OpBuilder &, Value)> function) {
    SmallVector<Value> parts;
    for (Value filter : makeFilters())
      parts.push_back(function(*this, emitConv(filter)));
    // Line after line along W: where [N, H * lines, W, ...] has them, too.
    Value joined = lines == 1
                       ? parts.front()
                       : ConcatOp::create(*this, parts, 2).getResult();
    // [N, H, W, columns * O] each  =>  [N, H * lines, W * columns, O]
    int64_t rank = filterType.getRank();
    SmallVector<int64_t> more(rank, 1), fewer(rank, 1);
    more[1] = lines;
    more[rank - 2] *= columns;
    fewer[rank - 1] = columns;
    Value shape = ShapeOp::create(*this, parts.front());
    shape = BinaryOp::create(*this, BinaryKind::Mul, shape, ints(more));
    shape = BinaryOp::create(*this, BinaryKind::Div, shape, ints(fewer));
    return ReshapeOp::create(*this, op.getType(), joined, shape,
                             /*allowZero=*/true);
  }

private:
  Value ints(ArrayRef<int64_t> values) {
    return arith::ConstantOp::create(*this, getI64TensorAttr(values));
  }

  /// One filter a line, [columns * O, C, 1...].
  SmallVector<Value> makeFilters() {
    int64_t rank = filterType.getRank(), spatial = rank - 2;
    // The first column of a window is under the last of the filter.
    SmallVector<int64_t> last(spatial, -1), before(spatial, INT64_MIN);
    auto dims = llvm::to_vector(llvm::seq<int64_t>(2, rank));
    Value taps = SliceOp::create(*this, op.getFilter(), ints(last), ints(before),
                                 ints(dims), ints(last));
    SmallVector<int64_t> order(dims);
    order.append({0, 1});
    taps = TransposeOp::create(*this, taps, order);
    SmallVector<int64_t> shape{run(), filterType.getDimSize(1)};
    shape.append(spatial, 1);
    SmallVector<Value> filters;
    for (int64_t line = 0; line < lines; ++line) {
      Value own = lines == 1 ? taps
                             : SliceOp::create(*this, taps, ints({line}),
                                               ints({line + 1}), ints({0}),
                                               ints({1}))
                                   .getResult();
      filters.push_back(
          ReshapeOp::create(*this, own, ints(shape), /*allowZero=*/true));
    }
    return filters;
  }

  Value emitConv(Value filter) {
    Value bias = op.getBias();
    if (bias)
      bias = TileOp::create(*this, bias, ints({columns}));
    int64_t spatial = filterType.getRank() - 2;
    SmallVector<int64_t> ones(spatial, 1), none(2 * spatial, 0);
    return ConvOp::create(*this, op.getInput(), filter, bias, ones, ones, none,
                          /*groups=*/1, AutoPadAttr(), DenseI64ArrayAttr(),
                          DenseI64ArrayAttr(), /*channels_last=*/true);
  }

  ConvOp op;
  RankedTensorType filterType;
  int64_t columns, lines;
};
} // namespace

/// transposed_conv(x, w)
///   =>  concat(conv1x1(x, w[:, :, 0]), conv1x1(x, w[:, :, 1]), ...)
///
/// A function of the result moves into the parts, where it is applied to sums
/// in registers; not if these would be mostly empty.
static LogicalResult splitTransposedConv(ConvOp op, PatternRewriter &rewriter) {
  constexpr int64_t kWideRun = 16;
  auto filter = cast<RankedTensorType>(op.getFilter().getType());
  if (!op.getChannelsLast() || filter.getRank() > 4 ||
      !filter.hasStaticShape() || !doWindowsTouch(op))
    return rewriter.notifyMatchFailure(op, "its windows do not touch");
  Splitter splitter(op, rewriter);
  auto unary = op->hasOneUse() ? dyn_cast<UnaryOp>(*op->user_begin()) : UnaryOp();
  if (!unary || splitter.run() < kWideRun) {
    rewriter.replaceOp(
        op, splitter.emit([](OpBuilder &, Value part) { return part; }));
    return success();
  }
  Value result = splitter.emit([&](OpBuilder &b, Value part) -> Value {
    return UnaryOp::create(b, unary.getLoc(), unary.getKind(), part);
  });
  rewriter.replaceOp(unary, result);
  rewriter.eraseOp(op);
  return success();
}

namespace {
struct SplitTransposedConvs
    : graphopt::impl::SplitTransposedConvsBase<SplitTransposedConvs> {
  using SplitTransposedConvsBase::SplitTransposedConvsBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add(splitTransposedConv);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
