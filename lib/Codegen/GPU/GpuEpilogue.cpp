//===- GpuEpilogue.cpp - The end of a kernel: body, extras, stores --------===//

#include "GpuEpilogue.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;
using graphopt::kernel::EpilogueOp;

/// The indices of an extra at `at` in init.
static SmallVector<Value> extraIndices(AffineMap map, ValueRange at, LoopBuilder &b) {
  SmallVector<Value> indices;
  for (AffineExpr result : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    indices.push_back(dim ? at[dim.getPosition()] : b.index(0));
  }
  return indices;
}

static Value applyBody(EpilogueOp op, Value value, ValueRange extras, LoopBuilder &b) {
  Block *body = op.getBody();
  IRMapping mapping;
  mapping.map(body->getArgument(0), value);
  for (auto [i, extra] : llvm::enumerate(extras))
    mapping.map(body->getArgument(1 + i), extra);
  for (Operation &inner : body->without_terminator())
    b.clone(inner, mapping);
  return mapping.lookupOrDefault(body->getTerminator()->getOperand(0));
}

Value graphopt::cuda::applyEpilogue(EpilogueOp op, Value value, ValueRange at, LoopBuilder &b) {
  SmallVector<Value> extras;
  for (auto [i, extra] : llvm::enumerate(op.getExtras()))
    extras.push_back(memref::LoadOp::create(b, extra, extraIndices(op.getMap(i), at, b)));
  return applyBody(op, value, extras, b);
}

/// True if an extra changes from one column of init to the next.
static bool followsColumns(EpilogueOp op, AffineMap map) {
  return map.isFunctionOfDim(op.getInitType().getRank() - 1);
}

/// What the body reads for each of `count` neighbours.
static SmallVector<SmallVector<Value>> loadExtras(EpilogueOp op, ValueRange at, int64_t count,
                                                  BlockBuilder &b) {
  SmallVector<SmallVector<Value>> extras(count);
  for (auto [i, extra] : llvm::enumerate(op.getExtras())) {
    AffineMap map = op.getMap(i);
    SmallVector<Value> indices = extraIndices(map, at, b);
    if (!followsColumns(op, map)) {
      Value same = memref::LoadOp::create(b, extra, indices);
      for (auto &each : extras)
        each.push_back(same);
      continue;
    }
    bool asOne = count > 1 && getRun(extra, count) == count;
    Value run = asOne ? b.loadRun(extra, indices, count) : Value();
    Value first = indices.back();
    for (auto [j, each] : llvm::enumerate(extras)) {
      indices.back() = b.add(first, b.index(j));
      each.push_back(asOne ? b.element(run, j)
                           : memref::LoadOp::create(b, extra, indices).getResult());
    }
  }
  return extras;
}

void graphopt::cuda::storeNeighbours(EpilogueOp op, ValueRange values, ValueRange at, Value end,
                                    int64_t run, BlockBuilder &b) {
  Value init = op.getInitValue();
  int64_t count = values.size();
  run = getRun(init, std::min(run, count));
  for (int64_t first = 0; first < count; first += run) {
    SmallVector<Value> place(at);
    place.back() = b.add(at.back(), b.index(first));
    b.ifThen(b.isLess(place.back(), end), [&] {
      SmallVector<SmallVector<Value>> extras = loadExtras(op, place, run, b);
      SmallVector<Value> results;
      for (int64_t i = 0; i < run; ++i)
        results.push_back(applyBody(op, values[first + i], extras[i], b));
      if (run == 1)
        memref::StoreOp::create(b, results.front(), init, place);
      else
        b.storeRun(b.gather(results), init, place);
    });
  }
}
