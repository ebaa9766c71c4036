/* Runs the model MODEL on zeros, and tells as JSON what that took of the system.
 *
 *   drive THREADS [SIZE...]    the open dimensions, in the model's order
 *
 * From the second run on, a system call for memory ends the process: SIGSYS. */
#define _GNU_SOURCE
#include "graphopt.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern const graphopt_model MODEL;

/* The C library's allocator, counted ---------------------------------------- */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
static int allocations;

static void *counted(void *memory) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return memory;
}
void *malloc(size_t bytes) { return counted(__libc_malloc(bytes)); }
void *calloc(size_t n, size_t bytes) { return counted(__libc_calloc(n, bytes)); }
void *realloc(void *old, size_t bytes) {
  return counted(__libc_realloc(old, bytes));
}
void *memalign(size_t alignment, size_t bytes) {
  return counted(__libc_memalign(alignment, bytes));
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  return memalign(alignment, bytes);
}
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  *memory = memalign(alignment, bytes);
  return *memory ? 0 : 12;
}

/* The system's, forbidden to all threads -------------------------------------- */

static int forbid_memory(void) {
#define REFUSE(call)                                                           \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),                             \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      REFUSE(SYS_mmap),
      REFUSE(SYS_mremap),
      REFUSE(SYS_munmap),
      REFUSE(SYS_brk),
      REFUSE(SYS_madvise),
      REFUSE(SYS_clone),
      REFUSE(SYS_clone3),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                 SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

/* The model --------------------------------------------------------------------- */

static int64_t total; /* bytes of inputs and outputs */

static void *zeros(int64_t bytes) {
  size_t room = ((size_t)bytes | 63) + 1;
  void *memory = aligned_alloc(64, room);
  if (!memory)
    exit(3);
  return memset(memory, 0, room);
}

static int64_t element_bytes(int32_t dtype) {
  switch (dtype) {
  case GRAPHOPT_INT64:
  case GRAPHOPT_DOUBLE:
    return 8;
  case GRAPHOPT_BOOL:
  case GRAPHOPT_UINT8:
    return 1;
  default:
    return 4;
  }
}

static graphopt_tensor make(const graphopt_port *port, int64_t *dims) {
  graphopt_tensor tensor = {NULL, dims, port->rank, port->dtype};
  int64_t bytes = element_bytes(port->dtype);
  for (int32_t k = 0; k < port->rank; ++k) {
    if (port->dims[k] == GRAPHOPT_DIM_DATA)
      return tensor;
    bytes *= dims[k];
  }
  total += bytes;
  tensor.data = zeros(bytes);
  return tensor;
}

/* Not getrusage's, which counts what was before exec, too. */
static long long peak_bytes(void) {
  char text[4096] = {0};
  FILE *file = fopen("/proc/self/status", "r");
  if (!file)
    exit(8);
  size_t size = fread(text, 1, sizeof text - 1, file);
  const char *line = size ? strstr(text, "VmHWM:") : NULL;
  return line ? atoll(line + 6) * 1024 : -1;
}

static long faults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
  const graphopt_model *model = &MODEL;
  int64_t open[16] = {0}, dims[64][8], extents[256];
  graphopt_tensor in[64], out[64];
  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
  if (argc != 2 + model->dim_count)
    return 2;
  for (int32_t i = 0; i < model->dim_count; ++i)
    open[i] = atoll(argv[2 + i]);
  for (int32_t i = 0; i < model->input_count; ++i) {
    const graphopt_port *port = &model->inputs[i];
    for (int32_t k = 0; k < port->rank; ++k)
      dims[i][k] = port->dims[k] < 0 ? open[-1 - port->dims[k]] : port->dims[k];
    in[i] = make(port, dims[i]);
  }
  model->result_dims(open, extents);
  int64_t *next = extents;
  for (int32_t i = 0; i < model->output_count; ++i) {
    out[i] = make(&model->outputs[i], next);
    next += out[i].rank;
  }
  int64_t bytes = model->workspace_bytes(open);
  void *workspace = aligned_alloc(64, ((size_t)bytes | 63) + 1);
  if (model->pool_create(&context, atoi(argv[1])))
    return 4;

  long before = faults();
  double start = milliseconds();
  if (model->run(&context, in, out, workspace, bytes))
    return 5;
  double first = milliseconds() - start;
  long first_faults = faults() - before;
  long long peak = peak_bytes();

  int forbidden = forbid_memory();
  allocations = 0;
  for (int run = 0; run < 3; ++run) {
    for (int32_t i = 0; i < model->output_count; ++i)
      for (int32_t k = 0; k < out[i].rank; ++k)
        if (model->outputs[i].dims[k] == GRAPHOPT_DIM_DATA)
          out[i].data = NULL;
    if (model->run(&context, in, out, workspace, bytes))
      return 6;
  }
  char text[512];
  int size = snprintf(
      text, sizeof text,
      "{\"allocations\": %d, \"forbidden\": %d, \"weights\": %lld, "
      "\"workspace\": %lld, \"ports\": %lld, \"peak\": %lld, \"faults\": %ld, "
      "\"first_ms\": %.3f}\n",
      allocations, forbidden, (long long)model->weights_bytes,
      (long long)bytes, (long long)total, peak, first_faults, first);
  if (write(1, text, (size_t)size) != size)
    return 7;
  _exit(0); /* nothing that would need memory */
}
