/* Calls the model of sequences.onnxtxt by its header and prints what it gives. */
#include "sequences.h"
#include <stdio.h>
#include <stdlib.h>

static void print(const char *name, const graphopt_tensor *tensor) {
  int64_t count = 1;
  printf("%s [", name);
  for (int32_t i = 0; i < tensor->rank; ++i) {
    printf(i ? ", %d" : "%d", (int)tensor->dims[i]);
    count *= tensor->dims[i];
  }
  printf("]:");
  for (int64_t i = 0; i < count; ++i)
    printf(" %g", ((const float *)tensor->data)[i]);
  printf("\n");
}

static int call(int has_optional, int64_t position) {
  _Alignas(64) float a[4] = {1, 2, 3, 4}, b[2] = {5, 6}, c[2] = {7, 8};
  _Alignas(64) int64_t p = position;
  int64_t a_dims[] = {2, 2}, b_dims[] = {1, 2}, c_dims[] = {2};
  graphopt_tensor items[] = {{a, a_dims, 2, GRAPHOPT_FLOAT}, {b, b_dims, 2, GRAPHOPT_FLOAT}};
  graphopt_tensor optional = {c, c_dims, 1, GRAPHOPT_FLOAT};
  _Alignas(64) uint8_t has = 9;
  _Alignas(64) char workspace[4096];
  sequences_inputs inputs = {.s = items, .s_count = 2, .p = &p, .o = has_optional ? &optional : NULL};
  sequences_outputs outputs = {.has = &has};
  int64_t i;
  graphopt_status status;
  if (sequences_workspace_bytes(NULL) > (int64_t)sizeof workspace)
    return 1;
  status = sequences_run(NULL, &inputs, &outputs, workspace, sizeof workspace);
  if (status) {
    printf("%s; %d outputs\n", sequences_status_text(status), (outputs.t != NULL) + (outputs.x != NULL));
    return 0;
  }
  for (i = 0; i < outputs.t_count; ++i)
    print("t", &outputs.t[i]);
  printf("x [%d, 2]: %g\n", (int)outputs.x_dims[0], outputs.x[0]);
  if (outputs.q.rank == GRAPHOPT_ABSENT)
    printf("q is absent\n");
  else
    print("q", &outputs.q);
  printf("r has %d\n", (int)outputs.r_count);
  printf("has %d\n", has);
  free(outputs.t);
  free(outputs.x);
  free(outputs.q.data);
  free(outputs.r);
  return 0;
}

int main(void) { return call(1, -1) || call(0, 0) || call(0, 2); }
