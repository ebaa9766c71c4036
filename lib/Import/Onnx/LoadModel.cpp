// The order of the steps from a file to a model that can be translated.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "onnx/checker.h"
#include "onnx/shape_inference/implementation.h"
#include "onnx/version_converter/convert.h"
#include "llvm/ADT/StringExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;

void graphopt::fail(const Twine &message) { throw ImportError(message.str()); }

std::string graphopt::describe(const onnx::NodeProto &node) {
  return "node '" + node.name() + "' (" + node.op_type() + ")";
}

StringRef graphopt::normalDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

int64_t graphopt::opsetOf(const onnx::ModelProto &model, StringRef domain) {
  for (const onnx::OperatorSetIdProto &import : model.opset_import())
    if (normalDomain(import.domain()) == normalDomain(domain))
      return import.version();
  return 0;
}

void graphopt::runChecker(const onnx::ModelProto &model) {
  // The checker wants data or a file for every tensor, and a shape for every
  // input and output; we have checked the one and do without the other.
  onnx::ModelProto copy = model;
  forEachTensor(copy, [](onnx::TensorProto &tensor) {
    if (!weightIndex(tensor))
      return;
    tensor.clear_external_data();
    tensor.clear_data_location();
    tensor.clear_dims();
    tensor.add_dims(0);
  });
  auto addShape = [](onnx::ValueInfoProto &value) {
    if (value.type().has_tensor_type())
      value.mutable_type()->mutable_tensor_type()->mutable_shape();
  };
  llvm::for_each(*copy.mutable_graph()->mutable_input(), addShape);
  llvm::for_each(*copy.mutable_graph()->mutable_output(), addShape);
  if (copy.graph().name().empty())
    copy.mutable_graph()->set_name("main");
  onnx::checker::check_model(copy);
}

/// Runs one call into ONNX; what it throws says which one it was.
template <typename Step> static void runOnnx(const Twine &what, Step step) {
  try {
    step();
  } catch (const ImportError &) {
    throw;
  } catch (const std::exception &error) {
    // ONNX breaks its messages into lines.
    llvm::SmallVector<StringRef> words;
    StringRef(error.what()).split(words, '\n', -1, /*KeepEmpty=*/false);
    fail(what + ": " + llvm::join(words, " "));
  }
}

/// Checks that use nothing but the file.
static void check(OnnxModel &model, StringRef path,
                  const ImportOptions &options) {
  checkLimits(model);
  model.opset = opsetOf(model.proto);
  resolveExternalData(model, path);
  checkTensorSizes(model);
  moveMicrosoftOperators(model.proto);
  checkFunctionExpansion(model.proto, options.maxNodes);
  checkOperators(model.proto);
  orderNodes(model.proto);
  runOnnx("ONNX's checker", [&] { runChecker(model.proto); });
}

/// To opset 28 and native operators.
static void normalize(OnnxModel &model, const ImportOptions &options) {
  onnx::ModelProto &proto = model.proto;
  normalizeTensors(model);
  densifySparseTensors(model, options.maxSparseBytes);
  normalizeTensors(model);
  applyInputShapes(proto, options.shapes);
  auto outputs = proto.graph().output();
  inlineLocalFunctions(proto, options.maxNodes);
  checkAttributes(proto); // what functions were given
  retypePackedWeights(model);
  if (opsetOf(proto) == 0) // it uses other domains only
    proto.add_opset_import()->set_version(canonicalOpset);
  unbatchOldScans(proto);
  if (int64_t opset = opsetOf(proto); opset != canonicalOpset)
    runOnnx("converting opset " + Twine(opset) + " to " + Twine(canonicalOpset),
            [&] {
              alignOldOperands(proto);
              proto = onnx::version_conversion::ConvertVersion(proto,
                                                               canonicalOpset);
            });
  restoreOldScans(proto);
  constexpr int64_t resizeWithModes = 11;
  if (model.opset < resizeWithModes)
    keepOldResize(proto);
  nameNodes(proto);
  runOnnx("expanding functions of the standard",
          [&] { expandFunctions(proto, options.maxNodes); });
  checkOperators(proto);
  nameNodes(proto);
  bindDefaultAttributes(proto);
  normalizeTensors(model);
  // ONNX makes up names for open dimensions that have none.
  proto.mutable_graph()->mutable_output()->Swap(&outputs);
  splitMaps(proto);
}

llvm::Expected<OnnxModel>
graphopt::loadOnnxModel(StringRef path, const ImportOptions &options) {
  try {
    registerMicrosoftOperators();
    OnnxModel model = readModelFile(path);
    check(model, path, options);
    normalize(model, options);
    return model;
  } catch (const std::bad_alloc &) {
    return llvm::createStringError(path + ": out of memory");
  } catch (const std::exception &error) {
    return llvm::createStringError(path + ": " + error.what());
  }
}
