/* Parallel loops of generated code, by the context's threads. */
#include "Run.h"

void graphopt_parallel_for(graphopt_run *run, graphopt_body body,
                           void *captures, int64_t count) {
  const graphopt_context *context = run->context;
  if (count > 1 && context && context->parallel_for)
    context->parallel_for(context->pool, body, captures, count);
  else if (count > 0)
    body(captures, 0, count);
}

struct with_run {
  graphopt_run *run;
  graphopt_run_body body;
  void *captures;
};

static void call_with_run(void *captures, int64_t begin, int64_t end) {
  struct with_run *inner = captures;
  inner->body(inner->run, inner->captures, begin, end);
}

void graphopt_parallel_for_run(graphopt_run *run, graphopt_run_body body,
                               void *captures, int64_t count) {
  struct with_run inner = {run, body, captures};
  graphopt_parallel_for(run, call_with_run, &inner, count);
}
