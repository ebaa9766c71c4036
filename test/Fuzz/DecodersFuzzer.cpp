// libFuzzer on the decoders of images: any bytes give pixels or GRAPHOPT_BAD_IMAGE. See
// tools/dev/fuzz.sh.
#include "lib/Runtime/Decoders/Decoders.h"
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  graphopt_run run = {};
  int64_t rows = graphopt_image_rows(&run, int64_t(size), data);
  int64_t columns = graphopt_image_columns(&run, int64_t(size), data);
  // Larger ones take their time, and nothing else is tried by them.
  if (run.status == GRAPHOPT_OK && rows * columns <= 1 << 20) {
    std::vector<uint8_t> pixels(rows * columns);
    graphopt_image_gray(&run, int64_t(size), data, rows, columns, pixels.data());
  }
  if (run.status != GRAPHOPT_OK && run.status != GRAPHOPT_BAD_IMAGE)
    __builtin_trap();
  graphopt_release_blocks(&run);
  return 0;
}
