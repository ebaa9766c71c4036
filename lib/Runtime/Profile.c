/* What a model compiled with --profile tells its context. */
#include "Run.h"

void graphopt_begin_call(graphopt_run *run, int32_t call) {
  const graphopt_context *context = run->context;
  if (context && context->begin_call)
    context->begin_call(context->profiler, call);
}

void graphopt_end_call(graphopt_run *run, int32_t call, int64_t operations,
                       int64_t bytes) {
  const graphopt_context *context = run->context;
  if (context && context->end_call)
    context->end_call(context->profiler, call, operations, bytes);
}
