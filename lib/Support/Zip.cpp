#include "graphopt/Support/Zip.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Endian.h"
#include <algorithm>
#include <fmt/format.h>
#include <zlib.h>

using namespace graphopt;
using llvm::StringRef;
namespace endian = llvm::support::endian;

// Signatures and fixed sizes of the records (APPNOTE.TXT, 4.3).
static constexpr uint32_t localSignature = 0x04034b50, localBytes = 30;
static constexpr uint32_t centralSignature = 0x02014b50, centralBytes = 46;
static constexpr uint32_t endSignature = 0x06054b50, endBytes = 22;
static constexpr uint32_t end64Signature = 0x06064b50, end64Bytes = 56;
static constexpr uint32_t locator64Signature = 0x07064b50, locator64Bytes = 20;
static constexpr uint32_t in64 = 0xffffffff; // the number stands in a ZIP64 field

static llvm::Error zipError(std::string message) {
  return llvm::createStringError("not a readable ZIP file: " + message);
}

static uint16_t u16(StringRef record, size_t at) {
  return endian::read16le(record.data() + at);
}
static uint32_t u32(StringRef record, size_t at) {
  return endian::read32le(record.data() + at);
}
static uint64_t u64(StringRef record, size_t at) {
  return endian::read64le(record.data() + at);
}

/// `bytes` bytes at `offset`, empty where they are not all in the file.
static StringRef range(StringRef file, uint64_t offset, uint64_t bytes) {
  if (offset > file.size() || bytes > file.size() - offset)
    return {};
  return file.substr(offset, bytes);
}

static StringRef recordAt(StringRef file, uint64_t offset, uint32_t signature,
                          uint32_t bytes) {
  StringRef record = range(file, offset, bytes);
  return !record.empty() && u32(record, 0) == signature ? record : StringRef();
}

namespace {
struct Directory {
  uint64_t count, bytes, offset;
};
} // namespace

/// Reads the record at the end of the file, after which only a comment of at
/// most 65535 bytes may follow.
static llvm::Expected<Directory> findDirectory(StringRef file) {
  for (uint64_t comment = 0;
       comment <= 0xffff && comment + endBytes <= file.size(); ++comment) {
    uint64_t at = file.size() - endBytes - comment;
    StringRef end = recordAt(file, at, endSignature, endBytes);
    if (end.empty() || u16(end, 20) != comment)
      continue;
    Directory directory{u16(end, 10), u32(end, 12), u32(end, 16)};
    StringRef locator;
    if (at >= locator64Bytes)
      locator = recordAt(file, at - locator64Bytes, locator64Signature,
                         locator64Bytes);
    if (locator.empty())
      return directory;
    StringRef end64 =
        recordAt(file, u64(locator, 8), end64Signature, end64Bytes);
    if (end64.empty())
      return zipError("its ZIP64 end record is missing");
    return Directory{u64(end64, 32), u64(end64, 40), u64(end64, 48)};
  }
  return zipError("its directory is missing (is the file cut off?)");
}

/// Replaces the numbers that did not fit 32 bits by those of the ZIP64 field.
static bool readZip64(StringRef extra, llvm::ArrayRef<uint64_t *> numbers) {
  while (extra.size() >= 4) {
    uint16_t id = u16(extra, 0), bytes = u16(extra, 2);
    StringRef field = range(extra, 4, bytes);
    if (bytes != field.size())
      return false;
    extra = extra.drop_front(4 + bytes);
    if (id != 1)
      continue;
    for (uint64_t *number : numbers) {
      if (*number != in64)
        continue;
      if (field.size() < 8)
        return false;
      *number = u64(field, 0);
      field = field.drop_front(8);
    }
    return true;
  }
  return llvm::none_of(numbers, [](uint64_t *n) { return *n == in64; });
}

/// Reads one member from its record in the directory and drops the record.
static llvm::Expected<ZipMember> readRecord(StringRef file,
                                            StringRef &directory) {
  StringRef record = recordAt(directory, 0, centralSignature, centralBytes);
  if (record.empty())
    return zipError("its directory is malformed");
  uint16_t nameBytes = u16(record, 28), extraBytes = u16(record, 30),
           commentBytes = u16(record, 32);
  if (directory.size() - centralBytes <
      size_t(nameBytes) + extraBytes + commentBytes)
    return zipError("its directory is malformed");
  StringRef name = directory.substr(centralBytes, nameBytes);
  StringRef extra = directory.substr(centralBytes + nameBytes, extraBytes);
  directory = directory.drop_front(centralBytes + nameBytes + extraBytes +
                                   commentBytes);

  uint16_t flags = u16(record, 8), method = u16(record, 10);
  if (flags & 1)
    return zipError("it is encrypted");
  if (method != 0 && method != 8)
    return zipError(fmt::format("compression method {} is not supported "
                                "(stored and deflate are)",
                                method));
  uint64_t packed = u32(record, 20), size = u32(record, 24),
           offset = u32(record, 42);
  if (!readZip64(extra, {&size, &packed, &offset}))
    return zipError("a ZIP64 field is malformed");

  StringRef local = recordAt(file, offset, localSignature, localBytes);
  if (local.empty())
    return zipError("a member lies outside the file");
  offset += localBytes + u16(local, 26) + u16(local, 28);
  StringRef data = range(file, offset, packed);
  if (data.size() != packed)
    return zipError("a member lies outside the file");
  if (method == 0 ? size != packed : size / 1032 > packed)
    return zipError("a member's size cannot be true");
  return ZipMember{name.str(), method == 8, u32(record, 16), size, data};
}

