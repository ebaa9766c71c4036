#include "lib/Import/Types.h"
#include "dialects/Graph/Graph.h"
#include "lib/Import/Onnx/OnnxModel.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace graphopt;
using onnx::TensorProto;

namespace {

struct DataType {
  int onnx;
  StringRef name;
  Type type;
};

} // namespace

/// Calls `visit` with each element type until it returns true.
static void findDataType(MLIRContext *context,
                         function_ref<bool(const DataType &)> visit) {
  Builder b(context);
  auto unsignedInt = [&](unsigned width) {
    return b.getIntegerType(width, /*isSigned=*/false);
  };
  const DataType types[] = {
      {TensorProto::FLOAT, "float", b.getF32Type()},
      {TensorProto::DOUBLE, "double", b.getF64Type()},
      {TensorProto::FLOAT16, "float16", b.getF16Type()},
      {TensorProto::BFLOAT16, "bfloat16", b.getBF16Type()},
      {TensorProto::FLOAT4E2M1, "float4e2m1", Float4E2M1FNType::get(context)},
      {TensorProto::FLOAT8E4M3FN, "float8e4m3fn", Float8E4M3FNType::get(context)},
      {TensorProto::FLOAT8E4M3FNUZ, "float8e4m3fnuz", Float8E4M3FNUZType::get(context)},
      {TensorProto::FLOAT8E5M2, "float8e5m2", Float8E5M2Type::get(context)},
      {TensorProto::FLOAT8E5M2FNUZ, "float8e5m2fnuz", Float8E5M2FNUZType::get(context)},
      {TensorProto::FLOAT8E8M0, "float8e8m0", Float8E8M0FNUType::get(context)},
      {TensorProto::STRING, "string", graph::StringType::get(context)},
      {TensorProto::BOOL, "bool", b.getI1Type()},
      {TensorProto::INT2, "int2", b.getIntegerType(2)},
      {TensorProto::INT4, "int4", b.getIntegerType(4)},
      {TensorProto::UINT2, "uint2", unsignedInt(2)},
      {TensorProto::UINT4, "uint4", unsignedInt(4)},
      {TensorProto::INT8, "int8", b.getI8Type()},
      {TensorProto::INT16, "int16", b.getI16Type()},
      {TensorProto::INT32, "int32", b.getI32Type()},
      {TensorProto::INT64, "int64", b.getI64Type()},
      {TensorProto::UINT8, "uint8", unsignedInt(8)},
      {TensorProto::UINT16, "uint16", unsignedInt(16)},
      {TensorProto::UINT32, "uint32", unsignedInt(32)},
      {TensorProto::UINT64, "uint64", unsignedInt(64)},
  };
  (void)llvm::any_of(types, visit);
}

Type graphopt::convertDataType(MLIRContext *context, int dataType) {
  Type result;
  findDataType(context, [&](const DataType &row) {
    if (row.onnx == dataType)
      result = row.type;
    return bool(result);
  });
  return result;
}

bool graphopt::isPacked(Type elementType) {
  unsigned bits =
      elementType.isIntOrFloat() ? elementType.getIntOrFloatBitWidth() : 0;
  return bits == 2 || bits == 4;
}

int graphopt::dataTypeNumber(Type elementType) {
  int result = TensorProto::UNDEFINED;
  findDataType(elementType.getContext(), [&](const DataType &row) {
    if (row.type == elementType)
      result = row.onnx;
    return result != TensorProto::UNDEFINED;
  });
  return result;
}

StringRef graphopt::dataTypeName(Type elementType) {
  StringRef result;
  findDataType(elementType.getContext(), [&](const DataType &row) {
    if (row.type == elementType)
      result = row.name;
    return !result.empty();
  });
  return result;
}

/// With `anyRank` a tensor without a shape has an unranked type.
static Type convertTensor(MLIRContext *context,
                          const onnx::TypeProto::Tensor &tensor, bool anyRank,
                          std::string &why) {
  Type elementType = convertDataType(context, tensor.elem_type());
  if (!elementType) {
    why = "has element type " + dataTypeName(tensor.elem_type()) +
          ", which is not supported";
    return {};
  }
  if (!tensor.has_shape()) {
    why = "has no rank";
    return anyRank ? UnrankedTensorType::get(elementType) : Type();
  }
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim())
    shape.push_back(dim.has_dim_value() ? dim.dim_value()
                                        : ShapedType::kDynamic);
  return RankedTensorType::get(shape, elementType);
}

/// A sequence of tensors, or a tensor that may be absent.
static Type convertInner(MLIRContext *context, const onnx::TypeProto &type,
                         std::string &why) {
  if (type.has_tensor_type())
    return convertTensor(context, type.tensor_type(), /*anyRank=*/true, why);
  if (!type.has_sequence_type()) {
    why = "is neither a tensor nor a sequence";
    return {};
  }
  const onnx::TypeProto &element = type.sequence_type().elem_type();
  if (!element.has_tensor_type()) {
    why = "is a sequence of what is not a tensor, which is not supported";
    return {};
  }
  Type tensor =
      convertTensor(context, element.tensor_type(), /*anyRank=*/true, why);
  return tensor ? graph::SequenceType::get(context, tensor) : Type();
}

Type graphopt::convertType(MLIRContext *context, const onnx::TypeProto &type,
                           std::string &why) {
  if (type.has_tensor_type())
    return convertTensor(context, type.tensor_type(), /*anyRank=*/false, why);
  if (!type.has_optional_type())
    return convertInner(context, type, why);
  Type value = convertInner(context, type.optional_type().elem_type(), why);
  return value ? graph::OptionalType::get(context, value) : Type();
}
