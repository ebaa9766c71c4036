//===- Attention.h - Attention as exporters write it ----------------------===//
//
// softmax(f(q * transpose(k))) * v, where f scales, caps and masks. Matching
// changes nothing; what it finds is emitted afterwards.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_ATTENTION_H
#define GRAPHOPT_LIB_TRANSFORMS_ATTENTION_H

#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Elementwise.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace graphopt {

using Extents = llvm::ArrayRef<mlir::AffineExpr>;

/// Shows heads to `lookThrough` that a reshape joins with the batch at once, as
/// PyTorch's MultiheadAttention does.
void splitHeads(mlir::func::FuncOp function, graph::ShapeInference &shapes);

//===--- Factors
//-----------------------------------------------------------===//

/// A tensor as many matrices, as the factor of a product sees it.
struct Matrices {
  /// One dimension of those that count matrices.
  struct Dim {
    mlir::AffineExpr extent;
    /// Of `value`; nothing if it has no such dimension.
    std::optional<int64_t> index;
    /// All matrices along it are the same one: `value` has an extent of 1.
    bool isRepeated = false;
  };

  mlir::Value value;
  llvm::SmallVector<Dim> batch;
  int64_t rows, columns; ///< dimensions of `value`
  double scale = 1;      ///< what all elements are multiplied with
};

/// lhs[b..., m, k] * rhs[b..., k, n], where rhs is seen as [b..., k, n] or
/// transposed, as [b..., n, k].
struct Product {
  mlir::Operation *op;
  Matrices lhs, rhs;
  double scale = 1;
  /// The result's dimensions, each with its position in [b..., m, n].
  llvm::SmallVector<int64_t> order;
};

/// `op` as a product of as many matrices as its result has; nothing if it is
/// another operation or if factors may broadcast.
std::optional<Product> matchProduct(mlir::Operation *op, bool transposesRhs,
                                    graph::ShapeInference &shapes);

/// `matrices`, and what they are made of by moving, scaling and repeating them.
llvm::SmallVector<Matrices> lookThrough(const Matrices &matrices,
                                        graph::ShapeInference &shapes);

/// Two extents that count matrices: [batch, heads].
struct Heads {
  mlir::AffineExpr batch, heads;
};

/// How dimensions that count matrices become two: the first `numBatch` of them
/// are the batch, the others heads. Repeated ones are the last.
struct HeadSplit {
  size_t numBatch;
  mlir::AffineExpr heads; ///< without repeated ones
};

std::optional<HeadSplit> splitHeads(llvm::ArrayRef<Matrices::Dim> batch,
                                    const Heads &wanted,
                                    graph::ShapeInference &shapes);

/// `matrices` as [batch, heads, rows, columns].
mlir::Value emitMatrices(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                         const Matrices &matrices, const HeadSplit &split);

/// `value`, whose first dimensions are joined in groups: one for each group, of
/// extent 1 if it is empty. The others stay.
mlir::Value emitGrouped(mlir::ImplicitLocOpBuilder &b, mlir::Value value,
                        llvm::ArrayRef<int64_t> groups);

//===--- Scores
//------------------------------------------------------------===//

/// What is added to scores, or replaces them.
struct Mask {
  enum class Kind { Add, Keep };
  Kind kind;
  mlir::Value value;
  double factor = 1;       ///< Add: what `value` is multiplied with
  double fill = 0;         ///< Keep: what scores become that are not kept
  bool isInverted = false; ///< Keep: `value` is true where they are not
  /// The extents of the scores where this happens.
  llvm::SmallVector<mlir::AffineExpr> scores;
};

/// Scores from the product of queries and keys on.
struct Scores {
  std::optional<Product> product;
  double scale = 1;
  double softcap = 0;
  /// The last that is applied is the first.
  llvm::SmallVector<Mask> masks;
  /// A factor that only the run knows, equal for all keys of a query, and the
  /// extents of the scores where it is applied.
  mlir::Value factor;
  llvm::SmallVector<mlir::AffineExpr> factorScores;
};

/// Follows `value`, which only a softmax along the last dimension reads, to the
/// product that it is computed from. Fails with a reason.
llvm::FailureOr<Scores> matchScores(mlir::Value value,
                                    graph::ShapeInference &shapes,
                                    std::string &reason);

/// True if besides `op` only the shape of `value` is read.
bool isReadOnlyBy(mlir::Value value, mlir::Operation *op);

/// The number that all elements of a constant have.
std::optional<double> getSplat(mlir::Value value);

/// exp(x - max(x)) / sum(exp(x - max(x)))  =>  softmax(x)
llvm::LogicalResult fuseSoftmax(graph::BinaryOp op,
                                mlir::PatternRewriter &rewriter);

//===--- Masks
//-------------------------------------------------------------===//

/// The scores that masks are for: [batch, heads, m, n].
struct ScoreShape {
  Heads heads;
  mlir::AffineExpr rows, columns;
};

/// What is left of masks once those that are known became an attribute.
struct KnownMasks {
  llvm::SmallVector<Mask> masks;
  graph::Causal causal = graph::Causal::None;
};

KnownMasks findCausal(llvm::ArrayRef<Mask> masks, const ScoreShape &shape,
                      graph::ShapeInference &shapes);

/// The order that a condition, `value` or its opposite, says, if it is exactly
/// that; None if it is something else.
graph::Causal matchCausalCondition(mlir::Value value, bool isInverted,
                                   const ScoreShape &shape,
                                   graph::ShapeInference &shapes);

/// A tensor of `fill` where a condition, or its opposite, holds; 0 elsewhere.
struct Filled {
  mlir::Value condition;
  bool isInverted;
  double fill;
};

/// graph.where of two numbers, or graph.trilu of one, as its own condition.
std::optional<Filled> matchFilled(mlir::Value value);

/// True if `masks` can be one operand for scores of `shape`. Fails with a
/// reason.
llvm::LogicalResult checkMasks(llvm::ArrayRef<Mask> masks,
                               const ScoreShape &shape, mlir::Type elementType,
                               graph::ShapeInference &shapes,
                               std::string &reason);

/// The operand, after checkMasks; null without masks. Values of the masks are
/// first replaced by `remap(value)`.
mlir::Value emitMasks(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<Mask> masks,
                      const ScoreShape &shape, mlir::Type elementType,
                      graph::ShapeInference &shapes,
                      llvm::function_ref<mlir::Value(mlir::Value)> remap);

} // namespace graphopt

#endif
