//===- ExpandWinograd.cpp - kernel.winograd_conv to loops -----------------===//

#include "TileEmitter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::cpu;
using namespace graphopt::kernel;

/// Bytes of a turn's products on the stack: about those of a level 1 cache,
/// unless that is too little for two register tiles.
static constexpr int64_t kStackBytes = 48 * 1024;

namespace {
/// A block of tiles after the other: the values of all its tiles, then their
/// products with one panel of the filter and the sums of those, for a stretch of
/// tiles at a time. The rows of a register tile are tiles of the image.
class WinogradEmitter : TileEmitter {
public:
  WinogradEmitter(WinogradConvOp op, ExpandContext &context)
      : TileEmitter(cast<EpilogueOp>(op.getOperation()), context), op(op),
        directions(op.getDirections()), products(countProducts(directions)) {
    // Along one dimension: images of one line.
    if (isLine = directions.size() == 1; isLine)
      directions.insert(directions.begin(), Winograd(1, 1));
    isHeavy = std::exchange(loopEpilogue, false);
    // A panel of each product is one for the tiles of rows.
    filter = memref::CollapseShapeOp::create(
        b, op.getFilter(), ArrayRef<ReassociationIndices>{{0, 1}, {2}, {3}});
  }

  void emit() {
    SmallVector<Size> sizes = b.sizesOf(op.getInit());
    initSizes = {isLine ? Size(b.getIndexAttr(1)) : sizes[1],
                 sizes[sizes.size() - 2]};
    counts = {sizes[0]};
    for (Direction d : {Y, X})
      counts.push_back(
          b.ceilDiv(b.index(initSizes[d]), directions[d].getOutputs()));
    Value all = b.product(counts);
    int64_t block = op.getBlock();
    std::optional<int64_t> fixed = getFixed(all);
    if (!fixed)
      return b.forCount(b.ceilDiv(all, block), [&](Value i) {
        Value first = b.mul(i, block);
        emitBlock(first, b.min(b.sub(all, first), b.index(block)));
      });
    int64_t full = *fixed / block, rest = *fixed % block;
    b.forCount(b.getIndexAttr(full), [&](Value i) {
      emitBlock(b.mul(i, block), b.index(block));
    });
    if (rest)
      emitBlock(b.index(full * block), b.index(rest));
  }

private:
  static int64_t channelsOf(Value memref) {
    return cast<MemRefType>(memref.getType()).getShape().back();
  }
  int64_t panelColumns() { return channelsOf(op.getFilter()); }

  void emitBlock(Value first, Value count) {
    firstTile = first;
    transformInput(count);
    int64_t full = channelsOf(op.getInit()) / panelColumns();
    emitPanels(0, full, panelColumns(), count);
    if (int64_t ragged = channelsOf(op.getInit()) % panelColumns())
      emitPanels(full, 1, ragged, count);
  }

  enum Direction { Y, X };

  /// Batch and first pixel of a tile.
  struct Corner {
    Value batch, pixel[2];
  };
  Corner cornerOf(Value tile) {
    SmallVector<Value> at = b.delinearize(tile, counts);
    return {at[0],
            {b.mul(at[1], directions[Y].getOutputs()),
             b.mul(at[2], directions[X].getOutputs())}};
  }
  /// True if tiles do not end outside of init.
  bool isWhole(Direction d) {
    int64_t outputs = directions[d].getOutputs();
    std::optional<int64_t> fixed = getFixed(initSizes[d]);
    return outputs == 1 || (fixed && *fixed % outputs == 0);
  }
  /// The indices of a line of pixels.
  SmallVector<Value> lineIndices(Value batch, Value y) {
    return isLine ? SmallVector<Value>{batch} : SmallVector<Value>{batch, y};
  }

  //===--------------------------------------------------------------------===//
  // Input to values at the points
  //===--------------------------------------------------------------------===//

