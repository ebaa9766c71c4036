#include "graphopt/Support/Npy.h"
#include "NpyText.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace graphopt;
using llvm::StringRef;
namespace endian = llvm::support::endian;

static constexpr StringRef magic("\x93NUMPY", 6);

static llvm::Error npyError(std::string message) {
  return llvm::createStringError("not a readable .npy array: " + message);
}

/// Text of the file in a message: short and printable.
static std::string quoted(StringRef text) {
  std::string result;
  llvm::raw_string_ostream os(result);
  os << '\'';
  llvm::printEscapedString(text.take_front(40), os);
  os << '\'';
  return result;
}

namespace {
struct Header {
  StringRef descr;
  bool fortranOrder = false;
  llvm::SmallVector<int64_t> shape;
};

/// Parses the header's text: a Python dict literal with exactly the keys
/// descr, fortran_order and shape, in any order.
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : text(text) {}
  llvm::Expected<Header> parse();

private:
  bool consume(StringRef token) {
    text = text.ltrim();
    return text.consume_front(token);
  }
  bool parseString(StringRef &value);
  bool parseBool(bool &value);
  bool parseShape(llvm::SmallVectorImpl<int64_t> &shape);

  StringRef text;
};
} // namespace

bool HeaderParser::parseString(StringRef &value) {
  text = text.ltrim();
  if (text.empty() || (text[0] != '\'' && text[0] != '"'))
    return false;
  size_t end = text.find(text[0], 1);
  if (end == StringRef::npos)
    return false;
  value = text.slice(1, end);
  text = text.drop_front(end + 1);
  return true;
}

bool HeaderParser::parseBool(bool &value) {
  value = consume("True");
  return value || consume("False");
}

bool HeaderParser::parseShape(llvm::SmallVectorImpl<int64_t> &shape) {
  if (!consume("("))
    return false;
  while (!consume(")")) {
    int64_t extent;
    text = text.ltrim();
    // NumPy itself stops at 64 dimensions.
    if (shape.size() == 64 || text.consumeInteger(10, extent))
      return false;
    shape.push_back(extent);
    if (!consume(","))
      return consume(")");
  }
  return true;
}

llvm::Expected<Header> HeaderParser::parse() {
  Header header;
  bool hasDescr = false, hasOrder = false, hasShape = false;
  if (!consume("{"))
    return npyError("its header is no dictionary");
  while (!consume("}")) {
    StringRef key;
    if (!parseString(key) || !consume(":"))
      return npyError("its header is malformed");
    if (key == "descr" && !hasDescr) {
      hasDescr = true;
      if (!parseString(header.descr))
        return npyError("records are not supported");
    } else if (key == "fortran_order" && !hasOrder) {
      hasOrder = true;
      if (!parseBool(header.fortranOrder))
        return npyError("fortran_order is neither True nor False");
    } else if (key == "shape" && !hasShape) {
      hasShape = true;
      if (!parseShape(header.shape))
        return npyError("its shape is malformed");
    } else {
      return npyError("unexpected key " + quoted(key));
    }
    if (!consume(",")) {
      if (!consume("}"))
        return npyError("its header is malformed");
      break;
    }
  }
  if (!text.trim().empty() || !hasDescr || !hasOrder || !hasShape)
    return npyError("its header is malformed");
  return header;
}

static void swapBytes(HostTensor &tensor) {
  size_t width = dtypeBytes(tensor.dtype());
  char *bytes = tensor.bytes().data();
  for (size_t at = 0, end = tensor.bytes().size(); at < end; at += width)
    std::reverse(bytes + at, bytes + at + width);
}

