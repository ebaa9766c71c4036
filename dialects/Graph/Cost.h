//===- Cost.h - What an op computes and reads -----------------------------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_COST_H
#define GRAPHOPT_DIALECTS_GRAPH_COST_H

#include "dialects/Graph/ShapeInference.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace graphopt::graph {

/// The products that `op` adds up, in terms of open dimensions: those of a direct
/// computation, whatever algorithm is chosen, padding and inserted zeros included.
/// 0 for ops that are no sums of products, and for control flow, whose body counts
/// by itself. Null if sizes depend on values that the run reads.
mlir::AffineExpr countMacs(ShapeInference &shapes, mlir::Operation *op);

/// Elements that training made: floats, or integers of up to 16 bits, that are
/// more than one. Shapes, axes and masks are none.
int64_t countParameters(mlir::ElementsAttr constant);

/// The parameters of constants in `root`. Tables are what is only looked up, such as
/// embeddings.
struct ParameterCount {
  int64_t tables = 0, others = 0;
};
ParameterCount countParameters(mlir::Operation *root);

/// The number that `expr` is if each symbol is what `valueOf` says of it; nothing
/// if `expr` or a symbol is unknown.
std::optional<double>
evaluate(const ShapeInference &shapes, mlir::AffineExpr expr,
         llvm::function_ref<std::optional<double>(const ShapeInference::Symbol &)>
             valueOf);

/// Bytes of a tensor in memory, where a boolean takes one. Null as above.
mlir::AffineExpr countBytes(ShapeInference &shapes, mlir::Value value);

} // namespace graphopt::graph

#endif
