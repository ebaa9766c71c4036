/* Large and small letters. */
#include "Libc.h"
#include "Strings.h"

/* Code points `first`, `first + step`, ... `last`: each plus `delta`. */
typedef struct case_row {
  int32_t first, last, step, delta;
} case_row;

static const case_row lower_rows[] = {
#define LOWER(first, last, step, delta) {first, last, step, delta},
#include "CaseTable.def"
};

static const case_row upper_rows[] = {
#define UPPER(first, last, step, delta) {first, last, step, delta},
#include "CaseTable.def"
};

typedef struct case_table {
  const case_row *rows;
  int32_t count;
} case_table;

static int32_t map_code(case_table table, int32_t code) {
  int32_t first = 0, end = table.count;
  while (first < end) {
    int32_t middle = first + (end - first) / 2;
    const case_row *row = &table.rows[middle];
    if (code > row->last)
      first = middle + 1;
    else if (code < row->first)
      end = middle;
    else
      return (code - row->first) % row->step ? code : code + row->delta;
  }
  return code;
}

/* Reads a code point and moves `at`; -1 at a byte that begins none. */
static int32_t read_code(const unsigned char **at) {
  const unsigned char *text = *at;
  int32_t lead = *text, count = lead < 0xC2   ? 0
                                : lead < 0xE0 ? 1
                                : lead < 0xF0 ? 2
                                : lead < 0xF5 ? 3
                                              : 0;
  int32_t code = lead < 0x80 ? lead : count ? lead & (0x3F >> count) : -1;
  for (int32_t i = 1; code >= 0 && i <= count; ++i)
    code = (text[i] & 0xC0) == 0x80 ? code << 6 | (text[i] & 0x3F) : -1;
  static const int32_t least[] = {0, 0x80, 0x800, 0x10000};
  if (code < least[count] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    code = -1;
  *at += code < 0 ? 1 : count + 1;
  return code;
}

/* Writes a code point to `to`, unless it is NULL; its bytes. */
static size_t write_code(char *to, int32_t code) {
  size_t count = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  if (!to)
    return count + 1;
  for (size_t i = count; i > 0; --i, code >>= 6)
    to[i] = (char)(0x80 | (code & 0x3F));
  to[0] = (char)(count ? (0xFF00 >> (count + 1)) | code : code);
  return count + 1;
}

/* Writes `text` in the other case, unless `to` is NULL; its bytes. */
static size_t write_mapped(char *to, const char *text, case_table table) {
  size_t bytes = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at;) {
    const unsigned char *begin = at;
    int32_t code = read_code(&at);
    if (code >= 0)
      bytes += write_code(to ? to + bytes : NULL, map_code(table, code));
    else if (to)
      to[bytes++] = (char)*begin;
    else
      ++bytes;
  }
  if (to)
    to[bytes] = 0;
  return bytes + 1;
}

static void map_strings(graphopt_run *run, int64_t count,
                        const char *const *strings, case_table table,
                        const char **results) {
  size_t bytes = 0;
  for (int64_t i = 0; i < count; ++i)
    bytes += write_mapped(NULL, strings[i], table);
  char *to = graphopt_allocate_text(run, bytes);
  for (int64_t i = 0; to && i < count; ++i) {
    results[i] = to;
    to += write_mapped(to, strings[i], table);
  }
}

void graphopt_string_lower(graphopt_run *run, int64_t count,
                           const char *const *strings, const char **results) {
  case_table table = {lower_rows, sizeof lower_rows / sizeof *lower_rows};
  map_strings(run, count, strings, table, results);
}

void graphopt_string_upper(graphopt_run *run, int64_t count,
                           const char *const *strings, const char **results) {
  case_table table = {upper_rows, sizeof upper_rows / sizeof *upper_rows};
  map_strings(run, count, strings, table, results);
}
