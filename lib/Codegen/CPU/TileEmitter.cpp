//===- TileEmitter.cpp - Sums of products in register tiles ---------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

TileEmitter::TileEmitter(EpilogueOp op, ExpandContext &context)
    : context(context), b(op.getLoc(), op),
      lanes(context.cpu.lanes(op.getValueType().getIntOrFloatBitWidth())),
      sumType(VectorType::get(lanes, op.getValueType())),
      epilogue(op, lanes, b),
      // A loop inside an item is not handed out again: its stack would grow.
      isParallel(context.parallel && !op->getParentOfType<scf::ParallelOp>() &&
                 !op->getParentOfType<scf::ForallOp>()),
      stackBlock(&context.entry) {
  loopEpilogue = context.epilogue == EpilogueForm::Auto
                     ? isHeavyEpilogue(*op.getBody())
                     : context.epilogue == EpilogueForm::Loop;
}

SmallVector<Column> TileEmitter::makeColumns(Value first, int64_t count,
                                             int64_t offset) {
  SmallVector<Column> columns;
  for (int64_t c = 0; c < count; c += lanes) {
    Column column{b.add(first, b.index(c)), Value(), b.index(offset + c)};
    if (count - c < lanes)
      column.mask = vector::ConstantMaskOp::create(
          b, epilogue.vectorOf(b.getI1Type()), ArrayRef<int64_t>{count - c});
    columns.push_back(column);
  }
  return columns;
}

/// Tiles of a block of rows whose sums are on the stack.
static constexpr int64_t kTilesPerBlock = 16;

int64_t TileEmitter::mostRows(Size size, int64_t vectors) {
  int64_t most = tileRows(vectors) * (blockSize ? kTilesPerBlock : 1);
  if (std::optional<int64_t> fixed = getFixed(size))
    most = std::min(most, std::max<int64_t>(*fixed, 1));
  return most;
}

void TileEmitter::emitRows(Columns columns, Size size, Stretch stretch,
                           Value first) {
  if (blockSize)
    return emitBlockedRows(columns, size, stretch);
  int64_t most = mostRows(size, columns.size());
  if (loopEpilogue)
    stack = getStack(most, columns.size());

  auto emitTile = [&](Value row, int64_t rows) {
    SmallVector<Value> indices = rowIndices(row, rows);
    SmallVector<Value> sums =
        emitReduction(columns, indices, startTile(columns, indices),
                      b.index(0), b.index(reductionSizes().front()));
    storeTile(columns, indices, sums);
  };
  cutRows(first ? first : b.index(0), size, most, stretch, emitTile,
          [&](Value row, Value rows) {
            if (loopEpilogue)
              emitEpilogueLoop(columns, row, rows);
          });
}

SmallVector<Value> TileEmitter::startTile(Columns columns,
                                          ArrayRef<Value> rows) {
  epilogue.forgetLoads();
  SmallVector<Value> sums;
  for (size_t i = 0; i < rows.size() * columns.size(); ++i)
    sums.push_back(startSum(columns[i % columns.size()]));
  return sums;
}

Value TileEmitter::startSum(Column column) {
  Value start = epilogue.start(column);
  return start ? start : arith::ConstantOp::create(b, b.getZeroAttr(sumType));
}

void TileEmitter::storeTile(Columns columns, ArrayRef<Value> rows,
                            ArrayRef<Value> sums) {
  epilogue.forgetLoads();
  for (auto [i, sum] : llvm::enumerate(sums)) {
    size_t r = i / columns.size(), c = i % columns.size();
    if (loopEpilogue)
      storeSum(sum, b.index(r), c);
    else
      epilogue.store(epilogue.apply(sum, rows[r], columns[c]), rows[r],
                     columns[c]);
  }
}

SmallVector<Value> TileEmitter::rowIndices(Value row, int64_t rows) {
  SmallVector<Value> indices;
  for (int64_t r = 0; r < rows; ++r)
    indices.push_back(b.add(row, b.index(r)));
  return indices;
}

//===----------------------------------------------------------------------===//
// Items for threads
//===----------------------------------------------------------------------===//

