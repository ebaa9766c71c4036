// Fixing the dimensions that a model leaves open.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;
using Dimension = onnx::TensorShapeProto::Dimension;

llvm::Expected<InputShape> graphopt::parseInputShape(StringRef text) {
  // The name may hold '=', the dims cannot.
  auto [name, dims] = text.rsplit('=');
  auto error = [&] {
    return llvm::createStringError("shape '" + text +
                                   "' does not read like input_ids=1x128");
  };
  if (name.empty() || !text.contains('='))
    return error();
  InputShape shape{name.str(), {}};
  llvm::SmallVector<StringRef> parts;
  if (!dims.empty())
    dims.split(parts, 'x');
  for (StringRef part : parts) {
    int64_t dim = InputShape::open;
    if (part != "?" && (part.getAsInteger(10, dim) || dim < 0))
      return error();
    shape.dims.push_back(dim);
  }
  return shape;
}

llvm::Expected<std::vector<InputShape>>
graphopt::parseInputShapes(llvm::ArrayRef<std::string> texts) {
  std::vector<InputShape> shapes;
  for (const std::string &text : texts) {
    llvm::Expected<InputShape> shape = parseInputShape(text);
    if (!shape)
      return shape.takeError();
    shapes.push_back(std::move(*shape));
  }
  return shapes;
}

static std::string shapeText(const onnx::ValueInfoProto &input) {
  if (!input.type().tensor_type().has_shape())
    return "of unknown rank";
  std::string text;
  for (const Dimension &dim : input.type().tensor_type().shape().dim()) {
    if (!text.empty())
      text += "x";
    text += dim.has_dim_value()       ? std::to_string(dim.dim_value())
            : dim.dim_param().empty() ? "?"
                                      : dim.dim_param();
  }
  return text.empty() ? "scalar" : text;
}

/// The inputs that a caller gives: not those that an initializer sets.
static std::vector<onnx::ValueInfoProto *> callerInputs(onnx::GraphProto &g) {
  llvm::StringSet<> set;
  for (const onnx::TensorProto &tensor : g.initializer())
    set.insert(tensor.name());
  std::vector<onnx::ValueInfoProto *> inputs;
  for (onnx::ValueInfoProto &input : *g.mutable_input())
    if (!set.contains(input.name()))
      inputs.push_back(&input);
  return inputs;
}

static std::string
listInputs(const std::vector<onnx::ValueInfoProto *> &inputs) {
  std::string text = "the model's inputs are:";
  for (const onnx::ValueInfoProto *input : inputs)
    text += "\n  " + input->name() + ": " + shapeText(*input);
  return text;
}

namespace {

/// What dimension names are bound to, and by which input.
struct Binding {
  int64_t size;
  StringRef input;
};
using Bindings = llvm::StringMap<Binding>;

} // namespace

/// Writes one requested shape into its input and remembers the names it binds.
static void fixInput(onnx::ValueInfoProto &input, const InputShape &shape,
                     const std::string &inputs, Bindings &bindings) {
  auto wrong = [&](const Twine &why) {
    fail("--shape of input '" + shape.input + "' " + why + "; " + inputs);
  };
  if (input.type().has_sequence_type() || input.type().has_optional_type())
    wrong("is for a tensor, and the input is none");
  auto &type = *input.mutable_type()->mutable_tensor_type();
  if (!type.has_shape()) {
    for (size_t i = 0; i < shape.dims.size(); ++i)
      type.mutable_shape()->add_dim();
    type.mutable_shape();
  }
  auto &dims = *type.mutable_shape()->mutable_dim();
  if (size_t(dims.size()) != shape.dims.size())
    wrong("has rank " + Twine(shape.dims.size()) + ", but the input has rank " +
          Twine(dims.size()));
  for (auto [index, size] : llvm::enumerate(shape.dims)) {
    Dimension &dim = dims[index];
    if (size == InputShape::open)
      continue;
    if (dim.has_dim_value() && dim.dim_value() != size)
      wrong("sets dimension " + Twine(index) + " to " + Twine(size) +
            ", but the model fixes it to " + Twine(dim.dim_value()));
    if (!dim.dim_param().empty()) {
      auto [bound, isNew] =
          bindings.try_emplace(dim.dim_param(), Binding{size, shape.input});
      if (bound->second.size != size)
        wrong("sets '" + dim.dim_param() + "' to " + Twine(size) +
              ", but input '" + bound->second.input + "' sets it to " +
              Twine(bound->second.size));
    }
    dim.set_dim_value(size);
  }
}

/// Shapes that the file claims for inner values may be wrong and would hide
/// what the fixed inputs imply; they are inferred again.
static void dropInnerShapes(onnx::ModelProto &model) {
  forEachGraph(model,
               [](onnx::GraphProto &graph) { graph.clear_value_info(); });
}

/// Some exporters call every open dimension `?`. A name without a letter or
/// digit says nothing, least of all that two extents are equal.
static void dropEmptyNames(onnx::ModelProto &model) {
  auto visit = [](auto &values) {
    for (onnx::ValueInfoProto &value : values)
      if (value.type().tensor_type().has_shape())
        for (Dimension &dim : *value.mutable_type()
                                   ->mutable_tensor_type()
                                   ->mutable_shape()
                                   ->mutable_dim())
          if (dim.has_dim_param() &&
              llvm::none_of(dim.dim_param(),
                            [](char c) { return llvm::isAlnum(c); }))
            dim.clear_dim_param();
  };
  visit(*model.mutable_graph()->mutable_input());
  visit(*model.mutable_graph()->mutable_output());
}

void graphopt::applyInputShapes(onnx::ModelProto &model,
                                const std::vector<InputShape> &shapes) {
  dropInnerShapes(model);
  dropEmptyNames(model);
  if (shapes.empty())
    return;
  auto inputs = callerInputs(*model.mutable_graph());
  std::string text = listInputs(inputs);
  Bindings bindings;
  for (const InputShape &shape : shapes) {
    auto input = llvm::find_if(inputs, [&](const onnx::ValueInfoProto *value) {
      return value->name() == shape.input;
    });
    if (input == inputs.end())
      fail("--shape names input '" + shape.input +
           "', which the model does not have; " + text);
    fixInput(**input, shape, text, bindings);
  }
  auto bind = [&](onnx::ValueInfoProto &value) {
    if (!value.type().tensor_type().has_shape())
      return;
    for (Dimension &dim : *value.mutable_type()
                               ->mutable_tensor_type()
                               ->mutable_shape()
                               ->mutable_dim()) {
      auto bound = bindings.find(dim.dim_param());
      if (!dim.dim_param().empty() && bound != bindings.end())
        dim.set_dim_value(bound->second.size);
    }
  };
  for (onnx::ValueInfoProto *input : inputs)
    bind(*input);
  for (onnx::ValueInfoProto &output : *model.mutable_graph()->mutable_output())
    bind(output);
}
