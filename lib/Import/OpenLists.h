// Lists of positions, extents, pads whose length only the run tells.
#ifndef GRAPHOPT_IMPORT_OPENLISTS_H
#define GRAPHOPT_IMPORT_OPENLISTS_H

#include "lib/Import/NodeImporter.h"

namespace graphopt {

/// True if input `index` is a list of open length.
bool isOpenList(const NodeImporter &node, size_t index);

/// Input `index`; an open list has `length` elements from here on, if that is known. The
/// run refuses others.
mlir::Value getList(NodeImporter &node, size_t index, std::optional<int64_t> length);

/// Extents `begin` .. `end - 1` of `value`, a constant where they are static.
mlir::Value getExtents(NodeImporter &node, mlir::Value value, int64_t begin, int64_t end);

/// The same for a list with a number for each dimension of output 0.
mlir::Value getListOfDims(NodeImporter &node, size_t index);

/// `value` with the extents of `shape` that are not open; the run refuses others.
mlir::Value withShape(NodeImporter &node, mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// `value`; an open last dimension has `extent` elements from here on.
mlir::Value withLast(NodeImporter &node, mlir::Value value, int64_t extent);

/// 0, 1, ... for the elements of a list.
mlir::Value getPositions(NodeImporter &node, mlir::Value list);

/// What `list` says of the dimensions `axes`, as a list of all `rank` dimensions: the
/// others have `otherwise`. The run refuses axes that are no dimensions.
mlir::Value spread(NodeImporter &node, mlir::Value list, mlir::Value axes, int64_t rank,
                   int64_t otherwise);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_OPENLISTS_H
