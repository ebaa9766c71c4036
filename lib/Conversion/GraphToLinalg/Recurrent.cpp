#include "dialects/Graph/Recurrent.h"
#include "Lowering.h"
#include "Scalar.h"
#include "dialects/Kernel/Kernel.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// Element-wise formulas of one cell, on scalars.
struct CellMath {
  OpBuilder &b;
  Location loc;
  RecurrentOp op;
  Type type;

  Value constant(double value) {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
  }
  Value binary(BinaryKind kind, Value x, Value y) {
    return buildBinary(b, loc, kind, type, x, y);
  }
  Value add(Value x, Value y) { return binary(BinaryKind::Add, x, y); }
  Value sub(Value x, Value y) { return binary(BinaryKind::Sub, x, y); }
  Value mul(Value x, Value y) { return binary(BinaryKind::Mul, x, y); }
  Value unary(UnaryKind kind, Value x) {
    return buildUnary(b, loc, kind, type, x);
  }
  Value ifPositive(Value x, Value limit, Value yes, Value no) {
    Value greater = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, limit);
    return arith::SelectOp::create(b, loc, greater, yes, no);
  }

  /// Activation number `i` of the op, after clipping.
  Value activate(unsigned i, Value x) {
    if (std::optional<APFloat> limit = op.getClip()) {
      double bound = limit->convertToDouble();
      x = binary(BinaryKind::Min, x, constant(bound));
      x = binary(BinaryKind::Max, x, constant(-bound));
    }
    return activateState(i, x);
  }
  /// The same of what is no gate: other engines do not clip an LSTM's cell state.
  Value activateState(unsigned i, Value x) {
    return apply(cast<StringAttr>(op.getActivations()[i]).getValue(), x,
                 op.getAlpha()[i], op.getBeta()[i]);
  }

  Value apply(StringRef name, Value x, double alpha, double beta) {
    // These three are unary operators of their own.
    if (std::optional<UnaryKind> kind = symbolizeUnaryKind(name))
      return unary(*kind, x);
    auto affine = [&] { return add(mul(x, constant(alpha)), constant(beta)); };
    if (name == "Affine")
      return affine();
    if (name == "ScaledTanh")
      return mul(constant(alpha), unary(UnaryKind::Tanh, mul(constant(beta), x)));
    if (name == "HardSigmoid")
      return binary(BinaryKind::Max, constant(0),
                    binary(BinaryKind::Min, constant(1), affine()));
    if (name == "LeakyRelu")
      return ifPositive(x, constant(0), x, mul(constant(alpha), x));
    if (name == "ThresholdedRelu")
      return ifPositive(x, constant(alpha), x, constant(0));
    // Elu
    Value exponential = unary(UnaryKind::Exp, binary(BinaryKind::Min, x, constant(0)));
    return ifPositive(x, constant(0), x,
                      mul(constant(alpha), sub(exponential, constant(1))));
  }
};

/// Emits the loop over the steps of one graph.recurrent.
class RecurrentLowering {
public:
  RecurrentLowering(RecurrentOp op, RecurrentOp::Adaptor in, Lowering &to)
      : op(op), in(in), to(to), b(to.b), loc(to.loc), gates(static_cast<int64_t>(op.getKind())) {}