/// Copies a column-major array into a row-major one.
static void transposeInto(HostTensor &tensor, const char *source) {
  size_t width = dtypeBytes(tensor.dtype());
  llvm::ArrayRef<int64_t> dims = tensor.dims();
  llvm::SmallVector<int64_t> stride(dims.size(), 1), index(dims.size(), 0);
  for (size_t i = 1; i < dims.size(); ++i)
    stride[i] = stride[i - 1] * dims[i - 1];
  char *out = tensor.bytes().data();
  int64_t from = 0;
  for (size_t i = 0, count = tensor.elementCount(); i < count; ++i) {
    std::memcpy(out + i * width, source + from * width, width);
    for (size_t axis = dims.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < dims[axis])
        break;
      from -= stride[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

/// Splits the file into the header's text and the elements.
static llvm::Expected<std::pair<StringRef, StringRef>> split(StringRef file) {
  if (!file.consume_front(magic))
    return npyError("it does not begin with NumPy's mark");
  if (file.size() < 4)
    return npyError("it is cut off in its header");
  unsigned major = file[0];
  if (major < 1 || major > 3)
    return npyError(fmt::format("format version {}", major));
  size_t lengthBytes = major == 1 ? 2 : 4;
  file = file.drop_front(2);
  if (file.size() < lengthBytes)
    return npyError("it is cut off in its header");
  size_t length = major == 1 ? endian::read16le(file.data())
                             : endian::read32le(file.data());
  file = file.drop_front(lengthBytes);
  if (length > file.size())
    return npyError("it is cut off in its header");
  return std::make_pair(file.take_front(length), file.drop_front(length));
}

static bool isBigEndian(StringRef descr) { return descr.starts_with(">"); }

static llvm::Expected<HostTensor> parseText(NpyText type, const Header &header,
                                            StringRef elements, std::string name) {
  auto tensor = readNpyText(type, elements, std::move(name), header.shape);
  if (!tensor || !header.fortranOrder)
    return tensor;
  std::vector<Text> texts = tensor->elements<Text>().vec();
  transposeInto(*tensor, reinterpret_cast<const char *>(texts.data()));
  return tensor;
}

llvm::Expected<HostTensor> graphopt::parseNpy(StringRef data,
                                              std::string name) {
  auto parts = split(data);
  if (!parts)
    return parts.takeError();
  auto [text, elements] = *parts;
  llvm::Expected<Header> header = HeaderParser(text).parse();
  if (!header)
    return header.takeError();

  std::optional<DType> dtype;
  std::optional<NpyText> textType = parseNpyTextType(header->descr);
  if (textType)
    dtype = DType::String;
  else if (!header->descr.empty() && StringRef("<>|=").contains(header->descr[0]))
    dtype = dtypeFromNumpyCode(header->descr.drop_front());
  if (!dtype)
    return npyError("element type " + quoted(header->descr) +
                    " is not supported");

  llvm::Expected<uint64_t> bytes = tensorBytes(*dtype, header->shape);
  if (!bytes)
    return npyError(llvm::toString(bytes.takeError()));
  if (textType) {
    bool overflows = false;
    *bytes = llvm::SaturatingMultiply<uint64_t>(*bytes / sizeof(Text), textType->bytes(),
                                               &overflows);
    if (overflows)
      return npyError("its strings are too large");
  }
  if (*bytes != elements.size())
    return npyError(
        fmt::format("{} elements of {} take {} bytes, but {} follow",
                    formatDims(header->shape), dtypeName(*dtype).str(), *bytes,
                    elements.size()));
  if (textType)
    return parseText(*textType, *header, elements, std::move(name));
  auto tensor = HostTensor::create(std::move(name), *dtype, header->shape);
  if (!tensor)
    return tensor.takeError();
  if (header->fortranOrder)
    transposeInto(*tensor, elements.data());
  else
    llvm::copy(elements, tensor->bytes().begin());
  if (isBigEndian(header->descr))
    swapBytes(*tensor);
  if (*dtype == DType::Bool)
    for (Bool8 &value : tensor->elements<Bool8>())
      value.bits = value.bits != 0;
  return tensor;
}

void graphopt::writeNpy(const HostTensor &tensor, llvm::raw_ostream &os) {
  size_t width = dtypeBytes(tensor.dtype());
  bool hasOrder = width > 1 && tensor.dtype() != DType::BFloat16;
  llvm::ArrayRef<int64_t> dims = tensor.dims();
  std::string code = numpyCode(tensor.dtype()).str(), text;
  StringRef elements(tensor.bytes().data(), tensor.bytes().size());
  if (tensor.dtype() == DType::String) {
    uint64_t length;
    elements = text = writeNpyText(tensor, length);
    code += std::to_string(length);
  }
  std::string header = fmt::format(
      "{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
      hasOrder ? '<' : '|', code,
      fmt::join(dims, ", "), dims.size() == 1 ? "," : "");
  // The elements begin at a multiple of 64; the header ends with a newline.
  size_t unpadded = magic.size() + 4 + header.size() + 1;
  header.append(llvm::alignTo(unpadded, 64) - unpadded, ' ');
  header += '\n';
  char length[2];
  endian::write16le(length, header.size());
  os << magic << '\1' << '\0' << StringRef(length, 2) << header;
  os << elements;
}