void TileEmitter::forTurns(ArrayRef<Size> outer, Size rows, int64_t vectors,
                           EmitTurn turn) {
  // The right side comes from an outer cache.
  constexpr int64_t kLoad = 4;
  int64_t most = mostRows(rows, vectors);
  Value tiles = b.ceilDiv(b.index(rows), most);
  Value work = b.mul(b.product(reductionSizes()),
                     (most + kLoad) * vectors * tapsInBody());
  if (!tilesPerBlock || getFixed(outer.back()) == 1)
    return forTiles(outer, tiles, work, turn);

  // The panels stay innermost of the outer indices.
  SmallVector<Size> sizes(outer);
  sizes.insert(sizes.end() - 1, b.ceilDiv(tiles, tilesPerBlock));
  Value base = b.div(b.index(rows), b.max(tiles, b.index(1)));
  Value longer = b.sub(b.index(rows), b.mul(tiles, base));
  forTiles(sizes, b.index(tilesPerBlock), work,
           [&](ValueRange indices, Stretch stretch) {
             SmallVector<Value> others(indices);
             size_t block = others.size() - 2;
             Value before = b.mul(others[block], tilesPerBlock);
             others.erase(others.begin() + block);
             firstOfBlock = b.add(b.mul(before, base), b.min(before, longer));
             turn(others, {b.add(before, stretch.begin),
                           b.min(b.add(before, stretch.end), tiles)});
           });
  firstOfBlock = {};
}

void TileEmitter::usePanels(Value panels, Size rows, Value lhs) {
  auto type = cast<MemRefType>(panels.getType());
  if (lhs)
    planRows(lhs, rows, type);
  int64_t vectors = type.getShape().back() / interleave / lanes;
  // A block's may be fewer.
  int64_t most = blockSize ? mostRows(rows, vectors)
                           : tilesPerBlock * tileRows(vectors);
  if (most)
    rows = b.min(b.index(rows), b.index(most));
  panelPrefetch =
      PanelPrefetch(b, panels, rows, tileRows(vectors), blockSize);
}

/// Bytes of an element.
static int64_t bytesOf(Type type) {
  return getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8;
}

bool TileEmitter::leavesRoom(MemRefType panels) {
  return panels.getNumElements() * bytesOf(panels) <= context.cpu.level2Bytes / 4;
}

void TileEmitter::planRows(Value lhs, Size rows, MemRefType panels) {
  int64_t columns = panels.getShape().back() / interleave;
  int64_t rowBytes = llvm::product_of(panels.getShape().drop_front().drop_back()) *
                     interleave * bytesOf(lhs.getType());
  std::optional<int64_t> fixed = getFixed(rows);
  int64_t level2 = context.cpu.level2Bytes;
  bool rhsStays = leavesRoom(panels);
  int64_t most = tileRows(columns / lanes);
  if (blockSize || rowBytes == 0)
    return;
  if (fixed && *fixed * rowBytes <= level2 / 2) {
    if (rhsStays)
      tilesPerBlock = cutForThreads(llvm::divideCeil(*fixed, most)).value_or(0);
    return;
  }
  constexpr int64_t kShortRow = 2048;
  if (rowBytes <= kShortRow) {
    fetchedLhs = lhs;
    lhsRows = rows;
  }
  // A block's rows stay in level 2, and all panels, too, or two that pass by while
  // there are enough rows to hide the way of the next.
  constexpr int64_t kEnoughRows = 96;
  int64_t rhsBytes = panels.getNumElements() * bytesOf(panels);
  int64_t room = rhsStays ? level2 * 3 / 4 - rhsBytes : level2 / 2;
  int64_t largest = std::max<int64_t>(4, room / (rowBytes * most));
  if (!rhsStays && largest * most < kEnoughRows)
    return;
  if (fixed) {
    int64_t tiles = llvm::divideCeil(*fixed, most);
    int64_t blocks = llvm::divideCeil(tiles, largest);
    if (blocks < 2)
      return;
    largest = llvm::divideCeil(tiles, blocks); // equal blocks
  }
  tilesPerBlock = largest;
}

std::optional<int64_t> TileEmitter::cutForThreads(int64_t count) {
  if (!isParallel)
    return std::nullopt;
  constexpr int64_t kMostBlocks = 8, kLeast = 3;
  std::optional<int64_t> best;
  int64_t leastMissing = count / 6 + 1; // in the last block
  for (int64_t blocks = kMostBlocks; blocks > 1; --blocks) {
    int64_t size = llvm::divideCeil(count, blocks);
    int64_t missing = size * blocks - count;
    if (size < kLeast || missing >= leastMissing)
      continue;
    best = size;
    leastMissing = missing;
  }
  return best;
}

