#include "dialects/Graph/Resize.h"
#include "lib/Import/Importers.h"

using namespace mlir;
using namespace graphopt;
using namespace graphopt::graph;

/// Input `index`; null also if it is an empty list, as old exporters write.
static Value getList(NodeImporter &node, size_t index) {
  Value list = node.getInput(index);
  bool isEmpty = list && llvm::is_contained(
                             node.getInputType(index).getShape(), 0);
  return isEmpty ? Value() : list;
}

/// Attribute `name` as a case of an enumeration, or failure after an error.
template <typename Enum>
static FailureOr<Enum> getCase(NodeImporter &node, StringRef name,
                               std::optional<Enum> (*symbolize)(StringRef)) {
  StringRef text = node.getString(name);
  if (std::optional<Enum> value = symbolize(text))
    return *value;
  return node.emitError() << name << " '" << text << "' is not known";
}

LogicalResult graphopt::importResize(NodeImporter &node) {
  auto mode = getCase(node, "mode", symbolizeInterpolation);
  auto coordinates = getCase(node, "coordinate_transformation_mode",
                             symbolizeCoordinateMode);
  if (failed(mode) || failed(coordinates))
    return failure();
  MLIRContext *context = node.getContext();
  Builder &builder = node.getBuilder();
  NearestModeAttr rounding;
  FloatAttr cubicCoefficient, extrapolation;
  AspectPolicyAttr policy;
  Value scales = getList(node, 2), sizes = getList(node, 3), roi;
  if (*mode == Interpolation::Nearest) {
    auto given = getCase(node, "nearest_mode", symbolizeNearestMode);
    if (failed(given))
      return failure();
    rounding = NearestModeAttr::get(context, *given);
  }
  if (*mode == Interpolation::Cubic)
    cubicCoefficient =
        builder.getF32FloatAttr(node.getFloat("cubic_coeff_a"));
  if (*coordinates == CoordinateMode::CropAndResize) {
    roi = getList(node, 1);
    extrapolation =
        builder.getF32FloatAttr(node.getFloat("extrapolation_value"));
  }
  // It says how sizes are meant.
  if (!scales && node.getString("keep_aspect_ratio_policy") != "stretch") {
    auto given =
        getCase(node, "keep_aspect_ratio_policy", symbolizeAspectPolicy);
    if (failed(given))
      return failure();
    policy = AspectPolicyAttr::get(context, *given);
  }
  SmallVector<int64_t> axes = node.getInts(
      "axes", llvm::to_vector(llvm::seq(node.getInputRank(0))));
  bool interpolates = *mode != Interpolation::Nearest;
  auto flag = [&](StringRef name) {
    return interpolates && node.getInt(name) ? builder.getUnitAttr()
                                             : UnitAttr();
  };
  return node.finish<ResizeOp>(
      InterpolationAttr::get(context, *mode), node.getInput(0), scales, sizes,
      roi, builder.getDenseI64ArrayAttr(axes),
      CoordinateModeAttr::get(context, *coordinates), rounding, policy,
      cubicCoefficient, extrapolation, flag("antialias"),
      flag("exclude_outside"));
}
