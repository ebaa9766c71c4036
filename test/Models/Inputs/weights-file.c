/* Two models whose weights are files in the folder argv[1]. */
#include "encoder.h"
#include "image.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                       \
  if (!(condition)) {                                                          \
    fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
    return 1;                                                                  \
  }

static graphopt_status run(const graphopt_context *context) {
  static _Alignas(64) float pixels[IMAGE_INPUT_IMAGE_ELEMENTS];
  static _Alignas(64) float logits[IMAGE_OUTPUT_LOGITS_ELEMENTS];
  static _Alignas(64) char workspace[IMAGE_WORKSPACE_BYTES];
  image_inputs inputs = {.image = pixels};
  image_outputs outputs = {.logits = logits};
  return image_run(context, &inputs, &outputs, workspace, sizeof workspace);
}

int main(int argc, char **argv) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  graphopt_weights encoder, image;
  char path[512];
  CHECK(argc == 2);
  snprintf(path, sizeof path, "%s/none", argv[1]);
  CHECK(image_weights_open(&image, path) == GRAPHOPT_NO_FILE);
  CHECK(image_weights_open(&image, NULL) == GRAPHOPT_NULL_POINTER);
  snprintf(path, sizeof path, "%s/encoder.weights", argv[1]);
  CHECK(image_weights_open(&image, path) == GRAPHOPT_BAD_WEIGHTS && !image.data);
  CHECK(encoder_weights_open(&encoder, path) == GRAPHOPT_OK);
  snprintf(path, sizeof path, "%s/image.weights", argv[1]);
  CHECK(image_weights_open(&image, path) == GRAPHOPT_OK);

  CHECK(image_pool_create(&context, 2) == GRAPHOPT_OK);
  CHECK(run(NULL) == GRAPHOPT_NO_WEIGHTS && run(&context) == GRAPHOPT_NO_WEIGHTS);
  context.weights = &encoder;
  CHECK(run(&context) == GRAPHOPT_BAD_WEIGHTS);
  context.weights = &image;
  CHECK(run(&context) == GRAPHOPT_OK);
  image_pool_destroy(&context);
  CHECK(run(&context) == GRAPHOPT_OK);

  image_weights_close(&image);
  CHECK(run(&context) == GRAPHOPT_NO_WEIGHTS);
  image_weights_close(&image);
  encoder_weights_close(&encoder);
  return 0;
}