Value TileEmitter::clipPart(Value end, Value line, Value lines, Value perLine) {
  return b.min(end, b.mul(b.sub(lines, b.min(line, lines)), perLine));
}

void TileEmitter::forTiles(ArrayRef<Size> outer, Value tiles, Value work,
                           EmitTurn turn) {
  // Vector instructions that are worth a thread: about 3 us, five times what it
  // costs to hand them to one that waits.
  constexpr int64_t kItemWork = 1 << 14;
  Value all = b.mul(b.product(outer), tiles);
  // Of little work an even number, two threads are the most common; equal ones.
  Value pairs = b.div(b.mul(all, work), b.index(2 * kItemWork));
  Value items = b.min(b.mul(pairs, 2), all);
  std::optional<int64_t> fixed = getFixed(items);
  if (!isParallel || (fixed && *fixed < 2))
    return b.forNest(outer, [&](ValueRange indices) {
      turn(indices, {b.index(0), tiles});
    });

  Value perItem = b.ceilDiv(all, b.max(items, b.index(1)));
  items = b.ceilDiv(all, b.max(perItem, b.index(1)));
  auto loop = scf::ParallelOp::create(b, b.index(0), items, b.index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  llvm::SaveAndRestore<Block *> ownStack(stackBlock, loop.getBody());
  Value begin = b.mul(loop.getInductionVars().front(), perItem);
  Value end = b.min(b.add(begin, perItem), all);
  emitItem(outer, begin, end, tiles, turn);
}

/// Tiles `begin` .. `end` - 1 of those of all turns, `tiles` each.
void TileEmitter::emitItem(ArrayRef<Size> outer, Value begin, Value end,
                           Value tiles, EmitTurn turn) {
  if (getFixed(b.product(outer)) == 1)
    return turn(b.delinearize(b.index(0), outer), {begin, end});
  if (getFixed(tiles) == 1)
    return b.forRange(begin, end, [&](Value number) {
      turn(b.delinearize(number, outer), {b.index(0), tiles});
    });
  b.forRange(b.div(begin, tiles), b.ceilDiv(end, tiles), [&](Value number) {
    Value start = b.mul(number, tiles);
    Value from = b.sub(b.max(begin, start), start);
    Value to = b.min(b.sub(end, start), tiles);
    turn(b.delinearize(number, outer), {from, to});
  });
}

//===----------------------------------------------------------------------===//
// The cut into tiles
//===----------------------------------------------------------------------===//

void TileEmitter::cutRows(Value first, Size size, int64_t most,
                          Stretch stretch, EmitTile tile, AfterTile after) {
  if (std::optional<int64_t> fixed = getFixed(size))
    cutFixedRows(first, *fixed, most, stretch, tile, after);
  else
    cutOpenRows(first, b.index(size), most, stretch, tile, after);
}

/// size = large * (base + 1) + (tiles - large) * base, as two loops.
void TileEmitter::cutFixedRows(Value first, int64_t size, int64_t most,
                               Stretch stretch, EmitTile tile,
                               AfterTile after) {
  if (size == 0)
    return;
  int64_t tiles = llvm::divideCeil(size, most);
  int64_t base = size / tiles, large = size % tiles;
  auto run = [&](int64_t from, int64_t to, int64_t rows, int64_t start) {
    if (from == to)
      return;
    b.forRange(b.max(stretch.begin, b.index(from)),
               b.min(stretch.end, b.index(to)), [&](Value i) {
                 Value row = b.add(b.add(first, b.index(start)), b.mul(i, rows));
                 tile(row, rows);
                 after(row, b.index(rows));
               });
  };
  run(0, large, base + 1, 0);
  run(large, tiles, base, large);
}

/// The same cut at run time: one loop over tiles, a switch on their rows.
void TileEmitter::cutOpenRows(Value first, Value size, int64_t most,
                              Stretch stretch, EmitTile tile,
                              AfterTile after) {
  Value one = b.index(1);
  Value tiles = b.ceilDiv(size, most);
  Value divisor = arith::MaxUIOp::create(b, tiles, one); // no row, no tile
  Value base = arith::DivUIOp::create(b, size, divisor);
  Value large = arith::RemUIOp::create(b, size, divisor);
  b.forRange(stretch.begin, stretch.end, [&](Value i) {
    Value isLarge =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, i, large);
    Value rows = arith::SelectOp::create(b, isLarge, b.add(base, one), base);
    Value row = b.add(first, b.add(b.mul(i, base), b.min(i, large)));
    // Region 0, the default, is a full tile; region r has r rows.
    auto cases = llvm::to_vector(llvm::seq<int64_t>(1, most));
    auto select = scf::IndexSwitchOp::create(b, TypeRange(), rows, cases,
                                             cases.size());
    for (auto [r, region] : llvm::enumerate(select->getRegions())) {
      OpBuilder::InsertionGuard guard(b);
      b.createBlock(&region);
      tile(row, r == 0 ? most : r);
      scf::YieldOp::create(b);
    }
    after(row, rows);
  });
}

