#include "graphopt/Transforms/ResidualBlocks.h"
#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Convolution.h"
#include "dialects/Graph/Cost.h"
#include "dialects/Graph/Linear.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/ValueNames.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using OpSet = llvm::SetVector<Operation *>;

static bool isConstant(Value value) { return matchPattern(value, m_Constant()); }

static bool isProductWithWeights(Operation *op) {
  return isa<MatMulOp, GemmOp, ConvOp>(op) &&
         (isConstant(op->getOperand(0)) || isConstant(op->getOperand(1)));
}

/// What the op reads, in bodies that it has as well.
static void forEachOperand(Operation *op,
                           llvm::function_ref<void(Value)> visit) {
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      visit(operand);
  });
}

/// All that `value` is computed from, back to the definition of `begin` if that is
/// given; extents are no dependence.
static OpSet listSources(Value value, Value begin) {
  OpSet sources;
  Operation *first = begin ? begin.getDefiningOp() : nullptr;
  auto add = [&](Value operand) {
    Operation *op = operand.getDefiningOp();
    if (op && op->getBlock() == value.getParentBlock() &&
        !isa<ShapeOp, SizeOp>(op) && (!first || first->isBeforeInBlock(op)))
      sources.insert(op);
  };
  add(value);
  for (size_t i = 0; i < sources.size(); ++i)
    forEachOperand(sources[i], add);
  return sources;
}

/// The ops between: those that need `from` and that `to` needs.
static OpSet listBetween(Value from, Value to) {
  SmallVector<Operation *> sources(listSources(to, from).takeVector());
  llvm::sort(sources, [](Operation *a, Operation *b) {
    return a->isBeforeInBlock(b);
  });
  OpSet between;
  for (Operation *op : sources) {
    bool needs = false;
    forEachOperand(op, [&](Value operand) {
      needs |= operand == from || between.contains(operand.getDefiningOp());
    });
    if (needs)
      between.insert(op);
  }
  return between;
}

//===----------------------------------------------------------------------===//
// What goes with a block
//===----------------------------------------------------------------------===//

/// Ops that nobody needs once `from` is read in place of `to`.
static OpSet listDead(Bypass bypass) {
  OpSet dead;
  auto isDead = [&](Operation *op) {
    return isMemoryEffectFree(op) && op != bypass.from.getDefiningOp() &&
           llvm::all_of(op->getResults(), [&](Value result) {
             return result == bypass.to ||
                    llvm::all_of(result.getUsers(), [&](Operation *user) {
                      return dead.contains(
                          op->getBlock()->findAncestorOpInBlock(*user));
                    });
           });
  };
  if (Operation *op = bypass.to.getDefiningOp(); op && isDead(op))
    dead.insert(op);
  for (size_t i = 0; i < dead.size(); ++i)
    forEachOperand(dead[i], [&](Value operand) {
      Operation *source = operand.getDefiningOp();
      if (source && source->getBlock() == bypass.to.getParentBlock() &&
          isDead(source))
        dead.insert(source);
    });
  return dead;
}

int64_t graphopt::countParameters(Bypass bypass) {
  int64_t count = 0;
  for (Operation *op : listDead(bypass))
    if (auto constant = dyn_cast<arith::ConstantOp>(op))
      if (auto elements = dyn_cast<ElementsAttr>(constant.getValue()))
        count += graph::countParameters(elements);
  return count;
}

