/* Short sequences of numbers in rows. */
#include "Strings.h"

/* `length` numbers of a row, `step` places apart, against those of a table. */
static int compare_numbers(const int64_t *row, int64_t step,
                           const int64_t *sequence, int64_t length) {
  for (int64_t i = 0; i < length; ++i)
    if (row[i * step] != sequence[i])
      return row[i * step] < sequence[i] ? -1 : 1;
  return 0;
}

/* The column of a sequence, or -1. `list`: their number, then each one. */
static int64_t find_sequence(const int64_t *list, int64_t length,
                             const int64_t *row, int64_t step) {
  int64_t first = 0, end = list[0];
  while (first < end) {
    int64_t middle = first + (end - first) / 2;
    const int64_t *sequence = list + 1 + middle * (length + 1);
    int order = compare_numbers(row, step, sequence, length);
    if (order == 0)
      return sequence[length];
    first = order > 0 ? middle + 1 : first;
    end = order > 0 ? end : middle;
  }
  return -1;
}

static void count_in_row(const int64_t *row, int64_t width, const int64_t *table,
                         int64_t least, int64_t most, int64_t skips,
                         float *counts) {
  for (int64_t length = 1; length <= most; ++length) {
    int64_t last_step = length == 1 ? 1 : skips + 1;
    for (int64_t step = 1; length >= least && step <= last_step; ++step)
      for (int64_t i = 0; i + (length - 1) * step < width; ++i) {
        int64_t column = find_sequence(table, length, row + i, step);
        if (column >= 0)
          counts[column] += 1;
      }
    table += 1 + table[0] * (length + 1);
  }
}

void graphopt_count_ngrams(graphopt_run *run, int64_t rows, int64_t width,
                           const int64_t *numbers, const int64_t *table,
                           int64_t least, int64_t most, int64_t skips,
                           int64_t columns, float *results) {
  (void)run;
  for (int64_t i = 0; i < rows * columns; ++i)
    results[i] = 0;
  for (int64_t i = 0; i < rows; ++i)
    count_in_row(numbers + i * width, width, table, least, most, skips,
                 results + i * columns);
}
