// Attention and what belongs to it of com.microsoft, by the standard's Attention.
#include "lib/Import/Onnx/Microsoft.h"
#include "onnx/defs/shape_inference.h"
#include <limits>

using namespace graphopt::microsoft;
using onnx::AttributeProto;

constexpr int int64Type = onnx::TensorProto::INT64;
constexpr int boolType = onnx::TensorProto::BOOL;

//===--- Parts -----------------------------------------------------------===//

/// `to` [batch, heads, length, depth] from [batch, length, heads * depth].
static void splitHeads(Body &body, const char *from, const char *to,
                       int64_t heads) {
  body.ints(fmt::format("{}_shape", to), {0, 0, heads, -1});
  body.add("{0}_rows = Reshape ({1}, {0}_shape)"
           "{0} = Transpose <perm = [0, 2, 1, 3]> ({0}_rows)",
           to, from);
}

/// The opposite.
static void joinHeads(Body &body, const char *from, const char *to) {
  body.ints(fmt::format("{}_shape", to), {0, 0, -1});
  body.add("{0}_rows = Transpose <perm = [0, 2, 1, 3]> ({1})"
           "{0} = Reshape ({0}_rows, {0}_shape)",
           to, from);
}

/// The extent of a dimension, as one element and as a scalar.
static void addExtent(Body &body, const char *name, const char *of, int dim) {
  body.add("{0}1 = Shape <start = {2}, end = {3}> ({1}) {0} = Squeeze ({0}1)", name,
           of, dim, dim + 1);
}

/// `Keys` [total]: 0, 1, ...; of `total`, a scalar.
static void addKeys(Body &body, const char *total) {
  body.add("Keys = Range (Zero, {}, One)", total);
}

static void addNumbers(Body &body) {
  body.integer("Zero", 0);
  body.integer("One", 1);
  for (int64_t axis : {0, 1, 2, 3})
    body.ints(fmt::format("Axis{}", axis), {axis});
  body.ints("Axes12", {1, 2});
}

void graphopt::microsoft::addPositions(Body &body, const std::string &past,
                                       const std::string &length) {
  body.add("Steps = Range (Zero, {1}, One)"
           "Steps_row = Unsqueeze (Steps, Axis0)"
           "Past_column = Unsqueeze ({0}, Axis1)"
           "positions = Add (Past_column, Steps_row)",
           past, length);
}

/// `keep`, where keys of [batch, 1, 1 or length, total] count, from a mask of
/// integers; `total` is a scalar.
static void addKeep(Body &body, int input, const char *mask, const char *total) {
  switch (body.rank(input)) {
  case 1: {
    addKeys(body, total);
    // Where the padding on the right begins, and maybe where that on the left ends.
    bool hasEnds = body.isSame(input, 0, 0, 0);
    int64_t size = body.extent(input, 0), batch = body.extent(0, 0);
    bool hasStarts = size > 0 && size == 2 * batch;
    if (!hasEnds && !hasStarts)
      throw Unsupported(fmt::format(
          "has a {} of another number of elements than one or two a batch", mask));
    body.add("Mask64 = Cast <to = {}> ({})", int64Type, mask);
    if (hasEnds) {
      body.add("Ends = Unsqueeze (Mask64, Axis1) Kept = Less (Keys, Ends)");
    } else {
      body.add("Ends1, Starts1 = Split <axis = 0, num_outputs = 2> (Mask64)"
               "Ends = Unsqueeze (Ends1, Axis1) Starts = Unsqueeze (Starts1, Axis1)"
               "Before = Less (Keys, Ends) After = GreaterOrEqual (Keys, Starts)"
               "Kept = And (Before, After)");
    }
    return body.add("keep = Unsqueeze (Kept, Axes12)");
  }
  case 2:
    return body.add("Kept = Cast <to = {}> ({}) keep = Unsqueeze (Kept, Axes12)",
                    boolType, mask);
  case 3:
    return body.add("Kept = Cast <to = {}> ({}) keep = Unsqueeze (Kept, Axis1)",
                    boolType, mask);
  default:
    throw Unsupported(
        fmt::format("has a {} of {} dimensions, which is not supported", mask,
                    body.rank(input)));
  }
}

/// Name of what is added to scores, for a mask and a bias; empty without both.
static std::string addMask(Body &body, int mask, const char *maskName, int bias,
                           const char *like, const char *total) {
  std::string added = body.has(bias) ? "attention_bias" : "";
  if (!body.has(mask))
    return added;
  addKeep(body, mask, maskName, total);
  body.number("Kept_value", 0, like);
  body.number("Masked_value", body.getFloat("mask_filter_value"), like);
  body.add("Far = Where (keep, Kept_value, Masked_value)");
  if (added.empty())
    return "Far";
  body.add("Added = Add (Far, attention_bias)");
  return "Added";
}

