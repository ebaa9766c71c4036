// Tensors stored in files beside the model. A model must not reach anything
// outside its own folder, whatever it says.
#include "lib/Import/Onnx/Steps.h"
#include "lib/Import/Onnx/Walk.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace graphopt;
using llvm::StringRef;
using llvm::Twine;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

/// What a tensor says about its place.
struct ExternalPlace {
  StringRef location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

class ExternalFiles {
public:
  explicit ExternalFiles(StringRef modelPath) {
    folder = path::parent_path(modelPath);
    if (folder.empty())
      folder = ".";
    if (std::error_code error = fs::real_path(folder, realFolder))
      fail("folder '" + folder + "' of the model: " + error.message());
  }

  WeightBytes bytesOf(const onnx::TensorProto &tensor) {
    std::string what = "external data of tensor '" + tensor.name() + "'";
    ExternalPlace place = readPlace(tensor, what);
    std::shared_ptr<llvm::MemoryBuffer> file = open(place.location, what);
    uint64_t size = file->getBufferSize();
    uint64_t needed = tensorBytes(tensor.data_type(), tensor.dims(),
                                  "tensor '" + tensor.name() + "'");
    uint64_t length = place.length.value_or(needed);
    if (place.offset > size || length > size - place.offset)
      fail(what + ": " + Twine(length) + " bytes at offset " +
           Twine(place.offset) + " lie past the end of '" + place.location +
           "', which has " + Twine(size));
    if (length != needed)
      fail(what + " has " + Twine(length) + " bytes, but its dims need " +
           Twine(needed));
    return {file, file->getBuffer().substr(place.offset, length), file.get()};
  }

private:
  static uint64_t readNumber(const onnx::StringStringEntryProto &entry,
                             const Twine &what) {
    uint64_t number;
    if (StringRef(entry.value()).getAsInteger(10, number))
      fail(what + ": " + entry.key() + " '" + entry.value() +
           "' is not a non-negative number");
    return number;
  }

  static ExternalPlace readPlace(const onnx::TensorProto &tensor,
                                 const Twine &what) {
    ExternalPlace place;
    for (const onnx::StringStringEntryProto &entry : tensor.external_data()) {
      if (entry.key() == "location")
        place.location = entry.value();
      else if (entry.key() == "offset")
        place.offset = readNumber(entry, what);
      else if (entry.key() == "length")
        place.length = readNumber(entry, what);
    }
    if (place.location.empty() || place.location.contains('\0'))
      fail(what + " names no file");
    return place;
  }

  /// Maps a file of the folder; links may not lead out of it.
  std::shared_ptr<llvm::MemoryBuffer> open(StringRef location,
                                           const Twine &what) {
    std::shared_ptr<llvm::MemoryBuffer> &file = files[location];
    if (file)
      return file;
    bool goesUp = llvm::is_contained(
        llvm::make_range(path::begin(location), path::end(location)), "..");
    if (path::is_absolute(location) || goesUp)
      fail(what + ": '" + location + "' is not inside the model's folder");
    llvm::SmallString<256> full = folder, real;
    path::append(full, location);
    if (std::error_code error = fs::real_path(full, real))
      fail(what + ": '" + location + "': " + error.message());
    llvm::SmallString<256> prefix = realFolder;
    if (!prefix.ends_with("/"))
      prefix += '/';
    if (!real.starts_with(prefix))
      fail(what + ": '" + location + "' leads out of the model's folder");
    if (!fs::is_regular_file(real))
      fail(what + ": '" + location + "' is not a regular file");
    auto buffer = llvm::MemoryBuffer::getFile(real, /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false);
    if (std::error_code error = buffer.getError())
      fail(what + ": '" + location + "': " + error.message());
    return file = std::move(*buffer);
  }

  llvm::SmallString<256> folder, realFolder;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
};

} // namespace

void graphopt::resolveExternalData(OnnxModel &model, StringRef modelPath) {
  std::optional<ExternalFiles> files;
  forEachTensor(model.proto, [&](onnx::TensorProto &tensor) {
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL ||
        weightIndex(tensor))
      return;
    if (elementBits(tensor.data_type()) == 0)
      fail("tensor '" + tensor.name() + "' has external data of element type " +
           dataTypeName(tensor.data_type()));
    if (!files)
      files.emplace(modelPath);
    model.weights.push_back(files->bytesOf(tensor));
    setWeight(tensor, model.weights.size() - 1);
  });
}
