#include "Run.h"

const char *graphopt_status_text(graphopt_status status) {
  switch (status) {
  case GRAPHOPT_OK:
    return "success";
  case GRAPHOPT_BAD_RANK:
    return "a tensor has the wrong number of dimensions";
  case GRAPHOPT_BAD_DIM:
    return "a dimension differs from the model's or from another of its name";
  case GRAPHOPT_OUT_OF_MEMORY:
    return "an allocation failed";
  case GRAPHOPT_BAD_DTYPE:
    return "a tensor has the wrong element type";
  case GRAPHOPT_NULL_POINTER:
    return "a pointer that is needed is NULL";
  case GRAPHOPT_MISALIGNED:
    return "a tensor or the workspace is not aligned to 64 bytes";
  case GRAPHOPT_WORKSPACE_TOO_SMALL:
    return "the workspace is smaller than the model needs";
  case GRAPHOPT_ABI_MISMATCH:
    return "the context belongs to another version of graphopt.h";
  case GRAPHOPT_BAD_DATA:
    return "a value the model cannot work on, such as an index out of range";
  case GRAPHOPT_NOT_NULL:
    return "an output that the library allocates has data already";
  case GRAPHOPT_OVERLAP:
    return "an output or the workspace overlaps another tensor";
  case GRAPHOPT_NO_THREADS:
    return "the threads of the pool could not be started";
  case GRAPHOPT_BAD_CPU:
    return "the CPU lacks instructions that the model was compiled for";
  case GRAPHOPT_NO_WEIGHTS:
    return "the context has no weights, which the model keeps in a file";
  case GRAPHOPT_BAD_WEIGHTS:
    return "the weights are damaged or another model's";
  case GRAPHOPT_NO_FILE:
    return "the file of weights cannot be opened or mapped";
  case GRAPHOPT_NO_CUDA:
    return "no CUDA device: no driver, or no GPU of that number";
  case GRAPHOPT_NO_GPU_CODE:
    return "the model has no code for this GPU";
  case GRAPHOPT_NO_DEVICE:
    return "the context has no device, which the model runs on";
  case GRAPHOPT_CUDA_ERROR:
    return "the CUDA driver refused a call";
  case GRAPHOPT_BAD_IMAGE:
    return "an image file that ImageDecoder reads is damaged, too large or of a format that "
           "is not supported";
  case GRAPHOPT_OTHER_DEVICE:
    return "a tensor is on another GPU than the model";
  }
  return "unknown status";
}
