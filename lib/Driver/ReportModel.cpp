#include "Diagnostics.h"
#include "StageDump.h"
#include "dialects/Graph/Cost.h"
#include "dialects/Graph/Graph.h"
#include "dialects/Graph/NodeNames.h"
#include "dialects/Graph/Shape.h"
#include "graphopt/Driver/Report.h"
#include "graphopt/Import/Import.h"
#include "graphopt/Pipeline/Pipelines.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace graphopt::graph;
using namespace mlir;

namespace {
/// Sums of what nodes with one name take.
struct Cost {
  int64_t nodes = 0, parameters = 0;
  AffineExpr macs, bytes;
  llvm::SetVector<StringRef> operators;
};

class Reporter {
public:
  Reporter(func::FuncOp main, const ReportOptions &options)
      : main(main), options(options), shapes(main.getContext()) {
    shapes.run(main);
    total = makeCost();
  }

  ModelReport run();

private:
  Cost makeCost() const {
    return {0, 0, shapes.constant(0), shapes.constant(0), {}};
  }
  void add(Operation *op);
  int64_t takeParameters(Operation *op);
  StringRef keep(StringRef text) const {
    return StringAttr::get(main.getContext(), text).getValue();
  }
  std::string getGroup(Operation *op) const;
  std::vector<CostReport> list(const llvm::MapVector<StringRef, Cost> &costs) const;
  CostReport describe(StringRef name, const Cost &cost) const;
  PortReport describePort(DictionaryAttr attributes, Type type) const;
  Amount measure(AffineExpr expr) const;
  std::string format(AffineExpr expr) const;
  bool hasNames(AffineExpr expr) const;
  std::optional<int64_t> findPeak(Block &block);

  mutable func::FuncOp main; // its getters are not const
  const ReportOptions &options;
  ShapeInference shapes;
  Cost total;
  llvm::MapVector<StringRef, Cost> operators, nodes;
  llvm::SetVector<Attribute> constants; ///< whose parameters are counted
  int64_t weightBytes = 0;
};
} // namespace

/// What only gives its first operand another shape or name.
static bool isView(Operation *op) {
  return isa<ReshapeOp, SqueezeOp, UnsqueezeOp>(op);
}

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

/// True if all symbols are open dimensions of inputs: the reader knows these.
bool Reporter::hasNames(AffineExpr expr) const {
  bool known = true;
  shapes.forEachValue(expr, [&](const ShapeInference::Symbol &symbol) {
    auto argument = dyn_cast<BlockArgument>(symbol.value);
    known &= argument && !symbol.isElement &&
             argument.getOwner() == &main.getBody().front();
  });
  return known;
}

/// Sums in the order of the expression, factors of a product joined by '*'.
std::string Reporter::format(AffineExpr expr) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (isa<AffineSymbolExpr>(expr)) {
    const ShapeInference::Symbol &symbol = shapes.getSymbol(expr);
    if (symbol.positive)
      return "max(" + format(symbol.positive) + ", 0)";
    auto argument = cast<BlockArgument>(symbol.value);
    auto dims =
        main.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "graph.dims");
    return dims ? cast<StringAttr>(dims[symbol.index]).str()
                : fmt::format("{}_{}", argument.getArgNumber(), symbol.index);
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  auto part = [&](AffineExpr operand, bool isFactor) {
    bool isSum = operand.getKind() == AffineExprKind::Add;
    return isFactor && isSum ? "(" + format(operand) + ")" : format(operand);
  };
  switch (expr.getKind()) {
  case AffineExprKind::Add: {
    std::string rhs = format(binary.getRHS());
    bool isLess = StringRef(rhs).starts_with("-");
    return format(binary.getLHS()) + (isLess ? " - " + rhs.substr(1) : " + " + rhs);
  }
  case AffineExprKind::Mul: // a constant comes last
    if (isa<AffineConstantExpr>(binary.getRHS()))
      return format(binary.getRHS()) + "*" + part(binary.getLHS(), true);
    return part(binary.getLHS(), true) + "*" + part(binary.getRHS(), true);
  case AffineExprKind::FloorDiv:
    return "floor(" + format(binary.getLHS()) + " / " + format(binary.getRHS()) + ")";
  case AffineExprKind::CeilDiv:
    return "ceil(" + format(binary.getLHS()) + " / " + format(binary.getRHS()) + ")";
  default:
    return part(binary.getLHS(), true) + " % " + part(binary.getRHS(), true);
  }
}

