/* Sequences of tensors. To generated code one is a number: the address of a list
 * that never changes, or 0 for an optional value that is absent. A tensor that is
 * optional, or whose rank only the run knows, is a list of one.
 *
 * Lists and what is in them belong to the run. Tensors are copied into the first list
 * that has them; lists share them, and the table of them with the list they were made
 * from, so that appending to the newest one costs no copy. */
#include "Sequences.h"
#include "Libc.h"

typedef struct item {
  const void *data;
  const int64_t *dims;
  int64_t rank;
  int64_t bytes; /* of the data */
} item;

typedef struct table {
  item *items;
  int64_t room;
  int64_t used; /* what the longest list has */
} table;

typedef struct list {
  table *table; /* NULL if there never was an item */
  int64_t count;
} list;

static const list empty_list;

/* Room for so many items is made for a list that grows. */
#define LEAST_ROOM 4

static const list *list_of(int64_t handle) {
  return (const list *)(intptr_t)handle;
}

static int64_t handle_of(const list *made) { return (int64_t)(intptr_t)made; }

static int64_t refuse_data(graphopt_run *run) {
  graphopt_fail(run, GRAPHOPT_BAD_DATA);
  return 0;
}

/* A list without items but with room for some; NULL if there is no memory. */
static list *make_list(graphopt_run *run, int64_t room) {
  if (room > INT64_MAX / (int64_t)sizeof(item) / 2) {
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
    return NULL;
  }
  int64_t head = sizeof(list) + sizeof(table);
  list *made = graphopt_allocate(run, head + room * (int64_t)sizeof(item));
  if (!made)
    return NULL;
  table *own = (table *)(made + 1);
  *own = (table){(item *)(own + 1), room, 0};
  *made = (list){own, 0};
  return made;
}

static void push(list *to, item added) {
  to->table->items[to->count++] = added;
  to->table->used = to->count;
}

/* `position` from the front, or -1 if it is not in [-count, count). */
static int64_t resolve(int64_t position, int64_t count) {
  if (position < 0)
    position += count;
  return position < 0 || position >= count ? -1 : position;
}

static const item *find(graphopt_run *run, int64_t handle, int64_t position) {
  const list *from = list_of(handle);
  int64_t at = from ? resolve(position, from->count) : -1;
  if (at < 0) {
    refuse_data(run);
    return NULL;
  }
  return &from->table->items[at];
}

/* memcpy, whose pointers may be NULL where there is nothing to copy. */
static void copy_bytes(void *to, const void *from, int64_t bytes) {
  if (bytes > 0)
    memcpy(to, from, (size_t)bytes);
}

static int64_t element_count(const int64_t *dims, int64_t rank) {
  int64_t count = 1;
  for (int64_t i = 0; i < rank; ++i)
    count *= dims[i];
  return count;
}

/* An item with memory of its own for dims and data, which are to be written. */
static item make_item(graphopt_run *run, int64_t rank, int64_t bytes) {
  int64_t room = bytes > 0 ? (bytes + 63) & ~(int64_t)63 : 64;
  char *data = graphopt_allocate(run, room + rank * (int64_t)sizeof(int64_t));
  return (item){data, (int64_t *)(data + room), rank, data ? bytes : 0};
}

static item copy_item(graphopt_run *run, const void *data, const int64_t *dims,
                      int64_t rank, int64_t element_bytes) {
  item made =
      make_item(run, rank, element_count(dims, rank) * element_bytes);
  if (made.data) {
    copy_bytes((int64_t *)made.dims, dims, rank * (int64_t)sizeof(int64_t));
    copy_bytes((void *)made.data, data, made.bytes);
  }
  return made;
}

/* Lists ------------------------------------------------------------------- */

int64_t graphopt_sequence_empty(graphopt_run *run) {
  (void)run;
  return handle_of(&empty_list);
}

int64_t graphopt_sequence_length(graphopt_run *run, int64_t handle) {
  (void)run;
  return list_of(handle)->count;
}

