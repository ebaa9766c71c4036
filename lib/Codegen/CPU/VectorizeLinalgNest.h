//===- VectorizeLinalgNest.h - The loops around a vector body -------------===//

#ifndef GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALGNEST_H
#define GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALGNEST_H

#include "VectorizeLinalg.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace graphopt::cpu {

/// The vector loop in three parts: unrolled groups, single groups, tail.
struct VectorBounds {
  mlir::Value begin, unrolledEnd, groupEnd, end;
  bool hasUnrolled, hasGroups, hasTail; // known at compile time
  bool isStatic;
};

/// Emits the loops of one op.
class NestEmitter {
public:
  NestEmitter(mlir::linalg::LinalgOp op, const IterationSpace &space,
              const BodyTraits &traits, VectorPlan plan,
              mlir::OpBuilder &builder)
      : op(op), space(space), traits(traits), plan(plan), builder(builder),
        loc(op.getLoc()), ivs(space.loops.size()) {}

  void emit();

private:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using EmitCarried = llvm::function_ref<Values(mlir::ValueRange carried)>;
  using EmitRange = llvm::function_ref<void(Value begin, Value end)>;

  // Small pieces.
  Value index(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value materialize(const Monomial &m) {
    return space.materialize(m, builder, loc);
  }
  const Access &accessOf(mlir::OpOperand &operand) const {
    return space.accesses[operand.getOperandNumber()];
  }
  Monomial vectorStride(const Access &access) const {
    return plan.loop ? access.strides[*plan.loop] : Monomial(0);
  }
  llvm::SmallVector<unsigned> otherLoops(bool reductions) const;
  int64_t unrollFactor() const;
  VectorBounds vectorBounds(int64_t unroll, Value begin, Value end);

  // Loops.
  Values emitFor(Value lower, Value upper, Value step, Value &iv,
                 mlir::ValueRange carried, EmitCarried body);
  Values emitNest(llvm::ArrayRef<unsigned> loops, mlir::ValueRange carried,
                  EmitCarried body);
  void emitIf(Value condition, llvm::function_ref<void()> body);

  // Threads (VectorizeLinalgThreads.cpp).
  int64_t instructions();
  Monomial workInside(llvm::ArrayRef<unsigned> outer);
  void emitOuter(llvm::ArrayRef<unsigned> outer, llvm::function_ref<void()> body);
  void emitChunks(int64_t multiple, EmitRange body);
  void emitItems(const Monomial &turns, const Monomial &work, int64_t multiple,
                 EmitRange body);

  // The body at one point.
  void loadUniform();
  LaneValue loadOperand(mlir::OpOperand &operand, LaneEmitter &emitter);
  Values emitPoint(LaneEmitter &emitter, mlir::ValueRange accumulators);
  void storeResult(mlir::OpOperand &init, LaneValue value,
                   LaneEmitter &emitter);

  // The vector loop is parallel, or there is none.
  void emitParallel();
  void emitVectorLoop(int64_t unroll, Value begin, Value end);
  void emitGroups(int64_t unroll, Lanes lanes);

  // Square tiles (VectorizeLinalgTranspose.cpp).
  llvm::SmallVector<mlir::OpOperand *> crossedOperands();
  void emitTiled();
  void emitTiledRows(Value begin, Value end);
  void emitTile();

  // The vector loop reduces (VectorizeLinalgReduce.cpp).
  void emitReduction();
  Values emitReductionSweep(int64_t unroll, mlir::ValueRange carried);
  void finishReduction(int64_t unroll, mlir::ValueRange carried);

  // Accurate sums (VectorizeLinalgReduce.cpp).
  bool addsManyFloats(Value lower, Value upper, int64_t step);
  Value neutral(unsigned result, mlir::Type type);
  Values emitSumFor(Value lower, Value upper, int64_t step, Value &iv,
                    mlir::ValueRange carried, EmitCarried body);

  mlir::linalg::LinalgOp op;
  const IterationSpace &space;
  BodyTraits traits;
  VectorPlan plan;
  mlir::OpBuilder &builder;
  mlir::Location loc;
  Values ivs; // one a loop; valid inside the loop
  /// Inputs that are in registers already, by operand number.
  llvm::SmallDenseMap<unsigned, Value> loaded;
};

} // namespace graphopt::cpu

#endif // GRAPHOPT_LIB_CODEGEN_CPU_VECTORIZELINALGNEST_H
