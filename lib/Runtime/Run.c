/* The way into a model: every argument is checked, then the entry is called. */
#include "Run.h"

/* Elements that any address space can hold; keeps all products below 2^63. */
#define MAX_ELEMENTS ((int64_t)1 << 47)

/* Of tensors of any rank; none has more. */
#define MAX_RANK 64

/* The checks fill it in: `dims` are -1 until an input gives one, `extents` where
 * values decide. */
typedef graphopt_request check;

static graphopt_status refuse(const check *c, graphopt_status status,
                              int32_t port, int32_t dim, int64_t expected,
                              int64_t actual) {
  if (c->context && c->context->fault)
    *c->context->fault = (graphopt_fault){port, dim, expected, actual};
  return status;
}

int64_t graphopt_dtype_bytes(int32_t dtype) {
  switch (dtype) {
  case GRAPHOPT_BFLOAT16:
  case GRAPHOPT_FLOAT16:
  case GRAPHOPT_INT16:
  case GRAPHOPT_UINT16:
    return 2;
  case GRAPHOPT_FLOAT:
  case GRAPHOPT_INT32:
  case GRAPHOPT_UINT32:
    return 4;
  case GRAPHOPT_DOUBLE:
  case GRAPHOPT_INT64:
  case GRAPHOPT_UINT64:
    return 8;
  case GRAPHOPT_STRING:
    return sizeof(const char *);
  default:
    return 1;
  }
}

/* Number of elements, or -1 if an extent is negative or there are too many. A 0
 * does not excuse its neighbours: sizes are computed from them too. */
static int64_t count_elements(const int64_t *extents, int32_t rank) {
  int64_t count = 1, nonzero = 1;
  for (int32_t i = 0; i < rank; ++i) {
    int64_t extent = extents[i];
    if (extent < 0 || (extent > 0 && nonzero > MAX_ELEMENTS / extent))
      return -1;
    nonzero *= extent > 0 ? extent : 1;
    count *= extent;
  }
  return count;
}

static graphopt_status check_pointer(const check *c, int32_t port,
                                     const void *data) {
  if (!data)
    return refuse(c, GRAPHOPT_NULL_POINTER, port, -1, 0, 0);
  int64_t offset = (int64_t)((uintptr_t)data % GRAPHOPT_ALIGNMENT);
  if (offset)
    return refuse(c, GRAPHOPT_MISALIGNED, port, -1, 0, offset);
  return GRAPHOPT_OK;
}

/* `dim` says which of a sequence's tensors it is, or -1. */
static graphopt_status check_type(const check *c, int32_t port, int32_t dim,
                                  const graphopt_tensor *tensor,
                                  const graphopt_port *declared) {
  if (tensor->dtype != declared->dtype)
    return refuse(c, GRAPHOPT_BAD_DTYPE, port, dim, declared->dtype,
                  tensor->dtype);
  if (declared->rank == GRAPHOPT_ANY_RANK
          ? tensor->rank < 0 || tensor->rank > MAX_RANK
          : tensor->rank != declared->rank)
    return refuse(c, GRAPHOPT_BAD_RANK, port, dim, declared->rank, tensor->rank);
  if (tensor->rank > 0 && !tensor->dims)
    return refuse(c, GRAPHOPT_NULL_POINTER, port, dim, 0, 0);
  return GRAPHOPT_OK;
}

static graphopt_status check_input_data(const check *c, int32_t port,
                                        const graphopt_tensor *tensor) {
  int64_t count = count_elements(tensor->dims, tensor->rank);
  if (count < 0)
    return refuse(c, GRAPHOPT_BAD_DIM, port, -1, MAX_ELEMENTS, -1);
  if (!count)
    return GRAPHOPT_OK;
  graphopt_status status = check_pointer(c, port, tensor->data);
  const char *const *strings = tensor->data;
  for (int64_t i = 0; !status && tensor->dtype == GRAPHOPT_STRING && i < count; ++i)
    if (!strings[i])
      status = refuse(c, GRAPHOPT_NULL_POINTER, port, -1, 0, i);
  return status;
}

