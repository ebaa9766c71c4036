#include "QuantizeRecipe.h"
#include "RecipeReader.h"

using namespace graphopt;
using llvm::StringRef;
namespace json = llvm::json;

static constexpr std::pair<StringRef, QuantScheme> schemes[] = {
    {"int8-dynamic", QuantScheme::Int8Dynamic},
    {"int8-static", QuantScheme::Int8Static},
    {"int16-static", QuantScheme::Int16Static},
    {"weight-only", QuantScheme::WeightOnly},
    {"bf16", QuantScheme::BFloat16},
    {"f16", QuantScheme::Float16},
    {"float", QuantScheme::Float}};
static constexpr std::pair<StringRef, WeightType> weightTypes[] = {
    {"s8", WeightType::S8}, {"i4", WeightType::I4}, {"u4", WeightType::U4}};
static constexpr std::pair<StringRef, Calibrator> calibrators[] = {
    {"minmax", Calibrator::MinMax},
    {"percentile", Calibrator::Percentile},
    {"mse", Calibrator::Mse},
    {"entropy", Calibrator::Entropy}};
static constexpr std::pair<StringRef, BiasCorrection> corrections[] = {
    {"auto", BiasCorrection::Auto},
    {"always", BiasCorrection::Always},
    {"never", BiasCorrection::Never}};

StringRef graphopt::quantSchemeName(QuantScheme scheme) {
  return nameOf(schemes, scheme);
}
std::optional<QuantScheme> graphopt::parseQuantScheme(StringRef name) {
  return valueOf(schemes, name);
}
StringRef graphopt::weightTypeName(WeightType type) {
  return nameOf(weightTypes, type);
}
std::optional<WeightType> graphopt::parseWeightType(StringRef name) {
  return valueOf(weightTypes, name);
}
StringRef graphopt::calibratorName(Calibrator calibrator) {
  return nameOf(calibrators, calibrator);
}
std::optional<Calibrator> graphopt::parseCalibrator(StringRef name) {
  return valueOf(calibrators, name);
}
StringRef graphopt::biasCorrectionName(BiasCorrection correction) {
  return nameOf(corrections, correction);
}
std::optional<BiasCorrection> graphopt::parseBiasCorrection(StringRef name) {
  return valueOf(corrections, name);
}

double QuantizeOptions::getMinSqnr() const {
  if (minSqnr >= 0)
    return minSqnr;
  if (hasOtherFloor())
    return 0;
  return scheme == QuantScheme::WeightOnly && weights != WeightType::S8 ? 10 : 15;
}

bool graphopt::canMix(QuantScheme scheme, QuantScheme mixed) {
  return mixed == QuantScheme::Float || (scheme == QuantScheme::Int8Static &&
                                         mixed == QuantScheme::Int8Dynamic);
}

bool graphopt::parseSmooth(StringRef text, QuantizeOptions &options) {
  options.smoothAuto = text == "auto";
  options.smooth = 0;
  if (text == "auto" || text == "none")
    return false;
  return text.getAsDouble(options.smooth) || options.smooth < 0 ||
         options.smooth > 1;
}

/// `smooth`: a word or a number.
static void readSmooth(Reader &reader, QuantizeOptions &options) {
  if (!reader.has("smooth"))
    return;
  const json::Value &value = *reader.get("smooth");
  std::string text;
  if (auto word = value.getAsString())
    text = word->str();
  else if (auto number = value.getAsNumber())
    text = fmt::format("{}", *number);
  if (parseSmooth(text, options))
    reader.fail("smooth", "is none of auto, none, and a number of 0 to 1");
}

static void readOverrides(Reader &reader, QuantizeOptions &options) {
  if (!reader.has("override"))
    return;
  const json::Object *object = reader.get("override")->getAsObject();
  if (!object)
    return reader.fail("override", "is no object");
  for (auto &[node, value] : *object) {
    auto name = value.getAsString();
    auto scheme = name ? parseQuantScheme(*name) : std::nullopt;
    if (!scheme)
      return reader.fail("override." + node.str(),
                         "is no scheme and not float");
    options.overrides.emplace_back(node.str(), *scheme);
  }
  llvm::sort(options.overrides);
}

llvm::Error graphopt::parseQuantize(const json::Value &value, std::string path,
                                    QuantizeOptions &options) {
  constexpr std::pair<StringRef, bool> scales[] = {{"channel", false},
                                                   {"tensor", true}};
  constexpr std::pair<StringRef, bool> tables[] = {{"float", false},
                                                   {"s8", true}};
  Reader reader(value, std::move(path));
  reader.read("scheme", schemes, options.scheme);
  reader.read("weights", weightTypes, options.weights);
  if (reader.has("tables")) {
    bool areBytes = false;
    reader.read("tables", tables, areBytes);
    options.tables = areBytes;
  }
  reader.read("group", options.group);
  if (options.group < 1)
    reader.fail("group", "is not positive");
  reader.read("scale_per", scales, options.perTensor);
  reader.read("zero_points", options.zeroPoints);
  reader.read("second_order", options.secondOrder);
  reader.read("damping", options.damping, 1e6);
  reader.read("calibrator", calibrators, options.calibrator);
  reader.read("percentile", options.percentile, 100);
  if (options.percentile < 50)
    reader.fail("percentile", "is less than 50");
  readSmooth(reader, options);
  reader.read("float", options.keepFloat);
  readOverrides(reader, options);
  reader.read("bias_correction", corrections, options.biasCorrection);
  reader.read("mixed", options.mixed);
  reader.read("mixed_scheme", schemes, options.mixedScheme);
  reader.read("min_sqnr", options.minSqnr, 1000);
  reader.read("min_top1", options.minTop1, 1);
  reader.read("max_metric_drop", options.maxMetricDrop, 1);
  if (!canMix(options.scheme, options.mixedScheme))
    reader.fail("mixed_scheme",
                "is neither float nor, with the scheme int8-static, int8-dynamic");
  bool is4Bit = options.weights != WeightType::S8;
  if (is4Bit && options.scheme != QuantScheme::WeightOnly)
    reader.fail("weights", "has 4 bits, which needs the scheme weight-only");
  if (options.smooth > 0 && options.calibrator != Calibrator::MinMax)
    reader.fail("smooth", "goes with the calibrator minmax only");
  return reader.finish();
}
