#include "dialects/Graph/Attention.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Generator.h"
#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/Reduction.h"
#include "dialects/Graph/Shape.h"
#include "dialects/Graph/Slicing.h"
#include "lib/Import/Importers.h"
#include <cmath>

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

namespace {
/// ONNX's Attention but for its debug output and its windows, which
/// isBeyondNative leaves to the function.
class AttentionImporter {
public:
  explicit AttentionImporter(NodeImporter &node)
      : node(node), isCausal(node.getInt("is_causal") != 0) {}

  LogicalResult run() {
    bool hasRows = node.getInputRank(0) == 3;
    query = splitHeads(node.getInput(0), "q_num_heads");
    key = splitHeads(node.getInput(1), "kv_num_heads");
    value = splitHeads(node.getInput(2), "kv_num_heads");
    if (node.hasInput(kPastKey)) {
      key = concat(node.getInput(kPastKey), key);
      value = concat(node.getInput(kPastValue), value);
    }
    if (!query || !key || !value)
      return failure();
    Value result = guardEmptyRows(attend());
    if (result && hasRows)
      result = make<ReshapeOp>(
          make<TransposeOp>(result, ArrayRef<int64_t>{0, 2, 1, 3}),
          node.createInts({0, 0, -1}), /*allowZero=*/false);
    return result ? node.bind({result, key, value}) : failure();
  }

private:
  static constexpr size_t kMask = 3, kPastKey = 4, kPastValue = 5, kLengths = 6;

  /// Null after an error, or for a null operand.
  template <typename Op, typename... Args> Value make(Args &&...args) {
    auto isMissing = [](const auto &arg) {
      if constexpr (std::is_same_v<std::decay_t<decltype(arg)>, Value>)
        return !arg;
      return false;
    };
    if ((isMissing(args) || ...))
      return {};
    Op op = node.create<Op>(std::forward<Args>(args)...);
    return op ? op->getResult(0) : Value();
  }

  Value binary(BinaryKind kind, Value lhs, Value rhs) {
    return make<BinaryOp>(kind, lhs, rhs);
  }

  Value integer(int64_t number) {
    return node.createScalar(node.getBuilder().getI64Type(), number);
  }

  Value number(double number) {
    return node.createScalar(getElementTypeOrSelf(query), number);
  }

  Value lowest() { return number(-std::numeric_limits<double>::infinity()); }

  /// [batch, length, heads * depth] to [batch, heads, length, depth].
  Value splitHeads(Value input, StringRef attribute) {
    int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
    if (rank == 4)
      return input;
    int64_t heads = node.getInt(attribute);
    if (rank != 3 || heads < 1) {
      node.emitError() << "with inputs of rank " << rank << " attribute '"
                       << attribute << "' is " << heads;
      return {};
    }
    Value rows = make<ReshapeOp>(input, node.createInts({0, 0, heads, -1}),
                                 /*allowZero=*/false);
    return make<TransposeOp>(rows, ArrayRef<int64_t>{0, 2, 1, 3});
  }

  Value concat(Value past, Value now) {
    if (!past || !now) {
      node.emitError() << "needs both past_key and past_value";
      return {};
    }
    return make<ConcatOp>(ValueRange{past, now}, /*axis=*/2);
  }

  Value extent(Value tensor, int64_t dim) {
    return make<GatherOp>(make<ShapeOp>(tensor), integer(dim), /*axis=*/0);
  }

  Value range(Value count) {
    return make<RangeOp>(integer(0), count, integer(1));
  }

  Value keys() { return range(extent(key, 2)); }

  /// Where each query is among the keys, [m, 1] or [batch, 1, m, 1].
  Value places() {
    Value rows =
        make<UnsqueezeOp>(range(extent(query, 2)), ArrayRef<int64_t>{1});
    if (node.hasInput(kPastKey))
      return binary(BinaryKind::Add, rows, extent(node.getInput(kPastKey), 2));
    if (!node.hasInput(kLengths))
      return rows;
    return binary(BinaryKind::Add, rows,
                  binary(BinaryKind::Sub, lengths(), extent(query, 2)));
  }

  /// How many keys a batch has, [batch, 1, 1, 1].
  Value lengths() {
    return make<UnsqueezeOp>(node.getInput(kLengths),
                             ArrayRef<int64_t>{1, 2, 3});
  }