Amount Reporter::measure(AffineExpr expr) const {
  if (!expr || !hasNames(expr))
    return {};
  Amount amount;
  amount.number = getConstant(expr);
  // The same size for each open dimension.
  amount.order =
      *evaluate(shapes, expr, [](const ShapeInference::Symbol &) { return 64.0; });
  if (!amount.number)
    amount.formula = format(expr);
  return amount;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

/// The name that stands for the op: its node's, or the first parts of that.
std::string Reporter::getGroup(Operation *op) const {
  SmallVector<StringRef> names = listNodes(op->getLoc());
  StringRef name = names.empty() ? op->getName().stripDialect() : names.front();
  if (options.depth <= 0)
    return name.str();
  SmallVector<StringRef> parts;
  bool hasRoot = name.consume_front("/");
  name.split(parts, '/');
  parts.truncate(std::min<size_t>(parts.size(), options.depth));
  return (hasRoot ? "/" : "") + llvm::join(parts, "/");
}

/// Parameters that no op before read.
int64_t Reporter::takeParameters(Operation *op) {
  int64_t count = 0;
  for (Value operand : op->getOperands()) {
    auto constant = operand.getDefiningOp<arith::ConstantOp>();
    if (!constant || !constants.insert(constant.getValue()))
      continue;
    auto elements = cast<ElementsAttr>(constant.getValue());
    count += countParameters(elements);
    weightBytes += getConstant(countBytes(shapes, operand)).value_or(0);
  }
  return count;
}

void Reporter::add(Operation *op) {
  int64_t parameters = takeParameters(op);
  AffineExpr macs = countMacs(shapes, op), bytes = shapes.constant(0);
  for (Value result : op->getResults())
    if (!isView(op))
      bytes = shapes.add(bytes, countBytes(shapes, result));
  StringRef name = keep(getOperatorName(op)), group = keep(getGroup(op));
  Cost *costs[] = {&total, &operators.try_emplace(name, makeCost()).first->second,
                   &nodes.try_emplace(group, makeCost()).first->second};
  for (Cost *cost : costs) {
    ++cost->nodes;
    cost->parameters += parameters;
    cost->macs = shapes.add(cost->macs, macs);
    cost->bytes = shapes.add(cost->bytes, bytes);
    cost->operators.insert(name);
  }
}

CostReport Reporter::describe(StringRef name, const Cost &cost) const {
  constexpr size_t shown = 3;
  std::string text =
      llvm::join(cost.operators.getArrayRef().take_front(shown), ", ");
  if (cost.operators.size() > shown)
    text += ", ...";
  return {name.str(),      text,
          cost.nodes,      cost.parameters,
          measure(cost.macs), measure(cost.bytes)};
}

std::vector<CostReport>
Reporter::list(const llvm::MapVector<StringRef, Cost> &costs) const {
  std::vector<CostReport> rows;
  for (const auto &[name, cost] : costs)
    rows.push_back(describe(name, cost));
  // Those that are equal stay in the order of the model.
  SmallVector<size_t> order = llvm::to_vector(llvm::seq(rows.size()));
  llvm::sort(order, [&](size_t a, size_t b) {
    return std::tuple(-rows[a].macs.order, -rows[a].bytes.order, a) <
           std::tuple(-rows[b].macs.order, -rows[b].bytes.order, b);
  });
  std::vector<CostReport> sorted;
  for (size_t i : order)
    sorted.push_back(std::move(rows[i]));
  return sorted;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The bytes that live at one time in `block` and what is inside of it, each value
/// from its op to its last use; nothing if a size is open.
std::optional<int64_t> Reporter::findPeak(Block &block) {
  llvm::DenseMap<Value, Value> sources; // what a view looks at
  auto sourceOf = [&](Value value) {
    Value source = sources.lookup(value);
    return source ? source : value;
  };
  llvm::DenseMap<Value, Operation *> lastUse;
  for (Operation &op : block) {
    if (isView(&op))
      sources[op.getResult(0)] = sourceOf(op.getOperand(0));
    op.walk([&](Operation *reader) {
      for (Value operand : reader->getOperands())
        lastUse[sourceOf(operand)] = &op;
    });
  }
  std::optional<int64_t> live = 0, peak = 0;
  auto grow = [&](Value value) {
    AffineExpr size = countBytes(shapes, value);
    std::optional<int64_t> bytes = size ? getConstant(size) : std::nullopt;
    live = live && bytes ? std::optional(*live + *bytes) : std::nullopt;
  };
  // Inputs are the caller's until the end.
  for (BlockArgument argument : block.getArguments())
    grow(argument);
  for (Operation &op : block) {
    if (isa<arith::ConstantOp>(op) || isView(&op) ||
        op.hasTrait<OpTrait::IsTerminator>())
      continue;
    for (Value result : op.getResults())
      grow(result);
    int64_t inner = 0;
    for (Region &region : op.getRegions()) {
      std::optional<int64_t> bytes = findPeak(region.front());
      if (!bytes)
        return std::nullopt;
      inner = std::max(inner, *bytes);
    }
    if (!live)
      return std::nullopt;
    peak = std::max(*peak, *live + inner);
    llvm::SetVector<Value> ended(op.result_begin(), op.result_end());
    for (Value operand : op.getOperands())
      ended.insert(sourceOf(operand));
    for (Value value : ended) {
      Operation *definer = value.getDefiningOp();
      Operation *last = lastUse.lookup(value);
      if (definer && definer->getBlock() == &block &&
          !isa<arith::ConstantOp>(definer) && (!last || last == &op))
        *live -= *getConstant(countBytes(shapes, value));
    }
  }
  return std::max(*peak, live.value_or(0));
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

PortReport Reporter::describePort(DictionaryAttr attributes, Type type) const {
  auto get = [&](StringRef name) {
    auto text = attributes ? attributes.getAs<StringAttr>(name) : StringAttr();
    return text ? text.str() : std::string("?");
  };
  auto names = attributes ? attributes.getAs<ArrayAttr>("graph.dims") : ArrayAttr();
  std::string dtype;
  if (auto optional = dyn_cast<OptionalType>(type)) {
    dtype = "optional ";
    type = optional.getValue();
  }
  if (auto sequence = dyn_cast<SequenceType>(type)) {
    dtype += "sequence of ";
    type = sequence.getElement();
  }
  dtype += get("graph.dtype");
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return {get("graph.name"), dtype};
  SmallVector<std::string> dims;
  for (auto [i, extent] : llvm::enumerate(tensor.getShape())) {
    std::string name = names ? cast<StringAttr>(names[i]).str() : "";
    dims.push_back(!ShapedType::isDynamic(extent) ? std::to_string(extent)
                   : name.empty()                 ? "?"
                                                  : name);
  }
  return {get("graph.name"),
          fmt::format("{} [{}]", dtype, llvm::join(dims, ", "))};
}

ModelReport Reporter::run() {
  main.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa_and_nonnull<GraphDialect>(op->getDialect()) &&
        !op->hasTrait<OpTrait::IsTerminator>())
      add(op);
  });
  ModelReport report;
  for (BlockArgument argument : main.getArguments())
    report.inputs.push_back(describePort(
        main.getArgAttrDict(argument.getArgNumber()), argument.getType()));
  for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
    report.outputs.push_back(describePort(main.getResultAttrDict(i), type));
  report.total = describe("", total);
  report.weightBytes = weightBytes;
  report.operators = list(operators);
  report.nodes = list(nodes);
  report.peakBytes = findPeak(main.front());
  report.top = options.top;
  return report;
}

