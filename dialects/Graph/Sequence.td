#ifndef GRAPHOPT_GRAPH_SEQUENCE
#define GRAPHOPT_GRAPH_SEQUENCE

include "dialects/Graph/GraphTypes.td"

/// The op states the type of its only result once, in
///   static FailureOr<Type> inferType(std::optional<Location> loc, Adaptor op);
def Graph_InferType : TraitList<[
  DeclareOpInterfaceMethods<InferTypeOpInterface>,
  NativeOpTrait<"InferTypeOpAdaptor", /*traits=*/[], /*extraOpDeclaration=*/[{
    static ::llvm::FailureOr<::mlir::Type>
    inferType(std::optional<::mlir::Location> loc, Adaptor op);
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
      ::llvm::FailureOr<::mlir::Type> type = $cppClass::inferType(
          loc, $cppClass::Adaptor(operands, attributes, properties, regions));
      if (::mlir::failed(type))
        return ::mlir::failure();
      types.push_back(*type);
      return ::mlir::success();
    }
  }]>]>;

class Graph_SequenceOp<string mnemonic, list<Trait> traits = []>
    : Graph_Op<mnemonic, !listconcat([Pure, Graph_InferType], traits)>;

def Graph_SequenceEmptyOp : Graph_SequenceOp<"sequence_empty"> {
  let summary = "A list without tensors";
  let description = [{
    ```mlir
    %s = graph.sequence_empty f32
    ```
  }];
  let arguments = (ins TypeAttr:$element);
  let results = (outs Graph_SequenceType:$result);
  let assemblyFormat = "$element attr-dict";
}