static std::string scaleText(const Body &body) {
  float scale = body.getFloat("scale");
  return scale == 0 ? "" : fmt::format(", scale: float = {:e}", scale);
}

static int64_t countHeads(const Body &body, const char *attribute = "num_heads") {
  int64_t heads = body.getInt(attribute);
  if (heads < 1)
    throw Unsupported(fmt::format("has attribute '{}' of {}", attribute, heads));
  return heads;
}

//===--- Attention -------------------------------------------------------===//

/// Everything after `input`, `weights` and, if `hasBias`, `bias`; the numbers are those of
/// the inputs that may follow.
static void addAttention(Body &body, bool hasBias, int maskInput, int pastInput, int addInput) {
  body.refuse("do_rotary", 0);
  body.refuse("past_present_share_buffer", 0);
  int64_t heads = countHeads(body);
  addNumbers(body);
  body.add(hasBias ? "Product = MatMul (input, weights)"
                     "Packed = Add (Product, bias)"
                   : "Packed = MatMul (input, weights)");
  std::vector<int64_t> sizes = body.getInts("qkv_hidden_sizes");
  if (sizes.size() == 3) {
    body.ints("Sizes", sizes);
    body.add("Q, K, V = Split <axis = 2> (Packed, Sizes)");
  } else {
    body.add("Q, K, V = Split <axis = 2, num_outputs = 3> (Packed)");
  }
  addExtent(body, "Length", "input", 1);
  const char *total = "Length";
  std::string past;
  if (body.has(pastInput)) {
    body.add("Past_keys, Past_values = Split <axis = 0, num_outputs = 2> (past)"
             "Past_key = Squeeze (Past_keys, Axis0)"
             "Past_value = Squeeze (Past_values, Axis0)");
    addExtent(body, "Past", "past", 3);
    body.add("Total = Add (Past, Length)");
    total = "Total";
    past = ", Past_key, Past_value";
  }
  std::string mask = addMask(body, maskInput, "mask_index", addInput, "input", total);
  body.add("output, Key, Value = Attention <q_num_heads = {0}, kv_num_heads = {0}, "
           "is_causal = {1}{2}> (Q, K, V, {3}{4})",
           heads, body.getInt("unidirectional"), scaleText(body), mask, past);
  if (body.wants(1))
    body.add("Key1 = Unsqueeze (Key, Axis0) Value1 = Unsqueeze (Value, Axis0)"
             "present = Concat <axis = 0> (Key1, Value1)");
}

static void buildAttention(Body &body) {
  body.refuseInput(6, "past_sequence_length");
  addAttention(body, body.has(2), 3, 4, 5);
}

/// Of bytes: the input, and the weights, whose scale may be one a column.
static void buildQAttention(Body &body) {
  enum { WeightScale = 4, Mask, InputZero, WeightZero, Past, None };
  body.add("input = DequantizeLinear (input_quant, input_scale{})",
           body.has(InputZero) ? ", input_zero_point" : "");
  body.add("weights = DequantizeLinear <axis = 1> (weights_quant, weight_scale{})",
           body.has(WeightZero) ? ", weight_zero_point" : "");
  addAttention(body, /*hasBias=*/true, Mask, Past, None);
}

/// Output 0 has the batch and the length of input 0.
static void inferRows(onnx::InferenceContext &node) {
  inferRank(node, 0, 0, 3);
  if (!onnx::hasInputShape(node, 0) || onnx::getInputShape(node, 0).dim_size() < 2)
    return;
  for (int i : {0, 1})
    *onnx::getOutputShape(node, 0)->mutable_dim(i) =
        onnx::getInputShape(node, 0).dim(i);
}

static void inferAttention(onnx::InferenceContext &node) {
  inferRows(node);
  inferRank(node, 0, 1, 5);
}

static void inferQAttention(onnx::InferenceContext &node) {
  inferAttention(node);
  constexpr size_t bias = 2;
  for (size_t output = 0; output < node.getNumOutputs(); ++output)
    onnx::propagateElemTypeFromInputToOutput(node, bias, output);
}

//===--- MultiHeadAttention ----------------------------------------------===//

