#include "graphopt/Support/OutputFile.h"
#include "llvm/Support/FileSystem.h"

using namespace graphopt;
namespace fs = llvm::sys::fs;

/// Flushes and returns the stream's error, which its destructor would otherwise
/// turn into the end of the process.
static llvm::Error takeStreamError(llvm::raw_fd_ostream &os) {
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  return llvm::errorCodeToError(error);
}

llvm::Error graphopt::writeOutputFile(
    llvm::StringRef path,
    llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write) {
  llvm::Expected<fs::TempFile> file =
      fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return llvm::createFileError(path, file.takeError());
  llvm::Error error = llvm::Error::success();
  {
    llvm::raw_fd_ostream os(file->FD, /*shouldClose=*/false);
    error = llvm::joinErrors(write(os), takeStreamError(os));
  }
  if (!error)
    error = file->keep(path);
  if (!error)
    return llvm::Error::success();
  llvm::consumeError(file->discard());
  return llvm::createFileError(path, std::move(error));
}
