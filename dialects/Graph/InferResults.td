#ifndef GRAPHOPT_GRAPH_INFER_RESULTS
#define GRAPHOPT_GRAPH_INFER_RESULTS

include "mlir/IR/OpBase.td"

def Graph_InferResultsOpInterface : OpInterface<"InferResultsOpInterface"> {
  let cppNamespace = "::graphopt::graph";
  let description = [{
    Infers element type, dimensions and, for small integer tensors, the elements
    of each result from the operands, as expressions of open dimensions.
  }];
  let methods = [InterfaceMethod<"Infers the results of this op",
    "::llvm::LogicalResult", "inferResultsOf",
    (ins "::graphopt::graph::ShapeInference &":$shapes,
         "::llvm::SmallVectorImpl<::graphopt::graph::InferredTensor> &":$results)>];
}

#endif
