//===- ShapeInference.h - Sizes as expressions of open dimensions ---------===//
//
// What is known of a tensor before the model runs: its element type, its
// dimensions, and the elements of small integer tensors (shapes, axes, pads).
// Each is an affine expression over symbols, one symbol a quantity that only
// the caller knows, such as `batch`. Type inference, lowering and the memory
// plan all read sizes here, so no op states them twice.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_SHAPEINFERENCE_H
#define GRAPHOPT_DIALECTS_GRAPH_SHAPEINFERENCE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringMap.h"

namespace graphopt::graph {

/// A tensor as far as it is known. A null expression is an unknown quantity.
struct InferredTensor {
  /// Integer tensors of at most this many elements have them tracked.
  static constexpr int64_t maxElements = 64;

  mlir::Type elementType;
  llvm::SmallVector<mlir::AffineExpr> dims;
  /// Row-major elements of an integer tensor; absent if they are not tracked.
  std::optional<llvm::SmallVector<mlir::AffineExpr>> elements = std::nullopt;

  int64_t getRank() const { return dims.size(); }
  /// Constant dimensions become static, all others open.
  mlir::RankedTensorType getType() const;
  /// All dimensions, or nothing if one is not constant.
  std::optional<llvm::SmallVector<int64_t>> getStaticShape() const;
  /// All elements, or nothing if one is not constant.
  std::optional<llvm::SmallVector<int64_t>> getConstantElements() const;
};

/// True for floats of 8 bits and less: they are moved and converted, nothing computes
/// with them.
bool isSmallFloat(mlir::Type elementType);

/// True if a value may have the inferred and the actual type at once: the
/// verifier's question, as inference may know more or less than the IR says.
bool areCompatibleTypes(mlir::TypeRange inferred, mlir::TypeRange actual);

/// Computes and remembers `InferredTensor`s.
///
/// As constructed it trusts the types of values and only looks through the ops
/// that compute elements; that is what an op's own type inference needs. After
/// `run` it knows every value of a function, in terms of its open dimensions.
class ShapeInference {
public:
  explicit ShapeInference(mlir::MLIRContext *context) : context(context) {}

  /// Infers all values of `function`. Open dimensions of arguments are named by
  /// the argument attribute `graph.dims`; equal names are one symbol.
  void run(mlir::FunctionOpInterface function);

  /// After `run`: gives results of graph ops and the function the static extents
  /// that inference found. Returns how many types became narrower.
  int64_t narrowTypes(mlir::FunctionOpInterface function);

  const InferredTensor &get(mlir::Value value);

  /// What a symbol stands for: dimension `index` of `value`, or its element; or
  /// max(positive, 0).
  struct Symbol {
    mlir::Value value;
    int64_t index;
    bool isElement;
    mlir::AffineExpr positive = {};
  };
  const Symbol &getSymbol(mlir::AffineExpr symbol) const;
  /// Calls `visit` with each value that `expr` depends on.
  void forEachValue(mlir::AffineExpr expr,
                    llvm::function_ref<void(const Symbol &)> visit) const;

  /// Emits the computation of `expr`, which must not be null, as an index.
  /// Values that symbols stand for are first replaced by `remap(value)`.
  mlir::OpFoldResult
  materialize(mlir::OpBuilder &builder, mlir::Location loc,
              mlir::AffineExpr expr,
              llvm::function_ref<mlir::Value(mlir::Value)> remap) const;