def Graph_SequenceConstructOp : Graph_SequenceOp<"sequence_construct"> {
  let summary = "A list of tensors";
  let description = [{
    Constraints:
    - (C1) There is a tensor, and all have one element type.

    ```mlir
    %s = graph.sequence_construct %a, %b : tensor<2xf32>, tensor<?xf32>
    ```
  }];
  let arguments = (ins Variadic<Graph_AnyTensor>:$values);
  let results = (outs Graph_SequenceType:$result);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

def Graph_SequenceInsertOp : Graph_SequenceOp<"sequence_insert"> {
  let summary = "The list with one more tensor";
  let description = [{
    The tensor gets position `position`, from the end if it is negative, or comes
    last. The run refuses what is not in [-n, n], with n tensors.

    Constraints:
    - (C1) The tensor has the element type of the list's.
    - (C2) `position` has one element.

    ```mlir
    %t = graph.sequence_insert %x into %s at %p
        : tensor<2xf32>, !graph.sequence<tensor<2xf32>>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_SequenceType:$sequence, Graph_AnyTensor:$value,
                       Optional<Graph_IndexTensor>:$position);
  let results = (outs Graph_SequenceType:$result);
  let assemblyFormat = [{
    $value `into` $sequence (`at` $position^)? attr-dict `:` type($value) `,`
    type($sequence) (`,` type($position)^)?
  }];
  let hasVerifier = 1;
}

def Graph_SequenceEraseOp : Graph_SequenceOp<"sequence_erase"> {
  let summary = "The list without one of its tensors";
  let description = [{
    That at `position`, from the end if it is negative, or the last. The run refuses
    what is not in [-n, n), with n tensors.

    Constraints:
    - (C1) `position` has one element.
    ```mlir
    %t = graph.sequence_erase %s at %p : !graph.sequence<tensor<2xf32>>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_SequenceType:$sequence,
                       Optional<Graph_IndexTensor>:$position);
  let results = (outs Graph_SequenceType:$result);
  let assemblyFormat = [{
    $sequence (`at` $position^)? attr-dict `:` type($sequence) (`,` type($position)^)?
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Graph_SequenceAtOp : Graph_SequenceOp<"sequence_at"> {
  let summary = "A tensor of a list";
  let description = [{
    That at `position`, from the end if it is negative. The run refuses what is not
    in [-n, n), with n tensors.

    Constraints:
    - (C1) `position` has one element.

    ```mlir
    %x = graph.sequence_at %s at %p : !graph.sequence<tensor<?xf32>>, tensor<i64>
    ```
  }];
  let arguments = (ins Graph_SequenceType:$sequence, Graph_IndexTensor:$position);
  let results = (outs Graph_AnyTensor:$result);
  let assemblyFormat = [{
    $sequence `at` $position attr-dict `:` type($sequence) `,` type($position)
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def Graph_SequenceLengthOp : Graph_SequenceOp<"sequence_length"> {
  let summary = "The number of tensors in a list";
  let description = [{
    ```mlir
    %n = graph.sequence_length %s : !graph.sequence<tensor<?xf32>>
    ```
  }];
  let arguments = (ins Graph_SequenceType:$sequence);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$sequence attr-dict `:` type($sequence)";
  let hasCanonicalizeMethod = 1;
}

def Graph_SplitToSequenceOp : Graph_SequenceOp<"split_to_sequence"> {
  let summary = "Cuts a tensor along a dimension into a list of its parts";
  let description = [{
    Parts have the extents `sizes`, or that of its only element if `sizes` has no
    dimension; the last one may be shorter then. Without `sizes` they are slices,
    which lack the dimension unless `keep_dims`. The run refuses an only size that is
    not positive, and others that are negative or whose sum is not the extent.

    Constraints:
    - (C1) `axis` is a dimension.
    - (C2) `sizes` has at most one dimension.

    ```mlir
    %s = graph.split_to_sequence %x axis = 0 keep_dims = true : tensor<?x8xf32>
    ```
  }];
  let arguments = (ins Graph_MovableTensor:$input, Optional<Graph_IndexTensor>:$sizes,
                       I64Attr:$axis, BoolAttr:$keep_dims);
  let results = (outs Graph_SequenceType:$result);
  let assemblyFormat = [{
    $input (`sizes` $sizes^)? `axis` `=` $axis `keep_dims` `=` $keep_dims attr-dict
    `:` type($input) (`,` type($sizes)^)?
  }];
  let extraClassDeclaration = [{
    /// Whether parts lack the dimension along which the tensor was cut.
    bool dropsAxis() { return !getSizes() && !getKeepDims(); }
  }];
}

def Graph_ConcatFromSequenceOp : Graph_SequenceOp<"concat_from_sequence"> {
  let summary = "Joins the tensors of a list";
  let description = [{
    Along the dimension `axis`, which is a new one for `new_axis`. The run refuses an
    empty list, and tensors that differ in another dimension.

    Constraints:
    - (C1) The rank of the list's tensors is known.
    - (C2) `axis` is a dimension of the result.

    ```mlir
    %x = graph.concat_from_sequence %s axis = 0 new_axis = false : !graph.sequence<tensor<?x8xf32>>
    ```
  }];
  let arguments = (ins Graph_SequenceType:$sequence, I64Attr:$axis, BoolAttr:$new_axis);
  let results = (outs Graph_MovableTensor:$result);
  let assemblyFormat = [{
    $sequence `axis` `=` $axis `new_axis` `=` $new_axis attr-dict `:` type($sequence)
  }];
  let hasCanonicalizeMethod = 1;
}

def Graph_OptionalSomeOp : Graph_SequenceOp<"optional_some"> {
  let summary = "An optional value that is there";
  let description = [{
    ```mlir
    %o = graph.optional_some %x : tensor<2xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[Graph_AnyTensor, Graph_SequenceType]>:$value);
  let results = (outs Graph_OptionalType:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Graph_OptionalNoneOp : Graph_SequenceOp<"optional_none"> {
  let summary = "An optional value that is absent";
  let description = [{
    ```mlir
    %o = graph.optional_none tensor<2xf32>
    ```
  }];
  let arguments = (ins TypeAttr:$type);
  let results = (outs Graph_OptionalType:$result);
  let assemblyFormat = "$type attr-dict";
}

def Graph_OptionalHasElementOp : Graph_SequenceOp<"optional_has_element"> {
  let summary = "Whether an optional value is there";
  let description = [{
    ```mlir
    %b = graph.optional_has_element %o : !graph.optional<tensor<2xf32>>
    ```
  }];
  let arguments = (ins Graph_OptionalType:$value);
  let results = (outs Graph_BoolTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
  let hasCanonicalizeMethod = 1;
}

def Graph_OptionalGetElementOp : Graph_SequenceOp<"optional_get_element"> {
  let summary = "The value that an optional one holds";
  let description = [{
    The run refuses one that is absent.

    ```mlir
    %x = graph.optional_get_element %o : !graph.optional<tensor<2xf32>>
    ```
  }];
  let arguments = (ins Graph_OptionalType:$value);
  let results = (outs AnyTypeOf<[Graph_AnyTensor, Graph_SequenceType]>:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
  let hasCanonicalizeMethod = 1;
}

def Graph_RetypeOp : Graph_Op<"retype", [Pure]> {
  let summary = "A sequence, optional value or tensor of any rank with another type";
  let description = [{
    The run refuses a tensor that has another rank.

    Constraints:
    - (C1) A value may have both types.

    ```mlir
    %t = graph.retype %s : !graph.sequence<tensor<2xf32>> to !graph.sequence<tensor<?xf32>>
    ```
  }];
  let arguments = (ins Graph_Value:$value);
  let results = (outs Graph_Value:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `to` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
