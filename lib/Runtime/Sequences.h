/* Sequences in generated code. A handle is the number of a list that never changes; of an
 * optional value it is 0 where that is absent. Positions count from the end if they are
 * negative. What is out of range, or does not fit, is GRAPHOPT_BAD_DATA. */
#ifndef GRAPHOPT_LIB_RUNTIME_SEQUENCES_H
#define GRAPHOPT_LIB_RUNTIME_SEQUENCES_H

#include "Run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Lists made of others; `one` is the only item of a list. */
int64_t graphopt_sequence_empty(graphopt_run *run);
int64_t graphopt_sequence_length(graphopt_run *run, int64_t handle);
int64_t graphopt_sequence_insert(graphopt_run *run, int64_t handle,
                                 int64_t position, const void *data,
                                 const int64_t *dims, int64_t rank,
                                 int64_t element_bytes);
int64_t graphopt_sequence_insert_item(graphopt_run *run, int64_t handle,
                                      int64_t position, int64_t one);
int64_t graphopt_sequence_erase(graphopt_run *run, int64_t handle,
                                int64_t position);

/* An item: as a list of one, an extent, its elements. It must have the rank, and as many
 * bytes. */
int64_t graphopt_sequence_at(graphopt_run *run, int64_t handle,
                             int64_t position);
int64_t graphopt_sequence_extent(graphopt_run *run, int64_t handle,
                                 int64_t position, int64_t rank, int64_t dim);
void graphopt_sequence_read(graphopt_run *run, int64_t handle, int64_t position,
                            int64_t rank, int64_t bytes, void *result);

/* Parts of a tensor along `axis`: of `size`, the last one of what is left, without the
 * axis if `drop`; or of each of the sizes. */
int64_t graphopt_sequence_cut(graphopt_run *run, const void *data,
                              const int64_t *dims, int64_t rank,
                              int64_t element_bytes, int64_t axis, int64_t size,
                              int64_t drop);
int64_t graphopt_sequence_split(graphopt_run *run, const void *data,
                                const int64_t *dims, int64_t rank,
                                int64_t element_bytes, int64_t axis,
                                const int64_t *sizes, int64_t count);

/* Extent `dim` of all items joined along their dimension `axis` (-1: along a new one).
 * The others must agree. */
int64_t graphopt_sequence_joint(graphopt_run *run, int64_t handle, int64_t rank,
                                int64_t axis, int64_t dim);
/* The items joined, which were found to agree. */
void graphopt_sequence_concat(graphopt_run *run, int64_t handle, int64_t axis,
                              int64_t bytes, void *result);

/* Around the entry: an input that is no tensor, and an output, to which all is copied in
 * one block. `kind` has graphopt_kind's bits. */
int64_t graphopt_sequence_input(graphopt_run *run, const graphopt_tensor *given,
                                int32_t kind);
void graphopt_sequence_output(graphopt_run *run, int32_t index, int64_t handle,
                              int32_t kind);

#ifdef __cplusplus
}
#endif
#endif
