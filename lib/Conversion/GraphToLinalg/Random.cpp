#include "Generators.h"
#include "Scalar.h"
#include "dialects/Graph/Generator.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

using Values = FailureOr<SmallVector<Value>>;

namespace {
/// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", 2011, section 4.
class Philox {
public:
  explicit Philox(IndexMath m) : m(m) {}

  /// The four words (i32) for two i64 as a counter and a key of two words.
  SmallVector<Value, 4> generate(Value low, Value high, uint32_t key0,
                                 uint32_t key1) {
    constexpr uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57,
                       weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
    SmallVector<Value, 4> words{word(low, 0), word(low, 32), word(high, 0),
                                word(high, 32)};
    for (int round = 0; round < 10; ++round) {
      Value first = multiply(words[0], multiplier0),
            second = multiply(words[2], multiplier1);
      words = {mix(word(second, 32), words[1], key0), word(second, 0),
               mix(word(first, 32), words[3], key1), word(first, 0)};
      key0 += weyl0;
      key1 += weyl1;
    }
    return words;
  }

private:
  Value constant(Type type, uint64_t value) {
    return arith::ConstantOp::create(
        m.b, m.loc,
        IntegerAttr::get(type, APInt(type.getIntOrFloatBitWidth(), value)));
  }
  Value word(Value wide, int64_t shift) {
    if (shift)
      wide = m.op<arith::ShRUIOp>(wide, constant(wide.getType(), shift));
    return arith::TruncIOp::create(m.b, m.loc, m.b.getI32Type(), wide);
  }
  Value multiply(Value x, uint32_t factor) {
    Type wide = m.b.getI64Type();
    return m.mul(arith::ExtUIOp::create(m.b, m.loc, wide, x),
                 constant(wide, factor));
  }
  Value mix(Value x, Value y, uint32_t key) {
    return m.op<arith::XOrIOp>(m.op<arith::XOrIOp>(x, y),
                               constant(x.getType(), key));
  }

  IndexMath m;
};

struct LowerRandom : LoweringPattern<RandomOp> {
  using LoweringPattern::LoweringPattern;

  Values lower(RandomOp op, Adaptor, Lowering &to) const override {
    SmallVector<OpFoldResult> sizes = filledSizes(to, op.getShape(), op.getResult());
    // "graphopt" where the model has no seed.
    uint32_t key0 = 0x67726170, key1 = 0x686f7074;
    if (std::optional<APFloat> seed = op.getSeed()) {
      key0 = seed->bitcastToAPInt().getZExtValue();
      key1 = 0;
    }
    Value execution = op.getSeed() ? to.math().zero(to.b.getI64Type())
                                   : countExecution(to);
    Type element = op.getElement();
    bool isWide = element.isF64();
    Type type = isWide ? Type(to.b.getF64Type()) : Type(to.b.getF32Type());
    return {{to.generate(
        sizes, element, [&](OpBuilder &b, Location loc, ValueRange position) {
          Scalar s{b, loc};
          IndexMath m{b, loc};
          Value number = m.constant(0);
          for (auto [at, size] : llvm::zip_equal(position, sizes))
            number = m.add(m.mul(number, asValue(m, size)), at);
          SmallVector<Value, 4> words = Philox(m).generate(
              m.cast(b.getI64Type(), number), execution, key0, key1);
          Value x = op.getNormal() ? buildNormal(s, words, type)
                                   : buildFraction(s, ArrayRef(words), type);
          x = s.add(s.mul(x, s.constant(type, op.getScale().convertToDouble())),
                    s.constant(type, op.getOffset().convertToDouble()));
          return s.convert(x, element);
        })}};
  }

  static Value asValue(IndexMath m, OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(m.b, m.loc, size);
  }

  /// How many ops were executed before this execution.
  static Value countExecution(Lowering &to) {
    constexpr StringLiteral name = "graphopt_random_executions";
    auto module = to.op->getParentOfType<ModuleOp>();
    Type i64 = to.b.getI64Type();
    auto type = MemRefType::get({}, i64);
    if (!module.lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(to.b);
      to.b.setInsertionPointToStart(module.getBody());
      auto zero = DenseElementsAttr::get(RankedTensorType::get({}, i64),
                                         to.b.getI64IntegerAttr(0));
      memref::GlobalOp::create(to.b, to.loc, name, to.b.getStringAttr("private"),
                               type, zero, /*constant=*/false,
                               /*alignment=*/IntegerAttr());
    }
    Value counter = memref::GetGlobalOp::create(to.b, to.loc, type, name);
    Value one = arith::ConstantIntOp::create(to.b, to.loc, 1, 64);
    return memref::AtomicRMWOp::create(to.b, to.loc, arith::AtomicRMWKind::addi,
                                       one, counter, ValueRange());
  }

  /// The first words as a fraction in [0, 1).
  static Value buildFraction(Scalar s, ArrayRef<Value> words, Type type) {
    bool isWide = type.isF64();
    Value bits = words[0];
    if (isWide) {
      Type i64 = s.b.getI64Type();
      Value high = arith::ExtUIOp::create(s.b, s.loc, i64, words[0]),
            low = arith::ExtUIOp::create(s.b, s.loc, i64, words[1]);
      bits = s.op<arith::OrIOp>(
          {s.op<arith::ShLIOp>({high, s.constant(i64, 32)}), low});
    }
    int64_t digits = isWide ? 53 : 24;
    int64_t width = isWide ? 64 : 32;
    bits = s.op<arith::ShRUIOp>({bits, s.constant(bits, width - digits)});
    Value number = arith::SIToFPOp::create(s.b, s.loc, type, bits);
    return s.mul(number, s.constant(type, std::ldexp(1.0, -digits)));
  }

  /// Box and Muller's method.
  static Value buildNormal(Scalar s, ArrayRef<Value> words, Type type) {
    ArrayRef<Value> others = words.drop_front(type.isF64() ? 2 : 1);
    // In (0, 1].
    Value radius = s.sub(s.constant(type, 1), buildFraction(s, words, type));
    radius = s.sqrt(s.mul(s.constant(type, -2), s.log(radius)));
    Value angle = s.mul(buildFraction(s, others, type),
                        s.constant(type, 2 * llvm::numbers::pi));
    return s.mul(radius, s.op<math::CosOp>({angle}));
  }
};
} // namespace

void graphopt::populateRandomLowering(LoweringPatterns to) {
  to.add<LowerRandom>();
}
