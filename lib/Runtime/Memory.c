/* Memory whose size is known during the run only: one list a run, freed at its
 * end. The list node lies behind the data, so that a block handed to the caller
 * can be released by its address. */
#include "Libc.h"
#include "Run.h"
#include <stdatomic.h>

struct graphopt_block {
  graphopt_block *next;
  void *data;
};

void *graphopt_context_allocate(const graphopt_context *context, size_t bytes) {
  if (context && context->allocate)
    return context->allocate(context->allocator, bytes);
  return aligned_alloc(GRAPHOPT_ALIGNMENT,
                       (bytes + GRAPHOPT_ALIGNMENT - 1) &
                           ~(size_t)(GRAPHOPT_ALIGNMENT - 1));
}

void graphopt_context_release(const graphopt_context *context, void *data) {
  if (context && context->allocate)
    context->release(context->allocator, data);
  else
    free(data);
}

/* Held for a few instructions only. */
static void lock_blocks(graphopt_run *run) {
  _Atomic int32_t *lock = (_Atomic int32_t *)&run->lock;
  while (atomic_exchange_explicit(lock, 1, memory_order_acquire))
    ;
}

static void unlock_blocks(graphopt_run *run) {
  atomic_store_explicit((_Atomic int32_t *)&run->lock, 0, memory_order_release);
}

void *graphopt_allocate(graphopt_run *run, int64_t bytes) {
  char *data = NULL;
  size_t room = 0;
  if (bytes >= 0 && bytes <= PTRDIFF_MAX - 4 * GRAPHOPT_ALIGNMENT) {
    room = ((size_t)bytes + 15) & ~(size_t)15;
    data =
        graphopt_context_allocate(run->context, room + sizeof(graphopt_block));
  }
  if (!data) {
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
    return NULL;
  }
  graphopt_block *block = (graphopt_block *)(data + room);
  block->data = data;
  lock_blocks(run);
  block->next = run->blocks;
  run->blocks = block;
  unlock_blocks(run);
  return data;
}

/* Takes `data` off the run's list. Blocks are mostly released last in, first
 * out, so the walk is short. Returns 0 if it is not on the list. */
static int unlink_block(graphopt_run *run, const void *data) {
  lock_blocks(run);
  graphopt_block **link = &run->blocks;
  while (*link && (*link)->data != data)
    link = &(*link)->next;
  int found = *link != NULL;
  if (found)
    *link = (*link)->next;
  unlock_blocks(run);
  return found;
}

void graphopt_release(graphopt_run *run, void *data) {
  if (data && unlink_block(run, data))
    graphopt_context_release(run->context, data);
}

void graphopt_release_blocks(graphopt_run *run) {
  while (run->blocks) {
    graphopt_block *block = run->blocks;
    run->blocks = block->next;
    graphopt_context_release(run->context, block->data);
  }
}

void graphopt_set_result(graphopt_run *run, int32_t index, void *data,
                         int64_t bytes, const int64_t *extents) {
  graphopt_tensor *output = &run->outputs[index];
  if (!data || !unlink_block(run, data)) {
    size_t size = bytes > 0 ? (size_t)bytes : 0;
    void *copy = graphopt_context_allocate(run->context, size ? size : 1);
    if (!copy) {
      graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
      return;
    }
    memcpy(copy, data, size);
    data = copy;
  }
  output->data = data;
  for (int32_t i = 0; i < output->rank; ++i)
    output->dims[i] = extents[i];
}

void graphopt_fail(graphopt_run *run, int32_t status) {
  int32_t none = GRAPHOPT_OK;
  atomic_compare_exchange_strong((_Atomic int32_t *)&run->status, &none,
                                 status);
}

int32_t graphopt_run_status(const graphopt_run *run) {
  return atomic_load_explicit((const _Atomic int32_t *)&run->status,
                              memory_order_relaxed);
}
