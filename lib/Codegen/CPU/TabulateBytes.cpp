//===- TabulateBytes.cpp - Functions of a byte as tables ------------------===//

#include "VectorMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace {
/// A vector of bytes, or of f32 that are rounded and clamped to as few values.
struct Bytes {
  Value value;
  std::optional<int64_t> low; ///< of f32: the least

  VectorType type() const { return cast<VectorType>(value.getType()); }
};

/// What leads from one to the other, in order.
struct Chain {
  Bytes from, to;
  SmallVector<Operation *> ops;
};

/// What a function gives for all bytes of its argument.
using Table = SmallVector<uint8_t>;
} // namespace

static constexpr int64_t kValues = 256;

static std::optional<int64_t> getWhole(Value value) {
  SplatElementsAttr splat;
  if (!matchPattern(value, m_Constant(&splat)) || !splat.getElementType().isF32())
    return std::nullopt;
  float number = splat.getSplatValue<float>();
  if (std::abs(number) > kValues || number != int64_t(number))
    return std::nullopt;
  return number;
}

static std::optional<Bytes> asBytes(Value value) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type || type.getRank() != 1 || type.isScalable())
    return std::nullopt;
  if (type.getElementType().isInteger(8))
    return Bytes{value, std::nullopt};
  auto round = value.getDefiningOp<math::RoundEvenOp>();
  auto min = round ? round.getOperand().getDefiningOp<arith::MinimumFOp>() : arith::MinimumFOp();
  auto max = min ? min.getLhs().getDefiningOp<arith::MaximumFOp>() : arith::MaximumFOp();
  if (!max)
    return std::nullopt;
  std::optional<int64_t> low = getWhole(max.getRhs()), high = getWhole(min.getRhs());
  if (!low || !high || *high < *low || *high - *low >= kValues)
    return std::nullopt;
  return Bytes{value, low};
}

/// Arithmetic whose result does not depend on a library's functions.
static bool canEvaluate(Operation *op) {
  return op->getNumResults() == 1 &&
         (isa<arith::ArithDialect>(op->getDialect()) || isa<math::RoundEvenOp, math::AbsFOp>(op));
}

/// The longest chain that ends at `to`, of operations in one block.
static std::optional<Chain> findChain(Bytes to) {
  std::optional<Chain> found;
  Operation *last = to.value.getDefiningOp();
  SmallVector<Operation *> ops;
  SetVector<Value> open;
  open.insert(to.value);
  while (!open.empty()) {
    // The latest: all that reads it is in the chain.
    Value next;
    for (Value value : open) {
      Operation *op = value.getDefiningOp();
      if (!op || op->getBlock() != last->getBlock())
        next = next ? next : value;
      else if (!next || !next.getDefiningOp() || next.getDefiningOp()->isBeforeInBlock(op))
        next = value;
    }
    if (open.size() == 1 && next != to.value)
      if (std::optional<Bytes> from = asBytes(next))
        found = Chain{*from, to, SmallVector<Operation *>(llvm::reverse(ops))};
    Operation *op = next.getDefiningOp();
    if (!op || op->getBlock() != last->getBlock() || !canEvaluate(op))
      break;
    open.remove(next);
    ops.push_back(op);
    for (Value operand : op->getOperands())
      if (!matchPattern(operand, m_Constant()))
        open.insert(operand);
  }
  return found;
}

/// The numbers that `bytes` stand for, from `first` on, in its lanes.
static Attribute getArguments(Bytes bytes, int64_t first) {
  int64_t lanes = bytes.type().getNumElements();
  if (!bytes.low) {
    SmallVector<int8_t> numbers;
    for (int64_t i = 0; i < lanes; ++i)
      numbers.push_back(int8_t(first + i));
    return DenseElementsAttr::get(bytes.type(), ArrayRef(numbers));
  }
  SmallVector<float> numbers;
  for (int64_t i = 0; i < lanes; ++i)
    numbers.push_back(*bytes.low + first + i);
  return DenseElementsAttr::get(bytes.type(), ArrayRef(numbers));
}

/// What `op` gives for constants; null if it has no folder for them.
static Attribute evaluate(Operation *op, const DenseMap<Value, Attribute> &known) {
  auto find = [&](Value value) {
    Attribute constant = known.lookup(value);
    if (!constant)
      matchPattern(value, m_Constant(&constant));
    return constant;
  };
  SmallVector<Attribute> operands = llvm::map_to_vector(op->getOperands(), find);
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(operands, results)) || results.size() != 1)
    return {};
  if (auto value = dyn_cast<Value>(results.front()))
    return find(value);
  return cast<Attribute>(results.front());
}