//===----------------------------------------------------------------------===//
// Blocks of the reduction
//===----------------------------------------------------------------------===//

/// Blocks of rows whose sums stay on the stack while one block of k after the
/// other, small enough to stay in cache, is added to them.
void TileEmitter::emitBlockedRows(Columns columns, Size size, Stretch stretch) {
  int64_t most = tileRows(columns.size()), blockRows = mostRows(size, columns.size());
  stack = getStack(blockRows, columns.size());
  if (std::optional<int64_t> fixed = getFixed(size))
    return cutFixedRows(
        b.index(0), *fixed, blockRows, stretch,
        [&](Value first, int64_t rows) {
          firstOfBlock = first;
          emitBlock(columns, first, b.getIndexAttr(rows), most);
        },
        [](Value, Value) {});
  Value rows = b.index(size);
  b.forRange(stretch.begin, stretch.end, [&](Value i) {
    Value first = b.mul(i, blockRows);
    Value count = b.min(b.index(blockRows), b.sub(rows, first));
    firstOfBlock = first;
    emitBlock(columns, first, count, most);
  });
}

void TileEmitter::emitBlock(Columns columns, Value first, Size size,
                            int64_t most) {
  b.forCount(size, [&](Value row) {
    epilogue.forgetLoads();
    for (size_t c = 0; c < columns.size(); ++c)
      storeSum(startSum(columns[c]), row, c);
  });
  Value total = b.index(reductionSizes().front());
  b.forCount(b.ceilDiv(total, blockSize), [&](Value block) {
    Value from = b.mul(block, blockSize);
    Value to = b.min(b.add(from, b.index(blockSize)), total);
    beginBlock(columns, from, to);
    auto emitTile = [&](Value row, int64_t rows) {
      SmallVector<Value> sums, onStack = rowIndices(b.sub(row, first), rows);
      for (size_t i = 0; i < rows * columns.size(); ++i)
        sums.push_back(loadSum(onStack[i / columns.size()], i % columns.size()));
      sums = emitReduction(columns, rowIndices(row, rows), sums, from, to);
      for (auto [i, sum] : llvm::enumerate(sums))
        storeSum(sum, onStack[i / columns.size()], i % columns.size());
    };
    Stretch all{b.index(0), b.ceilDiv(b.index(size), most)};
    cutRows(first, size, most, all, emitTile, [](Value, Value) {});
  });
  emitEpilogueLoop(columns, first, b.index(size));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

SmallVector<Value> TileEmitter::emitSumNest(
    ArrayRef<Size> sizes, Value first, Value last, SmallVector<Value> values,
    llvm::function_ref<SmallVector<Value>(ValueRange, SmallVector<Value>)>
        body) {
  SmallVector<scf::ForOp> loops;
  SmallVector<Value> indices;
  OpBuilder::InsertionGuard guard(b);
  for (Size size : sizes) {
    bool isFirst = loops.empty();
    auto loop = scf::ForOp::create(b, isFirst ? first : b.index(0),
                                   isFirst ? last : b.index(size), b.index(1),
                                   values);
    if (!isFirst)
      scf::YieldOp::create(b, loop.getResults());
    loops.push_back(loop);
    indices.push_back(loop.getInductionVar());
    values.assign(loop.getRegionIterArgs().begin(),
                  loop.getRegionIterArgs().end());
    b.setInsertionPointToStart(loop.getBody());
  }
  scf::YieldOp::create(b, body(indices, values));
  return SmallVector<Value>(loops.front().getResults());
}

SmallVector<Value> TileEmitter::emitReduction(Columns columns,
                                              ArrayRef<Value> rows,
                                              SmallVector<Value> sums,
                                              Value first, Value last) {
  SmallVector<Value> prepared = llvm::map_to_vector(
      rows, [&](Value row) { return prepareRow(row); });
  Value number = rowsBefore ? b.add(rowsBefore, rows.front()) : rows.front();
  if (firstOfBlock)
    number = b.sub(number, firstOfBlock);
  Value start = panelPrefetch.start(b, panel, number, first);
  return emitSumNest(
      reductionSizes(), first, last, sums,
      [&](ValueRange indices, SmallVector<Value> sums) {
        SmallVector<Value> rhs;
        for (const Column &column : columns)
          rhs.push_back(rhsVector(indices, column));
        panelPrefetch.fetch(b, start, indices);
        if (fetchedLhs)
          fetchRows(rows, indices.front());
        for (size_t r = 0; r < rows.size(); ++r) {
          Value lhs = lhsVector(prepared[r], indices);
          for (size_t c = 0; c < columns.size(); ++c) {
            Value &sum = sums[r * columns.size() + c];
            sum = multiplyAdd(lhs, rhs[c], sum);
          }
        }
        return sums;
      });
}

/// Rows of a tile are so many short streams, which a CPU does not foresee. Step k
/// asks for a part of a tile to come; its rows lie one after the other.
void TileEmitter::fetchRows(ArrayRef<Value> rows, Value k) {
  constexpr int64_t kStepsAhead = 256; // more cycles than memory takes
  int64_t steps = getFixed(reductionSizes().front()).value_or(kStepsAhead);
  int64_t tiles = llvm::divideCeil(kStepsAhead, std::max<int64_t>(steps, 1));
  int64_t count = rows.size();
  Value row = b.add(rows.front(), b.index(tiles * count));
  Value last = b.sub(b.index(lhsRows), b.index(count));
  memref::PrefetchOp::create(b, fetchedLhs,
                             lhsAddress(b.min(row, last), b.mul(k, count * interleave)),
                             /*isWrite=*/false, /*localityHint=*/3,
                             /*isDataCache=*/true);
}

Value TileEmitter::broadcastGroup(Value memref, SmallVector<Value> indices, int64_t count) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get(interleave, element);
  Value elements;
  if (count == interleave && cast<MemRefType>(memref.getType()).isLastDimUnitStride()) {
    elements = vector::LoadOp::create(b, type, memref, indices);
  } else {
    elements = arith::ConstantOp::create(b, b.getZeroAttr(type));
    for (int64_t i = 0; i < count; ++i) {
      Value one = memref::LoadOp::create(b, memref, indices);
      elements = vector::InsertOp::create(b, one, elements, i);
      indices.back() = b.add(indices.back(), b.index(1));
    }
  }
  Type lane = b.getIntegerType(element.getIntOrFloatBitWidth() * interleave);
  Value group = vector::BitCastOp::create(b, VectorType::get(1, lane), elements);
  Value all = vector::BroadcastOp::create(b, VectorType::get(lanes, lane),
                                          vector::ExtractOp::create(b, group, 0));
  return vector::BitCastOp::create(b, VectorType::get(lanes * interleave, element), all);
}

