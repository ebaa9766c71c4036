/* Called by the code of models that have strings: graph.string_... tells what
 * each function does. Results of a pointer's type are memory of the caller. */
#ifndef GRAPHOPT_LIB_RUNTIME_STRINGS_H
#define GRAPHOPT_LIB_RUNTIME_STRINGS_H

#include "Run.h"

#ifdef __cplusplus
extern "C" {
#endif

void graphopt_string_constant(graphopt_run *run, int64_t count,
                              const char *bytes, const int64_t *starts,
                              const char **results);
void graphopt_string_concat(graphopt_run *run, int64_t count,
                            const char *const *lhs, const char *const *rhs,
                            const char **results);
void graphopt_string_equal(graphopt_run *run, int64_t count,
                           const char *const *lhs, const char *const *rhs,
                           uint8_t *results);
void graphopt_string_lower(graphopt_run *run, int64_t count,
                           const char *const *strings, const char **results);
void graphopt_string_upper(graphopt_run *run, int64_t count,
                           const char *const *strings, const char **results);
void graphopt_string_match(graphopt_run *run, int64_t count,
                           const char *const *strings,
                           const int32_t *automaton, uint8_t *results);
void graphopt_string_find(graphopt_run *run, int64_t count,
                          const char *const *strings, int64_t key_count,
                          const char *const *keys, int64_t *results);
void graphopt_string_rank(graphopt_run *run, int64_t count,
                          const char *const *strings, int64_t *results);

/* How many parts each string has; the most of them. */
int64_t graphopt_string_parts(graphopt_run *run, int64_t count,
                              const char *const *strings,
                              const char *delimiter, int64_t most,
                              int64_t *counts);
void graphopt_string_split(graphopt_run *run, int64_t count,
                           const char *const *strings, const char *delimiter,
                           int64_t most, int64_t width, const char **results);

/* Of a float type: the bits of a mantissa, with the first one, and the least
 * exponent of a normal number. */
void graphopt_format_floats(graphopt_run *run, int64_t count,
                            const double *numbers, int32_t precision,
                            int32_t least_exponent, const char **results);
void graphopt_parse_floats(graphopt_run *run, int64_t count,
                           const char *const *strings, int32_t precision,
                           int32_t least_exponent, double *results);

/* A boolean has 1 bit. */
void graphopt_format_integers(graphopt_run *run, int64_t count,
                              const int64_t *numbers, int32_t bits,
                              int32_t is_unsigned, const char **results);
void graphopt_parse_integers(graphopt_run *run, int64_t count,
                             const char *const *strings, int32_t bits,
                             int32_t is_unsigned, int64_t *results);

/* See graph.count_ngrams. */
void graphopt_count_ngrams(graphopt_run *run, int64_t rows, int64_t width,
                           const int64_t *numbers, const int64_t *table,
                           int64_t least, int64_t most, int64_t skips,
                           int64_t columns, float *results);

/* Gives output `index` its strings. */
void graphopt_set_strings(graphopt_run *run, int32_t index,
                          const char *const *strings, int64_t count,
                          const int64_t *extents);

/* Memory for the bytes of strings until the run ends. */
char *graphopt_allocate_text(graphopt_run *run, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
