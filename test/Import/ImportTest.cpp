// The importer on damaged files, and where the bytes of weights come from.
#include "graphopt/Import/Import.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "onnx/defs/parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <random>

using namespace graphopt;
using namespace mlir;

namespace {

/// Uses what the reader treats apart: large raw data, a subgraph's tensor, a
/// local function, an old opset, a function of the standard.
constexpr const char *modelText = R"(
<ir_version: 8, opset_import: ["" : 13, "local" : 1]>
g (float[N, 4] x, bool c) => (float[N, 4] y)
<float[4] w = {1, 2, 3, 4}, int64[2] k = {3, 4}>
{
  t = Add(x, w)
  u = local.twice(t)
  v = Sub(u, big)
  f = Constant<value_float = 2.5>()
  y = Mul(v, f)
}
<domain: "local", opset_import: ["" : 13]>
twice (a) => (b) { b = Add(a, a) }
)";

constexpr size_t bigElements = 1024;

std::string serializedModel() {
  onnx::ModelProto model;
  EXPECT_TRUE(onnx::OnnxParser::Parse(model, modelText).IsOK());
  onnx::TensorProto &big = *model.mutable_graph()->add_initializer();
  big.set_name("big");
  big.set_data_type(onnx::TensorProto::FLOAT);
  big.add_dims(bigElements / 4);
  big.add_dims(4);
  std::vector<float> elements(bigElements);
  for (size_t i = 0; i < bigElements; ++i)
    elements[i] = i;
  big.set_raw_data(elements.data(), bigElements * sizeof(float));
  return model.SerializeAsString();
}

class TemporaryFile {
public:
  TemporaryFile() {
    EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("import", "onnx", path));
  }
  ~TemporaryFile() { llvm::sys::fs::remove(path); }
  void write(StringRef bytes) {
    std::error_code error;
    llvm::raw_fd_ostream(path, error) << bytes;
    EXPECT_FALSE(error);
  }
  SmallString<128> path;
};

/// The error of importing `bytes`; "" if there is none.
std::string importBytes(StringRef bytes) {
  TemporaryFile file;
  file.write(bytes);
  MLIRContext context(MLIRContext::Threading::DISABLED);
  auto module = importModel(context, file.path);
  return module ? "" : llvm::toString(module.takeError());
}

TEST(Import, AcceptsTheModel) { EXPECT_EQ(importBytes(serializedModel()), ""); }

// Cut anywhere, the file is an error with a text; raw data is cut in steps.
TEST(Import, RefusesEachPrefix) {
  std::string bytes = serializedModel();
  size_t bigStart = bytes.find(std::string("\0\0\0\0\0\0\x80\x3f", 8));
  ASSERT_NE(bigStart, std::string::npos);
  for (size_t size = 0; size < bytes.size(); ++size) {
    bool inBig = size > bigStart && size < bigStart + 4 * bigElements;
    if (inBig && size % 256 != 0)
      continue;
    std::string error = importBytes(StringRef(bytes).take_front(size));
    EXPECT_FALSE(error.empty()) << "prefix of " << size << " bytes";
  }
}

// A changed byte gives a model or an error, never a crash.
TEST(Import, SurvivesChangedBytes) {
  std::string bytes = serializedModel();
  size_t bigStart = bytes.find(std::string("\0\0\0\0\0\0\x80\x3f", 8));
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string changed = bytes;
    for (unsigned flips = random() % 3 + 1; flips > 0; --flips) {
      size_t place = random() % (bytes.size() - 4 * bigElements);
      if (place >= bigStart)
        place += 4 * bigElements;
      changed[place] = char(random());
    }
    importBytes(changed);
  }
}

/// The bytes of the constant that was the initializer `name`.
ArrayRef<char> bytesOf(ModuleOp module, StringRef name) {
  ArrayRef<char> bytes;
  module.walk([&](arith::ConstantOp constant) {
    auto loc = dyn_cast<NameLoc>(constant.getLoc());
    auto value = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
    if (loc && loc.getName() == name && value)
      bytes = value.getRawHandle().getBlob()->getData();
  });
  return bytes;
}

// Wherever the weights lie in the file, their elements are right and aligned.
TEST(Import, GivesWeightsAligned) {
  for (unsigned shift = 0; shift < 4; ++shift) {
    onnx::ModelProto model;
    model.ParseFromString(serializedModel());
    model.set_producer_name(std::string(shift, 'p'));
    TemporaryFile file;
    file.write(model.SerializeAsString());
    MLIRContext context(MLIRContext::Threading::DISABLED);
    auto module = importModel(context, file.path);
    ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
    ArrayRef<char> bytes = bytesOf(**module, "big");
    ASSERT_EQ(bytes.size(), bigElements * sizeof(float));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float), 0u);
    auto *elements = reinterpret_cast<const float *>(bytes.data());
    for (size_t i = 0; i < bigElements; ++i)
      ASSERT_EQ(elements[i], float(i));
  }
}

TEST(Import, ReadsInputShapes) {
  llvm::Expected<InputShape> shape = parseInputShape("a=b=2x?x0");
  ASSERT_TRUE(bool(shape));
  EXPECT_EQ(shape->input, "a=b");
  EXPECT_EQ(shape->dims, (SmallVector<int64_t, 4>{2, InputShape::open, 0}));
  EXPECT_TRUE(parseInputShape("scalar=")->dims.empty());
  for (StringRef text :
       {"x", "=1", "x=1xx2", "x=-1", "x=1x", "x=a", "x=99999999999999999999"})
    EXPECT_EQ(
        llvm::toString(parseInputShape(text).takeError()),
        ("shape '" + text + "' does not read like input_ids=1x128").str());
}

} // namespace
