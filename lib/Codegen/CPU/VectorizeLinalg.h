#ifndef GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALG_H
#define GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALG_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"

namespace graphopt::cpu {

/// A size or stride in elements: `factor` times the values of `symbols`
/// (sorted ids of IterationSpace::symbols; one may appear twice).
struct Monomial {
  int64_t factor = 0;
  llvm::SmallVector<unsigned, 2> symbols;

  Monomial() = default;
  Monomial(int64_t constant) : factor(constant) {}
  static Monomial symbol(unsigned id);

  bool isConstant() const { return symbols.empty(); }
  bool is(int64_t value) const { return isConstant() && factor == value; }
  Monomial operator*(const Monomial &other) const;
  bool operator==(const Monomial &other) const {
    return factor == other.factor && symbols == other.symbols;
  }
};

/// One loop of the nest.
struct Loop {
  Monomial size;
  bool isReduction = false;
  /// Its induction variable is read by itself: linalg.index, a non-linear map.
  bool isIndexed = false;
};

/// How the loops walk one operand. The element at flat index
///   sum(offsets) + sum(strides[d] * iv[d]) + sum(expr(iv) * stride)
/// of `flat`, where the last sum is over `nonlinear`.
struct Access {
  mlir::Value flat; // 1-D view of the operand with stride 1
  llvm::SmallVector<Monomial> offsets;
  llvm::SmallVector<Monomial> strides; // one a loop
  llvm::SmallVector<std::pair<mlir::AffineExpr, Monomial>> nonlinear;

  bool isNonlinearIn(unsigned loop) const;
};

/// The iteration space of a linalg op on memrefs, with loops of size 1 dropped
/// and loops merged where every operand walks them as one.
class IterationSpace {
public:
  /// Emits what sizes and strides need (memref.dim, flat views) at `builder`.
  static llvm::FailureOr<IterationSpace> get(mlir::linalg::LinalgOp op,
                                             mlir::OpBuilder &builder);

  llvm::SmallVector<Loop> loops;
  llvm::SmallVector<Access> accesses; // one an operand

  /// The loop that walks dimension `dim` of the op; none if its size is 1.
  std::optional<unsigned> loopOfDim(unsigned dim) const {
    return dimToLoop[dim];
  }

  mlir::Value materialize(const Monomial &m, mlir::OpBuilder &builder,
                          mlir::Location loc) const;
  /// Flat index of `access` at the point `ivs`.
  mlir::Value flatIndex(const Access &access, mlir::ValueRange ivs,
                        mlir::OpBuilder &builder, mlir::Location loc) const;

private:
  mlir::LogicalResult addSizes(mlir::linalg::LinalgOp op,
                               mlir::OpBuilder &builder);
  mlir::LogicalResult addAccess(mlir::linalg::LinalgOp op,
                                mlir::OpOperand &operand,
                                mlir::OpBuilder &builder);
  Monomial operandDim(mlir::OpOperand &operand, mlir::AffineMap map,
                      unsigned pos, mlir::OpBuilder &builder);
  Monomial newSymbol(mlir::Value value);
  void dropLoop(unsigned loop);
  void dropUnitLoops();
  void mergeLoops();

  llvm::SmallVector<mlir::Value> symbols;
  llvm::SmallVector<std::optional<unsigned>> dimToLoop;
};

/// A value of the body for `lanes` neighbours of the vector loop: one scalar
/// for all (step 0), `scalar + step * lane`, or a vector.
struct LaneValue {
  mlir::Value scalar;
  int64_t step = 0;
  mlir::Value vector;

  bool isUniform() const { return scalar && step == 0; }
  bool isLinear() const { return static_cast<bool>(scalar); }
  mlir::Type elementType() const;
};

/// The lanes that a piece of code works on.
struct Lanes {
  int64_t count = 1;
  /// Active lanes, an index value; null: all of them.
  mlir::Value active;
  /// Inactive lanes repeat lane 0 instead of holding zeros.
  bool repeatFirst = false;
};

/// Emits element-wise code for a group of lanes.
class LaneEmitter {
public:
  LaneEmitter(mlir::OpBuilder &builder, mlir::Location loc, Lanes lanes);

  LaneValue load(mlir::Value flat, mlir::Value index, const Monomial &stride,
                 mlir::Value strideValue);
  void store(LaneValue value, mlir::Value flat, mlir::Value index,
             const Monomial &stride, mlir::Value strideValue);

  /// Clones `body` for the given block arguments; returns what it yields.
  llvm::SmallVector<LaneValue>
  emitBody(mlir::Block &body, llvm::ArrayRef<LaneValue> arguments,
           llvm::function_ref<LaneValue(unsigned dim)> index);

  mlir::Value asVector(const LaneValue &value);
  mlir::Value lane(const LaneValue &value, int64_t i);
  /// `onTrue` in active lanes, `onFalse` elsewhere.
  mlir::Value selectActive(mlir::Value onTrue, mlir::Value onFalse);

private:
  using Values = llvm::DenseMap<mlir::Value, LaneValue>;

  LaneValue lookup(mlir::Value value, const Values &values);
  bool emitLinear(mlir::Operation &op, Values &values);
  void emitScalar(mlir::Operation &op, Values &values);
  void emitElementwise(mlir::Operation &op, Values &values);
  void emitLoad(mlir::Operation &op, Values &values);
  void emitLanewise(mlir::Operation &op, Values &values);
  mlir::Value laneOffset(int64_t i);
  mlir::VectorType vectorOf(mlir::Type element) const;
  mlir::Value repeatFirst(mlir::Value vector);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  Lanes lanes;
  mlir::Value mask; // null: all lanes are active
};

/// What the body of an op allows.
struct BodyTraits {
  /// Has no effect but reads; anything else keeps the order of the op's loops.
  bool isPure = true;
  /// Its values fit into vectors.
  bool isVectorizable = true;
  /// Padded lanes must hold valid data: integer division, indexed loads.
  bool needsValidLanes = false;
};
BodyTraits analyzeBody(mlir::linalg::LinalgOp op);

/// Width in bits of the widest value that differs between iterations of `loop`.
unsigned widestVaryingBits(mlir::linalg::LinalgOp op,
                           const IterationSpace &space, unsigned loop);

/// Which loop becomes the vector loop, and how wide.
struct VectorPlan {
  std::optional<unsigned> loop; // none: scalar code
  int64_t lanes = 1;
  /// The loop along which operands lie that the vector loop crosses; such ops are
  /// done in square tiles.
  std::optional<unsigned> rowLoop;
  bool isParallel = false; // outer loops are cut into items for threads
};
VectorPlan chooseVectorLoop(mlir::linalg::LinalgOp op,
                            const IterationSpace &space,
                            const BodyTraits &traits, unsigned vectorBits);

/// The op that folds one element into the running value of result `i`; null if
/// the body does not end in one with a neutral element.
mlir::Operation *matchCombiner(mlir::linalg::LinalgOp op, unsigned i);

/// Emits the loops of `op` in front of it; the caller erases it.
void emitLoops(mlir::linalg::LinalgOp op, const IterationSpace &space,
               const BodyTraits &traits, VectorPlan plan,
               mlir::OpBuilder &builder);

} // namespace graphopt::cpu

#endif // GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALG_H