Value TileEmitter::loadGroups(Value panels, SmallVector<Value> indices, bool isUnsigned) {
  indices.back() = b.mul(indices.back(), interleave);
  Type element = cast<MemRefType>(panels.getType()).getElementType();
  auto type = VectorType::get(lanes * interleave, element);
  Value groups = vector::LoadOp::create(b, type, panels, indices);
  if (interleave != 2 || !element.isInteger(8))
    return groups;
  Type pairs = type.clone(b.getI16Type());
  if (isUnsigned)
    return arith::ExtUIOp::create(b, pairs, groups);
  return arith::ExtSIOp::create(b, pairs, groups);
}

/// The instruction that adds products of neighbours to a sum: of bytes, of halves of
/// lanes, or of bf16.
static std::string getDotProduct(const graphopt::CpuModel &cpu, bool isFloat, bool ofHalves) {
  std::string bits = std::to_string(cpu.vectorBytes * 8);
  if (StringRef(cpu.triple).starts_with("aarch64"))
    return isFloat ? "llvm.aarch64.neon.bfdot.v4f32.v8bf16"
                   : "llvm.aarch64.neon.usdot.v4i32.v16i8";
  if (isFloat)
    return "llvm.x86.avx512bf16.dpbf16ps." + bits;
  return (ofHalves ? "llvm.x86.avx512.vpdpwssd." : "llvm.x86.avx512.vpdpbusd.") + bits;
}

