// Maps become two tensors: their keys and their values.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace graphopt;

namespace {

/// A value that is a map, or a sequence of maps with the same keys.
struct Map {
  std::string name;
  onnx::TypeProto_Map type;

  std::string keys() const { return name + ".keys"; }
  std::string values() const { return name + ".values"; }
};

class MapSplitter {
public:
  explicit MapSplitter(onnx::ModelProto &model) : model(model) {}

  void run() {
    onnx::GraphProto &graph = *model.mutable_graph();
    findMaps();
    if (maps.empty())
      return;
    refuseNames();
    splitPorts(*graph.mutable_input(), /*areInputs=*/true);
    splitPorts(*graph.mutable_output(), /*areInputs=*/false);
    forEachNode(graph, [&](onnx::NodeProto &node) { splitNode(node); });
  }

private:
  static bool isMl(const onnx::NodeProto &node, llvm::StringRef name) {
    return node.domain() == "ai.onnx.ml" && node.op_type() == name;
  }

  /// The type of a map, also within a sequence; null of another type.
  static const onnx::TypeProto_Map *getMap(const onnx::TypeProto &type) {
    if (type.has_map_type())
      return &type.map_type();
    return type.has_sequence_type() && type.sequence_type().elem_type().has_map_type()
               ? &type.sequence_type().elem_type().map_type()
               : nullptr;
  }

  void findMaps() {
    for (const auto *ports : {&model.graph().input(), &model.graph().output()})
      for (const onnx::ValueInfoProto &port : *ports)
        if (const onnx::TypeProto_Map *type = getMap(port.type())) {
          if (!type->value_type().has_tensor_type())
            fail("'" + port.name() + "' has maps of what is no tensor, which are not supported");
          maps[port.name()] = {port.name(), *type};
        }
    for (const onnx::ValueInfoProto &port : model.graph().input())
      if (maps.count(port.name()) && !port.type().has_map_type())
        fail("input '" + port.name() + "' is a sequence of maps, which is not supported");
    forEachNode(model.graph(), [&](const onnx::NodeProto &node) {
      if (isMl(node, "ZipMap"))
        maps.try_emplace(node.output(0), Map{node.output(0), {}});
    });
  }

  /// What the parts are called must be free.
  void refuseNames() {
    llvm::StringSet<> parts;
    for (const auto &[name, map] : maps)
      parts.insert_range(std::array{map.keys(), map.values()});
    forEachNode(model.graph(), [&](const onnx::NodeProto &node) {
      for (const std::string &output : node.output())
        if (parts.contains(output))
          fail(describe(node) + " gives '" + output + "', the name of a part of a map");
    });
  }

  void splitPorts(google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> &ports, bool areInputs) {
    google::protobuf::RepeatedPtrField<onnx::ValueInfoProto> all;
    for (onnx::ValueInfoProto &port : ports) {
      auto map = maps.find(port.name());
      if (map == maps.end()) {
        *all.Add() = std::move(port);
        continue;
      }
      auto add = [&](const std::string &name, int type) {
        onnx::ValueInfoProto &part = *all.Add();
        part.set_name(name);
        part.mutable_type()->mutable_tensor_type()->set_elem_type(type);
        if (areInputs) // as many keys as values
          part.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_param(
              map->second.name + ".count");
      };
      add(map->second.keys(), map->second.type.key_type());
      add(map->second.values(), map->second.type.value_type().tensor_type().elem_type());
    }
    ports.Swap(&all);
  }

  void splitNode(onnx::NodeProto &node) {
    if (isMl(node, "ZipMap")) {
      const Map &map = maps[node.output(0)];
      node.set_output(0, map.keys());
      node.add_output(map.values());
      return;
    }
    bool takesMap = isMl(node, "DictVectorizer") || isMl(node, "CastMap");
    for (const std::string &input : node.input()) {
      auto map = maps.find(input);
      if (map == maps.end())
        continue;
      if (!takesMap || map->second.type.key_type() == onnx::TensorProto::UNDEFINED)
        fail(describe(node) + " reads the map '" + input + "', which is not supported");
      std::string keys = map->second.keys(), values = map->second.values();
      node.set_input(0, keys);
      node.add_input(values);
      return;
    }
  }

  onnx::ModelProto &model;
  llvm::StringMap<Map> maps;
};

} // namespace

void graphopt::splitMaps(onnx::ModelProto &model) { MapSplitter(model).run(); }
