#include "images.h"
#include <stdio.h>
#include <stdlib.h>

static void decode(const char *file, int64_t count) {
  _Alignas(64) uint8_t bytes[64] = {0};
  for (int64_t i = 0; i < count; ++i)
    bytes[i] = (uint8_t)file[i];
  images_inputs inputs = {.dims = {.bytes = count}, .x = bytes};
  images_outputs outputs = {0};
  images_status status = images_run(NULL, &inputs, &outputs, NULL, 0);
  printf("%s", images_status_text(status));
  if (status == GRAPHOPT_OK)
    printf(": %d x %d, %d %d", (int)outputs.y_dims[0], (int)outputs.y_dims[1],
           outputs.y[0], outputs.y[1]);
  printf("\n");
  free(outputs.y);
}

int main(void) {
  decode("P2 2 1 9 0 9", 12);
  decode("P2 2 1 9 0", 10);
  return 0;
}
