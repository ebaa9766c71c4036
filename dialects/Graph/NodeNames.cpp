#include "NodeNames.h"
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
