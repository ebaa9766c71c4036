// Normalizations of com.microsoft.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"
#include "llvm/ADT/StringRef.h"

using namespace graphopt::microsoft;
using onnx::AttributeProto;

static void buildLayerNormalization(Body &body) {
  body.add("Y, Mean, InvStdDev = LayerNormalization <axis = {}, epsilon: float = "
           "{:e}, stash_type = {}> ({})",
           body.getInt("axis"), body.getFloat("epsilon"),
           body.getInt("stash_type"), body.has(2) ? "X, Scale, B" : "X, Scale");
}

static void buildSimplifiedLayerNormalization(Body &body) {
  body.refuseOutput(1, "inv_std_var");
  body.add("Y = RMSNormalization <axis = {}, epsilon: float = {:e}> (X, scale)",
           body.getInt("axis"), body.getFloat("epsilon"));
}

/// `input_skip_bias_sum`
static void addSkip(Body &body, int bias) {
  if (!body.has(bias))
    return body.add("input_skip_bias_sum = Add (input, skip)");
  body.add("Skipped = Add (input, skip) input_skip_bias_sum = Add (Skipped, bias)");
}

static void buildSkipLayerNormalization(Body &body) {
  addSkip(body, 4);
  body.add("output, mean, inv_std_var = LayerNormalization <axis = -1, epsilon: "
           "float = {:e}> (input_skip_bias_sum, {})",
           body.getFloat("epsilon"), body.has(3) ? "gamma, beta" : "gamma");
}

static void buildSkipSimplifiedLayerNormalization(Body &body) {
  body.refuseOutput(1, "mean");
  body.refuseOutput(2, "inv_std_var");
  addSkip(body, 3);
  body.add("output = RMSNormalization <axis = -1, epsilon: float = {:e}> "
           "(input_skip_bias_sum, gamma)",
           body.getFloat("epsilon"));
}

static void inferFirst(onnx::InferenceContext &node) { inferLike(node, 0, 0); }

static void inferSkip(onnx::InferenceContext &node) {
  inferLike(node, 0, 0);
  inferLike(node, 0, 3);
}

//===--- Embeddings ------------------------------------------------------===//

/// The tables and the norm of `output` and `mask_index`.
static void addEmbedding(Body &body, bool hasPositions) {
  body.add("Words = Gather (word_embedding, input_ids)");
  if (hasPositions) {
    body.add("Positions = Gather (position_embedding, position_ids)");
  } else {
    body.integer("Zero", 0);
    body.integer("One", 1);
    body.add("Length1 = Shape <start = 1, end = 2> (input_ids)"
             "Length = Squeeze (Length1)"
             "Places = Range (Zero, Length, One)"
             "Positions = Gather (position_embedding, Places)");
  }
  body.add("Placed = Add (Words, Positions)");
  if (body.has(1) && body.has(4))
    body.add("Segments = Gather (segment_embedding, segment_ids)"
             "embedding_sum = Add (Placed, Segments)");
  else
    body.add("embedding_sum = Identity (Placed)");
  body.add("output = LayerNormalization <axis = -1, epsilon: float = {:e}> "
           "(embedding_sum, gamma, beta)",
           body.getFloat("epsilon"));
  constexpr int int32 = onnx::TensorProto::INT32;
  body.ints("Row", {1});
  if (body.has(7))
    body.add("Count = ReduceSum <keepdims = 0> (mask, Row)"
             "mask_index = Cast <to = {}> (Count)",
             int32);
  else
    body.add("Batch = Shape <start = 0, end = 1> (input_ids)"
             "Zeros = ConstantOfShape (Batch)"
             "mask_index = Cast <to = {}> (Zeros)",
             int32);
}

static void buildEmbedLayerNormalization(Body &body) { addEmbedding(body, body.has(8)); }

