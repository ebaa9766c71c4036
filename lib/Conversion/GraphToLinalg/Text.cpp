#include "dialects/Graph/Text.h"
#include "Lowering.h"
#include "Text.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

/// How many elements a tensor of `sizes` has.
static Value countElements(Lowering &to, ArrayRef<OpFoldResult> sizes) {
  Value count = to.constantIndex(1);
  for (OpFoldResult size : sizes)
    count = to.b.createOrFold<arith::MulIOp>(to.loc, count, to.asIndex(size));
  return count;
}

/// `callee(inputs..., init)` for a new init of `sizes`.
static Value callInto(Lowering &to, StringRef callee, ValueRange inputs,
                      ArrayRef<OpFoldResult> sizes, Type element) {
  Value init = to.empty(sizes, element);
  return kernel::CallOp::create(to.b, to.loc, callee, inputs, init)
      .getResult(0);
}

/// `callee(count, input, more..., init)`, where init is like the graph's `input`.
static Value callEach(Lowering &to, StringRef callee, Value input,
                      ValueRange more, Type element) {
  SmallVector<OpFoldResult> sizes = to.sizes(input);
  SmallVector<Value> inputs = {countElements(to, sizes), to.lowered(input)};
  inputs.append(more.begin(), more.end());
  return callInto(to, callee, inputs, sizes, element);
}

static Value constantI32(Lowering &to, int32_t value) {
  return arith::ConstantOp::create(to.b, to.loc, to.b.getI32IntegerAttr(value));
}

/// The bytes of `text` and a 0.
static Value constantBytes(Lowering &to, StringRef text) {
  SmallVector<int8_t> bytes(text.begin(), text.end());
  bytes.push_back(0);
  auto type = RankedTensorType::get(int64_t(bytes.size()), to.b.getI8Type());
  return arith::ConstantOp::create(
      to.b, to.loc, DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
}

Value graphopt::lowerStrings(OpBuilder &b, Location loc,
                             DenseStringElementsAttr strings) {
  auto type =
      RankedTensorType::get(cast<ShapedType>(strings.getType()).getShape(), b.getI64Type());
  Value init = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  if (type.getNumElements() == 0)
    return init;
  SmallVector<char> bytes;
  SmallVector<int64_t> offsets;
  llvm::StringMap<int64_t> earlier;
  for (StringRef text : strings.getValues<StringRef>()) {
    auto [place, isNew] = earlier.try_emplace(text, bytes.size());
    if (isNew) {
      bytes.append(text.begin(), text.end());
      bytes.push_back(0);
    }
    offsets.push_back(place->second);
  }
  auto bytesType = RankedTensorType::get(int64_t(bytes.size()), b.getI8Type());
  auto offsetsType = RankedTensorType::get(int64_t(offsets.size()), b.getI64Type());
  auto constant = [&](RankedTensorType type, const void *data, size_t size) {
    auto blob = HeapAsmResourceBlob::allocate(size, /*align=*/64);
    memcpy(blob.getMutableData().data(), data, size);
    return arith::ConstantOp::create(
        b, loc, DenseResourceElementsAttr::get(type, "strings", std::move(blob)));
  };
  Value count = arith::ConstantIndexOp::create(b, loc, offsets.size());
  Value text = constant(bytesType, bytes.data(), bytes.size());
  Value starts = constant(offsetsType, offsets.data(), offsets.size() * 8);
  return kernel::CallOp::create(b, loc, "graphopt_string_constant",
                                ValueRange{count, text, starts}, init)
      .getResult(0);
}

/// Bits of the mantissa, with the first one.
static int precisionOf(FloatType type) {
  return llvm::APFloat::semanticsPrecision(type.getFloatSemantics());
}

static int leastExponentOf(FloatType type) {
  return llvm::APFloat::semanticsMinExponent(type.getFloatSemantics());
}

namespace {

/// string_concat, string_equal  =>  the operands as large as the result, a call
template <typename Op> struct LowerPairs : LoweringPattern<Op> {
  using LoweringPattern<Op>::LoweringPattern;

  Values lower(Op op, typename Op::Adaptor, Lowering &to) const override {
    const InferredTensor &result = to.get(op.getResult());
    SmallVector<ArrayRef<AffineExpr>> shapes;
    for (Value input : op->getOperands())
      shapes.push_back(to.get(input).dims);
    SmallVector<OpFoldResult> sizes = to.broadcastSizes(shapes, result.dims);
    SmallVector<Value> inputs = {countElements(to, sizes)};
    for (Value input : op->getOperands()) {
      AffineMap map;
      Value value = to.expand(input, result.dims, sizes, map);
      if (!map.isIdentity())
        value = to.map(value, map, sizes, to.b.getI64Type(),
                       [](OpBuilder &, Location, ValueRange in) { return in[0]; });
      inputs.push_back(value);
    }
    bool joins = isa<StringConcatOp>(op.getOperation());
    StringRef callee = joins ? "graphopt_string_concat" : "graphopt_string_equal";
    return {{callInto(to, callee, inputs, sizes, to.element(result.elementType))}};
  }
};

struct LowerStringCase : LoweringPattern<StringCaseOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(StringCaseOp op, Adaptor, Lowering &to) const override {
    StringRef callee = op.getTo() == Case::Upper ? "graphopt_string_upper"
                                                 : "graphopt_string_lower";
    return {{callEach(to, callee, op.getInput(), {}, to.b.getI64Type())}};
  }
};

struct LowerStringMatch : LoweringPattern<StringMatchOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(StringMatchOp op, Adaptor in, Lowering &to) const override {
    return {{callEach(to, "graphopt_string_match", op.getInput(),
                      in.getAutomaton(), to.b.getI8Type())}};
  }
};

