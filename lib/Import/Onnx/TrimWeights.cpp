// Copies a serialized model without its large tensors. Works on protobuf's wire
// format, so that weights are neither copied nor bound by protobuf's 2 GB.
#include "lib/Import/Onnx/Steps.h"
#include "llvm/ADT/STLExtras.h"

using namespace graphopt;
using llvm::StringRef;

namespace {

/// Messages that can hold a tensor, and what else needs a look. Sparse tensors stay:
/// ONNX's checker reads their indices.
enum class Message { Model, Graph, Node, Attribute, Function, Tensor };

/// The message in field `number` of `parent`, if it is one of ours.
std::optional<Message> childMessage(Message parent, uint64_t number) {
  struct Row {
    Message parent;
    uint64_t number;
    Message child;
  };
  static constexpr Row rows[] = {
      {Message::Model, 7, Message::Graph},
      {Message::Model, 25, Message::Function},
      {Message::Graph, 1, Message::Node},
      {Message::Graph, 5, Message::Tensor},
      {Message::Node, 5, Message::Attribute},
      {Message::Attribute, 5, Message::Tensor},
      {Message::Attribute, 6, Message::Graph},
      {Message::Attribute, 10, Message::Tensor},
      {Message::Attribute, 11, Message::Graph},
      {Message::Function, 7, Message::Node},
      {Message::Function, 11, Message::Attribute},
  };
  for (const Row &row : rows)
    if (row.parent == parent && row.number == number)
      return row.child;
  return std::nullopt;
}

enum WireType { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

struct Field {
  uint64_t number;
  unsigned wireType;
  StringRef payload; ///< of a delimited field: without its length
  StringRef whole;   ///< tag, length and payload
};

/// Reads a base-128 number off the front of `bytes`.
bool consumeVarint(StringRef &bytes, uint64_t &value) {
  value = 0;
  for (unsigned i = 0; i < 10 && i < bytes.size(); ++i) {
    uint8_t byte = bytes[i];
    value |= uint64_t(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes = bytes.drop_front(i + 1);
      return true;
    }
  }
  return false;
}

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void appendDelimited(std::string &out, uint64_t number, StringRef payload) {
  appendVarint(out, number << 3 | Delimited);
  appendVarint(out, payload.size());
  out += payload;
}

/// Field numbers of ModelProto that hold a number; the other known ones are
/// delimited.
bool fitsModel(const Field &field) {
  bool isNumber = field.number == 1 || field.number == 5;
  return field.number <= 64 &&
         field.wireType == (isNumber ? Varint : Delimited);
}

class Trimmer {
public:
  Trimmer(std::shared_ptr<llvm::MemoryBuffer> file,
          std::vector<WeightBytes> &weights)
      : file(std::move(file)), weights(weights) {}

  std::string trimModel() {
    std::string out;
    trim(Message::Model, file->getBuffer(), /*depth=*/0, out);
    return out;
  }

private:
  /// Graphs in graphs in ...; protobuf itself stops at about 32.
  static constexpr unsigned maxDepth = 24;

  void trim(Message message, StringRef bytes, unsigned depth,
            std::string &out) {
    if (message == Message::Graph && ++depth > maxDepth)
      fail("subgraphs are nested more than " + llvm::Twine(maxDepth) + " deep");
    while (!bytes.empty()) {
      Field field = nextField(message, bytes);
      std::optional<Message> child;
      if (field.wireType == Delimited)
        child = childMessage(message, field.number);
      if (message == Message::Model && field.number == trainingInfo)
        continue;
      if (!child) {
        out += field.whole;
        continue;
      }
      std::string inner;
      if (*child == Message::Tensor)
        trimTensor(field.payload, inner);
      else
        trim(*child, field.payload, depth, inner);
      appendDelimited(out, field.number, inner);
    }
  }

  void trimTensor(StringRef bytes, std::string &out) {
    StringRef rawData;
    while (!bytes.empty()) {
      Field field = nextField(Message::Tensor, bytes);
      if (field.number == rawDataField && field.wireType == Delimited)
        rawData = field.payload; // the last one counts
      else
        out += field.whole;
    }
    if (rawData.size() <= largeTensorBytes) {
      if (!rawData.empty())
        appendDelimited(out, rawDataField, rawData);
      return;
    }
    onnx::TensorProto reference;
    setWeight(reference, weights.size());
    out += reference.SerializeAsString();
    weights.push_back({file, rawData, file.get()});
  }

  /// Takes one field off the front of `bytes`.
  Field nextField(Message message, StringRef &bytes) {
    StringRef start = bytes;
    Field field;
    uint64_t tag, length = 0;
    if (!consumeVarint(bytes, tag))
      cut(message);
    field.number = tag >> 3;
    field.wireType = tag & 7;
    uint64_t number;
    switch (field.wireType) {
    case Varint:
      if (!consumeVarint(bytes, number))
        cut(message);
      break;
    case Fixed64:
      length = 8;
      break;
    case Fixed32:
      length = 4;
      break;
    case Delimited:
      if (!consumeVarint(bytes, length))
        cut(message);
      break;
    default:
      damaged(message);
    }
    if (field.number == 0 || (message == Message::Model && !fitsModel(field)))
      damaged(message);
    if (length > bytes.size())
      cut(message);
    field.payload = bytes.take_front(length);
    bytes = bytes.drop_front(length);
    field.whole = start.drop_back(bytes.size());
    started = true;
    return field;
  }

  [[noreturn]] void cut(Message message) {
    if (message != Message::Model)
      damaged(message);
    if (!started)
      fail("not an ONNX model");
    fail("the file is truncated: its last field goes on past its end");
  }

  [[noreturn]] void damaged(Message message) {
    if (message == Message::Model)
      fail("not an ONNX model");
    fail("damaged ONNX model: a field runs past the end of its message");
  }

  static constexpr uint64_t trainingInfo = 20, rawDataField = 9;

  std::shared_ptr<llvm::MemoryBuffer> file;
  std::vector<WeightBytes> &weights;
  bool started = false; ///< one field of the model was read
};

} // namespace

std::string graphopt::trimWeights(std::shared_ptr<llvm::MemoryBuffer> file,
                                  std::vector<WeightBytes> &weights) {
  return Trimmer(std::move(file), weights).trimModel();
}
