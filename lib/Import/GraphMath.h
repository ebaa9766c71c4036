// The graph ops and constants that importers build others of.
#ifndef GRAPHOPT_IMPORT_GRAPHMATH_H
#define GRAPHOPT_IMPORT_GRAPHMATH_H

#include "dialects/Graph/Indexing.h"
#include "dialects/Graph/ShortNames.h"
#include "lib/Import/NodeImporter.h"

namespace graphopt {

/// Of one node: an error is the node's, and gives null.
struct GraphMath : graph::ShortNames {
  NodeImporter &node;

  explicit GraphMath(NodeImporter &node) : ShortNames(node.getLoc()), node(node) {}

  Type f32() const { return node.getBuilder().getF32Type(); }
  Type f64() const { return node.getBuilder().getF64Type(); }
  Type i64() const { return node.getBuilder().getI64Type(); }

  Value integer(int64_t value) { return node.createScalar(i64(), value); }

  // Constant tensors, in the form that a model's own have.
  Value floats(llvm::ArrayRef<double> values, llvm::ArrayRef<int64_t> shape,
               Type element);
  Value integers(llvm::ArrayRef<int32_t> values, llvm::ArrayRef<int64_t> shape);
  Value booleans(llvm::ArrayRef<bool> values);

  /// At most `trips` times what `body` makes of the number of the iteration and of the
  /// carried values, whose types stay: the next ones and, if it gives one more, whether
  /// there is a next iteration. Gives the last ones; none after an error.
  llvm::SmallVector<Value>
  repeat(int64_t trips, llvm::ArrayRef<Value> inits,
         llvm::function_ref<llvm::SmallVector<Value>(Value, mlir::ValueRange)> body);

private:
  Value insert(mlir::OperationState &state) override;
  Value makeScalar(Type element, double value) override {
    return node.createScalar(element, value);
  }
  Value makeInts(llvm::ArrayRef<int64_t> values) override {
    return node.createInts(values);
  }
};

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_GRAPHMATH_H
