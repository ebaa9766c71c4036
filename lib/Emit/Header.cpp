#include "Header.h"
#include "graphopt/Runtime/graphopt.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>
#include <fmt/ostream.h>

using namespace graphopt;
using llvm::enumerate;
using llvm::StringRef;
using llvm::zip_equal;

static StringRef cType(DType dtype) {
  switch (dtype) {
  case DType::Float32:
    return "float";
  case DType::Float64:
    return "double";
  case DType::Int2:
  case DType::Int4:
  case DType::Int8:
    return "int8_t";
  case DType::Int16:
    return "int16_t";
  case DType::Int32:
    return "int32_t";
  case DType::Int64:
    return "int64_t";
  case DType::Bool:
  case DType::Float4E2M1:
  case DType::Float8E4M3FN:
  case DType::Float8E4M3FNUZ:
  case DType::Float8E5M2:
  case DType::Float8E5M2FNUZ:
  case DType::Float8E8M0:
  case DType::UInt2:
  case DType::UInt4:
  case DType::UInt8:
    return "uint8_t";
  case DType::Float16:
  case DType::BFloat16:
  case DType::UInt16:
    return "uint16_t";
  case DType::UInt32:
    return "uint32_t";
  case DType::UInt64:
    return "uint64_t";
  case DType::String:
    return "char *";
  }
  llvm_unreachable("all dtypes are above");
}

/// Of what an input points at.
static std::string constType(DType dtype) {
  return dtype == DType::String ? "const char *const" : "const " + cType(dtype).str();
}

/// A name or number from the model, safe inside a comment.
static std::string inComment(StringRef text) {
  std::string safe;
  for (char c : text)
    safe += llvm::isPrint(c) && c != '*' && c != '\\' && c != '?' ? c : '.';
  return safe;
}

namespace {

class HeaderWriter {
public:
  HeaderWriter(const Model &model, const HeaderFacts &facts)
      : model(model), facts(facts), name(model.name),
        macro(StringRef(model.name).upper()) {
    dimNames = makeIdentifiers(model.openDims);
    inputNames = nameMembers(model.inputs, {"dims"}, /*haveDims=*/false);
    outputNames = nameMembers(model.outputs, {}, /*haveDims=*/true);
  }