struct LowerStringFind : LoweringPattern<StringFindOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(StringFindOp op, Adaptor in, Lowering &to) const override {
    Value count = to.asIndex(to.sizes(op.getKeys()).front());
    return {{callEach(to, "graphopt_string_find", op.getInput(),
                      {count, in.getKeys()}, to.b.getI64Type())}};
  }
};

struct LowerStringRank : LoweringPattern<StringRankOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(StringRankOp op, Adaptor, Lowering &to) const override {
    return {{callEach(to, "graphopt_string_rank", op.getInput(), {},
                      to.b.getI64Type())}};
  }
};

/// string_split  =>  a call that counts, then one that cuts
struct LowerStringSplit : LoweringPattern<StringSplitOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(StringSplitOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    Value delimiter = constantBytes(to, op.getDelimiter());
    Value most = arith::ConstantOp::create(to.b, to.loc, op.getMostAttr());
    SmallVector<Value> inputs = {countElements(to, sizes), in.getInput(),
                                 delimiter, most};
    auto count = kernel::CallOp::create(
        to.b, to.loc, "graphopt_string_parts", inputs,
        to.empty(sizes, to.b.getI64Type()), to.b.getIndexType());
    Value width = count.getResult(1);
    inputs.push_back(width);
    sizes.push_back(width);
    Value parts = callInto(to, "graphopt_string_split", inputs, sizes,
                           to.b.getI64Type());
    return {{parts, count.getResult(0)}};
  }
};

/// format  =>  a call for numbers of 64 bits
struct LowerFormat : LoweringPattern<FormatOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(FormatOp op, Adaptor in, Lowering &to) const override {
    Type type = to.get(op.getInput()).elementType;
    auto number = dyn_cast<FloatType>(type);
    if (number && isSmallFloat(number))
      return failure();
    bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    Type wide = number ? Type(to.b.getF64Type()) : to.b.getI64Type();
    Value numbers = widen(to, in.getInput(), sizes, wide, isUnsigned);
    SmallVector<Value> inputs = {countElements(to, sizes), numbers};
    if (number)
      inputs.append({constantI32(to, precisionOf(number)),
                     constantI32(to, leastExponentOf(number))});
    else
      inputs.append({constantI32(to, type.getIntOrFloatBitWidth()),
                     constantI32(to, isUnsigned)});
    StringRef callee = number ? "graphopt_format_floats" : "graphopt_format_integers";
    return {{callInto(to, callee, inputs, sizes, to.b.getI64Type())}};
  }

  static Value widen(Lowering &to, Value value, ArrayRef<OpFoldResult> sizes,
                     Type wide, bool isUnsigned) {
    if (getElementTypeOrSelf(value) == wide)
      return value;
    AffineMap identity = to.b.getMultiDimIdentityMap(sizes.size());
    return to.map(value, identity, sizes, wide,
                  [&](OpBuilder &b, Location loc, ValueRange in) -> Value {
                    if (isa<FloatType>(wide))
                      return arith::ExtFOp::create(b, loc, wide, in[0]);
                    if (isUnsigned)
                      return arith::ExtUIOp::create(b, loc, wide, in[0]);
                    return arith::ExtSIOp::create(b, loc, wide, in[0]);
                  });
  }
};

/// parse  =>  a call that gives numbers of 64 bits, rounded to the wanted type
struct LowerParse : LoweringPattern<ParseOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(ParseOp op, Adaptor in, Lowering &to) const override {
    Type type = op.getTo();
    auto number = dyn_cast<FloatType>(type);
    if (number && isSmallFloat(number))
      return failure();
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    SmallVector<Value> inputs = {countElements(to, sizes), in.getInput()};
    if (number)
      inputs.append({constantI32(to, precisionOf(number)),
                     constantI32(to, leastExponentOf(number))});
    else
      inputs.append({constantI32(to, type.getIntOrFloatBitWidth()),
                     constantI32(to, type.isUnsignedInteger() || type.isInteger(1))});
    StringRef callee = number ? "graphopt_parse_floats" : "graphopt_parse_integers";
    Type wide = number ? Type(to.b.getF64Type()) : to.b.getI64Type();
    Value numbers = callInto(to, callee, inputs, sizes, wide);
    Type narrow = to.element(type);
    if (narrow == wide)
      return {{numbers}};
    AffineMap identity = to.b.getMultiDimIdentityMap(sizes.size());
    return {{to.map(numbers, identity, sizes, narrow,
                    [&](OpBuilder &b, Location loc, ValueRange in) -> Value {
                      if (number)
                        return arith::TruncFOp::create(b, loc, narrow, in[0]);
                      return arith::TruncIOp::create(b, loc, narrow, in[0]);
                    })}};
  }
};

struct LowerCountNgrams : LoweringPattern<CountNgramsOp> {
  using LoweringPattern::LoweringPattern;
  Values lower(CountNgramsOp op, Adaptor in, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = to.sizes(op.getInput());
    SmallVector<Value> inputs = {to.asIndex(sizes[0]), to.asIndex(sizes[1]),
                                 in.getInput(), in.getTable()};
    for (int64_t number : {op.getLeast(), op.getMost(), op.getSkips(), op.getColumns()})
      inputs.push_back(to.constantIndex(number));
    sizes[1] = to.b.getIndexAttr(op.getColumns());
    return {{callInto(to, "graphopt_count_ngrams", inputs, sizes, to.b.getF32Type())}};
  }
};

} // namespace

void graphopt::populateTextLowering(LoweringPatterns to) {
  to.add<LowerPairs<StringConcatOp>, LowerPairs<StringEqualOp>, LowerStringCase,
         LowerStringMatch, LowerStringFind, LowerStringRank, LowerStringSplit,
         LowerFormat, LowerParse, LowerCountNgrams>();
}
