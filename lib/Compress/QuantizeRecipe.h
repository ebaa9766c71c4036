//===- QuantizeRecipe.h - What a recipe says of quantization --------------===//

#ifndef GRAPHOPT_LIB_COMPRESS_QUANTIZERECIPE_H
#define GRAPHOPT_LIB_COMPRESS_QUANTIZERECIPE_H

#include "graphopt/Compress/QuantizeOptions.h"
#include "llvm/Support/JSON.h"

namespace graphopt {

llvm::Error parseQuantize(const llvm::json::Value &value, std::string path,
                          QuantizeOptions &options);

} // namespace graphopt

#endif // GRAPHOPT_LIB_COMPRESS_QUANTIZERECIPE_H
