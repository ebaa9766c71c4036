#ifndef GRAPHOPT_SUPPORT_ZIP_H
#define GRAPHOPT_SUPPORT_ZIP_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdint>
#include <string>
#include <vector>

namespace graphopt {

/// One member of a ZIP file, as its central directory tells.
struct ZipMember {
  std::string name;
  bool deflated;
  uint32_t crc;
  uint64_t size;        // bytes, unpacked
  llvm::StringRef data; // in the archive, maybe deflated
};

/// Lists the members of a ZIP or ZIP64 file held in memory. Encrypted members,
/// other compressions than deflate, and ranges outside the file are errors, and
/// so is a size that deflate cannot reach (1032 bytes a byte).
llvm::Expected<std::vector<ZipMember>> listZip(llvm::StringRef file);

/// The bytes of a member. `storage` keeps them when they had to be inflated.
/// Size and checksum are verified.
llvm::Expected<llvm::StringRef> readZipMember(const ZipMember &member,
                                              llvm::SmallVectorImpl<char> &storage);

/// Writes a ZIP file of stored (uncompressed) members, ZIP64 where sizes ask
/// for it. The bytes depend on names and contents only.
class ZipWriter {
public:
  explicit ZipWriter(llvm::raw_ostream &os) : os(os) {}
  void add(llvm::StringRef name, llvm::StringRef contents);
  /// Writes the directory; nothing may follow.
  void finish();

private:
  struct Entry {
    std::string name;
    uint32_t crc;
    uint64_t size, offset;
  };

  llvm::raw_ostream &os;
  uint64_t offset = 0;
  std::vector<Entry> entries;
};

} // namespace graphopt
#endif
