// Operators of the domain com.microsoft, which ONNX Runtime's optimizer and model
// builders write, as functions of the standard's: ONNX's registry gets a schema
// with a body for each, so that they are checked, typed and expanded like any.
#ifndef GRAPHOPT_IMPORT_ONNX_MICROSOFT_H
#define GRAPHOPT_IMPORT_ONNX_MICROSOFT_H

#include "onnx/defs/function.h"
#include "onnx/defs/schema.h"
#include <fmt/format.h>
#include <stdexcept>

namespace graphopt::microsoft {

inline constexpr char domain[] = "com.microsoft";

/// What a body does not do of a node; the message ends a sentence that begins with
/// the node.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The body of one node while it is written. Values are called by the names that
/// the schema gives inputs and outputs.
class Body {
public:
  Body(const onnx::FunctionBodyBuildContext &node, onnx::FunctionProto &proto)
      : node(node), builder(proto), proto(proto) {}

  /// Nodes in ONNX's text form.
  template <typename... Args>
  void add(fmt::format_string<Args...> text, Args &&...args) {
    builder.Add(fmt::format(text, std::forward<Args>(args)...).c_str());
  }
  /// A number of the type that `like` has.
  void number(const std::string &name, float value, const std::string &like) {
    builder.Const(name + "_f32", value);
    add("{0} = CastLike ({0}_f32, {1})", name, like);
  }
  void ints(const std::string &name, const std::vector<int64_t> &values) {
    builder.Const(name, values);
  }
  void integer(const std::string &name, int64_t value) {
    builder.Const(name, value);
  }
  /// Gives the last node an attribute that the call has.
  void pass(const std::string &attribute) {
    if (const onnx::AttributeProto *given = node.getAttribute(attribute))
      *proto.mutable_node(proto.node_size() - 1)->add_attribute() = *given;
  }

  bool has(int input) const { return node.hasInput(input); }
  bool wants(int output) const { return node.hasOutput(output); }
  /// -1 if it is not known.
  int rank(int input) const;
  /// A static extent, counted from the end if negative; -1 if it is open.
  int64_t extent(int input, int dim) const;
  /// The same, or an error that calls it `what`.
  int64_t require(int input, int dim, const char *what) const;
  /// True if two extents are known to be equal.
  bool isSame(int input, int dim, int other, int otherDim) const;

  bool hasAttribute(const char *name) const { return node.getAttribute(name); }
  int64_t getInt(const char *name) const;
  float getFloat(const char *name) const;
  std::string getString(const char *name) const;
  std::vector<int64_t> getInts(const char *name) const;
  std::vector<float> getFloats(const char *name) const;
  /// Fails if an attribute is not what it is without being written.
  void refuse(const char *attribute, int64_t normal) const {
    if (getInt(attribute) != normal)
      throw Unsupported(fmt::format("has attribute '{}', which is not supported",
                                    attribute));
  }
  void refuseInput(int input, const char *name) const {
    if (has(input))
      throw Unsupported(
          fmt::format("has input '{}', which is not supported", name));
  }
  void refuseOutput(int output, const char *name) const {
    if (wants(output))
      throw Unsupported(
          fmt::format("has output '{}', which is not supported", name));
  }

  /// Gives the last node the attribute `axis`.
  void axis(int64_t value) {
    *proto.mutable_node(proto.node_size() - 1)->add_attribute() =
        onnx::MakeAttribute("axis", value);
  }

private:
  const onnx::TensorShapeProto *shape(int input) const;

  const onnx::FunctionBodyBuildContext &node;
  onnx::FunctionBuilder builder;
  onnx::FunctionProto &proto;
};

/// Name, and its default; an optional one has none.
struct Attribute {
  const char *name;
  onnx::AttributeProto value;
  bool isRequired = false;

  Attribute(const char *name, int64_t value)
      : name(name), value(onnx::MakeAttribute(name, value)) {}
  Attribute(const char *name, float value)
      : name(name), value(onnx::MakeAttribute(name, value)) {}
  Attribute(const char *name, const char *value)
      : name(name), value(onnx::MakeAttribute(name, std::string(value))) {}
  Attribute(const char *name, onnx::AttributeProto::AttributeType type,
            bool isRequired = false)
      : name(name), isRequired(isRequired) {
    value.set_type(type);
  }
};

/// An operator, as its schema and its body.
struct Operator {
  const char *name;
  /// Names, a '?' after those that may be left out.
  std::vector<const char *> inputs, outputs;
  std::vector<Attribute> attributes;
  /// Types of the outputs, and their ranks if possible.
  void (*infer)(onnx::InferenceContext &node);
  void (*build)(Body &body);
};

// Families.
std::vector<Operator> listActivations();
std::vector<Operator> listProducts();
std::vector<Operator> listNormalizations();
std::vector<Operator> listAttentions();
std::vector<Operator> listQuantized();
std::vector<Operator> listQuantizedProducts();
std::vector<Operator> listChannelsLast();
std::vector<Operator> listOthers();

/// Output `output` is like input `input`.
void inferLike(onnx::InferenceContext &node, size_t input, size_t output);
/// Output `output` has the element type of `input` and so many open dimensions.
void inferRank(onnx::InferenceContext &node, size_t input, size_t output,
               int rank);
/// The output has the element type and rank of the first input.
void inferSameRank(onnx::InferenceContext &node);

/// `to`, channels after the batch, of `from`, which has the rank of `input`, and back.
void addChannelsFirst(Body &body, int input, const char *from, const char *to);
void addChannelsLast(Body &body, int input, const char *from, const char *to);

/// `positions` [batch, length]: `past`, an element a batch, and on.
void addPositions(Body &body, const std::string &past, const std::string &length);

} // namespace graphopt::microsoft

#endif // GRAPHOPT_IMPORT_ONNX_MICROSOFT_H