  // Arithmetic. A null operand, or a result that no affine expression can say,
  // gives null.
  mlir::AffineExpr constant(int64_t value) const;
  mlir::AffineExpr add(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  mlir::AffineExpr sub(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  mlir::AffineExpr mul(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  mlir::AffineExpr floorDiv(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  mlir::AffineExpr product(llvm::ArrayRef<mlir::AffineExpr> factors) const;
  /// max(expr, 0), the only way to say what is clamped: sums of these join and
  /// cancel as all sums do, min(n, 3) + max(n - 3, 0) is n.
  mlir::AffineExpr positivePart(mlir::AffineExpr expr);
  mlir::AffineExpr min(mlir::AffineExpr lhs, mlir::AffineExpr rhs) {
    return sub(lhs, positivePart(sub(lhs, rhs)));
  }
  mlir::AffineExpr max(mlir::AffineExpr lhs, mlir::AffineExpr rhs) {
    return add(rhs, positivePart(sub(lhs, rhs)));
  }
  /// product(numerator) / product(denominator), where that leaves no remainder;
  /// equal factors cancel.
  mlir::AffineExpr quotient(llvm::ArrayRef<mlir::AffineExpr> numerator,
                            llvm::ArrayRef<mlir::AffineExpr> denominator) const;
  /// True if `expr` can be shown to be >= 0, for whatever sizes.
  bool isNonNegative(mlir::AffineExpr expr) const;
  /// True for a size like min(n, 1): not constant, but never more than 1.
  bool isOneUnlessEmpty(mlir::AffineExpr size) const;
  /// True if two sizes differ, but would not if something was not clamped, or
  /// was: n and min(n, 512).
  bool areEqualUnlessClamped(mlir::AffineExpr lhs, mlir::AffineExpr rhs) const;
  bool isClamped(mlir::AffineExpr size) const {
    return static_cast<bool>(findPositivePart(size));
  }
  /// True if `expr` is known and made of constants and dimensions only, not of
  /// elements that the run reads.
  bool isSize(mlir::AffineExpr expr) const;

  mlir::MLIRContext *getContext() const { return context; }
  /// True once a constant did not fit into 64 bits; the result was null.
  bool hasOverflowed() const { return overflowed; }
  /// After `run`: the first op where that was so.
  mlir::Operation *getOverflowedOp() const { return overflowedOp; }

private:
  mlir::AffineExpr symbol(mlir::Value value, int64_t index, bool isElement);
  mlir::AffineExpr addScaled(mlir::AffineExpr lhs, mlir::AffineExpr rhs,
                             int64_t scale) const;
  /// A positive part that `expr` has as a symbol; null if it has none.
  mlir::AffineExpr findPositivePart(mlir::AffineExpr expr) const;
  /// `expr` where the operand of one of its positive parts is > 0, or is not.
  mlir::AffineExpr assume(mlir::AffineExpr expr, mlir::AffineExpr part,
                          bool isPositive) const;
  bool isSumOfSizes(mlir::AffineExpr expr) const;
  /// The same as isNonNegative where all of `known` are >= 0.
  bool follows(mlir::AffineExpr expr,
               llvm::ArrayRef<mlir::AffineExpr> known) const;
  bool canVanish(mlir::AffineExpr expr, unsigned depth) const;
  InferredTensor infer(mlir::Value value);
  InferredTensor fromType(mlir::Value value);
  std::optional<InferredTensor> fromOp(mlir::OpResult value);
  void name(mlir::FunctionOpInterface function);

  mlir::MLIRContext *context;
  /// Whether dimensions too are inferred through ops (after `run`).
  bool wholeFunction = false;
  unsigned depth = 0;
  llvm::DenseMap<mlir::Value, std::unique_ptr<InferredTensor>> known;
  llvm::SmallVector<Symbol> symbols;
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, unsigned> symbolOf[2];
  llvm::DenseMap<mlir::AffineExpr, mlir::AffineExpr> positivePartOf;
  mutable bool overflowed = false;
  mlir::Operation *overflowedOp = nullptr;
};

/// The value of a constant expression.
std::optional<int64_t> getConstant(mlir::AffineExpr expr);

/// The elements of a constant float tensor.
std::optional<llvm::SmallVector<double>> getConstantFloats(mlir::Value value);

/// Dimensions of the result of a broadcast of all `operands` (NumPy's rules), or
/// failure with a message at `loc` if two extents cannot be one. Sizes that are
/// equal unless clamped are taken for equal; the run refuses others.
llvm::FailureOr<llvm::SmallVector<mlir::AffineExpr>>
inferBroadcast(const ShapeInference &shapes, std::optional<mlir::Location> loc,
               llvm::ArrayRef<llvm::ArrayRef<mlir::AffineExpr>> operands);

/// `axis` counted from the front, or failure with a message if it is not in
/// [-rank, rank).
llvm::FailureOr<int64_t> normalizeAxis(std::optional<mlir::Location> loc,
                                       int64_t axis, int64_t rank);

/// The same for a list of different axes; the message calls it `axes`.
llvm::FailureOr<llvm::SmallVector<int64_t>>
normalizeAxes(std::optional<mlir::Location> loc, llvm::ArrayRef<int64_t> axes,
              int64_t rank);

/// The length of a one-dimensional tensor that an op needs to be static, or
/// failure with a message that calls it `name`.
llvm::FailureOr<int64_t> inferLength(std::optional<mlir::Location> loc,
                                     const InferredTensor &list,
                                     llvm::StringRef name);

} // namespace graphopt::graph

#endif
