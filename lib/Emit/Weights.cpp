#include "Weights.h"
#include "../Runtime/WeightsFile.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFTypes.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

static constexpr uint64_t kAlignment = 64;
/// From here on, 32-bit offsets from code to weights are no longer safe.
static constexpr int64_t kLargeBytes = int64_t(1) << 30;

std::vector<Weight> graphopt::listWeights(mlir::ModuleOp module) {
  std::vector<Weight> weights;
  auto values = module->getAttrOfType<mlir::ArrayAttr>("graphopt.weights");
  if (!values)
    return weights;
  auto model = module->getAttrOfType<mlir::StringAttr>("graph.model");
  std::string prefix = model ? model.str() + "_weight_" : "";
  for (auto named : values.getAsRange<mlir::DictionaryAttr>()) {
    mlir::NamedAttribute entry = *named.begin();
    auto value = cast<mlir::DenseResourceElementsAttr>(entry.getValue());
    if (mlir::AsmResourceBlob *blob = value.getRawHandle().getBlob())
      weights.push_back({prefix + entry.getName().str(), blob->getData(),
                         entry.getName().str()});
  }
  return weights;
}

int64_t graphopt::totalBytes(ArrayRef<Weight> weights) {
  int64_t bytes = 0;
  for (const Weight &weight : weights)
    bytes += alignTo(weight.bytes.size(), kAlignment);
  return bytes;
}

std::vector<Weight> graphopt::takeNewWeights(std::vector<Weight> &weights,
                                             StoredWeights &stored) {
  std::vector<Weight> added;
  for (Weight &weight : weights) {
    ArrayRef<uint8_t> bytes(
        reinterpret_cast<const uint8_t *>(weight.bytes.data()),
        weight.bytes.size());
    std::array<uint8_t, 32> hash = BLAKE3::hash<32>(bytes);
    auto [known, isNew] = stored.try_emplace(
        StringRef(reinterpret_cast<const char *>(hash.data()), hash.size()),
        weight.symbol);
    if (isNew)
      added.push_back(weight);
    else
      weight.symbol = known->second;
  }
  return added;
}

Error graphopt::bindWeights(Module &module, ArrayRef<Weight> weights,
                            int64_t bytes, bool isModel) {
  bool isX86 = module.getTargetTriple().getArch() == Triple::x86_64;
  bool large = isModel && bytes >= kLargeBytes;
  if (large && !isX86 && bytes >= 3 * kLargeBytes)
    return createStringError("over 3 GB of weights for a target whose code "
                             "reaches 4 GB");
  for (const Weight &weight : weights) {
    GlobalVariable *variable = module.getGlobalVariable(weight.name, true);
    if (!variable)
      continue; // no longer used
    variable->setLinkage(GlobalValue::ExternalLinkage);
    variable->setAlignment(Align(kAlignment));
    if (!isModel)
      continue; // may be anywhere
    variable->setVisibility(GlobalValue::HiddenVisibility);
    variable->setDSOLocal(true);
    if (large && isX86)
      variable->setCodeModel(CodeModel::Large);
    if (GlobalValue *same = module.getNamedValue(weight.symbol)) {
      variable->replaceAllUsesWith(same);
      variable->eraseFromParent();
    } else {
      variable->setName(weight.symbol);
    }
  }
  return Error::success();
}

uint64_t graphopt::weightsId(ArrayRef<Weight> weights) {
  SmallVector<uint64_t> hashes;
  for (const Weight &weight : weights) {
    hashes.push_back(weight.bytes.size());
    hashes.push_back(xxh3_64bits(
        StringRef(weight.bytes.data(), weight.bytes.size())));
  }
  uint64_t id = xxh3_64bits(ArrayRef(
      reinterpret_cast<const uint8_t *>(hashes.data()), hashes.size() * 8));
  return id ? id : 1;
}

namespace {
/// Writes words as a mask for each 64, and those that are not 0.
class WordCompressor {
public:
  explicit WordCompressor(raw_ostream &os) : os(os) {}
  ~WordCompressor() { flush(); }

  void add(uint32_t word) {
    if (word != 0) {
      mask |= uint64_t(1) << count;
      words.push_back(word);
    }
    if (++count == 64)
      flush();
  }

private:
  void flush() {
    if (count == 0)
      return;
    os.write(reinterpret_cast<const char *>(&mask), sizeof mask);
    os.write(reinterpret_cast<const char *>(words.data()), words.size() * 4);
    words.clear();
    mask = 0;
    count = 0;
  }

  raw_ostream &os;
  SmallVector<uint32_t, 64> words;
  uint64_t mask = 0;
  int count = 0;
};
} // namespace

static void writeCompressed(raw_ostream &os, ArrayRef<Weight> weights) {
  WordCompressor compressor(os);
  for (const Weight &weight : weights)
    for (uint64_t at = 0, bytes = weight.bytes.size();
         at < alignTo(bytes, kAlignment); at += 4) {
      uint32_t word = 0;
      if (at < bytes)
        memcpy(&word, weight.bytes.data() + at, std::min<uint64_t>(4, bytes - at));
      compressor.add(word);
    }
}

void graphopt::writeWeightsFile(raw_ostream &os, ArrayRef<Weight> weights,
                                bool compressed) {
  static_assert(sizeof(graphopt_weights_header) == kAlignment);
  graphopt_weights_header header = {};
  header.magic =
      compressed ? GRAPHOPT_COMPRESSED_MAGIC : GRAPHOPT_WEIGHTS_MAGIC;
  header.version = GRAPHOPT_WEIGHTS_VERSION;
  header.header_bytes = sizeof header;
  header.id = weightsId(weights);
  header.bytes = sizeof header + totalBytes(weights);
  os.write(reinterpret_cast<const char *>(&header), sizeof header);
  if (compressed)
    return writeCompressed(os, weights);
  for (const Weight &weight : weights) {
    size_t bytes = weight.bytes.size();
    os.write(weight.bytes.data(), bytes);
    os.write_zeros(alignTo(bytes, kAlignment) - bytes);
  }
}