/// Parts of [batch, length, heads, parts, depth], each [batch, length, width].
static void unpack(Body &body, const char *from, std::vector<const char *> to) {
  body.add("{0}_packed = Split <axis = 3, num_outputs = {2}> ({1})",
           fmt::join(to, "_packed, "), from, to.size());
  for (const char *name : to) {
    body.ints(fmt::format("{}_packed_shape", name), {0, 0, -1});
    body.add("{0} = Reshape ({0}_packed, {0}_packed_shape)", name);
  }
}

static void buildMultiHeadAttention(Body &body) {
  body.refuseInput(8, "past_sequence_length");
  body.refuseInput(9, "cache_indirection");
  body.refuseOutput(3, "qk");
  int64_t heads = countHeads(body);
  addNumbers(body);
  // Keys and values of another model part come with their heads apart.
  bool isSplit = body.rank(1) == 4;
  int rank = body.rank(0);
  if (rank == 5)
    unpack(body, "query", {"Q0", "K0", "V0"});
  else if (rank == 3 && body.rank(1) == 5)
    body.add("Q0 = Identity (query)"), unpack(body, "key", {"K0", "V0"});
  else if (rank == 3 && body.has(1) && body.has(2))
    body.add("Q0 = Identity (query) K0 = Identity (key) V0 = Identity (value)");
  else
    throw Unsupported("has inputs in a form that is not supported");
  std::vector<const char *> biased = {"Q", "K", "V"};
  if (body.has(3)) {
    int64_t all = body.require(3, 0, "the size of its bias");
    int64_t width = rank == 3 ? body.require(0, 2, "the size of its queries")
                              : all / 3;
    body.ints("Bias_sizes", {width, width, all - 2 * width});
    body.add("BQ, BK, BV = Split <axis = 0> (bias, Bias_sizes)");
  }
  for (const char *name : biased) {
    bool isApart = isSplit && name != biased.front();
    if (body.has(3) && !isApart)
      body.add("{0} = Add ({0}0, B{0})", name);
    else
      body.add("{0} = Identity ({0}0)", name);
  }
  splitHeads(body, "Q", "Query", heads);
  for (const char *name : {"K", "V"}) {
    std::string to = fmt::format("{}_heads", name);
    if (isSplit)
      body.add("{} = Identity ({})", to, name);
    else
      splitHeads(body, name, to.c_str(), heads);
  }
  addExtent(body, "Length", "K_heads", 2);
  const char *total = "Length";
  std::string past;
  if (body.has(6) && body.has(7)) {
    addExtent(body, "Past", "past_key", 2);
    body.add("Total = Add (Past, Length)");
    total = "Total";
    past = ", past_key, past_value";
  }
  std::string mask = addMask(body, 4, "key_padding_mask", 5, "query", total);
  body.add("Mixed, present_key, present_value = Attention <is_causal = {0}{1}> "
           "(Query, K_heads, V_heads, {2}{3})",
           body.getInt("unidirectional"), scaleText(body), mask, past);
  joinHeads(body, "Mixed", "output");
}

static void inferHeads(onnx::InferenceContext &node) {
  inferRows(node);
  inferRank(node, 0, 1, 4);
  inferRank(node, 0, 2, 4);
}

/// All three have the queries' size, unless values are packed.
static void inferMultiHeadAttention(onnx::InferenceContext &node) {
  inferHeads(node);
  if (!onnx::hasInputShape(node, 0) || !onnx::hasInputShape(node, 2))
    return;
  const onnx::TensorShapeProto &value = onnx::getInputShape(node, 2);
  if (value.dim_size() == 3)
    *onnx::getOutputShape(node, 0)->mutable_dim(2) = value.dim(2);
}

//===--- GroupQueryAttention ---------------------------------------------===//

namespace {
/// Always causal. A cache of keys has room for all keys or grows; each batch has
/// its own number of them.
class GroupQuery {
public:
  explicit GroupQuery(Body &body)
      : body(body), heads(countHeads(body)),
        groups(countHeads(body, "kv_num_heads")), hasPast(body.has(3)) {}

  void build() {
    refuse();
    addNumbers(body);
    findParts();
    addExtent(body, "Length", "query", 1);
    addPast();
    addPositions(body, "Past", "Length");
    rotate();
    splitHeads(body, "Q", "Query", heads);
    splitHeads(body, "K", "K_heads", groups);
    splitHeads(body, "V", "V_heads", groups);
    addCache("K_heads", "past_key", "present_key");
    addCache("V_heads", "past_value", "present_value");
    bool isCausal = !hasPast && window() < 0;
    std::string mask = isCausal ? (body.has(10) ? "attention_bias" : "") : addMask();
    body.add("Mixed = Attention <is_causal = {0}{1}, softcap: float = {2:e}> (Query, "
             "present_key, present_value, {3})",
             int(isCausal), scaleText(body), body.getFloat("softcap"), mask);
    joinHeads(body, "Mixed", "output");
  }

private:
  void refuse() {
    body.refuse("smooth_softmax", 0);
    body.refuse("qk_output", 0);
    body.refuse("kv_cache_bit_width", 0);
    for (const char *name : {"k_quant_type", "v_quant_type"})
      if (body.getString(name) != "NONE")
        throw Unsupported(
            fmt::format("has attribute '{}', which is not supported", name));
    body.refuseInput(11, "head_sink");
    body.refuseInput(12, "k_scale");
    body.refuseInput(13, "v_scale");
    body.refuseOutput(3, "output_qk");
  }