  void transformInput(Value count) {
    int64_t channels = channelsOf(op.getInput());
    // A load, a store, and up to two times two operations each.
    int64_t work = 6 * products * llvm::divideCeil(channels, lanes);
    forTiles(Size(count), b.index(1), b.index(work), [&](ValueRange i, Stretch) {
      Corner corner = cornerOf(b.add(firstTile, i[0]));
      SmallVector<Value> ys = inputIndices(corner, Y);
      SmallVector<Value> xs = inputIndices(corner, X);
      auto transform = [&](Value channel, int64_t count) {
        transformTile(i[0], corner.batch, ys, xs,
                      makeColumns(channel, count).front());
      };
      b.forCount(b.getIndexAttr(channels / lanes), [&](Value vector) {
        transform(b.mul(vector, lanes), lanes);
      });
      if (int64_t ragged = channels % lanes)
        transform(b.index(channels - ragged), ragged);
    });
  }

  /// Pixels under a tile in one direction. Those outside of the input have no
  /// part in the outputs inside of init; the last pixel takes their place.
  SmallVector<Value> inputIndices(const Corner &corner, Direction d) {
    // Init's last pixel sees the input's.
    Value last = b.add(b.index(initSizes[d]), b.index(directions[d].getTaps() - 2));
    SmallVector<Value> indices;
    for (int64_t i = 0; i < directions[d].getPoints(); ++i) {
      Value index = b.add(corner.pixel[d], b.index(i));
      indices.push_back(isWhole(d) ? index : b.min(index, last));
    }
    return indices;
  }

  void transformTile(Value tile, Value batch, ArrayRef<Value> ys,
                     ArrayRef<Value> xs, Column column) {
    SmallVector<SmallVector<Value>> lines;
    for (Value y : ys) {
      SmallVector<Value> pixels;
      for (Value x : xs) {
        SmallVector<Value> at = lineIndices(batch, y);
        at.append({x, column.index});
        pixels.push_back(epilogue.load(op.getInput(), at, column.mask));
      }
      lines.push_back(evaluate(directions[X], pixels));
    }
    int64_t points = directions[X].getPoints();
    for (int64_t j = 0; j < points; ++j) {
      SmallVector<Value> line = llvm::map_to_vector(
          lines, [&](ArrayRef<Value> line) { return line[j]; });
      for (auto [i, value] : llvm::enumerate(evaluate(directions[Y], line)))
        vector::StoreOp::create(
            b, value, op.getScratch(),
            ValueRange{tile, b.index(i * points + j), column.index});
    }
  }

  /// Inputs to values at all points.
  SmallVector<Value> evaluate(const Winograd &winograd,
                              ArrayRef<Value> inputs) {
    if (winograd.isIdentity())
      return llvm::to_vector(inputs);
    // Every second input from `first` on.
    auto sumFrom = [&](int64_t first, ArrayRef<double> factors) {
      Value sum;
      for (size_t k = factors.size(); k-- > 0;)
        sum = addScaled(sum, factors[k], inputs[first + 2 * k]);
      return sum;
    };
    SmallVector<double> polynomial = winograd.getPolynomial();
    SmallVector<Value> values{sumFrom(0, polynomial)};
    for (auto [i, pair] : llvm::enumerate(winograd.getPairs())) {
      SmallVector<double> others = winograd.getPolynomialWithout(i);
      Value even = sumFrom(2, others), odd = sumFrom(1, others);
      values.push_back(addScaled(even, pair.point, odd));
      values.push_back(addScaled(even, -pair.point, odd));
    }
    values.push_back(sumFrom(1, polynomial));
    return values;
  }

  /// `sum` (null: 0) and `factor` times `value`.
  Value addScaled(Value sum, double factor, Value value) {
    if (factor == 1.0)
      return sum ? arith::AddFOp::create(b, sum, value) : value;
    if (factor == -1.0 && sum)
      return arith::SubFOp::create(b, sum, value);
    auto splat = DenseElementsAttr::get(
        sumType, b.getFloatAttr(sumType.getElementType(), factor));
    Value factors = arith::ConstantOp::create(b, splat);
    return sum ? multiplyAdd(factors, value, sum)
               : arith::MulFOp::create(b, factors, value);
  }

