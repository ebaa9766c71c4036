// libFuzzer on the importer: any bytes give a module or an error. Half of the
// mutations change one field of the model that the bytes hold, so that most of
// what is tried gets past the parser. See tools/dev/fuzz.sh.
#include "graphopt/Import/Import.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "onnx/onnx_pb.h"
#include "llvm/Support/raw_ostream.h"
#include <random>
#include <sys/mman.h>
#include <unistd.h>

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {

/// A field of a message somewhere in the model.
struct Place {
  Message *message;
  const FieldDescriptor *field;
};

/// Changes one field that is set, chosen by `random`.
class FieldMutator {
public:
  explicit FieldMutator(unsigned seed) : random(seed) {}

  void run(Message &model) {
    collect(model);
    if (places.empty())
      return;
    Place place = places[below(places.size())];
    if (place.field->is_repeated())
      changeRepeated(place);
    else
      change(place, /*index=*/-1);
  }

private:
  size_t below(size_t bound) { return random() % bound; }

  void collect(Message &message) {
    const Reflection *reflection = message.GetReflection();
    std::vector<const FieldDescriptor *> fields;
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor *field : fields) {
      places.push_back({&message, field});
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        collectStrings(message, field);
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
        continue;
      if (!field->is_repeated())
        collect(*reflection->MutableMessage(&message, field));
      for (int i = 0; field->is_repeated() && i < reflection->FieldSize(message, field); ++i)
        collect(*reflection->MutableRepeatedMessage(&message, field, i));
    }
  }

  void collectStrings(const Message &message, const FieldDescriptor *field) {
    const Reflection *reflection = message.GetReflection();
    if (!field->is_repeated())
      return strings.push_back(reflection->GetString(message, field));
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      strings.push_back(reflection->GetRepeatedString(message, field, i));
  }

  /// Takes an element away, doubles one, swaps two or changes one.
  void changeRepeated(Place place) {
    const Reflection *reflection = place.message->GetReflection();
    int count = reflection->FieldSize(*place.message, place.field);
    int index = int(below(count));
    switch (below(4)) {
    case 0:
      reflection->SwapElements(place.message, place.field, index, count - 1);
      return reflection->RemoveLast(place.message, place.field);
    case 1:
      if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Message *copy = reflection->AddMessage(place.message, place.field);
        return copy->CopyFrom(reflection->GetRepeatedMessage(*place.message, place.field, index));
      }
      return change(place, index);
    case 2:
      return reflection->SwapElements(place.message, place.field, index, int(below(count)));
    default:
      return change(place, index);
    }
  }

  int64_t interesting() {
    static const int64_t values[] = {0, 1, -1, 2, 3, 7, 8, 16, 28, 255, 65536, INT32_MAX,
                                     INT32_MIN, INT64_MAX, INT64_MIN, int64_t(1) << 40};
    return below(4) ? values[below(std::size(values))] : int64_t(below(64)) - 32;
  }

  std::string text() {
    std::string value = strings[below(strings.size())];
    if (below(4))
      return value;
    value.resize(value.size() + 8);
    auto *bytes = reinterpret_cast<uint8_t *>(value.data());
    value.resize(LLVMFuzzerMutate(bytes, value.size() - 8, value.size()));
    return value;
  }

  /// `index` is that of an element, or -1.
  void change(Place place, int index) {
    Message *m = place.message;
    const FieldDescriptor *f = place.field;
    const Reflection *reflection = m->GetReflection();
    bool repeated = index >= 0;
    switch (f->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return repeated ? reflection->SetRepeatedInt32(m, f, index, int32_t(interesting()))
                      : reflection->SetInt32(m, f, int32_t(interesting()));
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection->SetRepeatedInt64(m, f, index, interesting())
                      : reflection->SetInt64(m, f, interesting());
    case FieldDescriptor::CPPTYPE_UINT64:
      return repeated ? reflection->SetRepeatedUInt64(m, f, index, uint64_t(interesting()))
                      : reflection->SetUInt64(m, f, uint64_t(interesting()));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return repeated ? reflection->SetRepeatedFloat(m, f, index, float(interesting()))
                      : reflection->SetFloat(m, f, float(interesting()));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection->SetRepeatedDouble(m, f, index, double(interesting()))
                      : reflection->SetDouble(m, f, double(interesting()));
    case FieldDescriptor::CPPTYPE_ENUM: {
      int value = f->enum_type()->value(int(below(f->enum_type()->value_count())))->number();
      return repeated ? reflection->SetRepeatedEnumValue(m, f, index, value)
                      : reflection->SetEnumValue(m, f, value);
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection->SetRepeatedString(m, f, index, text())
                      : reflection->SetString(m, f, text());
    default:
      return reflection->ClearField(m, f);
    }
  }

  std::minstd_rand random;
  std::vector<Place> places;
  std::vector<std::string> strings;
};

/// A file in memory that holds `bytes`.
class MemoryFile {
public:
  MemoryFile(const uint8_t *bytes, size_t size) : file(memfd_create("model", 0)) {
    if (file < 0 || write(file, bytes, size) != ssize_t(size))
      abort();
  }
  ~MemoryFile() { close(file); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file); }

private:
  int file;
};

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize,
                                          unsigned seed) {
  onnx::ModelProto model;
  if (seed % 2 == 0 || !model.ParseFromArray(data, int(size)))
    return LLVMFuzzerMutate(data, size, maxSize);
  FieldMutator(seed).run(model);
  std::string changed = model.SerializeAsString();
  if (changed.size() > maxSize)
    return LLVMFuzzerMutate(data, size, maxSize);
  memcpy(data, changed.data(), changed.size());
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  MemoryFile file(data, size);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  graphopt::ImportOptions options;
  options.maxNodes = 1 << 12;
  options.maxSparseBytes = 1 << 24;
  auto module = graphopt::importModel(context, file.path(), options);
  if (!module)
    llvm::consumeError(module.takeError());
  return 0;
}