  int64_t window() const { return body.getInt("local_window_size"); }

  /// `Q0`, `K0`, `V` [batch, length, width]
  void findParts() {
    if (body.has(1) && body.has(2))
      return body.add("Q0 = Identity (query) K0 = Identity (key) V = Identity (value)");
    int64_t width = body.require(0, 2, "the size of its queries");
    depth = width / (heads + 2 * groups);
    body.ints("Sizes", {heads * depth, groups * depth, groups * depth});
    body.add("Q0, K0, V = Split <axis = 2> (query, Sizes)");
  }

  /// `Past` [batch]: how many keys each batch has; `Total`, how many fit.
  void addPast() {
    if (!hasPast)
      return body.add("Batch1 = Shape <start = 0, end = 1> (query)"
                      "Past = ConstantOfShape <value = int64[1] {{0}}> (Batch1)");
    body.ints("Flat", {-1});
    body.add("Lengths = Cast <to = {0}> (seqlens_k)"
             "Lengths1 = Reshape (Lengths, Flat)"
             "Totals = Cast <to = {0}> (total_sequence_length)"
             "Total1 = Reshape (Totals, Flat)"
             "Ends = Add (Lengths1, One) Begins = Sub (Ends, Length)"
             "IsPrompt = Equal (Total1, Length1)"
             "Past = Where (IsPrompt, Zero, Begins)",
             int64Type);
  }

  void rotate() {
    if (body.getInt("do_rotary") == 0)
      return body.add("Q = Identity (Q0) K = Identity (K0)");
    if (!body.has(7) || !body.has(8))
      throw Unsupported("rotates without cos_cache and sin_cache");
    if (depth == 0)
      depth = body.require(0, 2, "the size of its queries") / heads;
    int64_t half = body.require(7, 1, "the size of its cos_cache");
    std::string part =
        2 * half == depth ? "" : fmt::format(", rotary_embedding_dim = {}", 2 * half);
    const char *places = body.has(9) ? "position_ids" : "positions";
    for (auto [name, count] : {std::pair("Q", heads), std::pair("K", groups)})
      body.add("{0} = RotaryEmbedding <interleaved = {1}, num_heads = {2}{3}> ({0}0, "
               "cos_cache, sin_cache, {4})",
               name, body.getInt("rotary_interleaved"), count, part, places);
  }

  /// The past, with room for what is new, and that in its place.
  void addCache(const char *now, const char *past, const char *present) {
    if (!hasPast)
      return body.add("{} = Identity ({})", present, now);
    body.ints(fmt::format("{}_pad", past), {0});
    body.add("{0}_size = Shape <start = 2, end = 3> ({0})"
             "{0}_room = Max ({0}_size, Total1)"
             "{0}_missing = Sub ({0}_room, {0}_size)"
             "{0}_pads = Concat <axis = 0> ({0}_pad, {0}_missing)"
             "{0}_padded = Pad ({0}, {0}_pads, , Axis2)"
             "{2} = TensorScatter ({0}_padded, {1}, Past)",
             past, now, present);
  }

  std::string addMask() {
    addExtent(body, "Room", "present_key", 2);
    addKeys(body, "Room");
    body.ints("Axes13", {1, 3});
    body.add("Queries = Unsqueeze (positions, Axes13)"
             "Upto = LessOrEqual (Keys, Queries)");
    std::string keep = "Upto";
    if (window() >= 0) {
      body.integer("Window", window());
      body.add("First = Sub (Queries, Window) From = Greater (Keys, First)"
               "Within = And (Upto, From)");
      keep = "Within";
    }
    if (!body.has(10))
      return keep;
    body.number("Lowest", -std::numeric_limits<float>::infinity(), "query");
    body.add("Biased = Where ({}, attention_bias, Lowest)", keep);
    return "Biased";
  }

  Body &body;
  int64_t heads, groups, depth = 0;
  bool hasPast;
};
} // namespace