namespace {

using namespace llvm::ELF;

/// The parts of the file, in order: header, weights, symbols, names, sections.
class ElfWriter {
public:
  ElfWriter(raw_ostream &os, ArrayRef<Weight> weights, const Elf64_Ehdr &code)
      : os(os), weights(weights), header(code) {}

  void write() {
    layOut();
    writeHeader();
    for (auto [weight, offset] : zip(weights, offsets)) {
      pad(dataStart + offset);
      put(weight.bytes.data(), weight.bytes.size());
    }
    pad(symbolStart);
    put(symbols.data(), symbols.size() * sizeof(Elf64_Sym));
    put(names.data(), names.size());
    put(sectionNames.data(), sectionNames.size());
    pad(sectionStart);
    writeSections();
  }

private:
  static constexpr char sectionNamesText[] =
      "\0.lrodata.weights\0.rodata.weights\0.symtab\0.strtab\0.shstrtab\0"
      ".note.GNU-stack";

  void layOut() {
    symbols.push_back(Elf64_Sym{});
    uint64_t offset = 0;
    for (const Weight &weight : weights) {
      offset = alignTo(offset, kAlignment);
      offsets.push_back(offset);
      Elf64_Sym symbol{};
      symbol.st_name = names.size();
      symbol.setBindingAndType(STB_GLOBAL, STT_OBJECT);
      symbol.st_other = STV_HIDDEN;
      symbol.st_shndx = 1;
      symbol.st_value = offset;
      symbol.st_size = weight.bytes.size();
      symbols.push_back(symbol);
      names += weight.symbol + '\0';
      offset += weight.bytes.size();
    }
    dataBytes = offset;
    symbolStart = alignTo(dataStart + dataBytes, 8);
    namesStart = symbolStart + symbols.size() * sizeof(Elf64_Sym);
    sectionNamesStart = namesStart + names.size();
    sectionStart = alignTo(sectionNamesStart + sectionNames.size(), 8);
  }

  void writeHeader() {
    header.e_type = ET_REL;
    header.e_entry = header.e_phoff = header.e_phentsize = header.e_phnum = 0;
    header.e_shoff = sectionStart;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 6;
    header.e_shstrndx = 4;
    put(&header, sizeof header);
  }

  void writeSections() {
    bool large = header.e_machine == EM_X86_64 &&
                 static_cast<int64_t>(dataBytes) >= kLargeBytes;
    Elf64_Shdr none{};
    put(&none, sizeof none);
    section(large ? ".lrodata.weights" : ".rodata.weights", SHT_PROGBITS,
            dataStart, dataBytes, kAlignment,
            SHF_ALLOC | (large ? SHF_X86_64_LARGE : 0));
    section(".symtab", SHT_SYMTAB, symbolStart,
            symbols.size() * sizeof(Elf64_Sym), 8, 0, /*link=*/3, /*info=*/1,
            sizeof(Elf64_Sym));
    section(".strtab", SHT_STRTAB, namesStart, names.size(), 1);
    section(".shstrtab", SHT_STRTAB, sectionNamesStart, sectionNames.size(), 1);
    section(".note.GNU-stack", SHT_PROGBITS, sectionStart, 0, 1);
  }

  void section(StringRef name, uint32_t type, uint64_t offset, uint64_t bytes,
               uint64_t alignment, uint64_t flags = 0, uint32_t link = 0,
               uint32_t info = 0, uint64_t entryBytes = 0) {
    Elf64_Shdr entry{};
    entry.sh_name = sectionNames.find('\0' + name.str() + '\0') + 1;
    entry.sh_type = type;
    entry.sh_flags = flags;
    entry.sh_offset = offset;
    entry.sh_size = bytes;
    entry.sh_link = link;
    entry.sh_info = info;
    entry.sh_addralign = alignment;
    entry.sh_entsize = entryBytes;
    put(&entry, sizeof entry);
  }

  void put(const void *data, uint64_t bytes) {
    os.write(static_cast<const char *>(data), bytes);
    written += bytes;
  }

  void pad(uint64_t offset) {
    os.write_zeros(offset - written);
    written = offset;
  }

  raw_ostream &os;
  ArrayRef<Weight> weights;
  Elf64_Ehdr header;
  SmallVector<uint64_t> offsets; ///< of the weights in their section
  SmallVector<Elf64_Sym> symbols;
  std::string names = std::string(1, '\0');
  std::string sectionNames{sectionNamesText, sizeof sectionNamesText};
  static constexpr uint64_t dataStart = kAlignment;
  uint64_t dataBytes = 0, symbolStart = 0, namesStart = 0,
           sectionNamesStart = 0, sectionStart = 0, written = 0;
};

} // namespace

Error graphopt::writeWeightsObject(raw_ostream &os, ArrayRef<Weight> weights,
                                   MemoryBufferRef code) {
  static_assert(sizeof(Elf64_Ehdr) <= kAlignment);
  Elf64_Ehdr header;
  if (code.getBufferSize() < sizeof header)
    return createStringError("the code is not an ELF object");
  memcpy(&header, code.getBufferStart(), sizeof header);
  if (!header.checkMagic() || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB)
    return createStringError(
        "weights need a target with 64-bit little-endian ELF objects");
  ElfWriter(os, weights, header).write();
  return Error::success();
}
