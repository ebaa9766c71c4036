/* Strings: each is the address of its bytes, which end in 0. What is made here
 * lives until the run ends. */
#include "Strings.h"
#include "Libc.h"

/* Memory for all strings of a tensor, or NULL and the run has failed. */
char *graphopt_allocate_text(graphopt_run *run, size_t bytes) {
  return graphopt_allocate(run, bytes ? (int64_t)bytes : 1);
}

void graphopt_string_constant(graphopt_run *run, int64_t count,
                              const char *bytes, const int64_t *starts,
                              const char **results) {
  (void)run;
  for (int64_t i = 0; i < count; ++i)
    results[i] = bytes + starts[i];
}

void graphopt_string_concat(graphopt_run *run, int64_t count,
                            const char *const *lhs, const char *const *rhs,
                            const char **results) {
  size_t bytes = 0;
  for (int64_t i = 0; i < count; ++i)
    bytes += strlen(lhs[i]) + strlen(rhs[i]) + 1;
  char *to = graphopt_allocate_text(run, bytes);
  for (int64_t i = 0; to && i < count; ++i) {
    size_t head = strlen(lhs[i]), tail = strlen(rhs[i]);
    results[i] = to;
    memcpy(to, lhs[i], head);
    memcpy(to + head, rhs[i], tail + 1);
    to += head + tail + 1;
  }
}

void graphopt_string_equal(graphopt_run *run, int64_t count,
                           const char *const *lhs, const char *const *rhs,
                           uint8_t *results) {
  (void)run;
  for (int64_t i = 0; i < count; ++i)
    results[i] = strcmp(lhs[i], rhs[i]) == 0;
}

/* `automaton`: see graph.string_match. */
void graphopt_string_match(graphopt_run *run, int64_t count,
                           const char *const *strings,
                           const int32_t *automaton, uint8_t *results) {
  (void)run;
  int32_t classes = automaton[0];
  const int32_t *class_of = automaton + 1, *states = automaton + 257;
  for (int64_t i = 0; i < count; ++i) {
    int64_t state = 1;
    for (const char *at = strings[i]; *at && state; ++at)
      state = states[state * (classes + 1) + 1 + class_of[(uint8_t)*at]];
    results[i] = (uint8_t)states[state * (classes + 1)];
  }
}

void graphopt_string_find(graphopt_run *run, int64_t count,
                          const char *const *strings, int64_t key_count,
                          const char *const *keys, int64_t *results) {
  (void)run;
  for (int64_t i = 0; i < count; ++i) {
    int64_t first = 0, end = key_count;
    results[i] = key_count;
    while (first < end) {
      int64_t middle = first + (end - first) / 2;
      int order = strcmp(strings[i], keys[middle]);
      if (order == 0)
        results[i] = middle;
      first = order > 0 ? middle + 1 : first;
      end = order > 0 ? end : order < 0 ? middle : first;
    }
  }
}

/* Sorts the positions `order` of strings: merges runs of growing length. */
static void sort_positions(const char *const *strings, int64_t count,
                           int64_t *order, int64_t *other) {
  for (int64_t i = 0; i < count; ++i)
    order[i] = i;
  for (int64_t length = 1; length < count; length *= 2) {
    for (int64_t begin = 0; begin < count; begin += 2 * length) {
      int64_t middle = begin + length < count ? begin + length : count;
      int64_t end = middle + length < count ? middle + length : count;
      int64_t left = begin, right = middle;
      for (int64_t i = begin; i < end; ++i) {
        int takes_left =
            left < middle &&
            (right == end ||
             strcmp(strings[order[left]], strings[order[right]]) <= 0);
        other[i] = order[takes_left ? left++ : right++];
      }
    }
    memcpy(order, other, (size_t)count * sizeof *order);
  }
}

void graphopt_string_rank(graphopt_run *run, int64_t count,
                          const char *const *strings, int64_t *results) {
  int64_t *order =
      graphopt_allocate(run, 2 * count * (int64_t)sizeof *order);
  if (!order)
    return;
  sort_positions(strings, count, order, order + count);
  int64_t rank = 0;
  for (int64_t i = 0; i < count; ++i) {
    rank += i > 0 && strcmp(strings[order[i - 1]], strings[order[i]]) != 0;
    results[order[i]] = rank;
  }
  graphopt_release(run, order);
}

