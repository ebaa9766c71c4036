//===- QuantizedLayers.h - Products whose numbers become small ------------===//

#ifndef GRAPHOPT_LIB_TRANSFORMS_QUANTIZEDLAYERS_H
#define GRAPHOPT_LIB_TRANSFORMS_QUANTIZEDLAYERS_H

#include "WeightMatrix.h"
#include "dialects/Graph/ModelRunner.h"
#include "graphopt/Compress/Quantize.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"

namespace graphopt {

/// A product with constant weights.
struct QuantLayer {
  mlir::Operation *op;
  std::string node;
  WeightMatrix weights;
  WeightGrid grid; ///< unless the scheme is bf16

  DenseWeights dense(llvm::ArrayRef<double> elements) const {
    return {elements, weights.columns, weights.places};
  }
};

/// A tensor that products read, all of one scheme, and what they read in its place.
struct QuantInput {
  mlir::Value value;
  QuantScheme scheme;
  std::vector<size_t> layers; ///< their numbers
  bool isSmooth = false;      ///< its channels may be scaled
  bool hasZeros = false;      ///< its rows have zero points, if dynamic
  bool hasRows = false;       ///< it could be dynamic
  bool isFloat = false;       ///< kept as it is after all
  std::optional<graph::Nearness> alone; ///< the outputs if only it is small
};

/// All numbers for one choice.
struct QuantNumbers {
  std::vector<std::vector<float>> factors; ///< of inputs; empty: none
  std::vector<ByteGrid> grids;             ///< of inputs, if static; of words a scale alone
  std::vector<QuantizedWeights> weights;   ///< of layers
  std::vector<std::vector<double>> biases; ///< of layers; empty: none
};

/// What is quantized.
struct QuantModel {
  mlir::ModuleOp module;
  /// What the most sensitive inputs may have in the place of their scheme.
  QuantScheme mixedScheme = QuantScheme::Float;
  std::vector<QuantLayer> layers;
  std::vector<QuantInput> inputs;
};

/// All of graph-quantize. \returns what the report says of it.
llvm::Expected<llvm::json::Object> quantizeModel(mlir::ModuleOp module,
                                                 const QuantizeOptions &options);

/// `value` in the place of the products' input on its grid, as floats.
mlir::Value quantizeInput(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value,
                          const QuantInput &input, llvm::ArrayRef<float> factors,
                          const ByteGrid &grid);

/// Lets the products that are not kept as they are multiply small numbers.
void quantizeProducts(QuantModel &model, const QuantNumbers &numbers);

/// Makes bytes with a scale a row of tables of which only rows are read.
///
/// \returns which nodes read them, and what rows lost.
llvm::json::Array quantizeTables(mlir::ModuleOp module);

/// What each layer's output lost of its mean on the samples to calibrate with.
llvm::Expected<std::vector<std::vector<double>>>
measureLostMeans(const QuantModel &model, const QuantNumbers &numbers,
                 const graph::ModelRunner &runner);

/// Runs of the model with whatever numbers.
class QuantTrials {
public:
  static llvm::Expected<QuantTrials> prepare(const QuantModel &model,
                                             const graph::ModelRunner &runner);

  /// The model with these inputs and their layers on grids, those of `mixed` by
  /// the mixed scheme.
  graph::Candidate makeCandidate(const QuantNumbers &numbers,
                                 llvm::ArrayRef<size_t> inputs,
                                 llvm::ArrayRef<size_t> mixed = {}) const;
  graph::Trials &runs() const { return *trials; }

private:
  struct Numbers {
    std::optional<size_t> bypass, byRows, factors, scale, zero;
  };

  void addSmall(graph::Candidate &candidate, const QuantNumbers &numbers, size_t input,
                bool byRows) const;

  explicit QuantTrials(const QuantModel &model) : model(&model) {}

  const QuantModel *model;
  std::vector<Numbers> numbers; ///< of inputs, in the trials' lists
  std::unique_ptr<graph::Trials> trials;
};

/// The nearest numbers of bf16 or f16.
std::vector<double> roundToHalf(llvm::ArrayRef<double> numbers, QuantScheme scheme);

/// True if an input has one grid for all runs.
inline bool isStatic(QuantScheme scheme) {
  return scheme == QuantScheme::Int8Static || scheme == QuantScheme::Int16Static;
}

/// True if weights are floats of 16 bits.
inline bool hasHalves(QuantScheme scheme) {
  return scheme == QuantScheme::BFloat16 || scheme == QuantScheme::Float16;
}

/// True if the scheme rounds what products read, too.
inline bool roundsInputs(QuantScheme scheme) {
  return scheme != QuantScheme::WeightOnly && scheme != QuantScheme::Float16 &&
         scheme != QuantScheme::Float;
}

} // namespace graphopt

#endif // GRAPHOPT_LIB_TRANSFORMS_QUANTIZEDLAYERS_H
