/* How a file of weights begins; the weights follow, each at a multiple of
 * GRAPHOPT_ALIGNMENT. Numbers are little-endian. */
#ifndef GRAPHOPT_LIB_RUNTIME_WEIGHTSFILE_H
#define GRAPHOPT_LIB_RUNTIME_WEIGHTSFILE_H

#include <stdint.h>

#define GRAPHOPT_WEIGHTS_MAGIC UINT64_C(0x74706f6870617267) /* "graphopt" */
/* Compressed, as <model>_weights_open expands it: what would follow the header is
 * cut into pieces of 64 words of 4 bytes, the last one shorter if need be. For
 * each there is a mask of 8 bytes, whose bit i says that word i is not 0, and
 * these words. `bytes` are those of the expanded file. */
#define GRAPHOPT_COMPRESSED_MAGIC UINT64_C(0x7a706f6870617267) /* "graphopz" */
#define GRAPHOPT_WEIGHTS_VERSION 1

typedef struct graphopt_weights_header {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes; /* where the weights begin */
  uint64_t id;           /* hash of the weights and their places */
  int64_t bytes;         /* of the whole file */
  uint8_t reserved[32];
} graphopt_weights_header;

#endif
