/* Tells the type of a file with the model "magika", compiled by graphopt.
 *
 *   quickstart LABELS FILE
 *
 * LABELS: the model's labels, one a line. Needs nothing at run time but libc. */
#include "magika.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { HALF = 1024, PADDING = 256 };

/* The model reads the first 1024 bytes without leading blanks and the last 1024
 * without trailing ones, one number a byte. */
static int readFile(const char *path, int32_t *bytes) {
  unsigned char head[HALF], tail[HALF];
  FILE *file = fopen(path, "rb");
  if (!file)
    return 0;
  size_t headSize = fread(head, 1, HALF, file), skip = 0;
  if (fseek(file, -HALF, SEEK_END) != 0)
    rewind(file); /* shorter than that */
  size_t tailSize = fread(tail, 1, HALF, file);
  fclose(file);

  while (skip < headSize && isspace(head[skip]))
    ++skip;
  while (tailSize > 0 && isspace(tail[tailSize - 1]))
    --tailSize;
  for (size_t i = 0; i < HALF; ++i) {
    bytes[i] = skip + i < headSize ? head[skip + i] : PADDING;
    bytes[2 * HALF - 1 - i] = i < tailSize ? tail[tailSize - 1 - i] : PADDING;
  }
  return 1;
}

/* Row `number` of a text file, without its end. */
static int readLine(const char *path, int number, char *line, int size) {
  FILE *file = fopen(path, "r");
  int found = file != NULL;
  for (int i = 0; found && i <= number; ++i)
    found = fgets(line, size, file) != NULL;
  if (file)
    fclose(file);
  for (int i = 0; found && line[i]; ++i)
    if (line[i] == '\n')
      line[i] = 0;
  return found;
}

int main(int argc, char **argv) {
  static _Alignas(GRAPHOPT_ALIGNMENT) int32_t bytes[MAGIKA_INPUT_BYTES_ELEMENTS];
  static _Alignas(GRAPHOPT_ALIGNMENT) float scores[MAGIKA_OUTPUT_TARGET_LABEL_ELEMENTS];
  if (argc != 3 || !readFile(argv[2], bytes)) {
    fprintf(stderr, "usage: quickstart LABELS FILE\n");
    return 2;
  }

  magika_inputs inputs = {.bytes = bytes};
  magika_outputs outputs = {.target_label = scores};
  /* aligned_alloc wants a multiple of the alignment. */
  size_t size = (MAGIKA_WORKSPACE_BYTES / GRAPHOPT_ALIGNMENT + 1) * GRAPHOPT_ALIGNMENT;
  void *workspace = aligned_alloc(GRAPHOPT_ALIGNMENT, size);
  magika_status status = magika_run(NULL, &inputs, &outputs, workspace, (int64_t)size);
  free(workspace);
  if (status != GRAPHOPT_OK) {
    fprintf(stderr, "error: %s\n", magika_status_text(status));
    return 1;
  }

  int best = 0;
  for (int i = 1; i < MAGIKA_OUTPUT_TARGET_LABEL_ELEMENTS; ++i)
    if (scores[i] > scores[best])
      best = i;
  char label[64];
  if (!readLine(argv[1], best, label, sizeof label)) {
    fprintf(stderr, "error: no label %d in %s\n", best, argv[1]);
    return 1;
  }
  printf("%s: %s (%.1f %%)\n", argv[2], label, 100 * scores[best]);
  return 0;
}
