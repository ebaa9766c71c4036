#ifndef GRAPHOPT_GRAPH_BASE
#define GRAPHOPT_GRAPH_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/Graph/InferResults.td"

def Graph_Dialect : Dialect {
  let name = "graph";
  let cppNamespace = "::graphopt::graph";
  let summary = "A whole model as a graph of tensor operators";
  let description = [{
    ONNX semantics at opset 28, on tensors. Signed integers are signless types,
    unsigned ones `uiN`, booleans `i1`, strings `!graph.string`. A dimension is static or open; what is
    known of open ones is found by `ShapeInference`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
  let extraClassDeclaration = [{
    // Each family of ops registers itself, in its own file.
    #define GRAPHOPT_FAMILY(Family) void register##Family();
    #include "dialects/Graph/Families.def"
    #undef GRAPHOPT_FAMILY
  }];
}

/// The op states its result types once, in
///   static LogicalResult inferResults(ShapeInference &shapes,
///       std::optional<Location> loc, Adaptor op,
///       SmallVectorImpl<InferredTensor> &results);
/// Builders, the verifier, importers and passes all use it.
def Graph_InferResults : TraitList<[
  DeclareOpInterfaceMethods<InferTypeOpInterface>,
  DeclareOpInterfaceMethods<Graph_InferResultsOpInterface>,
  NativeOpTrait<"InferTypeOpAdaptor", /*traits=*/[], /*extraOpDeclaration=*/[{
    static ::llvm::LogicalResult
    inferResults(::graphopt::graph::ShapeInference &shapes,
                 std::optional<::mlir::Location> loc, Adaptor op,
                 ::llvm::SmallVectorImpl<::graphopt::graph::InferredTensor> &results);
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred,
                                        ::mlir::TypeRange actual) {
      return ::graphopt::graph::areCompatibleTypes(inferred, actual);
    }
  }], /*extraOpDefinition=*/[{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *context, std::optional<::mlir::Location> loc,
        ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
        ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      $cppClass::Adaptor adaptor(operands, attributes, properties, regions);
      ::graphopt::graph::ShapeInference shapes(context);
      ::llvm::SmallVector<::graphopt::graph::InferredTensor> results;
      if (::mlir::failed($cppClass::inferResults(shapes, loc, adaptor, results)))
        return ::mlir::failure();
      if (shapes.hasOverflowed())
        return ::mlir::emitOptionalError(
            loc, "a number of elements does not fit into 64 bits");
      for (const ::graphopt::graph::InferredTensor &result : results)
        types.push_back(result.getType());
      return ::mlir::success();
    }
    ::llvm::LogicalResult $cppClass::inferResultsOf(
        ::graphopt::graph::ShapeInference &shapes,
        ::llvm::SmallVectorImpl<::graphopt::graph::InferredTensor> &results) {
      return $cppClass::inferResults(shapes, getLoc(), Adaptor(*this), results);
    }
  }]>]>;

class Graph_Op<string mnemonic, list<Trait> traits = []>
    : Op<Graph_Dialect, mnemonic, traits>;

/// An op without effects whose result types are inferred: nearly all.
class Graph_PureOp<string mnemonic, list<Trait> traits = []>
    : Graph_Op<mnemonic, !listconcat([Pure, Graph_InferResults], traits)>;

class Graph_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::graphopt::graph";
  let genSpecializedAttr = 0;
}

def Graph_StringType : TypeDef<Graph_Dialect, "String"> {
  let mnemonic = "string";
  let summary = "Bytes without a 0, UTF-8 by ONNX's word";
}

def Graph_Tensor
    : RankedTensorOf<[AnyFloat, AnySignlessInteger, AnyUnsignedInteger]>;
/// Elements that are only moved.
def Graph_MovableTensor
    : RankedTensorOf<[AnyFloat, AnySignlessInteger, AnyUnsignedInteger,
                      Graph_StringType]>;
def Graph_StringTensor : RankedTensorOf<[Graph_StringType]>;
def Graph_FloatTensor : RankedTensorOf<[AnyFloat]>;
def Graph_BoolTensor : RankedTensorOf<[I1]>;
def Graph_IndexTensor : RankedTensorOf<[I32, I64]>;

#endif
