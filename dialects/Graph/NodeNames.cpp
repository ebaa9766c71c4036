#include "dialects/Graph/NodeNames.h"
#include "dialects/Graph/Cumulation.h"
#include "dialects/Graph/Elementwise.h"
#include "dialects/Graph/Pooling.h"
#include "dialects/Graph/Recurrent.h"
#include "dialects/Graph/Reduction.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

static void collect(Location loc, SetVector<StringRef> &names) {
  llvm::TypeSwitch<LocationAttr>(loc)
      .Case([&](NameLoc name) { names.insert(name.getName()); })
      .Case([&](CallSiteLoc call) { collect(call.getCallee(), names); })
      .Case([&](FusedLoc fused) {
        for (Location part : fused.getLocations())
          collect(part, names);
      });
}

SmallVector<StringRef> graphopt::listNodes(Location loc) {
  SetVector<StringRef> names;
  collect(loc, names);
  return names.takeVector();
}

static constexpr StringLiteral kShared = "shared";

Location graphopt::getSharedLoc(ArrayRef<Location> locs) {
  MLIRContext *context = locs.front().getContext();
  SetVector<Location> distinct(locs.begin(), locs.end());
  if (distinct.size() == 1)
    return locs.front();
  return FusedLoc::get(distinct.getArrayRef(),
                       StringAttr::get(context, kShared), context);
}

bool graphopt::isSharedLoc(FusedLoc loc) {
  auto metadata = dyn_cast_or_null<StringAttr>(loc.getMetadata());
  return metadata && metadata.getValue() == kShared;
}

std::string graphopt::getOperatorName(Operation *op) {
  using namespace graph;
  std::string name = op->getName().stripDialect().str();
  llvm::TypeSwitch<Operation *>(op)
      .Case<ArgOp, BinaryOp, CumulateOp, PoolOp, RecurrentOp, ReduceOp,
            UnaryOp>(
          [&](auto op) { name += " " + stringifyEnum(op.getKind()).str(); });
  return name;
}
