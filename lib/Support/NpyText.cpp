#include "NpyText.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace graphopt;
using llvm::StringRef;
namespace endian = llvm::support::endian;

std::optional<NpyText> graphopt::parseNpyTextType(StringRef descr) {
  NpyText type = {};
  type.isBigEndian = descr.starts_with(">");
  if (descr.empty() || !StringRef("<>|=").contains(descr[0]))
    return std::nullopt;
  descr = descr.drop_front();
  type.isWide = descr.starts_with("U");
  constexpr uint64_t kMost = uint64_t(1) << 30;
  if ((!type.isWide && !descr.starts_with("S")) ||
      descr.drop_front().getAsInteger(10, type.length) || type.length > kMost)
    return std::nullopt;
  return type;
}

static std::string decode(NpyText type, StringRef bytes) {
  std::string text;
  if (!type.isWide)
    return bytes.take_until([](char c) { return c == 0; }).str();
  for (; !bytes.empty(); bytes = bytes.drop_front(4)) {
    uint32_t code = type.isBigEndian ? endian::read32be(bytes.data())
                                     : endian::read32le(bytes.data());
    char buffer[UNI_MAX_UTF8_BYTES_PER_CODE_POINT], *end = buffer;
    if (code == 0)
      break;
    if (llvm::ConvertCodePointToUTF8(code, end))
      text.append(buffer, end);
  }
  return text;
}

llvm::Expected<HostTensor> graphopt::readNpyText(NpyText type, StringRef elements,
                                                 std::string name,
                                                 llvm::ArrayRef<int64_t> dims) {
  std::vector<std::string> strings;
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  for (int64_t i = 0; i < count; ++i)
    strings.push_back(decode(type, elements.substr(i * type.bytes(), type.bytes())));
  return HostTensor::createStrings(std::move(name), dims, strings);
}

std::string graphopt::writeNpyText(const HostTensor &tensor, uint64_t &length) {
  std::vector<std::vector<llvm::UTF32>> rows;
  length = 1;
  for (Text text : tensor.elements<Text>()) {
    StringRef bytes = text.bytes;
    std::vector<llvm::UTF32> row(bytes.size());
    const llvm::UTF8 *from = bytes.bytes_begin();
    llvm::UTF32 *to = row.data();
    // Bytes that are no UTF-8 become U+FFFD.
    llvm::ConvertUTF8toUTF32(&from, bytes.bytes_end(), &to, to + row.size(),
                             llvm::lenientConversion);
    row.resize(to - row.data());
    length = std::max<uint64_t>(length, row.size());
    rows.push_back(std::move(row));
  }
  std::string result;
  for (std::vector<llvm::UTF32> &row : rows) {
    row.resize(length);
    for (llvm::UTF32 code : row) {
      char bytes[4];
      endian::write32le(bytes, code);
      result.append(bytes, 4);
    }
  }
  return result;
}