/* A tensor whose open extents are its own: of a sequence, or optional. */
static graphopt_status check_item(const check *c, int32_t port, int32_t dim,
                                  const graphopt_tensor *tensor) {
  const graphopt_port *declared = &c->model->inputs[port];
  graphopt_status status = check_type(c, port, dim, tensor, declared);
  if (status)
    return status;
  for (int32_t i = 0; i < declared->rank; ++i)
    if (declared->dims[i] >= 0 && declared->dims[i] != tensor->dims[i])
      return refuse(c, GRAPHOPT_BAD_DIM, port, dim < 0 ? i : dim,
                    declared->dims[i], tensor->dims[i]);
  return check_input_data(c, port, tensor);
}

static graphopt_status check_sequence(const check *c, int32_t port,
                                      const graphopt_tensor *sequence) {
  int32_t dtype = c->model->inputs[port].dtype;
  if (sequence->dtype != dtype)
    return refuse(c, GRAPHOPT_BAD_DTYPE, port, -1, dtype, sequence->dtype);
  if (sequence->rank != 1)
    return refuse(c, GRAPHOPT_BAD_RANK, port, -1, 1, sequence->rank);
  if (!sequence->dims)
    return refuse(c, GRAPHOPT_NULL_POINTER, port, -1, 0, 0);
  int64_t count = sequence->dims[0];
  if (count < 0 || count > INT32_MAX)
    return refuse(c, GRAPHOPT_BAD_DIM, port, -1, INT32_MAX, count);
  if (count && !sequence->data)
    return refuse(c, GRAPHOPT_NULL_POINTER, port, -1, 0, 0);
  const graphopt_tensor *items = sequence->data;
  for (int32_t i = 0; i < (int32_t)count; ++i) {
    graphopt_status status = check_item(c, port, i, &items[i]);
    if (status)
      return status;
  }
  return GRAPHOPT_OK;
}

static graphopt_status check_input(const check *c, int32_t port) {
  const graphopt_port *declared = &c->model->inputs[port];
  const graphopt_tensor *tensor = &c->inputs[port];
  if ((declared->kind & GRAPHOPT_OPTIONAL) && tensor->rank == GRAPHOPT_ABSENT)
    return GRAPHOPT_OK;
  if (declared->kind & GRAPHOPT_SEQUENCE)
    return check_sequence(c, port, tensor);
  if (declared->kind != GRAPHOPT_TENSOR)
    return check_item(c, port, -1, tensor);
  graphopt_status status = check_type(c, port, -1, tensor, declared);
  if (status)
    return status;
  for (int32_t i = 0; i < declared->rank; ++i) {
    int64_t want = declared->dims[i], actual = tensor->dims[i];
    if (want < 0) {
      int64_t *open = &c->dims[-1 - want];
      if (*open < 0 && actual >= 0)
        *open = actual;
      want = *open;
    }
    if (actual != want || actual < 0)
      return refuse(c, GRAPHOPT_BAD_DIM, port, i, want, actual);
  }
  return check_input_data(c, port, tensor);
}

/* The extents that result_dims writes. */
static int32_t extent_count(const graphopt_port *output) {
  return output->kind == GRAPHOPT_TENSOR ? output->rank : 0;
}

/* Whether the library allocates the output. */
static int is_allocated(const graphopt_port *output) {
  if (output->kind != GRAPHOPT_TENSOR || output->dtype == GRAPHOPT_STRING)
    return 1;
  for (int32_t i = 0; i < output->rank; ++i)
    if (output->dims[i] == GRAPHOPT_DIM_DATA)
      return 1;
  return 0;
}

static graphopt_status check_output(const check *c, int32_t index,
                                    const int64_t *extents) {
  int32_t port = c->model->input_count + index;
  const graphopt_port *declared = &c->model->outputs[index];
  const graphopt_tensor *tensor = &c->outputs[index];
  if (declared->kind == GRAPHOPT_TENSOR) {
    graphopt_status status = check_type(c, port, -1, tensor, declared);
    if (status)
      return status;
  } else if (tensor->dtype != declared->dtype) {
    return refuse(c, GRAPHOPT_BAD_DTYPE, port, -1, declared->dtype, tensor->dtype);
  } else if ((declared->kind & GRAPHOPT_SEQUENCE) && !tensor->dims) {
    return refuse(c, GRAPHOPT_NULL_POINTER, port, -1, 0, 0);
  }
  if (is_allocated(declared))
    return tensor->data ? refuse(c, GRAPHOPT_NOT_NULL, port, -1, 0, 0)
                        : GRAPHOPT_OK;
  int64_t count = count_elements(extents, declared->rank);
  if (count < 0)
    return refuse(c, GRAPHOPT_BAD_DIM, port, -1, MAX_ELEMENTS, -1);
  return count ? check_pointer(c, port, tensor->data) : GRAPHOPT_OK;
}

