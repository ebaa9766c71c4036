//===- Audit.h - How near one model is to another -------------------------===//

#ifndef GRAPHOPT_DRIVER_AUDIT_H
#define GRAPHOPT_DRIVER_AUDIT_H

#include "graphopt/Compress/Metrics.h"
#include "graphopt/Driver/CollectStatistics.h"
#include <optional>

namespace graphopt {

struct AuditOptions {
#define AUDIT_OPTION(type, field, flag, initial, value, help)                  \
  type field = initial;
#include "graphopt/Driver/Options.def"
};

enum class Verdict { Pass, Expected, Warn, Fail };
llvm::StringRef verdictName(Verdict verdict);
Verdict judge(const OutputMetrics &metrics, const AuditOptions &options);

struct OutputAudit {
  std::string name;
  OutputMetrics metrics;
  Verdict verdict;
};

/// A node with weights that both models have.
struct LayerAudit {
  std::string name, op;
  OutputMetrics isolated;   ///< fed with what the first model computed before it
  OutputMetrics cumulative; ///< as it is in the second model
};

struct AuditReport {
  std::string first, second;
  std::vector<OutputAudit> outputs;
  bool hasLayers = false;
  std::vector<LayerAudit> layers; ///< the worst by themselves first
  /// Layers of the first model that are not compared: name and reason.
  std::vector<std::pair<std::string, std::string>> others;
  double sensitiveDb = 0; ///< a layer below it by itself is sensitive
  int top = 0;            ///< layers to print

  Verdict verdict() const; ///< the worst output's
  void print(llvm::raw_ostream &os) const;
  llvm::json::Object toJson() const;
  void printJson(llvm::raw_ostream &os) const;
};

/// Runs two models on samples and compares them. ONNX files are compiled for this
/// machine; compiled libraries are compared by their outputs only. That they
/// differ is no error; see AuditReport::verdict().
///
/// \param first     the model that the other is measured by.
/// \param progress  may be null.
llvm::Expected<AuditReport> auditModels(llvm::StringRef first,
                                        llvm::StringRef second,
                                        const AuditOptions &options,
                                        RunProgress *progress = nullptr);

} // namespace graphopt

#endif // GRAPHOPT_DRIVER_AUDIT_H
