//===- Lowering.h - What all lowerings of graph ops share -----------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_LOWERING_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_LOWERING_H

#include "IndexMath.h"
#include "dialects/Graph/Graph.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/DialectConversion.h"

namespace graphopt {

/// Signless integers stay, unsigned ones become signless, those of less than a byte
/// and floats of a byte or less become i8, strings the addresses of their bytes. Sequences,
/// optional values and tensors of any rank become i64.
struct TensorTypeConverter : mlir::TypeConverter {
  TensorTypeConverter();
};

/// Builds ops for the value that one graph op computes. The builder behind it
/// inserts before that op.
///
/// Sizes are those `ShapeInference` found on the graph as it was before the
/// conversion; "graph value" means a value of that graph.
class Lowering {
public:
  Lowering(mlir::ConversionPatternRewriter &builder, mlir::Operation *op,
           const mlir::TypeConverter &types, graph::ShapeInference &shapes)
      : b(builder), loc(op->getLoc()), op(op), types(types), shapes(shapes) {}

  const graph::InferredTensor &get(mlir::Value graphValue) {
    return shapes.get(graphValue);
  }
  /// The lowered form of a graph value that is defined before the op.
  mlir::Value lowered(mlir::Value graphValue);
  /// The same with all that inference knows in its type.
  mlir::Value known(mlir::Value graphValue);
  /// `expr` as an index, computed before the op.
  mlir::OpFoldResult size(mlir::AffineExpr expr);
  mlir::SmallVector<mlir::OpFoldResult>
  sizes(llvm::ArrayRef<mlir::AffineExpr> dims);
  mlir::SmallVector<mlir::OpFoldResult> sizes(mlir::Value graphValue) {
    return sizes(get(graphValue).dims);
  }
  /// Element `position` of a one-dimensional integer graph value, as an index.
  mlir::Value entry(mlir::Value graphList, int64_t position);
  /// True if the expression can be computed before the op: the op's own results
  /// are not needed.
  bool isComputable(mlir::AffineExpr expr);

  /// The element type a graph element type is lowered to.
  mlir::Type element(mlir::Type graphElement);
  /// An uninitialized tensor.
  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes,
                    mlir::Type loweredElement);
  mlir::Value filled(llvm::ArrayRef<mlir::OpFoldResult> sizes,
                     mlir::Value scalar);
  mlir::Value constantIndex(int64_t value);
  mlir::Value asIndex(mlir::OpFoldResult size);
  /// A scalar constant of any lowered element type.
  mlir::Value constant(mlir::Type type, double value);