/// Why the block cannot go.
static std::string findObstacle(const ResidualBlock &block,
                                const OpSet &between) {
  for (Operation *op : between)
    for (Operation *user : op->getUsers())
      if (isa<func::ReturnOp>(user))
        return ("'" + getNodeName(op->getLoc()) +
                "' in it is an output of the model")
            .str();
  if (llvm::none_of(listDead(block.bypass), isProductWithWeights))
    return "what it computes is read elsewhere too";
  return "";
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// The branch that is added to `skip`: what is between that, or what it was added
/// to before, and `branch`.
static OpSet findBranch(Value skip, Value branch,
                        ArrayRef<ResidualBlock> before) {
  while (true) {
    OpSet between = listBetween(skip, branch);
    if (!between.empty())
      return between;
    auto block = llvm::find_if(before, [&](const ResidualBlock &block) {
      return block.sum == skip.getDefiningOp() && block.bypass.from;
    });
    if (block == before.end())
      return {};
    skip = block->bypass.from;
  }
}

static void describe(ResidualBlock &block, const OpSet &between) {
  for (Operation *op : between) {
    if (isa<ConvOp>(op) &&
        cast<RankedTensorType>(block.sum.getType()).getRank() > 2)
      block.channelAxis = 1;
    if (auto attention = dyn_cast<AttentionOp>(op))
      block.attends |= between.contains(attention.getKey().getDefiningOp());
  }
}

std::vector<ResidualBlock> graphopt::findResidualBlocks(func::FuncOp main) {
  std::vector<ResidualBlock> blocks;
  auto hasWeights = [](const OpSet &ops) {
    return llvm::any_of(ops, isProductWithWeights);
  };
  for (BinaryOp sum : main.getOps<BinaryOp>()) {
    Value lhs = sum.getLhs(), rhs = sum.getRhs();
    if (sum.getKind() != BinaryKind::Add || lhs == rhs || isConstant(lhs) ||
        isConstant(rhs) || lhs.getType() != rhs.getType() ||
        lhs.getType() != sum.getType())
      continue;
    Value skip = lhs;
    OpSet between = findBranch(lhs, rhs, blocks);
    if (between.empty()) {
      skip = rhs;
      between = findBranch(rhs, lhs, blocks);
    }
    if (between.empty()) {
      if (hasWeights(listSources(lhs, {})) && hasWeights(listSources(rhs, {})))
        blocks.push_back({sum, {}, -1, false, "both of its sides are computed"});
      continue;
    }
    if (!hasWeights(between))
      continue;
    ResidualBlock block{sum, {skip, sum.getResult()}};
    describe(block, between);
    block.reason = findObstacle(block, between);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// The op that makes `value` from one of its type and from constants: a norm or an
/// activation.
static Operation *getOnlySource(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getResult(0) != value || op->getNumOperands() == 0 ||
      op->getOperand(0).getType() != value.getType() ||
      !llvm::all_of(op->getOperands().drop_front(), isConstant))
    return nullptr;
  return op;
}

namespace {
/// A block, and the one whose sum its input is, with what is between.
struct Link {
  const ResidualBlock *block;
  std::optional<size_t> before;
  Operation *norm; ///< on the way, or null
};
} // namespace

static std::vector<Link> linkBlocks(ArrayRef<ResidualBlock> blocks) {
  std::vector<Link> links;
  llvm::DenseMap<Value, size_t> sums;
  for (const ResidualBlock &block : blocks) {
    Link link{&block, std::nullopt, nullptr};
    Value value = block.bypass.from;
    while (value && !link.before) {
      if (auto found = sums.find(value); found != sums.end()) {
        link.before = found->second;
        break;
      }
      Operation *source = getOnlySource(value);
      if (!source)
        break;
      link.norm = source;
      value = source->getOperand(0);
    }
    sums[block.sum->getResult(0)] = links.size();
    links.push_back(link);
  }
  return links;
}

/// Where the stream goes on behind its last sum: behind a norm if it has one behind
/// the sums before.
static Value findEnd(const ResidualBlock &last, Operation *norm) {
  BinaryOp sum = last.sum;
  if (norm && sum->hasOneUse()) {
    Operation *user = *sum->user_begin();
    if (user->getName() == norm->getName() &&
        getOnlySource(user->getResult(0)) == user)
      return user->getResult(0);
  }
  return sum.getResult();
}

std::vector<ResidualBlock>
graphopt::joinLayers(ArrayRef<ResidualBlock> blocks) {
  std::vector<Link> links = linkBlocks(blocks);
  std::vector<ResidualBlock> layers;
  for (size_t begin = 0; begin < links.size(); ++begin) {
    if (!links[begin].block->attends)
      continue;
    ResidualBlock layer = *links[begin].block;
    Operation *norm = links[begin].norm;
    size_t last = begin;
    Value end;
    for (size_t i = begin + 1; i < links.size() && !end; ++i) {
      if (links[i].before != last)
        continue;
      const ResidualBlock &next = *links[i].block;
      norm = links[i].norm;
      if (next.attends) {
        end = next.bypass.from;
        break;
      }
      last = i;
      layer.sum = next.sum;
      if (layer.reason.empty())
        layer.reason = next.reason;
    }
    layer.bypass.to = end ? end : findEnd(*links[last].block, norm);
    if (layer.bypass.to.getType() != layer.bypass.from.getType() &&
        layer.reason.empty())
      layer.reason = "its input and output are of different sizes";
    layers.push_back(std::move(layer));
  }
  return layers;
}
