/* How a file of weights begins; the weights follow, each at a multiple of
 * GRAPHOPT_ALIGNMENT. Numbers are little-endian. */
#ifndef GRAPHOPT_LIB_RUNTIME_WEIGHTSFILE_H
#define GRAPHOPT_LIB_RUNTIME_WEIGHTSFILE_H

#include <stdint.h>

#define GRAPHOPT_WEIGHTS_MAGIC UINT64_C(0x74706f6870617267) /* "graphopt" */
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
