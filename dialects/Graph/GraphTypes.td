#ifndef GRAPHOPT_GRAPH_TYPES
#define GRAPHOPT_GRAPH_TYPES

include "mlir/IR/AttrTypeBase.td"
include "dialects/Graph/GraphBase.td"

// The types of all families: TableGen wants a dialect's types in one place.

class Graph_Type<string name, string typeMnemonic>
    : TypeDef<Graph_Dialect, name> {
  let mnemonic = typeMnemonic;
  let genVerifyDecl = 1;
}

def Graph_SequenceType : Graph_Type<"Sequence", "sequence"> {
  let summary = "A list of tensors";
  let description = [{
    `element` is what is known of each tensor: a ranked type, whose open extents may
    differ from one tensor to the next, or an unranked one. A list that is always
    empty has an element type only, as in `!graph.sequence<f32>`.
  }];
  let parameters = (ins "::mlir::Type":$element);
  let assemblyFormat = "`<` $element `>`";
}

def Graph_OptionalType : Graph_Type<"Optional", "optional"> {
  let summary = "A tensor or sequence that may be absent";
  let parameters = (ins "::mlir::Type":$value);
  let assemblyFormat = "`<` $value `>`";
}

/// A tensor whose rank only the run may know: an element of a sequence.
def Graph_AnyTensor : AnyTypeOf<[
    Graph_MovableTensor,
    UnrankedTensorOf<[AnyFloat, AnySignlessInteger, AnyUnsignedInteger, Graph_StringType]>]>;
def Graph_Value : AnyTypeOf<[Graph_AnyTensor, Graph_SequenceType, Graph_OptionalType]>;

#endif