/* The list with one more item at its end, in the table of `from` if that has room. */
static int64_t append(graphopt_run *run, const list *from, item added) {
  table *shared = from->table;
  int isNewest =
      shared && from->count == shared->used && from->count < shared->room;
  int64_t room = 2 * from->count > LEAST_ROOM ? 2 * from->count : LEAST_ROOM;
  list *made = make_list(run, isNewest ? 0 : room);
  if (!made)
    return 0;
  if (isNewest)
    *made = (list){shared, from->count};
  else
    for (int64_t i = 0; i < from->count; ++i)
      push(made, shared->items[i]);
  push(made, added);
  return handle_of(made);
}

static int64_t insert(graphopt_run *run, int64_t handle, int64_t position,
                      item added) {
  const list *from = list_of(handle);
  if (position == from->count)
    return append(run, from, added);
  int64_t at = resolve(position, from->count);
  if (at < 0)
    return refuse_data(run);
  list *made = make_list(run, from->count + 1);
  if (!made)
    return 0;
  for (int64_t i = 0; i < from->count; ++i) {
    if (i == at)
      push(made, added);
    push(made, from->table->items[i]);
  }
  return handle_of(made);
}

int64_t graphopt_sequence_insert(graphopt_run *run, int64_t handle,
                                 int64_t position, const void *data,
                                 const int64_t *dims, int64_t rank,
                                 int64_t element_bytes) {
  item added = copy_item(run, data, dims, rank, element_bytes);
  return added.data ? insert(run, handle, position, added) : 0;
}

int64_t graphopt_sequence_insert_item(graphopt_run *run, int64_t handle,
                                      int64_t position, int64_t one) {
  const item *added = find(run, one, 0);
  return added ? insert(run, handle, position, *added) : 0;
}

int64_t graphopt_sequence_erase(graphopt_run *run, int64_t handle,
                                int64_t position) {
  const list *from = list_of(handle);
  int64_t at = resolve(position, from->count);
  if (at < 0)
    return refuse_data(run);
  list *made = make_list(run, from->count - 1);
  if (!made)
    return 0;
  for (int64_t i = 0; i < from->count; ++i)
    if (i != at)
      push(made, from->table->items[i]);
  return handle_of(made);
}

/* Items ------------------------------------------------------------------- */

int64_t graphopt_sequence_at(graphopt_run *run, int64_t handle,
                             int64_t position) {
  const item *found = find(run, handle, position);
  list *made = found ? make_list(run, 1) : NULL;
  if (made)
    push(made, *found);
  return handle_of(made);
}

int64_t graphopt_sequence_extent(graphopt_run *run, int64_t handle,
                                 int64_t position, int64_t rank, int64_t dim) {
  const item *found = find(run, handle, position);
  if (!found)
    return 0;
  return found->rank == rank ? found->dims[dim] : refuse_data(run);
}

void graphopt_sequence_read(graphopt_run *run, int64_t handle, int64_t position,
                            int64_t rank, int64_t bytes, void *result) {
  const item *found = find(run, handle, position);
  if (!found)
    return;
  if (found->rank != rank || found->bytes != bytes)
    refuse_data(run);
  else
    copy_bytes(result, found->data, bytes);
}

/* Cutting and joining ------------------------------------------------------ */

/* Rows `first` .. `first + count - 1` along `axis`, which `drop` leaves out. */
static item cut(graphopt_run *run, const char *data, const int64_t *dims,
                int64_t rank, int64_t element_bytes, int64_t axis, int64_t first,
                int64_t count, int drop) {
  int64_t outer = element_count(dims, axis);
  int64_t row = element_count(dims + axis + 1, rank - axis - 1) * element_bytes;
  item made = make_item(run, drop ? rank - 1 : rank, outer * count * row);
  if (!made.data)
    return made;
  int64_t *extents = (int64_t *)made.dims;
  for (int64_t i = 0; i < rank; ++i)
    if (i != axis)
      *extents++ = dims[i];
    else if (!drop)
      *extents++ = count;
  for (int64_t i = 0; i < outer; ++i)
    copy_bytes((char *)made.data + i * count * row,
               data + (i * dims[axis] + first) * row, count * row);
  return made;
}

