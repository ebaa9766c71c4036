#ifndef GRAPHOPT_DRIVER_REPORT_H
#define GRAPHOPT_DRIVER_REPORT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace graphopt {

struct ReportOptions {
#define REPORT_OPTION(type, field, flag, initial, value, help)                 \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

/// A number, or a formula of open dimensions such as "384*batch*seq"; neither if
/// only the run knows it.
struct Amount {
  std::optional<int64_t> number;
  std::string formula;
  double order = 0; ///< for comparisons: with 64 for each open dimension
};

/// What one node, or several together, take.
struct CostReport {
  std::string name; ///< of the node, or of the operator
  std::string operators;
  int64_t nodes = 0, parameters = 0;
  Amount macs, bytes; ///< of multiply-accumulates, and of results
};

struct PortReport {
  std::string name, type; // "float [batch, 4]"
};

/// What a model takes by itself, whatever code is made of it.
struct ModelReport {
  std::string model;
  int64_t opset = 0;
  std::vector<PortReport> inputs, outputs;
  CostReport total;
  int64_t weightBytes = 0;
  /// Inputs, outputs and all values that live at one time, if their sizes are
  /// known: no run in the order of the nodes needs less, beside the weights.
  std::optional<int64_t> peakBytes;
  std::vector<CostReport> operators, nodes; ///< those with most MACs first
  int top = 0; ///< nodes to print

  void print(llvm::raw_ostream &os) const;
  void printJson(llvm::raw_ostream &os) const;
};

/// Counts parameters, MACs and bytes of an ONNX model, or a dump of the stages
/// import and graph. Nothing is run or written.
llvm::Expected<ModelReport> reportModel(llvm::StringRef path,
                                        const ReportOptions &options);

} // namespace graphopt
#endif