static void buildGroupQueryAttention(Body &body) { GroupQuery(body).build(); }

//===--- RotaryEmbedding -------------------------------------------------===//

static void buildRotaryEmbedding(Body &body) {
  body.refuse("is_packed_batching", 0);
  if (body.getFloat("scale") != 1)
    throw Unsupported("has attribute 'scale', which is not supported");
  bool hasHeads = body.rank(0) == 4;
  int64_t heads = body.getInt("num_heads");
  if (!hasHeads && heads == 0)
    heads = body.require(0, 2, "the size of its input") /
            (2 * body.require(2, 1, "the size of its cos_cache"));
  std::string places = "position_ids";
  if (body.rank(1) == 1) {
    addNumbers(body);
    addExtent(body, "Length", "input", hasHeads ? 2 : 1);
    addPositions(body, places, "Length");
    body.add("Batch1 = Shape <start = 0, end = 1> (input)"
             "Shape = Concat <axis = 0> (Batch1, Length1)"
             "All_positions = Expand (positions, Shape)");
    places = "All_positions";
  }
  body.add("output = RotaryEmbedding <interleaved = {}, num_heads = {}, "
           "rotary_embedding_dim = {}> (input, cos_cache, sin_cache, {})",
           body.getInt("interleaved"), hasHeads ? 0 : heads,
           body.getInt("rotary_embedding_dim"), places);
}

static void inferRotaryEmbedding(onnx::InferenceContext &node) {
  inferLike(node, 0, 0);
}

//===----------------------------------------------------------------------===//

std::vector<Operator> graphopt::microsoft::listAttentions() {
  const Attribute heads = {"num_heads", AttributeProto::INT, /*isRequired=*/true};
  const Attribute scale = {"scale", AttributeProto::FLOAT};
  const Attribute filter = {"mask_filter_value", -10000.0f};
  const Attribute unidirectional = {"unidirectional", int64_t(0)};
  return {
      {"Attention",
       {"input", "weights", "bias?", "mask_index?", "past?", "attention_bias?",
        "past_sequence_length?"},
       {"output", "present?"},
       {heads, scale, filter, unidirectional,
        {"qkv_hidden_sizes", AttributeProto::INTS},
        {"past_present_share_buffer", int64_t(0)},
        {"do_rotary", int64_t(0)},
        {"rotary_embedding_dim", int64_t(0)}},
       inferAttention,
       buildAttention},
      {"QAttention",
       {"input_quant", "weights_quant", "bias", "input_scale", "weight_scale", "mask_index?",
        "input_zero_point?", "weight_zero_point?", "past?"},
       {"output", "present?"},
       {heads, scale, filter, unidirectional,
        {"past_present_share_buffer", int64_t(0)},
        {"do_rotary", int64_t(0)}},
       inferQAttention,
       buildQAttention},
      {"MultiHeadAttention",
       {"query", "key?", "value?", "bias?", "key_padding_mask?", "attention_bias?",
        "past_key?", "past_value?", "past_sequence_length?", "cache_indirection?"},
       {"output", "present_key?", "present_value?", "qk?"},
       {heads, scale, filter, unidirectional},
       inferMultiHeadAttention,
       buildMultiHeadAttention},
      {"GroupQueryAttention",
       {"query", "key?", "value?", "past_key?", "past_value?", "seqlens_k",
        "total_sequence_length", "cos_cache?", "sin_cache?", "position_ids?",
        "attention_bias?", "head_sink?", "k_scale?", "v_scale?"},
       {"output", "present_key?", "present_value?", "output_qk?"},
       {heads, scale,
        {"kv_num_heads", AttributeProto::INT, /*isRequired=*/true},
        {"softcap", 0.0f},
        {"local_window_size", int64_t(-1)},
        {"do_rotary", int64_t(0)},
        {"rotary_interleaved", int64_t(0)},
        {"smooth_softmax", int64_t(0)},
        {"qk_output", int64_t(0)},
        {"k_quant_type", "NONE"},
        {"v_quant_type", "NONE"},
        {"kv_cache_bit_width", int64_t(0)}},
       inferHeads,
       buildGroupQueryAttention},
      {"RotaryEmbedding",
       {"input", "position_ids", "cos_cache", "sin_cache"},
       {"output"},
       {{"interleaved", int64_t(0)},
        {"num_heads", int64_t(0)},
        {"rotary_embedding_dim", int64_t(0)},
        {"is_packed_batching", int64_t(0)},
        {"scale", 1.0f}},
       inferRotaryEmbedding,
       buildRotaryEmbedding},
  };
}
