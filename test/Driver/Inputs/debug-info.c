/* Runs a model whose loops print the addresses of who called them. */
#include "net.h"
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char etext; /* the end of this program's code */

enum { BATCH = 4096, WIDTH = 32 };

static void tell_callers(void *pool, graphopt_body body, void *captures,
                         int64_t count) {
  (void)pool;
  void *frames[32];
  int depth = backtrace(frames, 32);
  for (int i = 1; i < depth; ++i) /* frames hold where a call returns to */
    if ((char *)frames[i] < &etext)
      printf("0x%lx\n", (unsigned long)frames[i] - 1);
  body(captures, 0, count);
}

static float *zeros(int64_t count) {
  size_t bytes = (count * 4 + 63) / 64 * 64;
  return memset(aligned_alloc(GRAPHOPT_ALIGNMENT, bytes), 0, bytes);
}

int main(void) {
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  context.parallel_for = tell_callers;
  net_inputs inputs = {.dims = {BATCH},
                       .x = zeros(BATCH * WIDTH),
                       .v = zeros(WIDTH * WIDTH),
                       .w = zeros(WIDTH * WIDTH),
                       .c = zeros(WIDTH)};
  net_outputs outputs = {.y = zeros(BATCH * WIDTH)};
  int64_t bytes = net_workspace_bytes(&inputs.dims.batch);
  return net_run(&context, &inputs, &outputs, zeros(bytes / 4 + 1), bytes);
}