  std::string write() {
    line("/* {}, compiled by graphopt. Generated: do not edit. */", name);
    writeLibraries();
    line("#ifndef {}_H\n#define {}_H\n", macro, macro);
    line("#include \"graphopt.h\"\n");
    line("#ifdef __cplusplus\nextern \"C\" {{\n#endif\n");
    writeConstants();
    writeFunctions();
    writeStructs();
    writeRun();
    line("#ifdef __cplusplus\n}}\n#endif\n#endif");
    return std::move(text);
  }

private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args &&...args) {
    text += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  /// Names apart from `<name>_dims` and `<name>_count`, which are members as well.
  static llvm::SmallVector<std::string>
  nameMembers(llvm::ArrayRef<Port> ports, std::vector<std::string> taken,
              bool haveDims) {
    for (auto [id, port] : zip_equal(makeIdentifiers(namesOf(ports), taken), ports))
      if (port.kind || haveDims)
        taken.push_back(id + (port.kind ? "_count" : "_dims"));
    return makeIdentifiers(namesOf(ports), taken);
  }

  static std::vector<std::string> namesOf(llvm::ArrayRef<Port> ports) {
    std::vector<std::string> names;
    for (const Port &port : ports)
      names.push_back(port.name);
    return names;
  }

  /// "float [batch, 128]", with what a caller cannot know as "?".
  std::string describe(const Port &port) {
    std::string kind = port.kind & GRAPHOPT_OPTIONAL ? "optional " : "";
    if (port.kind & GRAPHOPT_SEQUENCE)
      kind += "sequence of ";
    if (!port.hasRank)
      return kind + dtypeName(port.dtype).str();
    std::string dims;
    for (int64_t dim : port.dims) {
      dims += dims.empty() ? "" : ", ";
      if (dim == GRAPHOPT_DIM_COMPUTED || dim == GRAPHOPT_DIM_DATA ||
          dim == GRAPHOPT_DIM_ANY)
        dims += "...";
      else
        dims +=
            dim < 0 ? inComment(model.openDims[-1 - dim]) : std::to_string(dim);
    }
    return fmt::format("{}{} [{}]", kind, dtypeName(port.dtype).str(), dims);
  }

  void writeLibraries() {
    std::string flags;
    for (StringRef library : facts.libraries)
      flags += " -l" + library.str();
    if (!flags.empty())
      line("/* Link with{} -lm -pthread. */", flags);
  }

  void writeConstants() {
    line("#define {}_INPUT_COUNT {}", macro, model.inputs.size());
    line("#define {}_OUTPUT_COUNT {}", macro, model.outputs.size());
    line("#define {}_WEIGHTS_BYTES INT64_C({})", macro, facts.weightsBytes);
    if (facts.workspaceBytes)
      line("#define {}_WORKSPACE_BYTES INT64_C({})", macro,
           *facts.workspaceBytes);
    line("");
    line("/* Open dimensions: indices into the `dims` of the functions below. "
         "*/");
    line("#define {}_DIM_COUNT {}", macro, model.openDims.size());
    for (auto [i, dim] : enumerate(dimNames))
      line("#define {}_DIM_{} {} /* {} */", macro, StringRef(dim).upper(), i,
           inComment(model.openDims[i]));
    line("");
    for (auto [port, id] : zip_equal(model.inputs, inputNames))
      writePortConstants(port, macro + "_INPUT_" + StringRef(id).upper());
    for (auto [port, id] : zip_equal(model.outputs, outputNames))
      writePortConstants(port, macro + "_OUTPUT_" + StringRef(id).upper());
  }

  void writePortConstants(const Port &port, const std::string &prefix) {
    line("/* {}: {} */", inComment(port.name), describe(port));
    line("#define {}_RANK {}", prefix, port.rank());
    int64_t elements = 1;
    for (auto [i, dim] : enumerate(port.dims)) {
      if (dim >= 0)
        line("#define {}_DIM{} {}", prefix, i, dim);
      elements *= dim;
    }
    if (port.isStatic()) {
      line("#define {}_ELEMENTS INT64_C({})", prefix, elements);
      line("#define {}_BYTES INT64_C({})", prefix,
           elements * static_cast<int64_t>(dtypeBytes(port.dtype)));
    }
    line("");
  }

  void writeFunctions() {
    line("typedef graphopt_status {}_status;\n", name);
    line("/* The model for programs that have no header of it. */");
    line("extern const graphopt_model {}_model;\n", name);
    line("/* Bytes of workspace; `dims` may be NULL if there is no open "
         "dimension. */");
    line("int64_t {}_workspace_bytes(const int64_t *dims);\n", name);
    line(
        "/* All extents of all outputs, one after the other; -1 for those that "
        "depend on\n * values. */");
    line("void {}_result_dims(const int64_t *dims, int64_t *extents);\n", name);
    line("/* {}_run for tensors made by hand: see graphopt_model.run. */",
         name);
    line("graphopt_status {}_run_tensors(const graphopt_context *context,\n"
         "    const graphopt_tensor *inputs, graphopt_tensor *outputs,\n"
         "    void *workspace, int64_t workspace_bytes);\n",
         name);
    line("const char *{}_status_text(graphopt_status status);\n", name);
    if (!facts.hasThreads)
      return;
    if (model.hasWeightsFile) {
      line("/* Maps the file {}.weights for any number of runs, whose contexts "
           "point at\n * `weights`, and ends that. */",
           name);
      line("graphopt_status {}_weights_open(graphopt_weights *weights, const char "
           "*path);",
           name);
      line("void {}_weights_close(graphopt_weights *weights);\n", name);
    }
    if (model.isOnGpu) {
      line("/* Loads the model on GPU number `ordinal` and enters it in `context`, for runs one "
           "at\n * a time, on tensors of the host or of that GPU; and ends that. */");
      line("graphopt_status {}_device_open(graphopt_context *context, int32_t ordinal);", name);
      line("void {}_device_close(graphopt_context *context);\n", name);
    }
    line("/* Enters in `context` what the CPU has, so that runs need not look. "
         "*/");
    line("void {}_detect_cpu(graphopt_context *context);\n", name);
    line(
        "/* Gives `context` a pool of threads (the caller's included; 0: one a "
        "CPU). Any\n * model may use it; this one destroys it. */");
    line("graphopt_status {}_pool_create(graphopt_context *context, int32_t "
         "threads);",
         name);
    line("void {}_pool_destroy(graphopt_context *context);\n", name);
  }

  void writeStructs() {
    if (!dimNames.empty()) {
      line("/* Open dimensions, in elements. */");
      line("typedef struct {}_dims {{", name);
      for (const std::string &dim : dimNames)
        line("  int64_t {};", dim);
      line("}} {}_dims;\n", name);
    }
    line("/* Inputs: dense, {}-byte aligned. */", GRAPHOPT_ALIGNMENT);
    line("typedef struct {}_inputs {{", name);
    if (!dimNames.empty())
      line("  {}_dims dims;", name);
    for (auto [port, id] : zip_equal(model.inputs, inputNames)) {
      std::string type =
          port.kind ? "const graphopt_tensor" : constType(port.dtype);
      line("  {} *{}; /* {}{} */", type, id, describe(port),
           port.kind == GRAPHOPT_OPTIONAL ? "; NULL if absent" : "");
      if (port.kind & GRAPHOPT_SEQUENCE)
        writeCount(port, id);
    }
    writeFiller(model.inputs.empty() && dimNames.empty());
    line("}} {}_inputs;\n", name);

    line("/* Outputs: the caller's memory, dense, {}-byte aligned. The run "
         "writes "
         "the\n * `_dims`. */",
         GRAPHOPT_ALIGNMENT);
    line("typedef struct {}_outputs {{", name);
    for (auto [port, id] : zip_equal(model.outputs, outputNames)) {
      if (port.kind) {
        bool isSequence = port.kind & GRAPHOPT_SEQUENCE;
        line("  graphopt_tensor {}{}; /* {}; {}NULL before the run, then the caller's to "
             "free */",
             isSequence ? "*" : "", id, describe(port), isSequence ? "" : "its data ");
        if (isSequence)
          writeCount(port, id);
        continue;
      }
      line("  {} *{}; /* {}{} */", cType(port.dtype).str(), id, describe(port),
           port.isAllocated() ? "; NULL before the run, then the caller's "
                                    "to free"
                                  : "");
      if (!port.isStatic())
        line("  int64_t {}_dims[{}];", id, port.dims.size());
    }
    writeFiller(model.outputs.empty());
    line("}} {}_outputs;\n", name);
  }

  void writeCount(const Port &port, const std::string &id) {
    line("  int64_t {}_count;{}", id,
         port.kind & GRAPHOPT_OPTIONAL ? " /* -1 if absent */" : "");
  }

  /// C has no empty structs.
  void writeFiller(bool isEmpty) {
    if (isEmpty)
      line("  char unused;");
  }

  void writeRun() {
    line("/* Runs the model. `context` may be NULL, `workspace` too if none is "
         "needed. */");
    line("static inline graphopt_status {}_run(const graphopt_context "
         "*context,\n"
         "    const {}_inputs *inputs, {}_outputs *outputs, void *workspace,\n"
         "    int64_t workspace_bytes) {{",
         name, name, name);
    size_t rank = 0;
    for (const Port &port :
         llvm::concat<const Port>(model.inputs, model.outputs))
      rank += port.kind ? 0 : port.dims.size();
    if (rank)
      line("  int64_t extents[{}] = {{0}};", rank);
    line("  graphopt_tensor in[{}], out[{}];", model.inputs.size() + 1,
         model.outputs.size() + 1);
    line("  graphopt_status status;");
    line("  if (!inputs || !outputs)\n    return GRAPHOPT_NULL_POINTER;");
    size_t extent = 0;
    for (auto [i, port] : enumerate(model.inputs)) {
      if (port.kind) {
        writeHandleInput(i, port);
        continue;
      }
      for (auto [k, dim] : enumerate(port.dims))
        writeExtent(extent + k, dim);
      writeTensor("in", i, port, "inputs->" + inputNames[i],
                  rank ? fmt::format("extents + {}", extent) : "NULL");
      extent += port.dims.size();
    }
    for (auto [i, port] : enumerate(model.outputs)) {
      if (port.kind) {
        writeHandleOutput(i, port);
        continue;
      }
      writeTensor("out", i, port, "outputs->" + outputNames[i],
                  !rank             ? "NULL"
                  : port.isStatic() ? fmt::format("extents + {}", extent)
                                    : "outputs->" + outputNames[i] + "_dims");
      extent += port.dims.size();
    }
    line("  status = {}_run_tensors(context, in, out, workspace, "
         "workspace_bytes);",
         name);
    for (auto [i, port] : enumerate(model.outputs))
      if (port.kind)
        takeHandleOutput(i, port);
      else if (port.isAllocated())
        line("  outputs->{} = ({} *)out[{}].data;", outputNames[i],
             cType(port.dtype).str(), i);
    line("  return status;\n}}\n");
  }

  /// A sequence, or an optional value.
  void writeHandleInput(size_t i, const Port &port) {
    std::string member = "inputs->" + inputNames[i];
    if (port.kind & GRAPHOPT_SEQUENCE)
      return writeSequence("in", i, port, member);
    line("  if ({})\n    in[{}] = *{};", member, i, member);
    line("  else\n    in[{}].rank = GRAPHOPT_ABSENT;", i);
  }

  void writeHandleOutput(size_t i, const Port &port) {
    std::string member = "outputs->" + outputNames[i];
    if (port.kind & GRAPHOPT_SEQUENCE)
      return writeSequence("out", i, port, member);
    line("  out[{}] = {};", i, member);
    line("  out[{}].dtype = {};", i, static_cast<int>(port.dtype));
  }

  void writeSequence(StringRef array, size_t i, const Port &port,
                     const std::string &member) {
    std::string tensor = fmt::format("{}[{}]", array.str(), i);
    line("  {}.data = (void *){};", tensor, member);
    line("  {}.dims = (int64_t *)&{}_count;", tensor, member);
    if (array == "in" && port.kind & GRAPHOPT_OPTIONAL)
      line("  {}.rank = {}_count < 0 ? GRAPHOPT_ABSENT : 1;", tensor, member);
    else
      line("  {}.rank = 1;", tensor);
    line("  {}.dtype = {};", tensor, static_cast<int>(port.dtype));
  }

  void takeHandleOutput(size_t i, const Port &port) {
    std::string member = "outputs->" + outputNames[i];
    if (!(port.kind & GRAPHOPT_SEQUENCE))
      return line("  {} = out[{}];", member, i);
    line("  {} = (graphopt_tensor *)out[{}].data;", member, i);
    if (port.kind & GRAPHOPT_OPTIONAL)
      line("  if (out[{}].rank == GRAPHOPT_ABSENT)\n    {}_count = -1;", i, member);
  }

  void writeExtent(size_t i, int64_t dim) {
    if (dim >= 0)
      line("  extents[{}] = {};", i, dim);
    else
      line("  extents[{}] = inputs->dims.{};", i, dimNames[-1 - dim]);
  }

  void writeTensor(StringRef array, size_t i, const Port &port,
                   const std::string &data, const std::string &dims) {
    std::string tensor = fmt::format("{}[{}]", array.str(), i);
    line("  {}.data = (void *){};", tensor, data);
    line("  {}.dims = {};", tensor, dims);
    line("  {}.rank = {};", tensor, port.dims.size());
    line("  {}.dtype = {};", tensor, static_cast<int>(port.dtype));
  }

  const Model &model;
  const HeaderFacts &facts;
  std::string name, macro, text;
  llvm::SmallVector<std::string> dimNames, inputNames, outputNames;
};

} // namespace

std::string graphopt::writeHeader(const Model &model,
                                  const HeaderFacts &facts) {
  return HeaderWriter(model, facts).write();
}
