//===- Staging.cpp - A side of a product on its way to shared memory ------===//

#include "Staging.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cuda;

constexpr int64_t kLines = 4; ///< of a piece whose neighbours are lines

Staging::Staging(const Side &side, ValueRange batch, Value first, LoopBuilder::Size count,
                 LoopBuilder::Size total, int64_t lines, int64_t depth, int64_t group,
                 BlockBuilder &b)
    : side(side), total(total), depth(depth), group(group),
      lanes(side.alongDepth ? group : kLines), run(std::min(side.run, lanes)), b(b) {
  std::optional<int64_t> fixed = getFixed(total);
  isExact = fixed && *fixed % depth == 0;
  int64_t pieceLines = side.alongDepth ? 1 : kLines;
  int64_t perLine = depth / group, perDepth = lines / pieceLines;
  assert(perLine * perDepth % b.threads == 0 && "threads have unequal shares");
  Value last = b.sub(b.index(count), b.index(side.alongDepth ? 1 : run));
  for (int64_t i = 0; i < perLine * perDepth / b.threads; ++i) {
    Value number = b.add(b.thread, b.index(i * b.threads));
    Piece piece;
    // Threads beside each other read neighbours.
    int64_t inner = side.alongDepth ? perLine : perDepth;
    Value major = b.div(number, b.index(inner)), minor = b.rem(number, inner);
    piece.line = b.mul(side.alongDepth ? major : minor, pieceLines);
    piece.k = b.mul(side.alongDepth ? minor : major, group);
    Value line = b.add(first, piece.line);
    for (int64_t j = 0; j < pieceLines; j += run)
      piece.starts.push_back(
          side.start(b, batch, b.min(b.add(line, b.index(j)), last)));
    pieces.push_back(piece);
  }
}

/// What is read at once, as a vector.
static Value loadNeighbours(BlockBuilder &b, Value memref, ValueRange indices, int64_t run) {
  if (run > 1)
    return b.loadRun(memref, indices, run);
  Value one = memref::LoadOp::create(b, memref, indices);
  return b.splat(one, 1);
}

Value Staging::loadVector(const Piece &piece, Value k) {
  Value result;
  Value end = b.index(total);
  for (int64_t j = 0; j < lanes; j += run) {
    Value at = side.alongDepth ? b.add(k, b.index(j)) : k;
    Value last = b.sub(end, b.index(side.alongDepth ? run : 1));
    Value safe = isExact ? at : b.min(at, last);
    ArrayRef<Value> start = piece.starts[side.alongDepth ? 0 : j / run];
    Value part = loadNeighbours(b, side.memref, side.at(b, start, safe), run);
    if (!isExact)
      part = b.select(b.isLess(at, end), part, b.zero(part.getType()));
    if (run == lanes)
      return part;
    if (!result)
      result = b.zero(VectorType::get(lanes, side.getElementType()));
    result = vector::InsertStridedSliceOp::create(b, part, result, ArrayRef<int64_t>{j},
                                                  ArrayRef<int64_t>{1});
  }
  return result;
}

SmallVector<Value> Staging::load(Value k) {
  if (isExact) // what is read ahead of the last turn is not used
    k = b.min(k, b.sub(b.index(total), b.index(depth)));
  SmallVector<Value> loaded;
  for (const Piece &piece : pieces)
    for (int64_t i = 0; i < getVectors(); ++i)
      loaded.push_back(loadVector(piece, b.add(b.add(k, piece.k), b.index(i))));
  return loaded;
}