  //===--------------------------------------------------------------------===//
  // Products
  //===--------------------------------------------------------------------===//

  /// Panels `start` .. `start + panels - 1`, of so many columns.
  void emitPanels(int64_t start, int64_t panels, int64_t columns, Value count) {
    int64_t vectors = llvm::divideCeil(columns, lanes);
    // A panel is read from level 2 once for so many tiles.
    int64_t tileBytes = products * vectors * context.cpu.vectorBytes;
    int64_t rows = tileRows(vectors);
    int64_t most = std::max(kStackBytes / tileBytes, 2 * rows);
    most -= most % rows;
    int64_t uses = std::min(most, getFixed(count).value_or(most));
    usePanels(filter, b.getIndexAttr(uses), Value());
    // Equal stretches.
    Value turns = b.ceilDiv(count, most);
    Value divisor = b.max(turns, b.index(1));
    Value base = b.div(count, divisor);
    Value longer = b.createOrFold<arith::RemUIOp>(count, divisor);
    int64_t work = (most + 4) * products * channelsOf(op.getInput()) * vectors;
    SmallVector<Size> outer{b.getIndexAttr(panels), turns};
    forTiles(outer, b.index(1), b.index(work), [&](ValueRange i, Stretch) {
      Value panels = b.add(i[0], b.index(start));
      firstRow = b.add(b.mul(i[1], base), b.min(i[1], longer));
      auto emit = [&](Value rows) { emitStretch(panels, rows, most, columns); };
      if (getFixed(longer) == 0)
        return emit(base);
      Value isLonger =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ult, i[1], longer);
      Value more = b.add(base, b.index(1));
      if (!getFixed(base))
        return emit(b.createOrFold<arith::SelectOp>(isLonger, more, base));
      b.forEither(isLonger, [&](bool is) { emit(is ? more : base); });
    });
  }

  /// All products of `rows` tiles with one panel, and their sums.
  void emitStretch(Value panels, Value rows, int64_t most, int64_t columns) {
    SmallVector<Column> vectors =
        makeColumns(b.mul(panels, panelColumns()), columns);
    sums = getStack(most * products, vectors.size());
    Stretch all{b.index(0), b.ceilDiv(rows, mostRows(rows, vectors.size()))};
    b.forCount(b.getIndexAttr(products), [&](Value i) {
      product = i;
      panel = b.add(b.mul(panels, products), i);
      emitRows(vectors, rows, all);
    });
    b.forCount(rows, [&](Value row) { emitPixels(row, vectors); });
  }

  SmallVector<Size> reductionSizes() override {
    return {b.getIndexAttr(channelsOf(op.getInput()))};
  }
  Value prepareRow(Value row) override { return b.add(firstRow, row); }
  Value lhsVector(Value row, ValueRange k) override {
    return broadcast(memref::LoadOp::create(b, op.getScratch(),
                                            ValueRange{row, product, k[0]}));
  }
  Value rhsVector(ValueRange k, Column column) override {
    return epilogue.load(filter, {panel, k[0], column.offset}, Value());
  }
  void storeTile(Columns columns, ArrayRef<Value> rows,
                 ArrayRef<Value> values) override {
    for (auto [i, value] : llvm::enumerate(values)) {
      Value at = b.add(b.mul(rows[i / columns.size()], products), product);
      vector::StoreOp::create(
          b, value, sums, ValueRange{at, columns[i % columns.size()].offset});
    }
  }

  //===--------------------------------------------------------------------===//
  // Products to pixels
  //===--------------------------------------------------------------------===//

