//===- QuantizeOptions.h - How a model becomes one of small numbers -------===//

#ifndef GRAPHOPT_COMPRESS_QUANTIZEOPTIONS_H
#define GRAPHOPT_COMPRESS_QUANTIZEOPTIONS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace graphopt {

/// What a product multiplies.
enum class QuantScheme {
  Int8Dynamic, ///< bytes; each row of the input has a scale of its own run
  Int8Static,  ///< bytes; the input has the range that it had on samples
  Int16Static, ///< 16 bits by bytes; the input has the range that it had on samples
  WeightOnly,  ///< floats by weights that are stored small
  BFloat16,    ///< bf16 on both sides
  Float16,     ///< floats by weights that are stored as f16
  Float,       ///< what it multiplied before
};

/// What weights are stored as.
enum class WeightType {
  S8, ///< -127 to 127, a scale an output
  I4, ///< -8 to 7, a scale for each group of an output's inputs
  U4, ///< 0 to 15, the same with zero points
};

/// Where a range that was seen on samples is cut.
enum class Calibrator {
  MinMax,     ///< nowhere
  Percentile, ///< at a share of the values
  Mse,        ///< where squares of the errors are least
  Entropy,    ///< where the distribution changes least
};

/// Whether biases make up for what the mean of an output lost.
enum class BiasCorrection { Auto, Always, Never };

llvm::StringRef quantSchemeName(QuantScheme scheme);
std::optional<QuantScheme> parseQuantScheme(llvm::StringRef name);
llvm::StringRef weightTypeName(WeightType type);
std::optional<WeightType> parseWeightType(llvm::StringRef name);
llvm::StringRef calibratorName(Calibrator calibrator);
std::optional<Calibrator> parseCalibrator(llvm::StringRef name);
llvm::StringRef biasCorrectionName(BiasCorrection correction);
std::optional<BiasCorrection> parseBiasCorrection(llvm::StringRef name);

struct QuantizeOptions {
  QuantScheme scheme = QuantScheme::Int8Dynamic;
  WeightType weights = WeightType::S8;
  /// Whether tables that are only looked up become bytes, too.
  std::optional<bool> tables;
  int64_t group = 32;        ///< inputs that share a scale, of 4 bits
  bool perTensor = false;    ///< one scale for all weights of a layer, of s8
  bool zeroPoints = false;   ///< rows have them, of int8-dynamic
  bool secondOrder = true;   ///< later inputs make up for earlier ones
  double damping = 0.01;     ///< of secondOrder
  Calibrator calibrator = Calibrator::MinMax;
  double percentile = 99.99;
  /// Auto: whatever is best on the samples to select with.
  bool smoothAuto = true;
  double smooth = 0; ///< how much of the input's range weights take; 0: none
  std::vector<std::string> keepFloat; ///< nodes, or classes of them
  /// Nodes that have a scheme of their own.
  std::vector<std::pair<std::string, QuantScheme>> overrides;
  BiasCorrection biasCorrection = BiasCorrection::Auto;
  int64_t mixed = 0;        ///< so many may have another scheme until the floor holds
  QuantScheme mixedScheme = QuantScheme::Float; ///< or Int8Dynamic
  double minSqnr = -1;      ///< the floor, in dB; -1: what the scheme can be asked
  double minTop1 = 0;       ///< another one: share of the same greatest elements
  double maxMetricDrop = 0; ///< another one: of the user's metric
  std::string statistics; ///< file to take statistics from, in place of a run

  bool shrinksTables() const {
    return tables.value_or(scheme != QuantScheme::BFloat16 &&
                           scheme != QuantScheme::Float16 &&
                           weights == WeightType::S8);
  }
  bool hasOtherFloor() const { return minTop1 > 0 || maxMetricDrop > 0; }
  /// The floor in dB, if there is one.
  double getMinSqnr() const;
};

/// Whether the most sensitive inputs of one scheme may have the other.
bool canMix(QuantScheme scheme, QuantScheme mixed);

/// Reads smooth: "auto", "none", or a number.
///
/// \returns true if it is none of them.
bool parseSmooth(llvm::StringRef text, QuantizeOptions &options);

} // namespace graphopt

#endif // GRAPHOPT_COMPRESS_QUANTIZEOPTIONS_H