static void buildQEmbedLayerNormalization(Body &body) {
  for (const char *name : {"word_embedding", "position_embedding", "segment_embedding", "gamma",
                           "beta"})
    if (name != llvm::StringRef("segment_embedding") || body.has(4))
      body.add("{0} = DequantizeLinear ({0}_quant, {0}_scale, {0}_zero_point)", name);
  addEmbedding(body, /*hasPositions=*/false);
}

static void inferQEmbedLayerNormalization(onnx::InferenceContext &node) {
  constexpr size_t scale = 8;
  inferRank(node, scale, 0, 3);
  if (node.getNumOutputs() < 2)
    return;
  onnx::updateOutputElemType(node, 1, onnx::TensorProto::INT32);
  onnx::getOutputShape(node, 1)->add_dim();
}

static void inferEmbedLayerNormalization(onnx::InferenceContext &node) {
  inferRank(node, 2, 0, 3);
  inferRank(node, 2, 2, 3);
  if (onnx::hasInputShape(node, 0) && onnx::hasInputShape(node, 2))
    for (size_t output : {0, 2}) {
      if (output >= node.getNumOutputs())
        continue;
      onnx::TensorShapeProto *shape = onnx::getOutputShape(node, output);
      for (int i : {0, 1})
        *shape->mutable_dim(i) = onnx::getInputShape(node, 0).dim(i);
      *shape->mutable_dim(2) = onnx::getInputShape(node, 2).dim(1);
    }
  if (node.getNumOutputs() < 2)
    return;
  onnx::updateOutputElemType(node, 1, onnx::TensorProto::INT32);
  if (onnx::hasInputShape(node, 0))
    *onnx::getOutputShape(node, 1)->add_dim() = onnx::getInputShape(node, 0).dim(0);
}

std::vector<Operator> graphopt::microsoft::listNormalizations() {
  const std::vector<const char *> outputs = {"output", "mean?", "inv_std_var?",
                                             "input_skip_bias_sum?"};
  const Attribute epsilon = {"epsilon", 1e-12f};
  return {
      {"LayerNormalization",
       {"X", "Scale", "B?"},
       {"Y", "Mean?", "InvStdDev?"},
       {{"axis", int64_t(-1)}, {"epsilon", 1e-5f}, {"stash_type", int64_t(1)}},
       inferFirst,
       buildLayerNormalization},
      {"SimplifiedLayerNormalization",
       {"X", "scale"},
       {"Y", "inv_std_var?"},
       {{"axis", int64_t(-1)}, {"epsilon", 1e-5f}, {"stash_type", int64_t(1)}},
       inferFirst,
       buildSimplifiedLayerNormalization},
      {"SkipLayerNormalization",
       {"input", "skip", "gamma", "beta?", "bias?"},
       outputs,
       {epsilon},
       inferSkip,
       buildSkipLayerNormalization},
      {"SkipSimplifiedLayerNormalization",
       {"input", "skip", "gamma", "bias?"},
       outputs,
       {epsilon},
       inferSkip,
       buildSkipSimplifiedLayerNormalization},
      {"EmbedLayerNormalization",
       {"input_ids", "segment_ids?", "word_embedding", "position_embedding",
        "segment_embedding?", "gamma", "beta", "mask?", "position_ids?"},
       {"output", "mask_index?", "embedding_sum?"},
       {epsilon, {"mask_index_type", int64_t(0)}},
       inferEmbedLayerNormalization,
       buildEmbedLayerNormalization},
      {"QEmbedLayerNormalization",
       {"input_ids", "segment_ids?", "word_embedding_quant", "position_embedding_quant",
        "segment_embedding_quant?", "gamma_quant", "beta_quant", "mask?", "word_embedding_scale",
        "position_embedding_scale", "segment_embedding_scale?", "gamma_scale", "beta_scale",
        "word_embedding_zero_point", "position_embedding_zero_point",
        "segment_embedding_zero_point?", "gamma_zero_point", "beta_zero_point"},
       {"output", "mask_index"},
       {epsilon},
       inferQEmbedLayerNormalization,
       buildQEmbedLayerNormalization},
  };
}
