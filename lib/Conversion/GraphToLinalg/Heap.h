//===- Heap.h - Sorting and selecting by comparisons ----------------------===//

#ifndef GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_HEAP_H
#define GRAPHOPT_LIB_CONVERSION_GRAPHTOLINALG_HEAP_H

#include "IndexMath.h"

namespace graphopt {

/// Emits loops that arrange items. An item is a number, kept as an i64 in a
/// tensor of one dimension; what it stands for only `isBefore` knows.
///
/// In a heap, the item that comes last is the first element, and no item comes
/// before those at 2i + 1 and 2i + 2.
class Heap {
public:
  /// An i1: whether item `i` comes before item `j`, both of index type. A total
  /// order of different items.
  using IsBefore =
      std::function<mlir::Value(IndexMath, mlir::Value i, mlir::Value j)>;

  Heap(mlir::OpBuilder &builder, mlir::Location loc, IsBefore isBefore)
      : m{builder, loc}, isBefore(std::move(isBefore)) {}

  /// The first `size` of `items` as a heap.
  mlir::Value build(mlir::Value items, mlir::Value size);
  /// The heap of `size` > 0 items with `item` in place of the one that comes
  /// last, if it comes before that.
  mlir::Value offer(mlir::Value items, mlir::Value size, mlir::Value item);
  /// A heap of `size` items in their order.
  mlir::Value sort(mlir::Value items, mlir::Value size);

private:
  using Body = llvm::function_ref<mlir::Value(mlir::Value i, mlir::Value items)>;
  /// `items` as `body` leaves them after 0 .. count-1.
  mlir::Value repeat(mlir::Value count, mlir::Value items, Body body);
  /// Puts `item` into the free place `hole` or below, where the rest is a heap.
  mlir::Value sift(mlir::Value items, mlir::Value size, mlir::Value hole,
                   mlir::Value item);
  mlir::Value read(mlir::Value items, mlir::Value at);
  mlir::Value write(mlir::Value items, mlir::Value at, mlir::Value item);

  IndexMath m;
  IsBefore isBefore;
};

} // namespace graphopt

#endif