  /// `part` at a place in `whole`, which is no longer used: tensor.insert_slice.
  mlir::Value insert(mlir::Value part, mlir::Value whole,
                     llvm::ArrayRef<mlir::OpFoldResult> offsets,
                     llvm::ArrayRef<mlir::OpFoldResult> sizes);
  /// A tensor.extract_slice, also of sizes and positions that its verifier
  /// refuses: nothing, taken at or beyond the end. Absent strides are 1.
  mlir::Value slice(mlir::Value source,
                    llvm::ArrayRef<mlir::OpFoldResult> offsets,
                    llvm::ArrayRef<mlir::OpFoldResult> sizes,
                    llvm::ArrayRef<mlir::OpFoldResult> strides = {});

  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location,
                                              mlir::ValueRange)>;
  /// A linalg.generic with only parallel loops over `resultSizes`; `body` gets
  /// one scalar an input and gives the result's element.
  mlir::Value map(mlir::ValueRange inputs, llvm::ArrayRef<mlir::AffineMap> maps,
                  llvm::ArrayRef<mlir::OpFoldResult> resultSizes,
                  mlir::Type resultElement, Body body);
  /// The same where inputs are graph values that broadcast against the result.
  mlir::Value broadcastMap(mlir::ValueRange graphInputs,
                           mlir::Value graphResult, mlir::Type resultElement,
                           Body body);
  /// The lowered `graphInput` so that it can be read through `map`, a map over
  /// `resultDims`, which it broadcasts to. It is copied where only the run
  /// tells which of its extents are repeated; the run refuses an extent that is
  /// neither 1 nor the result's.
  mlir::Value expand(mlir::Value graphInput,
                     llvm::ArrayRef<mlir::AffineExpr> resultDims,
                     llvm::ArrayRef<mlir::OpFoldResult> resultSizes,
                     mlir::AffineMap &map);
  /// The sizes of the broadcast of `shapes`, whose dimensions inference said to
  /// be `resultDims`.
  mlir::SmallVector<mlir::OpFoldResult>
  broadcastSizes(llvm::ArrayRef<llvm::ArrayRef<mlir::AffineExpr>> shapes,
                 llvm::ArrayRef<mlir::AffineExpr> resultDims);
  /// Without inputs: `body` gets the index of the element.
  mlir::Value generate(llvm::ArrayRef<mlir::OpFoldResult> resultSizes,
                       mlir::Type resultElement, Body body);
  /// The run ends with GRAPHOPT_BAD_DATA unless `condition` (an i1) holds.
  void require(mlir::Value condition, llvm::StringRef message);
  /// The same for `expr` >= 0, which inference took for granted; nothing is
  /// emitted where it is certain.
  void requireNonNegative(mlir::AffineExpr expr, llvm::StringRef message);
  /// The same for two extents that are one.
  void requireEqual(mlir::AffineExpr lhs, mlir::AffineExpr rhs,
                    llvm::StringRef message);
  /// Tensors without elements, if inference says that no result of the op has
  /// any: nothing is left to compute.
  std::optional<llvm::SmallVector<mlir::Value>> emptyResults();
  /// Gives `value` exactly the type that the lowered `graphResult` must have.
  mlir::Value conform(mlir::Value value, mlir::Value graphResult);

  /// For computations before the op.
  IndexMath math() { return {b, loc}; }

  mlir::ConversionPatternRewriter &b;
  mlir::Location loc;
  mlir::Operation *op;
  const mlir::TypeConverter &types;
  graph::ShapeInference &shapes;
};

/// A conversion pattern for one op: `lower` gives the values of its results, or
/// null after a match failure.
template <typename Op>
class LoweringPattern : public mlir::OpConversionPattern<Op> {
public:
  using Adaptor = typename Op::Adaptor;

  LoweringPattern(const mlir::TypeConverter &types, mlir::MLIRContext *context,
                  graph::ShapeInference &shapes)
      : mlir::OpConversionPattern<Op>(types, context), shapes(shapes) {}

  virtual llvm::FailureOr<mlir::SmallVector<mlir::Value>>
  lower(Op op, Adaptor in, Lowering &lowering) const = 0;

  mlir::LogicalResult
  matchAndRewrite(Op op, Adaptor in,
                  mlir::ConversionPatternRewriter &rewriter) const final {
    Lowering lowering(rewriter, op, *this->getTypeConverter(), shapes);
    llvm::FailureOr<llvm::SmallVector<mlir::Value>> values;
    if (auto empty = lowering.emptyResults())
      values = std::move(*empty);
    else
      values = lower(op, in, lowering);
    if (mlir::failed(values))
      return mlir::failure();
    for (auto [value, result] : llvm::zip_equal(*values, op->getResults()))
      if (value)
        value = lowering.conform(value, result);
    rewriter.replaceOp(op, *values);
    return mlir::success();
  }

private:
  graph::ShapeInference &shapes;
};

/// What the populate function of each family gets.
struct LoweringPatterns {
  mlir::RewritePatternSet &patterns;
  const mlir::TypeConverter &types;
  graph::ShapeInference &shapes;

  template <typename... Patterns> void add() {
    (patterns.add<Patterns>(types, patterns.getContext(), shapes), ...);
  }
};

// One function a family, in <Family>.cpp.
#define GRAPHOPT_FAMILY(Family)                                                \
  void populate##Family##Lowering(LoweringPatterns);
#include "dialects/Graph/Families.def"
#undef GRAPHOPT_FAMILY

} // namespace graphopt

#endif
