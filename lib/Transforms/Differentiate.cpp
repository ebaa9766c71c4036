#include "Gradients.h"
#include "dialects/Graph/Control.h"
#include "graphopt/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace graphopt {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "graphopt/Transforms/Passes.h.inc"
} // namespace graphopt

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// What `op` and its regions read.
static SetVector<Value> getReads(Operation *op) {
  SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads;
}

/// The ops that `y` is computed by from `names` and what is not computed of them, each
/// after those that it reads.
static SmallVector<Operation *> getComputation(Value y, const DenseSet<Value> &names) {
  SetVector<Operation *> done;
  // Each op with what it reads and is still to be visited.
  SmallVector<std::pair<Operation *, SmallVector<Value>>> path;
  auto visit = [&](Value value) {
    Operation *op = value.getDefiningOp();
    if (op && !names.contains(value) && !done.contains(op))
      path.emplace_back(op, getReads(op).takeVector());
  };
  visit(y);
  while (!path.empty()) {
    auto &[op, reads] = path.back();
    if (!reads.empty()) {
      visit(reads.pop_back_val());
      continue;
    }
    done.insert(op);
    path.pop_back();
  }
  return SmallVector<Operation *>(done.getArrayRef());
}

namespace {
/// Replaces one op by what computes its results.
class Differentiation {
public:
  Differentiation(GradientOp op, const GradientRules &rules)
      : op(op), b(op.getLoc(), op), gradients(rules, b) {}

  LogicalResult run() {
    if (failed(bindNames()))
      return failure();
    for (Operation *part : getComputation(op.getY(), names)) {
      Operation *at = copyIfChanged(part);
      if (!at || failed(gradients.record(at)))
        return failure();
      computation.push_back(at);
    }
    Value y = map.lookupOrDefault(op.getY());
    if (gradients.wants(y))
      gradients.add(y, b.full(b.shape(y), b.element(y), 1));
    if (failed(gradients.reverse(computation)))
      return failure();
    replace();
    return success();
  }

private:
  /// The tensors that have names, and what is in their place.
  LogicalResult bindNames() {
    SmallVector<Value> all(op.getXs());
    llvm::append_range(all, op.getZs());
    for (auto [i, name, input] : llvm::enumerate(all, op.getInputs())) {
      bool isX = i < op.getXs().size();
      if (!names.insert(name).second)
        return op.emitError() << (isX ? "x " : "z ")
                              << (isX ? i : i - op.getXs().size())
                              << " is a tensor that was named before";
      Value at = input;
      // One input may be in several places: each x is a value of its own.
      if (isX && name != input)
        at = CastOp::create(b, input, b.element(input));
      map.map(name, at);
      if (!isX)
        continue;
      places.push_back(at);
      gradients.want(at);
    }
    return success();
  }

  /// `part` on what is in the place of its operands. Null after an error.
  Operation *copyIfChanged(Operation *part) {
    auto isChanged = [&](Value value) { return map.lookupOrDefault(value) != value; };
    if (llvm::none_of(getReads(part), isChanged))
      return part;
    Operation *copy = b.clone(*part, map);
    if (auto inference = dyn_cast<InferTypeOpInterface>(copy)) {
      SmallVector<Type> types;
      if (failed(inference.inferReturnTypes(
              copy->getContext(), copy->getLoc(), copy->getOperands(),
              copy->getRawDictionaryAttrs(), copy->getPropertiesStorage(),
              copy->getRegions(), types)))
        return nullptr;
      for (auto [result, type] : llvm::zip_equal(copy->getResults(), types))
        result.setType(type);
    } else if (!hasSameTypes(part, copy)) {
      gradients.emitError(part) << "it is computed again, of tensors of other types";
      return nullptr;
    }
    return copy;
  }

  static bool hasSameTypes(Operation *op, Operation *copy) {
    SetVector<Value> reads = getReads(op), copied = getReads(copy);
    return llvm::equal(reads, copied, [](Value lhs, Value rhs) {
      return lhs.getType() == rhs.getType();
    });
  }

  void replace() {
    for (auto [result, place] : llvm::zip_equal(op.getResults(), places)) {
      Value gradient = gradients.get(place);
      if (!gradient)
        gradient = b.zerosLike(place);
      if (gradient.getType() != result.getType())
        gradient = tensor::CastOp::create(b, result.getType(), gradient);
      result.replaceAllUsesWith(gradient);
    }
    op.erase();
  }

  GradientOp op;
  GradientMath b;
  Gradients gradients;
  DenseSet<Value> names;
  IRMapping map;
  SmallVector<Value> places; ///< of each x
  SmallVector<Operation *> computation;
};

struct Differentiate : graphopt::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;

  void runOnOperation() override {
    // In their order: a gradient of a gradient finds ops in the place of that one.
    SmallVector<GradientOp> ops;
    getOperation().walk([&](GradientOp op) { ops.push_back(op); });
    if (ops.empty())
      return;
    GradientRules rules;
    for (GradientOp op : ops)
      if (failed(Differentiation(op, rules).run()))
        return signalPassFailure();
  }
};
} // namespace
