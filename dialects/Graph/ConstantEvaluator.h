//===- ConstantEvaluator.h - Runs constant subgraphs while compiling ------===//

#ifndef GRAPHOPT_DIALECTS_GRAPH_CONSTANTEVALUATOR_H
#define GRAPHOPT_DIALECTS_GRAPH_CONSTANTEVALUATOR_H

#include "dialects/Graph/Graph.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"
#include "llvm/Support/Error.h"

namespace graphopt::graph {

/// What graph-evaluate-constants asks to run a subgraph. Whoever has the whole
/// compiler (lib/Driver) attaches one to the graph dialect; there is no second
/// implementation of any operator.
class ConstantEvaluator
    : public mlir::DialectInterface::Base<ConstantEvaluator> {
public:
  explicit ConstantEvaluator(mlir::Dialect *dialect) : Base(dialect) {}

  /// Runs `main`, a function without arguments, of `module`, which is used up.
  ///
  /// \param results  memory for the elements of each result, in the layout of
  ///                 the C ABI, aligned to GRAPHOPT_ALIGNMENT.
  /// \returns an error if the subgraph does not compile, traps, or takes more
  ///          time than it may.
  virtual llvm::Error
  evaluate(mlir::ModuleOp module,
           llvm::ArrayRef<llvm::MutableArrayRef<char>> results) const = 0;
};

} // namespace graphopt::graph

#endif