  /// The mask, as long as there are keys.
  Value getMask() {
    Value mask = node.getInput(kMask);
    auto type = cast<RankedTensorType>(mask.getType());
    int64_t rank = type.getRank();
    int64_t total = cast<RankedTensorType>(key.getType()).getDimSize(2);
    if (rank == 0 ||
        (!type.isDynamicDim(rank - 1) && type.getDimSize(rank - 1) == total))
      return mask;
    Value missing =
        binary(BinaryKind::Sub, extent(key, 2), extent(mask, rank - 1));
    Value after = make<UnsqueezeOp>(missing, ArrayRef<int64_t>{0});
    Value pads = make<ConcatOp>(ValueRange{node.createInts({0}), after}, 0);
    Value fill = isBoolean(mask) ? node.createScalar(type.getElementType(), 0)
                                 : lowest();
    return make<PadOp>(PadMode::Constant, mask, pads, fill,
                       node.createInts({-1}));
  }

  static bool isBoolean(Value value) {
    return getElementTypeOrSelf(value).isInteger(1);
  }

  Value both(Value lhs, Value rhs) {
    return lhs && rhs ? binary(BinaryKind::And, lhs, rhs) : (lhs ? lhs : rhs);
  }

  /// Sets `kept`, `order` and `added`; false after an error.
  bool findMasks() {
    if (node.hasInput(kMask)) {
      Value mask = getMask();
      if (!mask)
        return false;
      if (isBoolean(mask)) {
        kept = mask;
      } else {
        added = mask;
        kept = make<UnaryOp>(UnaryKind::Not,
                             binary(BinaryKind::Equal, mask, lowest()));
      }
    }
    if (node.hasInput(kLengths)) {
      padding = binary(BinaryKind::Less, keys(), lengths());
      if (!padding)
        return false;
      kept = both(kept, padding);
    }
    // As long as there are keys in front of the queries it is no plain order.
    isOrdered =
        isCausal && !node.hasInput(kPastKey) && !node.hasInput(kLengths);
    if (isCausal && !isOrdered)
      order = binary(BinaryKind::LessOrEqual, keys(), places());
    return !isCausal || isOrdered || order;
  }

  Value attend() {
    if (!findMasks())
      return {};
    auto depth = cast<RankedTensorType>(query.getType()).getDimSize(3);
    float scale = node.getFloat("scale", 1);
    Value scaled = query;
    if (!node.hasAttribute("scale") && !ShapedType::isDynamic(depth)) {
      scale = 1 / std::sqrt(float(depth));
    } else if (!node.hasAttribute("scale")) {
      Value size = make<CastOp>(extent(query, 3), getElementTypeOrSelf(query));
      scaled =
          binary(BinaryKind::Div, query, make<UnaryOp>(UnaryKind::Sqrt, size));
    }
    Value mask = added ? both(padding, order) : both(order, kept);
    if (added)
      mask = mask ? make<WhereOp>(mask, added, lowest()) : added;
    if (!scaled)
      return {};
    AttentionOp op =
        node.create<AttentionOp>(scaled, key, value, mask, APFloat(scale),
                                 APFloat(node.getFloat("softcap")),
                                 isOrdered ? Causal::TopLeft : Causal::None);
    return op ? op.getResult() : Value();
  }

  /// Zeros for queries that see no key.
  Value guardEmptyRows(Value result) {
    if (!result || !kept)
      return result;
    constexpr int64_t kNone = int64_t(1) << 62; // more than any place
    int64_t last = cast<RankedTensorType>(kept.getType()).getRank() - 1;
    Value first = make<ReduceOp>(ReduceKind::Min,
                                 make<WhereOp>(kept, keys(), integer(kNone)),
                                 ArrayRef<int64_t>{last}, /*keepdims=*/true);
    Value sees = isCausal ? binary(BinaryKind::LessOrEqual, first, places())
                          : binary(BinaryKind::Less, first, integer(kNone));
    return make<WhereOp>(sees, result, number(0));
  }

  NodeImporter &node;
  bool isCausal;
  Value query, key, value;
  Value kept;             ///< by the mask and the lengths: [..., 1 or m, n]
  Value added;            ///< a mask of floats
  Value padding;          ///< keeps keys within the lengths
  Value order;            ///< keeps keys that are not after a query
  bool isOrdered = false; ///< `order` is queries and keys side by side
};
} // namespace

LogicalResult graphopt::importAttention(NodeImporter &node) {
  return AttentionImporter(node).run();
}