/* Where a part of a string begins and ends, and where what is behind its
 * delimiter begins; NULL: nothing is. */
typedef struct part {
  const char *begin, *end, *next;
} part;

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static const char *skip_spaces(const char *at) {
  while (is_space(*at))
    ++at;
  return at;
}

/* The first place in `text` where `delimiter` stands, or NULL. */
static const char *find_text(const char *text, const char *delimiter,
                             size_t length) {
  size_t rest = strlen(text);
  for (; rest >= length; ++text, --rest)
    if (memcmp(text, delimiter, length) == 0)
      return text;
  return NULL;
}

/* The part that begins at `text`; the last one if `is_last`. */
static part next_part(const char *text, const char *delimiter, int is_last) {
  size_t length = strlen(delimiter);
  const char *end = text + strlen(text);
  if (length > 0) {
    const char *found = is_last ? NULL : find_text(text, delimiter, length);
    return found ? (part){text, found, found + length}
                 : (part){text, end, NULL};
  }
  if (is_last)
    return (part){text, end, NULL};
  const char *at = text;
  while (*at && !is_space(*at))
    ++at;
  const char *next = skip_spaces(at);
  return (part){text, at, *next ? next : NULL};
}

/* Where the first part begins, or NULL if there is none. */
static const char *first_part(const char *text, const char *delimiter) {
  if (!*delimiter)
    text = skip_spaces(text);
  return *text || *delimiter ? text : NULL;
}

int64_t graphopt_string_parts(graphopt_run *run, int64_t count,
                              const char *const *strings,
                              const char *delimiter, int64_t most,
                              int64_t *counts) {
  (void)run;
  int64_t width = 0;
  for (int64_t i = 0; i < count; ++i) {
    counts[i] = 0;
    const char *at = first_part(strings[i], delimiter);
    while (at)
      at = next_part(at, delimiter, counts[i]++ == most).next;
    width = counts[i] > width ? counts[i] : width;
  }
  return width;
}

void graphopt_string_split(graphopt_run *run, int64_t count,
                           const char *const *strings, const char *delimiter,
                           int64_t most, int64_t width, const char **results) {
  size_t bytes = 1;
  for (int64_t i = 0; i < count; ++i)
    bytes += 2 * strlen(strings[i]) + 2;
  char *to = graphopt_allocate_text(run, bytes);
  if (!to)
    return;
  const char *empty = to;
  *to++ = 0;
  for (int64_t i = 0; i < count; ++i) {
    const char *at = first_part(strings[i], delimiter);
    for (int64_t k = 0; k < width; ++k) {
      results[i * width + k] = empty;
      if (!at)
        continue;
      part found = next_part(at, delimiter, k == most);
      size_t length = (size_t)(found.end - found.begin);
      results[i * width + k] = to;
      memcpy(to, found.begin, length);
      to[length] = 0;
      to += length + 1;
      at = found.next;
    }
  }
}

/* Output `index` gets strings: one block of the context, addresses first. */
void graphopt_set_strings(graphopt_run *run, int32_t index,
                          const char *const *strings, int64_t count,
                          const int64_t *extents) {
  graphopt_tensor *output = &run->outputs[index];
  size_t head = (size_t)count * sizeof *strings, bytes = head;
  for (int64_t i = 0; i < count; ++i)
    bytes += strlen(strings[i]) + 1;
  char **block = graphopt_context_allocate(run->context, bytes ? bytes : 1);
  if (!block) {
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
    return;
  }
  char *to = (char *)block + head;
  for (int64_t i = 0; i < count; ++i) {
    size_t length = strlen(strings[i]) + 1;
    block[i] = to;
    memcpy(to, strings[i], length);
    to += length;
  }
  output->data = block;
  for (int32_t i = 0; i < output->rank; ++i)
    output->dims[i] = extents[i];
}
