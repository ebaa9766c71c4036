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
  graphopt_status status = graphopt_check_weights(model, weights);
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