  FailureOr<SmallVector<Value>> lower() {
    const InferredTensor &input = to.get(op.getInput());
    type = input.elementType;
    steps = to.asIndex(to.size(input.dims[0]));
    batch = to.size(input.dims[1]);
    std::optional<int64_t> hiddenSize =
        getConstant(to.get(op.getRecurrence()).dims[1]);
    if (!hiddenSize)
      return b.notifyMatchFailure(op, "the hidden size is open");
    hidden = *hiddenSize;

    projected = projectInput();
    if (op.getKind() == RecurrentKind::GRU && !op.getLinearBeforeReset()) {
      // The candidate's part multiplies r * h, not h.
      recurrence = transpose(rows(in.getRecurrence(), 0, 2 * hidden));
      candidateRecurrence = transpose(rows(in.getRecurrence(), 2 * hidden, hidden));
    } else {
      recurrence = transpose(in.getRecurrence());
    }

    Value states = to.empty({steps, batch, b.getIndexAttr(hidden)}, type);
    SmallVector<Value> carried{
        states, initial(op.getInitialHidden(), in.getInitialHidden())};
    if (op.getKind() == RecurrentKind::LSTM)
      carried.push_back(initial(op.getInitialCell(), in.getInitialCell()));
    auto loop = scf::ForOp::create(b, loc, to.constantIndex(0), steps,
                                   to.constantIndex(1), carried);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(loop.getBody());
    Value step = loop.getInductionVar();
    if (op.getReverse()) {
      Value last = arith::SubIOp::create(b, loc, steps, to.constantIndex(1));
      step = arith::SubIOp::create(b, loc, last, step);
    }
    emitStep(step, loop.getRegionIterArgs());
    b.setInsertionPointAfter(loop);
    return SmallVector<Value>(loop.getResults());
  }

private:
  Value transpose(Value matrix) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, matrix);
    std::swap(sizes[0], sizes[1]);
    Value init = to.empty(sizes, type);
    return linalg::TransposeOp::create(b, loc, matrix, init,
                                       ArrayRef<int64_t>{1, 0})
        .getResult()[0];
  }

  /// `size` columns of a matrix, from `first` on.
  Value columns(Value matrix, int64_t first, int64_t size) {
    OpFoldResult count = tensor::getMixedSize(b, loc, matrix, 0);
    return tensor::ExtractSliceOp::create(
        b, loc, matrix, {b.getIndexAttr(0), b.getIndexAttr(first)},
        {count, b.getIndexAttr(size)}, {b.getIndexAttr(1), b.getIndexAttr(1)});
  }

  Value rows(Value matrix, int64_t first, int64_t size) {
    OpFoldResult count = tensor::getMixedSize(b, loc, matrix, 1);
    return tensor::ExtractSliceOp::create(
        b, loc, matrix, {b.getIndexAttr(first), b.getIndexAttr(0)},
        {b.getIndexAttr(size), count}, {b.getIndexAttr(1), b.getIndexAttr(1)});
  }

  Value slice(Value vector, int64_t first, int64_t size) {
    return tensor::ExtractSliceOp::create(
        b, loc, vector, ArrayRef<OpFoldResult>{b.getIndexAttr(first)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(size)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
  }

  Value matmul(Value lhs, Value rhs, int64_t resultColumns) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, lhs);
    sizes.back() = b.getIndexAttr(resultColumns);
    Value init = to.empty(sizes, type);
    return kernel::MatMulOp::create(b, loc, lhs, rhs, init).getResult();
  }

  /// The lowered `state`, zeros if there is none.
  Value initial(Value graphState, Value state) {
    SmallVector<OpFoldResult> sizes{batch, b.getIndexAttr(hidden)};
    if (!state)
      return to.filled(sizes, to.constant(type, 0));
    // Sizes of its own that the model leaves open.
    const SmallVector<AffineExpr> &own = to.get(graphState).dims;
    AffineExpr wanted[] = {to.get(op.getInput()).dims[1],
                           to.get(op.getRecurrence()).dims[1]};
    for (auto [given, expected] : llvm::zip(own, wanted)) {
      to.requireNonNegative(given - expected, "an initial state is too small");
      to.requireNonNegative(expected - given, "an initial state is too large");
    }
    SmallVector<int64_t> shape = decomposeMixedValues(sizes).first;
    return b.createOrFold<tensor::CastOp>(
        loc, RankedTensorType::get(shape, type), state);
  }

  /// input * weights^T + both biases for all steps at once: [T, B, G * H]. The
  /// recurrence's bias of a GRU candidate with linearBeforeReset is left out.
  Value projectInput() {
    Value product = matmul(in.getInput(), transpose(in.getWeights()), gates * hidden);
    if (!in.getBias())
      return product;
    Value own = slice(in.getBias(), 0, gates * hidden);
    Value other = slice(in.getBias(), gates * hidden, gates * hidden);
    bool keepsCandidate = op.getLinearBeforeReset();
    if (keepsCandidate)
      candidateBias = slice(in.getBias(), (2 * gates - 1) * hidden, hidden);
    AffineExpr d0, d1, d2;
    bindDims(b.getContext(), d0, d1, d2);
    AffineMap full = b.getMultiDimIdentityMap(3);
    AffineMap column = AffineMap::get(3, 0, d2, b.getContext());
    return to.map(
        {product, own, other}, {full, column, column},
        tensor::getMixedSizes(b, loc, product), type,
        [&](OpBuilder &inner, Location loc, ValueRange x) {
          CellMath math{inner, loc, op, type};
          Value both = math.add(x[1], x[2]);
          if (keepsCandidate) {
            Value index = linalg::IndexOp::create(inner, loc, 2);
            Value limit = arith::ConstantIndexOp::create(inner, loc, 2 * hidden);
            Value isGate = arith::CmpIOp::create(
                inner, loc, arith::CmpIPredicate::ult, index, limit);
            both = arith::SelectOp::create(inner, loc, isGate, both, x[1]);
          }
          return math.add(x[0], both);
        });
  }

  /// A [B, H] element-wise op over matrices [B, H] and vectors [H] or [B].
  SmallVector<Value>
  pointwise(ValueRange inputs, unsigned resultCount,
            llvm::function_ref<SmallVector<Value>(CellMath, ValueRange)> body) {
    SmallVector<AffineMap> maps;
    for (Value input : inputs) {
      auto inputType = cast<RankedTensorType>(input.getType());
      if (inputType.getRank() == 2)
        maps.push_back(b.getMultiDimIdentityMap(2));
      else // lengths are integers, one a row
        maps.push_back(AffineMap::get(
            2, 0, b.getAffineDimExpr(inputType.getElementType().isInteger() ? 0 : 1),
            b.getContext()));
    }
    maps.append(resultCount, b.getMultiDimIdentityMap(2));
    SmallVector<Value> inits(resultCount,
                             to.empty({batch, b.getIndexAttr(hidden)}, type));
    SmallVector<utils::IteratorType> loops(2, utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        b, loc, ValueRange(inits).getTypes(), inputs, inits, maps, loops,
        [&](OpBuilder &inner, Location loc, ValueRange scalars) {
          CellMath math{inner, loc, op, type};
          linalg::YieldOp::create(
              inner, loc, body(math, scalars.take_front(inputs.size())));
        });
    return SmallVector<Value>(generic.getResults());
  }

  /// Row `step` of the projected input, gate `gate`: [B, H].
  Value projectedGate(Value step, int64_t gate) {
    OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
    auto rowType = RankedTensorType::get(
        {getConstantIntValue(batch).value_or(ShapedType::kDynamic), hidden}, type);
    return tensor::ExtractSliceOp::create(
        b, loc, rowType, projected,
        {OpFoldResult(step), zero, b.getIndexAttr(gate * hidden)},
        {one, batch, b.getIndexAttr(hidden)}, {one, one, one});
  }

  void emitStep(Value step, ValueRange state) {
    Value product = matmul(state[1], recurrence,
                           candidateRecurrence ? 2 * hidden : gates * hidden);
    SmallVector<Value> next;
    switch (op.getKind()) {
    case RecurrentKind::RNN:
      next = emitRNN(step, product);
      break;
    case RecurrentKind::GRU:
      next = emitGRU(step, product, state[1]);
      break;
    case RecurrentKind::LSTM:
      next = emitLSTM(step, product, state[2]);
      break;
    }
    Value output = next[0];
    if (in.getLengths())
      std::tie(output, next) = hold(step, next, state.drop_front());
    OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
    Value states = tensor::InsertSliceOp::create(
        b, loc, output, state[0], ArrayRef<OpFoldResult>{step, zero, zero},
        ArrayRef<OpFoldResult>{one, batch, b.getIndexAttr(hidden)},
        ArrayRef<OpFoldResult>{one, one, one});
    next.insert(next.begin(), states);
    scf::YieldOp::create(b, loc, next);
  }

  SmallVector<Value> emitRNN(Value step, Value product) {
    return pointwise({projectedGate(step, 0), product}, 1,
                     [](CellMath math, ValueRange x) -> SmallVector<Value> {
                       return {math.activate(0, math.add(x[0], x[1]))};
                     });
  }

  SmallVector<Value> emitGRU(Value step, Value product, Value h) {
    SmallVector<Value> inputs{projectedGate(step, 0), columns(product, 0, hidden),
                              projectedGate(step, 1), columns(product, hidden, hidden)};
    auto gate = [](CellMath &math, Value x, Value y) {
      return math.activate(0, math.add(x, y));
    };
    auto blend = [](CellMath &math, Value z, Value n, Value h) {
      Value keep = math.mul(z, h);
      return math.add(math.mul(math.sub(math.constant(1), z), n), keep);
    };
    if (op.getLinearBeforeReset()) {
      inputs.append({h, projectedGate(step, 2), columns(product, 2 * hidden, hidden)});
      if (candidateBias)
        inputs.push_back(candidateBias);
      return pointwise(inputs, 1, [&](CellMath math, ValueRange x) -> SmallVector<Value> {
        Value z = gate(math, x[0], x[1]), r = gate(math, x[2], x[3]);
        Value linear = candidateBias ? math.add(x[6], x[7]) : x[6];
        Value n = math.activate(1, math.add(x[5], math.mul(r, linear)));
        return {blend(math, z, n, x[4])};
      });
    }
    inputs.push_back(h);
    SmallVector<Value> gated =
        pointwise(inputs, 2, [&](CellMath math, ValueRange x) -> SmallVector<Value> {
          return {gate(math, x[0], x[1]), math.mul(gate(math, x[2], x[3]), x[4])};
        });
    Value candidate = matmul(gated[1], candidateRecurrence, hidden);
    return pointwise({gated[0], projectedGate(step, 2), candidate, h}, 1,
                     [&](CellMath math, ValueRange x) -> SmallVector<Value> {
                       Value n = math.activate(1, math.add(x[1], x[2]));
                       return {blend(math, x[0], n, x[3])};
                     });
  }

  SmallVector<Value> emitLSTM(Value step, Value product, Value c) {
    SmallVector<Value> inputs;
    for (int64_t gate = 0; gate < 4; ++gate)
      inputs.append({projectedGate(step, gate), columns(product, gate * hidden, hidden)});
    inputs.push_back(c);
    if (in.getPeepholes())
      for (int64_t gate = 0; gate < 3; ++gate)
        inputs.push_back(slice(in.getPeepholes(), gate * hidden, hidden));
    bool peeps = static_cast<bool>(in.getPeepholes());
    return pointwise(inputs, 2, [&](CellMath math, ValueRange x) -> SmallVector<Value> {
      auto sum = [&](int64_t gate) { return math.add(x[2 * gate], x[2 * gate + 1]); };
      auto peep = [&](Value value, int64_t i, Value cell) {
        return peeps ? math.add(value, math.mul(x[9 + i], cell)) : value;
      };
      Value cell = x[8];
      Value i = math.activate(0, peep(sum(0), 0, cell));
      Value f = op.getInputForget()
                    ? math.sub(math.constant(1), i)
                    : math.activate(0, peep(sum(2), 2, cell));
      Value candidate = math.activate(1, sum(3));
      Value next = math.add(math.mul(f, cell), math.mul(i, candidate));
      Value o = math.activate(0, peep(sum(1), 1, next));
      return {math.mul(o, math.activateState(2, next)), next};
    });
  }

  /// Past the end of its sequence a row keeps its state and outputs 0.
  std::pair<Value, SmallVector<Value>> hold(Value step, ValueRange next,
                                            ValueRange before) {
    SmallVector<Value> inputs{in.getLengths()};
    llvm::append_range(inputs, next);
    llvm::append_range(inputs, before);
    size_t count = next.size();
    SmallVector<Value> results = pointwise(
        inputs, count + 1, [&](CellMath math, ValueRange x) {
          Value length = arith::IndexCastOp::create(
              math.b, math.loc, math.b.getIndexType(), x[0]);
          Value runs = arith::CmpIOp::create(
              math.b, math.loc, arith::CmpIPredicate::slt, step, length);
          SmallVector<Value> values;
          for (size_t i = 0; i < count; ++i)
            values.push_back(arith::SelectOp::create(
                math.b, math.loc, runs, x[1 + i], x[1 + count + i]));
          values.push_back(arith::SelectOp::create(math.b, math.loc, runs, x[1],
                                                   math.constant(0)));
          return values;
        });
    Value output = results.pop_back_val();
    return {output, results};
  }

  RecurrentOp op;
  RecurrentOp::Adaptor in;
  Lowering &to;
  ConversionPatternRewriter &b;
  Location loc;
  int64_t gates, hidden = 0;
  Type type;
  Value steps;
  OpFoldResult batch;
  Value projected, recurrence, candidateRecurrence, candidateBias;
};

/// graph.recurrent  =>  one matmul for the inputs of all steps, then a loop with
/// one matmul and the cell's element-wise op a step
struct LowerRecurrent : LoweringPattern<RecurrentOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RecurrentOp op, Adaptor in, Lowering &to) const override {
    return RecurrentLowering(op, in, to).lower();
  }
};
} // namespace

void graphopt::populateRecurrentLowering(LoweringPatterns to) {
  to.add<LowerRecurrent>();
}