static std::optional<Table> tabulate(const Chain &chain) {
  Table table;
  while (int64_t(table.size()) < kValues) {
    DenseMap<Value, Attribute> known{{chain.from.value, getArguments(chain.from, table.size())}};
    for (Operation *op : chain.ops)
      if (!(known[op->getResult(0)] = evaluate(op, known)))
        return std::nullopt;
    auto results = dyn_cast<DenseElementsAttr>(known[chain.to.value]);
    if (!results)
      return std::nullopt;
    for (int64_t i = 0; i < results.getNumElements(); ++i)
      table.push_back(chain.to.low
                          ? uint8_t(results.getValues<float>()[i] - *chain.to.low)
                          : results.getValues<uint8_t>()[i]);
  }
  return table;
}

namespace {
class LookUp : ImplicitLocOpBuilder {
public:
  explicit LookUp(const Chain &chain)
      : ImplicitLocOpBuilder(chain.to.value.getLoc(), chain.to.value.getDefiningOp()),
        chain(chain), wide(VectorType::get(kLanes, getI8Type())) {}

  Value emit(ArrayRef<uint8_t> table) {
    Value index = resize(getIndex(), kLanes);
    Value low = permute(table.take_front(kValues / 2), index);
    Value high = permute(table.drop_front(kValues / 2), index);
    Value zero = arith::ConstantOp::create(*this, getZeroAttr(wide));
    Value isHigh = arith::CmpIOp::create(*this, arith::CmpIPredicate::slt, index, zero);
    Value bytes = arith::SelectOp::create(*this, isHigh, high, low);
    return getResult(resize(bytes, chain.to.type().getNumElements()));
  }

private:
  static constexpr int64_t kLanes = 64;

  Value getIndex() {
    if (!chain.from.low)
      return chain.from.value;
    Type integers = chain.from.type().clone(getI32Type());
    Value number = arith::FPToSIOp::create(*this, integers, chain.from.value);
    auto low = DenseElementsAttr::get(cast<ShapedType>(integers), int32_t(*chain.from.low));
    number = arith::SubIOp::create(*this, number, arith::ConstantOp::create(*this, low));
    return arith::TruncIOp::create(*this, chain.from.type().clone(getI8Type()), number);
  }

  Value getResult(Value bytes) {
    if (!chain.to.low)
      return bytes;
    Value number = arith::UIToFPOp::create(*this, chain.to.type(), bytes);
    auto low = DenseElementsAttr::get(chain.to.type(), float(*chain.to.low));
    return arith::AddFOp::create(*this, number, arith::ConstantOp::create(*this, low));
  }

  Value resize(Value bytes, int64_t count) {
    int64_t have = cast<VectorType>(bytes.getType()).getNumElements();
    if (have == count)
      return bytes;
    SmallVector<int64_t> order;
    for (int64_t i = 0; i < count; ++i)
      order.push_back(i < have ? i : vector::ShuffleOp::kPoisonIndex);
    return vector::ShuffleOp::create(*this, bytes, bytes, order);
  }

  /// Of 128 bytes those that the lower bits of `index` say.
  Value permute(ArrayRef<uint8_t> table, Value index) {
    auto part = [&](ArrayRef<uint8_t> bytes) -> Value {
      return arith::ConstantOp::create(*this, DenseElementsAttr::get(wide, bytes));
    };
    return LLVM::CallIntrinsicOp::create(
               *this, wide, getStringAttr("llvm.x86.avx512.vpermi2var.qi.512"),
               ValueRange{part(table.take_front(kLanes)), index, part(table.drop_front(kLanes))})
        .getResult(0);
  }

  const Chain &chain;
  VectorType wide;
};
} // namespace

void graphopt::cpu::tabulateBytes(func::FuncOp function) {
  constexpr size_t kFewOps = 8; // as fast as a table
  SmallVector<Operation *> ends;
  DenseSet<Operation *> erased;
  function.walk([&](Operation *op) {
    if (isa<arith::TruncIOp, math::RoundEvenOp>(op))
      ends.push_back(op);
  });
  // The last first: what leads to it is not looked up on the way.
  for (Operation *op : llvm::reverse(ends)) {
    std::optional<Bytes> to = erased.contains(op) ? std::nullopt : asBytes(op->getResult(0));
    if (!to || !llvm::is_contained({16, 32, 64}, to->type().getNumElements()))
      continue;
    std::optional<Chain> chain = findChain(*to);
    if (!chain || chain->ops.size() <= kFewOps)
      continue;
    std::optional<Table> table = tabulate(*chain);
    if (!table)
      continue;
    op->getResult(0).replaceAllUsesWith(LookUp(*chain).emit(*table));
    for (Operation *unused : llvm::reverse(chain->ops))
      if (unused->use_empty()) {
        erased.insert(unused);
        unused->erase();
      }
  }
}
