// ONNX's element types and MLIR's.
#ifndef GRAPHOPT_IMPORT_TYPES_H
#define GRAPHOPT_IMPORT_TYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/StringRef.h"

namespace graphopt {

/// The element type of the graph dialect for a TensorProto.DataType, null if it
/// has none (complex numbers, floats of 6 bits).
mlir::Type convertDataType(mlir::MLIRContext *context, int dataType);

/// True for elements that ONNX packs into bytes. Everywhere else they take a byte
/// each.
bool isPacked(mlir::Type elementType);

/// The TensorProto.DataType of an element type of the graph dialect.
int dataTypeNumber(mlir::Type elementType);

/// ONNX's name of an element type of the graph dialect, as in "float".
llvm::StringRef dataTypeName(mlir::Type elementType);

/// The type of a tensor, sequence or optional value, with open dimensions where `type`
/// gives no number. Null if it is something else, a tensor without a rank (but in a
/// sequence), or has an element type that we lack; `why` then says so.
mlir::Type convertType(mlir::MLIRContext *context, const onnx::TypeProto &type,
                       std::string &why);

} // namespace graphopt

#endif // GRAPHOPT_IMPORT_TYPES_H
