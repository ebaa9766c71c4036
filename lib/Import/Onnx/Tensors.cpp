// Sizes and elements of TensorProto.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;
using onnx::TensorProto;

unsigned graphopt::elementBits(int dataType) {
  switch (dataType) {
  case TensorProto::UINT2:
  case TensorProto::INT2:
    return 2;
  case TensorProto::UINT4:
  case TensorProto::INT4:
  case TensorProto::FLOAT4E2M1:
    return 4;
  case TensorProto::FLOAT6E2M3:
  case TensorProto::FLOAT6E3M2:
    return 6;
  case TensorProto::BOOL:
  case TensorProto::UINT8:
  case TensorProto::INT8:
  case TensorProto::FLOAT8E4M3FN:
  case TensorProto::FLOAT8E4M3FNUZ:
  case TensorProto::FLOAT8E5M2:
  case TensorProto::FLOAT8E5M2FNUZ:
  case TensorProto::FLOAT8E8M0:
    return 8;
  case TensorProto::UINT16:
  case TensorProto::INT16:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
    return 16;
  case TensorProto::UINT32:
  case TensorProto::INT32:
  case TensorProto::FLOAT:
    return 32;
  case TensorProto::UINT64:
  case TensorProto::INT64:
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX64:
    return 64;
  case TensorProto::COMPLEX128:
    return 128;
  default:
    return 0;
  }
}

std::string graphopt::dataTypeName(int dataType) {
  if (!onnx::TensorProto_DataType_IsValid(dataType))
    return "data type " + std::to_string(dataType);
  return StringRef(onnx::TensorProto_DataType_Name(
                       onnx::TensorProto_DataType(dataType)))
      .lower();
}

uint64_t
graphopt::tensorBytes(int dataType,
                      const google::protobuf::RepeatedField<int64_t> &dims,
                      const Twine &what) {
  // 128 bits an element must not overflow, whatever the type.
  constexpr int64_t maxElements = std::numeric_limits<int64_t>::max() / 128;
  int64_t elements = 1;
  bool overflow = false, empty = false;
  for (int index = 0; index < dims.size(); ++index) {
    int64_t dim = dims[index];
    if (dim < 0)
      fail("dimension " + Twine(index) + " of " + what + " is " + Twine(dim));
    if (dim == 0)
      empty = true;
    else if (!overflow)
      overflow =
          llvm::MulOverflow(elements, dim, elements) || elements > maxElements;
  }
  if (overflow)
    fail("the dims of " + what +
         " overflow: it would be too large for any "
         "memory");
  return empty ? 0 : (uint64_t(elements) * elementBits(dataType) + 7) / 8;
}

//===--- References to weights -------------------------------------------===//

void graphopt::setWeight(TensorProto &tensor, size_t index) {
  tensor.clear_raw_data();
  tensor.clear_external_data();
  tensor.set_data_location(TensorProto::EXTERNAL);
  onnx::StringStringEntryProto &entry = *tensor.add_external_data();
  entry.set_key(weightKey);
  entry.set_value(std::to_string(index));
}

std::optional<size_t> graphopt::weightIndex(const TensorProto &tensor) {
  size_t index;
  for (const onnx::StringStringEntryProto &entry : tensor.external_data())
    if (entry.key() == weightKey &&
        !StringRef(entry.value()).getAsInteger(10, index))
      return index;
  return std::nullopt;
}

//===--- Checks ----------------------------------------------------------===//

static std::string tensorName(const TensorProto &tensor) {
  return tensor.name().empty() ? "a constant tensor"
                               : "tensor '" + tensor.name() + "'";
}

static void checkStrings(const TensorProto &tensor, const Twine &what) {
  int64_t elements = 1; // does not overflow any more
  for (int64_t dim : tensor.dims())
    elements *= dim;
  if (tensor.string_data_size() != elements)
    fail(what + " holds " + Twine(tensor.string_data_size()) +
         " strings, but its dims need " + Twine(elements));
  for (const std::string &text : tensor.string_data())
    if (StringRef(text).contains('\0'))
      fail(what + " holds a string with a byte that is 0");
}

void graphopt::checkTensorSizes(OnnxModel &model) {
  forEachTensor(model.proto, [&](const TensorProto &tensor) {
    std::string what = tensorName(tensor);
    uint64_t needed = tensorBytes(tensor.data_type(), tensor.dims(), what);
    std::optional<size_t> weight = weightIndex(tensor);
    if (tensor.data_type() == TensorProto::STRING)
      checkStrings(tensor, what);
    if (!weight && !tensor.has_raw_data())
      return; // typed fields are counted by ONNX's checker
    if (weight && (tensor.float_data_size() || tensor.int32_data_size() ||
                   tensor.int64_data_size() || tensor.double_data_size() ||
                   tensor.uint64_data_size() || tensor.string_data_size()))
      fail(what + " has more than one data field");
    if (elementBits(tensor.data_type()) == 0)
      fail(what + " has raw data of element type " +
           dataTypeName(tensor.data_type()));
    uint64_t size =
        weight ? model.weights[*weight].bytes.size() : tensor.raw_data().size();
    if (size != needed)
      fail(what + " holds " + Twine(size) + " bytes, but its dims need " +
           Twine(needed));
  });
}

//===--- Normal form -----------------------------------------------------===//

/// The elements of a typed field, each narrowed to `T`, as bytes.
template <typename T, typename Values>
static std::string packElements(const Values &values) {
  std::string bytes;
  bytes.reserve(values.size() * sizeof(T));
  for (auto value : values) {
    T element = static_cast<T>(value);
    bytes.append(reinterpret_cast<const char *>(&element), sizeof(T));
  }
  return bytes;
}

/// What raw_data of `tensor` would be. Each entry of int32_data holds one
/// element, or one byte of packed ones.
static std::string rawData(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
  case TensorProto::COMPLEX64:
    return packElements<float>(tensor.float_data());
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX128:
    return packElements<double>(tensor.double_data());
  case TensorProto::INT64:
    return packElements<int64_t>(tensor.int64_data());
  case TensorProto::UINT64:
    return packElements<uint64_t>(tensor.uint64_data());
  case TensorProto::UINT32:
    return packElements<uint32_t>(tensor.uint64_data());
  default:
    break;
  }
  switch (elementBits(tensor.data_type())) {
  case 16:
    return packElements<uint16_t>(tensor.int32_data());
  case 32:
    return packElements<int32_t>(tensor.int32_data());
  default:
    return packElements<uint8_t>(tensor.int32_data());
  }
}

void graphopt::normalizeTensors(OnnxModel &model) {
  forEachTensor(model.proto, [&](TensorProto &tensor) {
    if (weightIndex(tensor) || elementBits(tensor.data_type()) == 0)
      return;
    if (!tensor.has_raw_data()) {
      std::string bytes = rawData(tensor);
      bytes.resize(
          tensorBytes(tensor.data_type(), tensor.dims(), tensorName(tensor)));
      tensor.set_raw_data(std::move(bytes));
      tensor.clear_float_data();
      tensor.clear_double_data();
      tensor.clear_int32_data();
      tensor.clear_int64_data();
      tensor.clear_uint64_data();
    }
    if (tensor.raw_data().size() <= largeTensorBytes)
      return;
    std::shared_ptr<std::string> owned(tensor.release_raw_data());
    model.weights.push_back({owned, *owned});
    setWeight(tensor, model.weights.size() - 1);
  });
}