int64_t graphopt_sequence_cut(graphopt_run *run, const void *data,
                              const int64_t *dims, int64_t rank,
                              int64_t element_bytes, int64_t axis, int64_t size,
                              int64_t drop) {
  if (size <= 0)
    return refuse_data(run);
  int64_t extent = dims[axis];
  list *made = make_list(run, extent / size + 1);
  for (int64_t first = 0; made && first < extent; first += size) {
    int64_t count = size < extent - first ? size : extent - first;
    item part = cut(run, data, dims, rank, element_bytes, axis, first, count,
                    drop != 0);
    if (!part.data)
      return 0;
    push(made, part);
  }
  return handle_of(made);
}

int64_t graphopt_sequence_split(graphopt_run *run, const void *data,
                                const int64_t *dims, int64_t rank,
                                int64_t element_bytes, int64_t axis,
                                const int64_t *sizes, int64_t count) {
  int64_t left = dims[axis];
  for (int64_t i = 0; i < count; ++i) {
    if (sizes[i] < 0 || sizes[i] > left)
      return refuse_data(run);
    left -= sizes[i];
  }
  if (left)
    return refuse_data(run);
  list *made = make_list(run, count);
  for (int64_t i = 0, first = 0; made && i < count; first += sizes[i++]) {
    item part =
        cut(run, data, dims, rank, element_bytes, axis, first, sizes[i], 0);
    if (!part.data)
      return 0;
    push(made, part);
  }
  return handle_of(made);
}

int64_t graphopt_sequence_joint(graphopt_run *run, int64_t handle, int64_t rank,
                                int64_t axis, int64_t dim) {
  const list *from = list_of(handle);
  int64_t extent = 0;
  if (!from->count)
    return refuse_data(run);
  for (int64_t i = 0; i < from->count; ++i) {
    const item *part = &from->table->items[i];
    if (part->rank != rank)
      return refuse_data(run);
    if (dim == axis)
      extent += part->dims[dim];
    else if (i && part->dims[dim] != extent)
      return refuse_data(run);
    else
      extent = part->dims[dim];
  }
  return extent;
}

void graphopt_sequence_concat(graphopt_run *run, int64_t handle, int64_t axis,
                              int64_t bytes, void *result) {
  const list *from = list_of(handle);
  int64_t total = 0, outer = 1;
  for (int64_t i = 0; i < from->count; ++i)
    total += from->table->items[i].bytes;
  if (total != bytes) {
    refuse_data(run);
    return;
  }
  if (!bytes)
    return;
  outer = element_count(from->table->items[0].dims, axis);
  char *to = result;
  for (int64_t k = 0; k < outer; ++k)
    for (int64_t i = 0; i < from->count; ++i) {
      const item *part = &from->table->items[i];
      int64_t piece = part->bytes / outer;
      copy_bytes(to, (const char *)part->data + k * piece, piece);
      to += piece;
    }
}

/* The caller's ------------------------------------------------------------- */

static item borrow(const graphopt_tensor *tensor) {
  int64_t bytes = graphopt_dtype_bytes(tensor->dtype);
  return (item){tensor->data, tensor->dims, tensor->rank,
                bytes * element_count(tensor->dims, tensor->rank)};
}

/* An input that is a sequence, or optional; it was checked. A run that failed goes on to
 * its first check with an empty list. */
int64_t graphopt_sequence_input(graphopt_run *run, const graphopt_tensor *given,
                                int32_t kind) {
  if (given->rank == GRAPHOPT_ABSENT)
    return 0;
  int isSequence = (kind & GRAPHOPT_SEQUENCE) != 0;
  int64_t count = isSequence ? given->dims[0] : 1;
  const graphopt_tensor *first = isSequence ? given->data : given;
  list *made = make_list(run, count);
  for (int64_t i = 0; made && i < count; ++i)
    push(made, borrow(&first[i]));
  return handle_of(made ? made : &empty_list);
}

static int64_t aligned(int64_t bytes) {
  return (bytes + GRAPHOPT_ALIGNMENT - 1) & ~(int64_t)(GRAPHOPT_ALIGNMENT - 1);
}

