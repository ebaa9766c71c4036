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

  /// Runs `main` of `module`, whose arguments and results have static shapes.
  /// The module is used up.
  ///
  /// \param inputs       the elements of each argument, in the layout of the C
  ///                     ABI; any alignment.
  /// \param results      memory for the elements of each result, in the same
  ///                     layout.
  /// \param timeLimitMs  how long the run may take, in milliseconds.
  /// \returns an error if the module does not compile, traps, or takes more time
  ///          or memory than it may. This process is unharmed.
  virtual llvm::Error
  evaluate(mlir::ModuleOp module,
           llvm::ArrayRef<llvm::ArrayRef<char>> inputs,
           llvm::ArrayRef<llvm::MutableArrayRef<char>> results,
           int64_t timeLimitMs) const = 0;
};

} // namespace graphopt::graph

#endif