  /// The pixels of tile `row` of the stretch.
  void emitPixels(Value row, Columns columns) {
    Corner corner = cornerOf(b.add(b.add(firstTile, firstRow), row));
    int64_t width = directions[X].getOutputs();
    if (isWhole(Y) && isWhole(X) && !isHeavy) {
      for (Column column : columns)
        for (auto [i, pixel] : llvm::enumerate(sumTile(row, column)))
          emitPixel(corner, b.index(i / width), b.index(i % width), pixel,
                    column);
      return;
    }
    Value stack = getStack(countOutputs(directions), columns.size());
    for (Column column : columns)
      for (auto [i, pixel] : llvm::enumerate(sumTile(row, column)))
        vector::StoreOp::create(b, pixel, stack,
                                ValueRange{b.index(i), column.offset});
    b.forCount(sizeInside(corner, Y), [&](Value y) {
      b.forCount(sizeInside(corner, X), [&](Value x) {
        Value at = b.add(b.mul(y, width), x);
        for (Column column : columns) {
          Value pixel = vector::LoadOp::create(b, sumType, stack,
                                               ValueRange{at, column.offset});
          emitPixel(corner, y, x, pixel, column);
        }
      });
    });
  }

  /// Pixels of a tile inside of init in one direction.
  Size sizeInside(const Corner &corner, Direction d) {
    Size outputs = b.getIndexAttr(directions[d].getOutputs());
    if (isWhole(d))
      return outputs;
    return b.min(b.sub(b.index(initSizes[d]), corner.pixel[d]),
                 b.index(outputs));
  }

  void emitPixel(const Corner &corner, Value y, Value x, Value pixel,
                 Column column) {
    epilogue.forgetLoads();
    epilogue.outer = lineIndices(corner.batch, b.add(corner.pixel[Y], y));
    Value at = b.add(corner.pixel[X], x);
    epilogue.store(epilogue.apply(pixel, at, column), at, column);
  }

  /// One vector of channels of all pixels, line by line.
  SmallVector<Value> sumTile(Value row, Column column) {
    SmallVector<SmallVector<Value>> lines(directions[Y].getOutputs());
    int64_t width = directions[X].getPoints();
    for (int64_t j = 0; j < width; ++j) {
      SmallVector<Value> values;
      for (int64_t i = 0; i < directions[Y].getPoints(); ++i) {
        Value at = b.add(b.mul(row, products), b.index(i * width + j));
        values.push_back(vector::LoadOp::create(b, sumType, sums,
                                                ValueRange{at, column.offset}));
      }
      for (auto [line, sum] :
           llvm::zip(lines, interpolate(directions[Y], values)))
        line.push_back(sum);
    }
    SmallVector<Value> pixels;
    for (ArrayRef<Value> line : lines)
      llvm::append_range(pixels, interpolate(directions[X], line));
    return pixels;
  }

  /// Products at all points to outputs.
  SmallVector<Value> interpolate(const Winograd &winograd,
                                 ArrayRef<Value> values) {
    if (winograd.isIdentity())
      return llvm::to_vector(values);
    ArrayRef<Winograd::Pair> pairs = winograd.getPairs();
    SmallVector<Value> even, odd;
    for (size_t i = 0; i < pairs.size(); ++i) {
      Value plus = values[1 + 2 * i], minus = values[2 + 2 * i];
      even.push_back(arith::AddFOp::create(b, plus, minus));
      odd.push_back(arith::SubFOp::create(b, plus, minus));
    }
    SmallVector<Value> outputs;
    int64_t count = winograd.getOutputs();
    for (int64_t k = 0; k < count; ++k) {
      Value output = k == 0           ? values.front()
                     : k == count - 1 ? values.back()
                                      : Value();
      for (auto [i, pair] : llvm::enumerate(pairs))
        output = addScaled(output, pair.power(k), k % 2 == 0 ? even[i] : odd[i]);
      outputs.push_back(output);
    }
    return outputs;
  }

  WinogradConvOp op;
  SmallVector<Winograd> directions; // along y and x
  int64_t products;                 // of a tile
  bool isLine;                      // one spatial dimension
  bool isHeavy;
  SmallVector<Size> initSizes; // along y and x
  SmallVector<Size> counts;    // tiles: batch, along y and x
  Value firstTile;                     // of the block
  Value firstRow;                      // of the stretch, in the block
  Value filter, product;
  Value sums; // [tile of the stretch * products + product, column]
};
} // namespace

void graphopt::cpu::emitWinogradConv(WinogradConvOp op,
                                     ExpandContext &context) {
  WinogradEmitter(op, context).emit();
}