static graphopt_status check_workspace(const check *c, const void *workspace,
                                       int64_t bytes, int64_t *needed) {
  *needed = c->model->workspace_bytes(c->dims);
  if (*needed < 0)
    return refuse(c, GRAPHOPT_BAD_DIM, -1, -1, 0, *needed);
  if (bytes < *needed)
    return refuse(c, GRAPHOPT_WORKSPACE_TOO_SMALL, -1, -1, *needed, bytes);
  return *needed ? check_pointer(c, -1, workspace) : GRAPHOPT_OK;
}

/* Memory `bytes` long from `start`; empty if bytes is 0. */
typedef struct range {
  uintptr_t start;
  int64_t bytes;
} range;

int64_t graphopt_tensor_bytes(const graphopt_tensor *tensor, const int64_t *extents) {
  int64_t count = tensor->data ? count_elements(extents, tensor->rank) : 0;
  return count * graphopt_dtype_bytes(tensor->dtype);
}

static range tensor_range(const graphopt_tensor *tensor,
                          const int64_t *extents) {
  return (range){(uintptr_t)tensor->data, graphopt_tensor_bytes(tensor, extents)};
}

static int overlap(range a, range b) {
  return a.bytes > 0 && b.bytes > 0 && a.start < b.start + (size_t)b.bytes &&
         b.start < a.start + (size_t)a.bytes;
}

/* Whether something that is written overlaps input `port`. */
static int overlaps_input(const check *c, range written, int32_t port) {
  const graphopt_tensor *input = &c->inputs[port];
  int32_t kind = c->model->inputs[port].kind;
  if ((kind & GRAPHOPT_OPTIONAL) && input->rank == GRAPHOPT_ABSENT)
    return 0;
  if (!(kind & GRAPHOPT_SEQUENCE))
    return overlap(written, tensor_range(input, input->dims));
  const graphopt_tensor *items = input->data;
  int64_t count = input->dims[0];
  if (overlap(written, (range){(uintptr_t)items,
                               count * (int64_t)sizeof(graphopt_tensor)}))
    return 1;
  for (int64_t i = 0; i < count; ++i)
    if (overlap(written, tensor_range(&items[i], items[i].dims)))
      return 1;
  return 0;
}

/* What the model writes, outputs and workspace, overlaps nothing else: compiled
 * code relies on it. What the library allocates has no data yet. */
static graphopt_status check_overlap(const check *c, range workspace) {
  int32_t inputs = c->model->input_count, outputs = c->model->output_count;
  for (int32_t i = 0; i < inputs; ++i)
    if (overlaps_input(c, workspace, i))
      return refuse(c, GRAPHOPT_OVERLAP, i, -1, -1, -1);
  const int64_t *extents = c->extents;
  for (int32_t i = 0; i < outputs; ++i) {
    range output = tensor_range(&c->outputs[i], extents);
    extents += extent_count(&c->model->outputs[i]);
    if (overlap(output, workspace))
      return refuse(c, GRAPHOPT_OVERLAP, inputs + i, -1, -1, -1);
    for (int32_t j = 0; j < inputs; ++j)
      if (overlaps_input(c, output, j))
        return refuse(c, GRAPHOPT_OVERLAP, inputs + i, -1, -1, j);
    const int64_t *earlier = c->extents;
    for (int32_t j = 0; j < i; ++j) {
      if (overlap(output, tensor_range(&c->outputs[j], earlier)))
        return refuse(c, GRAPHOPT_OVERLAP, inputs + i, -1, -1, inputs + j);
      earlier += extent_count(&c->model->outputs[j]);
    }
  }
  return GRAPHOPT_OK;
}

static graphopt_status check_context(const graphopt_context *context) {
  if (!context)
    return GRAPHOPT_OK;
  if (context->abi != GRAPHOPT_ABI_VERSION)
    return GRAPHOPT_ABI_MISMATCH;
  if (!context->allocate != !context->release ||
      !context->begin_call != !context->end_call)
    return GRAPHOPT_NULL_POINTER;
  return GRAPHOPT_OK;
}

/* All checks but the context's, cheapest first. Nothing is written but the
 * check's own arrays. */
