#include "words.h"
#include <stdio.h>
#include <stdlib.h>

static void print(const char *name, const graphopt_tensor *tensor) {
  printf("%s:", name);
  for (int64_t i = 0; i < tensor->dims[0]; ++i)
    printf(" <%s>", ((const char **)tensor->data)[i]);
  printf("\n");
}

int main(void) {
  _Alignas(64) const char *one[] = {"a", "", "long enough"}, *x[] = {"b"};
  int64_t three[] = {3}, none[] = {0};
  graphopt_tensor items[] = {{one, three, 1, GRAPHOPT_STRING},
                             {one, none, 1, GRAPHOPT_STRING}};
  words_inputs inputs = {.dims = {.M = 1}, .s = items, .s_count = 2, .x = x};
  words_outputs outputs = {0};
  _Alignas(64) static char workspace[1 << 12];
  words_status status =
      words_run(NULL, &inputs, &outputs, workspace, sizeof workspace);
  printf("%s\n", words_status_text(status));
  if (status)
    return status;
  one[0] = one[2] = NULL; /* outputs have their own */
  for (int64_t i = 0; i < outputs.t_count; ++i)
    print("t", &outputs.t[i]);
  print("q", &outputs.q);
  free(outputs.t);
  free(outputs.q.data);
  return status;
}