static llvm::Expected<OwningOpRef<ModuleOp>>
loadModel(MLIRContext &context, DiagnosticCollector &diagnostics,
          StringRef path, const ReportOptions &options) {
  llvm::Expected<std::optional<Dump>> dump = readDump(context, path, diagnostics);
  if (!dump)
    return dump.takeError();
  if (*dump) {
    if ((*dump)->stage > Stage::Graph)
      return llvm::createStringError("'" + path + "' is a dump of the stage " +
                                     stageName((*dump)->stage) +
                                     ", which has no nodes");
    if (!options.shapes.empty())
      return llvm::createStringError("--shape needs the ONNX file: '" + path +
                                     "' is a dump");
    return std::move((*dump)->module);
  }
  ImportOptions importOptions;
  if (llvm::Error error =
          parseInputShapes(options.shapes).moveInto(importOptions.shapes))
    return error;
  return importModel(context, path, importOptions);
}

llvm::Expected<ModelReport> graphopt::reportModel(StringRef path,
                                                  const ReportOptions &options) {
  DialectRegistry registry;
  registerCompilerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  DiagnosticCollector diagnostics(context, /*observer=*/nullptr);
  auto module = loadModel(context, diagnostics, path, options);
  if (!module)
    return module.takeError();
  auto passes = PassManager::on<ModuleOp>(&context);
  buildModelPipeline(passes);
  if (failed(passes.run(**module)))
    return diagnostics.takeError("a pass failed without saying why");
  auto main = (**module).lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return llvm::createStringError("'" + path + "' has no function 'main'");
  ModelReport report = Reporter(main, options).run();
  if (auto name = (**module)->getAttrOfType<StringAttr>("graph.model"))
    report.model = name.str();
  if (auto opset = (**module)->getAttrOfType<IntegerAttr>("graph.opset"))
    report.opset = opset.getInt();
  return report;
}