static graphopt_status check_all(check *c, const void *workspace,
                                 int64_t workspace_bytes) {
  const graphopt_model *model = c->model;
  if ((model->input_count && !c->inputs) ||
      (model->output_count && !c->outputs))
    return refuse(c, GRAPHOPT_NULL_POINTER, -1, -1, 0, 0);
  for (int32_t i = 0; i < model->dim_count; ++i)
    c->dims[i] = -1;
  for (int32_t i = 0; i < model->input_count; ++i) {
    graphopt_status status = check_input(c, i);
    if (status)
      return status;
  }
  model->result_dims(c->dims, c->extents);
  const int64_t *extents = c->extents;
  for (int32_t i = 0; i < model->output_count; ++i) {
    graphopt_status status = check_output(c, i, extents);
    if (status)
      return status;
    extents += extent_count(&model->outputs[i]);
  }
  int64_t needed;
  graphopt_status status =
      check_workspace(c, workspace, workspace_bytes, &needed);
  if (status)
    return status;
  return check_overlap(c, (range){(uintptr_t)workspace, needed});
}

/* Outputs that the library allocated go back when the run failed. */
static void take_back_results(const check *c) {
  for (int32_t i = 0; i < c->model->output_count; ++i)
    if (is_allocated(&c->model->outputs[i]) && c->outputs[i].data) {
      graphopt_context_release(c->context, c->outputs[i].data);
      c->outputs[i].data = NULL;
    }
}

void graphopt_write_dims(const graphopt_request *request) {
  const int64_t *extents = request->extents;
  for (int32_t i = 0; i < request->model->output_count; ++i)
    for (int32_t k = 0; k < extent_count(&request->model->outputs[i]); ++k)
      request->outputs[i].dims[k] = *extents++;
}

graphopt_status graphopt_check_and_run(const graphopt_model *model, graphopt_executor execute,
                                       const void *code, const graphopt_context *context,
                                       const graphopt_tensor *inputs, graphopt_tensor *outputs,
                                       void *workspace, int64_t workspace_bytes) {
  graphopt_status status = check_context(context);
  if (status)
    return status;
  int32_t output_rank = 0;
  for (int32_t i = 0; i < model->output_count; ++i)
    output_rank += extent_count(&model->outputs[i]);
  int64_t dims[model->dim_count + 1], extents[output_rank + 1];
  graphopt_request request = {model, context, inputs, outputs, workspace, dims, extents};
  status = check_all(&request, workspace, workspace_bytes);
  if (status)
    return status;
  status = execute(&request, code);
  if (status)
    take_back_results(&request);
  return status;
}

/* On this CPU. */
static graphopt_status execute_entry(const graphopt_request *request, const void *code) {
  const graphopt_variant *variant = code;
  const graphopt_model *model = request->model;
  void *tensors[model->input_count + model->output_count + 1];
  for (int32_t i = 0; i < model->input_count; ++i)
    tensors[i] = model->inputs[i].kind == GRAPHOPT_TENSOR
                     ? request->inputs[i].data
                     : (void *)&request->inputs[i];
  for (int32_t i = 0; i < model->output_count; ++i)
    tensors[model->input_count + i] = request->outputs[i].data;
  graphopt_write_dims(request);
  tensors[model->input_count + model->output_count] =
      model->weights_id ? (void *)graphopt_weights_data(request->context->weights) : NULL;
  graphopt_run run = {request->context, request->outputs, NULL, NULL, 0, 0};
  int32_t status = variant->entry(tensors, request->dims, request->workspace, &run);
  graphopt_release_blocks(&run);
  return status ? refuse(request, (graphopt_status)status, -1, -1, 0, 0) : GRAPHOPT_OK;
}

graphopt_status graphopt_run_model(const graphopt_model *model,
                                   const graphopt_variant *variants,
                                   int32_t variant_count,
                                   const graphopt_context *context,
                                   const graphopt_tensor *inputs,
                                   graphopt_tensor *outputs, void *workspace,
                                   int64_t workspace_bytes) {
  graphopt_status status = check_context(context);
  if (status)
    return status;
  const graphopt_variant *variant =
      graphopt_select_variant(context, variants, variant_count);
  if (!variant)
    return GRAPHOPT_BAD_CPU;
  status = graphopt_check_weights(model, context ? context->weights : NULL);
  if (status)
    return status;
  return graphopt_check_and_run(model, execute_entry, variant, context, inputs, outputs,
                                workspace, workspace_bytes);
}
