#include "MatchLayers.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/NodeNames.h"
#include "dialects/Graph/ValueNames.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/MapVector.h"
#include <fmt/format.h>

using namespace mlir;
using namespace graphopt;

/// Results of ops of main that depend on constants only.
static llvm::DenseSet<Value> findConstants(func::FuncOp main) {
  llvm::DenseSet<Value> constants;
  for (Operation &op : main.front()) {
    bool isFixed = isPure(&op) && op.getNumRegions() == 0 &&
                   llvm::all_of(op.getOperands(), [&](Value operand) {
                     return constants.contains(operand);
                   });
    if (isFixed || matchPattern(&op, m_Constant()))
      constants.insert(op.result_begin(), op.result_end());
  }
  return constants;
}

static bool isMatrix(Value value) {
  constexpr int64_t fewest = 64; // smaller ones are masks and scales
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape() && type.getRank() >= 2 &&
         type.getNumElements() >= fewest;
}

/// What a node gives: the last op that it became.
static llvm::MapVector<StringRef, Operation *> findNodes(func::FuncOp main) {
  llvm::MapVector<StringRef, Operation *> nodes;
  for (Operation &op : main.front().without_terminator())
    if (StringRef name = graph::getNodeName(op.getLoc());
        !name.empty() && op.getNumResults() > 0)
      nodes[name] = &op;
  return nodes;
}

/// The last of the additions of constants, as biases are, that follow `op` one by
/// one and whose nodes are wanted.
static Operation *followBiases(Operation *op,
                               const llvm::DenseSet<Value> &constants,
                               llvm::function_ref<bool(StringRef)> isWanted) {
  while (op->getResult(0).hasOneUse()) {
    auto sum = dyn_cast<graph::BinaryOp>(*op->getResult(0).user_begin());
    if (!sum || sum.getKind() != graph::BinaryKind::Add ||
        llvm::none_of(sum->getOperands(),
                      [&](Value x) { return constants.contains(x); }) ||
        !isWanted(graph::getNodeName(sum.getLoc())))
      break;
    op = sum;
  }
  return op;
}

static std::string describe(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// Why a value of the first type cannot stand for one of the second; empty if it
/// can.
static std::string compareTypes(RankedTensorType first, Type second) {
  auto type = dyn_cast<RankedTensorType>(second);
  if (type && type.getElementType() == first.getElementType() &&
      succeeded(verifyCompatibleShape(first, type)))
    return {};
  return fmt::format("{} in the first model, {} in the second", describe(first),
                     describe(second));
}

LayerMatch graphopt::matchLayers(func::FuncOp first, func::FuncOp second) {
  llvm::DenseSet<Value> constants = findConstants(first);
  llvm::DenseSet<Value> otherConstants = findConstants(second);
  auto nodes = findNodes(first), otherNodes = findNodes(second);
  LayerMatch match;
  for (auto [name, op] : nodes) {
    Value result = op->getResult(0);
    auto type = dyn_cast<RankedTensorType>(result.getType());
    bool hasWeights = llvm::any_of(op->getOperands(), [&](Value operand) {
      return constants.contains(operand) && isMatrix(operand);
    });
    if (!hasWeights || constants.contains(result) || !type ||
        !isa<FloatType>(type.getElementType()))
      continue;
    Operation *end = followBiases(op, constants, [&](StringRef bias) {
      return otherNodes.contains(bias);
    });
    Operation *other = otherNodes.lookup(graph::getNodeName(end->getLoc()));
    if (other) // a bias that compression added
      other = followBiases(other, otherConstants, [&](StringRef bias) {
        return !nodes.contains(bias);
      });
    std::string reason =
        other ? compareTypes(cast<RankedTensorType>(end->getResult(0).getType()),
                             other->getResult(0).getType())
              : "the second model has no such node";
    if (reason.empty())
      match.layers.push_back({name.str(), getOperatorName(op), end->getResult(0),
                              other->getResult(0)});
    else
      match.others.emplace_back(name.str(), std::move(reason));
  }
  return match;
}
