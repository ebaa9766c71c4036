/* Weights in a file of their own. */
#include "Libc.h"
#include "Run.h"
#include "WeightsFile.h"

graphopt_status graphopt_check_weights(const graphopt_model *model,
                                       const graphopt_weights *weights) {
  if (!model->weights_id)
    return GRAPHOPT_OK;
  if (!weights || !weights->data)
    return GRAPHOPT_NO_WEIGHTS;
  if ((uintptr_t)weights->data % GRAPHOPT_ALIGNMENT)
    return GRAPHOPT_MISALIGNED;
  const graphopt_weights_header *header = weights->data;
  if (weights->bytes < (int64_t)sizeof *header ||
      header->magic != GRAPHOPT_WEIGHTS_MAGIC ||
      header->version != GRAPHOPT_WEIGHTS_VERSION ||
      header->header_bytes != sizeof *header ||
      header->id != model->weights_id || header->bytes != weights->bytes)
    return GRAPHOPT_BAD_WEIGHTS;
  return GRAPHOPT_OK;
}

const void *graphopt_weights_data(const graphopt_weights *weights) {
  return (const char *)weights->data + sizeof(graphopt_weights_header);
}

/* Words that are not 0, each in its place; 0 if the file has others. */
static int expand_words(const char *from, const char *end, char *to,
                        int64_t words) {
  for (; words > 0; words -= 64, to += 64 * 4) {
    uint64_t mask;
    if (end - from < (int64_t)sizeof mask)
      return 0;
    memcpy(&mask, from, sizeof mask);
    from += sizeof mask;
    if (words < 64 && mask >> words)
      return 0;
    if (end - from < 4 * __builtin_popcountll(mask))
      return 0;
    for (; mask; mask &= mask - 1, from += 4)
      memcpy(to + 4 * __builtin_ctzll(mask), from, 4);
  }
  return from == end;
}

/* Puts what a compressed file stands for in the place of what it is. */
static graphopt_status expand(graphopt_weights *weights) {
  const graphopt_weights_header *header = weights->data;
  int64_t bytes = header->bytes, body = bytes - (int64_t)sizeof *header;
  if (header->header_bytes != sizeof *header || body < 0 || body % 4)
    return GRAPHOPT_BAD_WEIGHTS;
  char *data = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return GRAPHOPT_NO_FILE;
  graphopt_weights_header expanded = *header;
  expanded.magic = GRAPHOPT_WEIGHTS_MAGIC;
  memcpy(data, &expanded, sizeof expanded);
  const char *from = (const char *)weights->data;
  int is_whole = expand_words(from + sizeof *header, from + weights->bytes,
                              data + sizeof *header, body / 4);
  graphopt_weights_close(weights);
  *weights = (graphopt_weights){data, bytes};
  return is_whole ? GRAPHOPT_OK : GRAPHOPT_BAD_WEIGHTS;
}

graphopt_status graphopt_weights_open(const graphopt_model *model,
                                      graphopt_weights *weights,
                                      const char *path) {
  if (!weights || !path)
    return GRAPHOPT_NULL_POINTER;
  *weights = (graphopt_weights){NULL, 0};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return GRAPHOPT_NO_FILE;
  int64_t bytes = lseek(file, 0, SEEK_END);
  void *data = bytes > 0 ? mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE,
                                file, 0)
                         : MAP_FAILED;
  close(file);
  if (data == MAP_FAILED) /* what is empty cannot be mapped */
    return bytes ? GRAPHOPT_NO_FILE : GRAPHOPT_BAD_WEIGHTS;
  *weights = (graphopt_weights){data, bytes};
  const graphopt_weights_header *header = data;
  graphopt_status status = GRAPHOPT_OK;
  if (bytes >= (int64_t)sizeof *header &&
      header->magic == GRAPHOPT_COMPRESSED_MAGIC)
    status = expand(weights);
  if (!status)
    status = graphopt_check_weights(model, weights);
  if (status)
    graphopt_weights_close(weights);
  return status;
}

void graphopt_weights_close(graphopt_weights *weights) {
  if (!weights || !weights->data)
    return;
  munmap((void *)weights->data, (size_t)weights->bytes);
  *weights = (graphopt_weights){NULL, 0};
}
