//===- RecipeReader.h - Reads the objects of a recipe ---------------------===//

#ifndef GRAPHOPT_LIB_COMPRESS_RECIPEREADER_H
#define GRAPHOPT_LIB_COMPRESS_RECIPEREADER_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <fmt/format.h>
#include <optional>

namespace graphopt {

template <typename Table, typename Value>
inline llvm::StringRef nameOf(const Table &table, Value value) {
  return llvm::find_if(table, [&](auto &row) { return row.second == value; })
      ->first;
}

template <typename Value, size_t size>
std::optional<Value>
valueOf(const std::pair<llvm::StringRef, Value> (&table)[size], llvm::StringRef name) {
  for (auto &[key, value] : table)
    if (key == name)
      return value;
  return std::nullopt;
}

/// One object of a recipe: each key is asked for once, what is left is unknown.
class Reader {
public:
  Reader(const llvm::json::Value &value, std::string path)
      : object(value.getAsObject()), path(std::move(path)) {
    if (!object)
      fail("", "is no object");
  }

  bool has(llvm::StringRef key) {
    known.push_back(key.str());
    return object && object->get(key);
  }

  void read(llvm::StringRef key, std::string &to) {
    if (has(key))
      assign(key, object->getString(key), to, "is no string");
  }
  void read(llvm::StringRef key, int64_t &to) {
    if (!has(key))
      return;
    assign(key, object->getInteger(key), to, "is no whole number");
    if (to < 0)
      fail(key, "is negative");
  }
  /// Numbers of 0 to `most`.
  void read(llvm::StringRef key, double &to, double most) {
    if (!has(key))
      return;
    assign(key, object->getNumber(key), to, "is no number");
    if (to < 0 || to > most)
      fail(key, fmt::format("is not between 0 and {}", most));
  }
  void read(llvm::StringRef key, bool &to) {
    if (has(key))
      assign(key, object->getBoolean(key), to, "is neither true nor false");
  }
  void read(llvm::StringRef key, std::vector<std::string> &to) {
    if (!has(key))
      return;
    const llvm::json::Array *array = object->getArray(key);
    if (!array)
      return fail(key, "is no list");
    for (auto [i, item] : llvm::enumerate(*array)) {
      if (auto text = item.getAsString())
        to.push_back(text->str());
      else
        fail(fmt::format("{}[{}]", key.str(), i), "is no string");
    }
  }
  template <typename Value, size_t size>
  void read(llvm::StringRef key, const std::pair<llvm::StringRef, Value> (&table)[size],
            Value &to) {
    if (!has(key))
      return;
    std::string names;
    for (auto &row : table)
      names += (names.empty() ? "" : ", ") + row.first.str();
    auto name = object->getString(key);
    assign(key, name ? valueOf(table, *name) : std::nullopt, to,
           "is none of " + names);
  }
  const llvm::json::Value *get(llvm::StringRef key) const { return object->get(key); }
  std::string field(llvm::StringRef key) const {
    return path.empty() ? key.str() : path + "." + key.str();
  }

  llvm::Error finish() {
    if (object)
      for (auto &[key, value] : *object)
        if (!llvm::is_contained(known, key.str()))
          fail(key, "is unknown");
    if (problem.empty())
      return llvm::Error::success();
    return llvm::createStringError(problem);
  }
  void fail(llvm::StringRef key, llvm::StringRef what) {
    if (!problem.empty())
      return;
    std::string where = key.empty() ? path : field(key);
    problem = (where.empty() ? "the recipe" : where) + " " + what.str();
  }

private:
  template <typename Found, typename Value>
  void assign(llvm::StringRef key, const Found &found, Value &to, llvm::StringRef what) {
    if (found)
      to = Value(*found);
    else
      fail(key, what);
  }

  const llvm::json::Object *object;
  std::string path, problem;
  std::vector<std::string> known;
};

} // namespace graphopt

#endif // GRAPHOPT_LIB_COMPRESS_RECIPEREADER_H