/// Where no instruction adds the products of a lane to a sum as well.
Value TileEmitter::addPairs(Value lhs, Value rhs, Value sum) {
  int64_t bits = context.cpu.vectorBytes * 8;
  StringRef name = bits == 512   ? "llvm.x86.avx512.pmaddw.d.512"
                   : bits == 256 ? "llvm.x86.avx2.pmadd.wd"
                                 : "llvm.x86.sse2.pmadd.wd";
  auto products = LLVM::CallIntrinsicOp::create(b, sumType, b.getStringAttr(name),
                                                ValueRange{lhs, rhs});
  return arith::AddIOp::create(b, sum, products.getResult(0));
}

Value TileEmitter::multiplyAdd(Value lhs, Value rhs, Value sum, bool ofHalves) {
  const CpuModel &cpu = context.cpu;
  bool isFloat = isa<FloatType>(sumType.getElementType());
  if (ofHalves && cpu.dotInt16) {
    auto halves = VectorType::get(2 * lanes, b.getI16Type());
    lhs = vector::BitCastOp::create(b, halves, lhs);
    rhs = vector::BitCastOp::create(b, halves, rhs);
  }
  if (cpu.dotInt16 && (ofHalves ? !cpu.dotInt8 : interleave == 2 && !isFloat))
    return addPairs(lhs, rhs, sum);
  if (interleave != 1 || (ofHalves && cpu.dotInt16)) {
    std::string name = getDotProduct(cpu, isFloat, ofHalves);
    return LLVM::CallIntrinsicOp::create(b, sumType, b.getStringAttr(name),
                                         ValueRange{sum, lhs, rhs})
        .getResult(0);
  }
  if (isa<IntegerType>(sumType.getElementType()))
    return arith::AddIOp::create(b, sum, arith::MulIOp::create(b, lhs, rhs));
  if (context.cpu.fma)
    return vector::FMAOp::create(b, lhs, rhs, sum);
  return arith::AddFOp::create(b, sum, arith::MulFOp::create(b, lhs, rhs));
}

Value TileEmitter::widen(Value input, bool isUnsigned) {
  Type element = getElementTypeOrSelf(input);
  if (element == sumType.getElementType())
    return input;
  Type type = sumType.getElementType();
  if (auto vector = dyn_cast<VectorType>(input.getType()))
    type = vector.clone(type);
  if (isa<FloatType>(element))
    return arith::ExtFOp::create(b, type, input);
  if (isUnsigned)
    return arith::ExtUIOp::create(b, type, input);
  return arith::ExtSIOp::create(b, type, input);
}

Value TileEmitter::broadcast(Value scalar) {
  return vector::BroadcastOp::create(b, sumType, scalar);
}

//===----------------------------------------------------------------------===//
// Sums on the stack
//===----------------------------------------------------------------------===//

void TileEmitter::emitEpilogueLoop(Columns columns, Value row, Value rows) {
  b.forCount(rows, [&](Value r) {
    epilogue.forgetLoads();
    Value rowIndex = b.add(row, r);
    SmallVector<Value> values;
    for (auto [c, column] : llvm::enumerate(columns))
      values.push_back(epilogue.apply(loadSum(r, c), rowIndex, column));
    for (auto [value, column] : llvm::zip(values, columns))
      epilogue.store(value, rowIndex, column);
  });
}

Value TileEmitter::getStack(int64_t rows, int64_t vectors, int number) {
  auto type =
      MemRefType::get({rows, vectors * lanes}, sumType.getElementType());
  Value &buffer = context.stack[{stackBlock, type, number}];
  if (!buffer) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(stackBlock);
    constexpr int64_t kAlignment = 64;
    buffer = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(kAlignment));
  }
  return buffer;
}

Value TileEmitter::loadSum(Value row, int64_t vector) {
  return vector::LoadOp::create(b, sumType, stack,
                                ValueRange{row, b.index(vector * lanes)});
}

void TileEmitter::storeSum(Value sum, Value row, int64_t vector) {
  vector::StoreOp::create(b, sum, stack,
                          ValueRange{row, b.index(vector * lanes)});
}