llvm::Expected<std::vector<ZipMember>> graphopt::listZip(StringRef file) {
  llvm::Expected<Directory> found = findDirectory(file);
  if (!found)
    return found.takeError();
  StringRef directory = range(file, found->offset, found->bytes);
  if (directory.size() != found->bytes)
    return zipError("its directory lies outside the file");
  std::vector<ZipMember> members;
  for (uint64_t i = 0; i < found->count; ++i) {
    llvm::Expected<ZipMember> member = readRecord(file, directory);
    if (!member)
      return member.takeError();
    members.push_back(std::move(*member));
  }
  return members;
}

/// Inflates a raw deflate stream; false unless it gives exactly `out.size()`.
static bool inflateInto(StringRef data, llvm::MutableArrayRef<char> out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  llvm::scope_exit end([&] { inflateEnd(&stream); });
  constexpr size_t chunk = size_t(1) << 30; // zlib counts in 32 bits
  size_t unread = data.size(), unwritten = out.size();
  stream.next_in =
      reinterpret_cast<Bytef *>(const_cast<char *>(data.data()));
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  while (true) {
    uInt in = std::min(unread, chunk), room = std::min(unwritten, chunk);
    stream.avail_in = in;
    stream.avail_out = room;
    int status = inflate(&stream, Z_NO_FLUSH);
    unread -= in - stream.avail_in;
    unwritten -= room - stream.avail_out;
    if (status == Z_STREAM_END)
      return unread == 0 && unwritten == 0;
    // No progress: the stream is cut off or longer than it said.
    if (status != Z_OK || (stream.avail_in == in && stream.avail_out == room))
      return false;
  }
}

static uint32_t checksum(StringRef data) {
  return crc32_z(0, reinterpret_cast<const Bytef *>(data.data()), data.size());
}

llvm::Expected<StringRef>
graphopt::readZipMember(const ZipMember &member,
                        llvm::SmallVectorImpl<char> &storage) {
  StringRef data = member.data;
  if (member.deflated) {
    storage.resize_for_overwrite(member.size);
    if (!inflateInto(member.data, storage))
      return zipError("a compressed member is damaged");
    data = StringRef(storage.data(), storage.size());
  }
  if (checksum(data) != member.crc)
    return zipError("the checksum of a member differs");
  return data;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

namespace {
struct Record : std::string {
  Record &u16(uint16_t value) { return put(value); }
  Record &u32(uint32_t value) { return put(value); }
  Record &u64(uint64_t value) { return put(value); }

private:
  template <typename T>
  Record &put(T value) {
    char bytes[sizeof(T)];
    endian::write<T, llvm::endianness::little>(bytes, value);
    append(bytes, sizeof(T));
    return *this;
  }
};
} // namespace

static constexpr uint16_t version64 = 45;      // ZIP64
static constexpr uint16_t utf8Names = 1 << 11; // flag
static constexpr uint32_t date1980 = 0x210000; // the format's first day, 0:00

void ZipWriter::add(StringRef name, StringRef contents) {
  uint32_t crc = checksum(contents);
  entries.push_back({name.str(), crc, contents.size(), offset});
  Record local;
  local.u32(localSignature).u16(version64).u16(utf8Names).u16(0);
  local.u32(date1980).u32(crc).u32(in64).u32(in64);
  local.u16(name.size()).u16(20) += name;
  local.u16(1).u16(16).u64(contents.size()).u64(contents.size());
  os << local << contents;
  offset += local.size() + contents.size();
}

void ZipWriter::finish() {
  uint64_t start = offset;
  for (const Entry &entry : entries) {
    Record central;
    central.u32(centralSignature).u16(version64).u16(version64);
    central.u16(utf8Names).u16(0).u32(date1980).u32(entry.crc);
    central.u32(in64).u32(in64).u16(entry.name.size()).u16(28).u16(0);
    central.u16(0).u16(0).u32(0).u32(in64) += entry.name;
    central.u16(1).u16(24).u64(entry.size).u64(entry.size).u64(entry.offset);
    os << central;
    offset += central.size();
  }
  Record end;
  end.u32(end64Signature).u64(end64Bytes - 12).u16(version64).u16(version64);
  end.u32(0).u32(0).u64(entries.size()).u64(entries.size());
  end.u64(offset - start).u64(start);
  end.u32(locator64Signature).u32(0).u64(offset).u32(1);
  end.u32(endSignature).u16(0).u16(0).u16(0xffff).u16(0xffff);
  end.u32(in64).u32(in64).u16(0);
  os << end;
}
