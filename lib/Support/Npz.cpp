#include "graphopt/Support/Npz.h"
#include "graphopt/Support/Npy.h"
#include "graphopt/Support/OutputFile.h"
#include "graphopt/Support/Zip.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace graphopt;
using llvm::StringRef;

static llvm::Expected<std::vector<HostTensor>> parseNpz(StringRef file) {
  llvm::Expected<std::vector<ZipMember>> members = listZip(file);
  if (!members)
    return members.takeError();
  std::vector<HostTensor> tensors;
  llvm::StringSet<> names;
  for (const ZipMember &member : *members) {
    StringRef name = member.name;
    if (!name.consume_back(".npy"))
      return llvm::createStringError("member '" + name + "' is no .npy array");
    if (!names.insert(name).second)
      return llvm::createStringError("two arrays are named '" + name + "'");
    llvm::SmallVector<char, 0> storage;
    llvm::Expected<StringRef> data = readZipMember(member, storage);
    if (!data)
      return llvm::createStringError("array '" + name + "': " +
                                     llvm::toString(data.takeError()));
    llvm::Expected<HostTensor> tensor = parseNpy(*data, name.str());
    if (!tensor)
      return llvm::createStringError("array '" + name + "': " +
                                     llvm::toString(tensor.takeError()));
    tensors.push_back(std::move(*tensor));
  }
  return tensors;
}

static llvm::Expected<std::vector<HostTensor>> parse(StringRef path,
                                                     StringRef file) {
  if (file.starts_with("PK"))
    return parseNpz(file);
  llvm::Expected<HostTensor> tensor =
      parseNpy(file, llvm::sys::path::stem(path).str());
  if (!tensor)
    return tensor.takeError();
  std::vector<HostTensor> tensors;
  tensors.push_back(std::move(*tensor));
  return tensors;
}

llvm::Expected<std::vector<HostTensor>>
graphopt::readNumpyFile(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return llvm::createFileError(path, file.getError());
  auto tensors = parse(path, (*file)->getBuffer());
  if (!tensors)
    return llvm::createFileError(path, tensors.takeError());
  return tensors;
}

llvm::Error graphopt::writeNpz(StringRef path,
                               llvm::ArrayRef<const HostTensor *> tensors) {
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    ZipWriter zip(os);
    std::string contents;
    for (const HostTensor *tensor : tensors) {
      contents.clear();
      llvm::raw_string_ostream member(contents);
      writeNpy(*tensor, member);
      zip.add(tensor->name() + ".npy", contents);
    }
    zip.finish();
    return llvm::Error::success();
  });
}
