#include "Symbols.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ObjectFile.h"
#include <fmt/format.h>

using namespace graphopt;
using namespace llvm;

// The C library, by lib/Runtime/Libc.h and by what LLVM makes of loops.
static const char *const libc[] = {"aligned_alloc",
                                   "bcmp",
                                   "calloc",
                                   "close",
                                   "dlclose",
                                   "dlopen",
                                   "dlsym",
                                   "free",
                                   "getauxval",
                                   "lseek",
                                   "memcmp",
                                   "memcpy",
                                   "memmove",
                                   "memset",
                                   "mmap",
                                   "munmap",
                                   "open",
                                   "pthread_create",
                                   "pthread_join",
                                   "strcmp",
                                   "strlen",
                                   "syscall",
                                   "sched_getaffinity",
                                   "_GLOBAL_OFFSET_TABLE_"};

// Double precision; the float versions end in f.
static const char *const libm[] = {
    "acos",      "acosh",     "asin",   "asinh",     "atan",  "atan2",
    "atanh",     "cbrt",      "ceil",   "copysign",  "cos",   "cosh",
    "erf",       "erfc",      "exp",    "exp10",     "exp2",  "expm1",
    "fabs",      "floor",     "fma",    "fmax",      "fmin",  "fmod",
    "frexp",     "ldexp",     "lgamma", "log",       "log10", "log1p",
    "log2",      "nearbyint", "pow",    "remainder", "rint",  "round",
    "roundeven", "sin",       "sincos", "sinh",      "sqrt",  "tan",
    "tanh",      "tgamma",    "trunc"};

// lib/Runtime/Decoders: codecs, and more of the C library.
static const char *const decoders[] = {
    "_setjmp",
    "longjmp",
    "malloc",
    "jpeg_CreateDecompress",
    "jpeg_destroy_decompress",
    "jpeg_mem_src",
    "jpeg_read_header",
    "jpeg_read_scanlines",
    "jpeg_start_decompress",
    "jpeg_std_error",
    "opj_create_decompress",
    "opj_decode",
    "opj_decoder_set_strict_mode",
    "opj_destroy_codec",
    "opj_image_destroy",
    "opj_read_header",
    "opj_set_default_decoder_parameters",
    "opj_setup_decoder",
    "opj_stream_create",
    "opj_stream_destroy",
    "opj_stream_set_read_function",
    "opj_stream_set_seek_function",
    "opj_stream_set_skip_function",
    "opj_stream_set_user_data",
    "opj_stream_set_user_data_length",
    "png_create_info_struct",
    "png_create_read_struct",
    "png_destroy_read_struct",
    "png_error",
    "png_get_image_height",
    "png_get_image_width",
    "png_get_io_ptr",
    "png_get_rowbytes",
    "png_longjmp",
    "png_read_info",
    "png_read_row",
    "png_read_update_info",
    "png_set_expand",
    "png_set_gray_to_rgb",
    "png_set_interlace_handling",
    "png_set_longjmp_fn",
    "png_set_read_fn",
    "png_set_strip_16",
    "png_set_strip_alpha",
    "png_set_user_limits",
    "TIFFClientOpenExt",
    "TIFFClose",
    "TIFFGetField",
    "TIFFOpenOptionsAlloc",
    "TIFFOpenOptionsFree",
    "TIFFOpenOptionsSetErrorHandlerExtR",
    "TIFFOpenOptionsSetMaxSingleMemAlloc",
    "TIFFOpenOptionsSetWarningHandlerExtR",
    "TIFFRGBAImageBegin",
    "TIFFRGBAImageEnd",
    "TIFFRGBAImageGet",
    "TIFFSetField",
    "WebPDecodeRGBInto",
    "WebPGetFeaturesInternal"};

static StringSet<> allowedSymbols() {
  StringSet<> names;
  for (ArrayRef<const char *> list : {ArrayRef(libc), ArrayRef(decoders)})
    names.insert_range(list);
  for (const char *name : libm) {
    names.insert(name);
    names.insert((Twine(name) + "f").str());
  }
  return names;
}

Error graphopt::verifySymbols(MemoryBufferRef buffer,
                              ArrayRef<Weight> weights,
                              const StringSet<> &shared) {
  auto object = object::ObjectFile::createObjectFile(buffer);
  if (!object)
    return object.takeError();
  StringSet<> allowed = allowedSymbols();
  for (const Weight &weight : weights)
    allowed.insert(weight.symbol);
  SmallVector<std::string> unknown;
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty() &&
        !allowed.contains(*name) && !shared.contains(*name))
      unknown.push_back(name->str());
  }
  if (unknown.empty())
    return Error::success();
  sort(unknown);
  return createStringError(
      fmt::format("generated code needs functions that no C library has: {}",
                  join(unknown, ", ")));
}
