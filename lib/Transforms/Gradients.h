//===- Gradients.h - Derivatives from a result back to operands -----------===//
//
// Reverse mode: the gradient of a value is the derivative of one number by each
// of its elements. A rule gets those of an op's results and adds those of its
// operands.
//
//===----------------------------------------------------------------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_GRADIENTS_H
#define GRAPHOPT_LIB_TRANSFORMS_GRADIENTS_H

#include "GradientMath.h"
#include "llvm/ADT/DenseSet.h"

namespace graphopt {

class Gradients;

/// What is known of each op's derivative, by the op's name.
class GradientRules {
public:
  using Rule = std::function<llvm::LogicalResult(mlir::Operation *, Gradients &)>;

  /// The rules of all ops.
  GradientRules();

  /// Null if the op has none.
  const Rule *find(mlir::Operation *op) const;

  /// A rule fails with an error.
  template <typename OpTy>
  void add(llvm::LogicalResult (*rule)(OpTy, Gradients &)) {
    rules[OpTy::getOperationName()] = [rule](mlir::Operation *op, Gradients &g) {
      return rule(mlir::cast<OpTy>(op), g);
    };
  }
  template <typename OpTy> void add(void (*rule)(OpTy, Gradients &)) {
    rules[OpTy::getOperationName()] = [rule](mlir::Operation *op, Gradients &g) {
      rule(mlir::cast<OpTy>(op), g);
      return llvm::success();
    };
  }
  /// The op's results, built of ops that have rules.
  template <typename OpTy>
  void rebuild(llvm::SmallVector<mlir::Value> (*build)(OpTy, GradientMath &));

private:
  llvm::StringMap<Rule> rules;
};

/// Gradients of values while ops are gone through from the last to the first.
class Gradients {
public:
  /// Ops are built by `b`; its function must not change otherwise.
  Gradients(const GradientRules &rules, GradientMath &b);

  /// Says that derivatives by `value` are asked for.
  void want(mlir::Value value) { active.insert(value); }
  /// True if `value` depends on what is asked for in a way that has a derivative.
  bool wants(mlir::Value value) const { return active.contains(value); }
  /// Takes `op`, the next one of the computation, into account.
  llvm::LogicalResult record(mlir::Operation *op);
  /// Goes back through `ops`, which were recorded in this order.
  llvm::LogicalResult reverse(llvm::ArrayRef<mlir::Operation *> ops);

  /// The gradient of a value, null if it is 0.
  mlir::Value get(mlir::Value value) const { return gradients.lookup(value); }

  // For rules.

  /// Adds to the gradient of `value`, which may have been repeated, as broadcasting
  /// does it, to the shape of `gradient`. Nothing if nobody wants it, or it is null.
  void add(mlir::Value value, mlir::Value gradient);
  /// The sum over what repeats `like` to the shape of `value`.
  mlir::Value sumTo(mlir::Value value, mlir::Value like);
  /// Goes through what `build` makes instead of `op`, one value a result.
  llvm::LogicalResult
  through(mlir::Operation *op,
          llvm::function_ref<llvm::SmallVector<mlir::Value>()> build);

  GradientMath &math() { return b; }
  graph::ShapeInference &getShapes() { return shapes; }
  mlir::InFlightDiagnostic emitError(mlir::Operation *op) const;

private:
  mlir::Value sumRepeated(mlir::Value value, mlir::Value like,
                          const llvm::BitVector &maybeRepeated);

  const GradientRules &rules;
  GradientMath &b;
  graph::ShapeInference shapes;
  llvm::DenseSet<mlir::Value> active;
  llvm::DenseMap<mlir::Value, mlir::Value> gradients;
};

template <typename OpTy>
void GradientRules::rebuild(llvm::SmallVector<mlir::Value> (*build)(OpTy, GradientMath &)) {
  rules[OpTy::getOperationName()] = [build](mlir::Operation *op, Gradients &g) {
    return g.through(op, [&] { return build(mlir::cast<OpTy>(op), g.math()); });
  };
}

/// The axes of an op's attribute, counted from the front.
llvm::SmallVector<int64_t> countFromFront(llvm::ArrayRef<int64_t> axes, int64_t rank);
inline int64_t countFromFront(int64_t axis, int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

// Each family has its rules in a file.
void addElementwiseGradients(GradientRules &rules);
void addIndexingGradients(GradientRules &rules);
void addLinearGradients(GradientRules &rules);
void addNormalizationGradients(GradientRules &rules);
void addReductionGradients(GradientRules &rules);
void addShapeGradients(GradientRules &rules);
void addSlicingGradients(GradientRules &rules);
void addWindowGradients(GradientRules &rules);

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_GRADIENTS_H
