#include "Operations.h"
#include <map>
#include <mutex>
#include <string>

using namespace emulator;

std::vector<std::string_view> emulator::splitName(std::string_view name) {
  std::vector<std::string_view> parts;
  for (size_t dot; (dot = name.find('.')) != name.npos;
       name.remove_prefix(dot + 1))
    parts.push_back(name.substr(0, dot));
  parts.push_back(name);
  return parts;
}

const Operation *emulator::findOperation(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, Operation, std::less<>> known;
  std::lock_guard<std::mutex> lock(mutex);
  if (auto found = known.find(name); found != known.end())
    return &found->second;
  for (auto find : {findTensorCopy, findGroupProduct, findArithmetic, findBarrier, findWarpExchange,
                    findMatrixLoad, findMatrixProduct, findAsyncCopy}) {
    Operation operation = find(name);
    if (operation.ofThread || operation.ofWarp || operation.ofBlock || operation.untilThread)
      return &known.emplace(name, std::move(operation)).first->second;
  }
  return nullptr;
}