/* Bytes of the texts of strings; 0 of other elements. */
static int64_t text_bytes(const item *value, int32_t dtype) {
  const char *const *strings = value->data;
  int64_t bytes = 0;
  for (int64_t i = 0; dtype == GRAPHOPT_STRING && i < value->bytes / 8; ++i)
    bytes += (int64_t)strlen(strings[i]) + 1;
  return bytes;
}

/* The elements, and behind `text` what those that are strings point at. Gives what is
 * behind that. */
static char *output_elements(void *to, const item *value, int32_t dtype,
                             char *text) {
  const char *const *strings = value->data;
  copy_bytes(to, value->data, value->bytes);
  for (int64_t i = 0; dtype == GRAPHOPT_STRING && i < value->bytes / 8; ++i) {
    int64_t length = (int64_t)strlen(strings[i]) + 1;
    copy_bytes(text, strings[i], length);
    ((char **)to)[i] = text;
    text += length;
  }
  return text;
}

/* Bytes of a block for the tensors of a list: their descriptions, their dims, then,
 * from `data` on, their elements, and the texts of strings from `text` on. */
static int64_t measure(const list *from, int32_t dtype, int64_t *data,
                       int64_t *text) {
  int64_t bytes = from->count * (int64_t)sizeof(graphopt_tensor);
  for (int64_t i = 0; i < from->count; ++i)
    bytes += from->table->items[i].rank * (int64_t)sizeof(int64_t);
  *data = bytes = aligned(bytes);
  for (int64_t i = 0; i < from->count; ++i)
    bytes += aligned(from->table->items[i].bytes);
  *text = bytes;
  for (int64_t i = 0; i < from->count; ++i)
    bytes += text_bytes(&from->table->items[i], dtype);
  return bytes;
}

/* NULL, and the run has failed, if there is no memory. */
static char *allocate_output(graphopt_run *run, int64_t bytes) {
  char *block =
      graphopt_context_allocate(run->context, bytes > 0 ? (size_t)bytes : 1);
  if (!block)
    graphopt_fail(run, GRAPHOPT_OUT_OF_MEMORY);
  return block;
}

/* The elements, then the dims, then the texts. */
static void output_tensor(graphopt_run *run, graphopt_tensor *output,
                          const item *value) {
  int64_t room = aligned(value->bytes);
  int64_t dims_bytes = value->rank * (int64_t)sizeof(int64_t);
  char *block = allocate_output(
      run, room + dims_bytes + text_bytes(value, output->dtype));
  if (!block)
    return;
  output_elements(block, value, output->dtype, block + room + dims_bytes);
  copy_bytes(block + room, value->dims, dims_bytes);
  *output = (graphopt_tensor){block, (int64_t *)(block + room),
                              (int32_t)value->rank, output->dtype};
}

static void output_list(graphopt_run *run, graphopt_tensor *output,
                        const list *from) {
  int64_t at, text_at;
  int64_t bytes = measure(from, output->dtype, &at, &text_at);
  char *block = allocate_output(run, bytes);
  if (!block)
    return;
  char *text = block + text_at;
  graphopt_tensor *tensors = (graphopt_tensor *)block;
  int64_t *dims = (int64_t *)(tensors + from->count);
  for (int64_t i = 0; i < from->count; ++i) {
    const item *part = &from->table->items[i];
    tensors[i] = (graphopt_tensor){block + at, dims, (int32_t)part->rank,
                                   output->dtype};
    copy_bytes(dims, part->dims, part->rank * (int64_t)sizeof(int64_t));
    text = output_elements(block + at, part, output->dtype, text);
    dims += part->rank;
    at += aligned(part->bytes);
  }
  output->data = block;
  output->rank = 1;
  output->dims[0] = from->count;
}

void graphopt_sequence_output(graphopt_run *run, int32_t index, int64_t handle,
                              int32_t kind) {
  graphopt_tensor *output = &run->outputs[index];
  const list *from = list_of(handle);
  if (!from)
    output->rank = GRAPHOPT_ABSENT;
  else if (kind & GRAPHOPT_SEQUENCE)
    output_list(run, output, from);
  else
    output_tensor(run, output, &from->table->items[0]);
}
