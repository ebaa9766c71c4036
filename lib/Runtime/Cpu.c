/* What the CPU that we run on has, as bits of CpuFeatures.def. Nothing here may
 * need more than the least CPU of the architecture. */
#include "Libc.h"
#include "Run.h"

/* Set in what a context remembers: 0 there means that nobody has looked. */
#define LOOKED ((uint64_t)1 << 63)

#if defined(__x86_64__)

typedef struct leaf {
  uint32_t a, b, c, d;
} leaf;

/* Zeros for a leaf that the CPU does not have. */
static leaf read_leaf(uint32_t number, uint32_t subleaf) {
  leaf first = {0, 0, 0, 0}, result = {0, 0, 0, 0};
  __asm__("cpuid"
          : "=a"(first.a), "=b"(first.b), "=c"(first.c), "=d"(first.d)
          : "0"(number & 0x80000000u), "2"(0));
  if (first.a < number)
    return result;
  __asm__("cpuid"
          : "=a"(result.a), "=b"(result.b), "=c"(result.c), "=d"(result.d)
          : "0"(number), "2"(subleaf));
  return result;
}

/* The register states that the system saves. */
static uint32_t read_states(void) {
  uint32_t low = 0, high = 0;
  if (read_leaf(1, 0).c & 1u << 27) /* OSXSAVE */
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static uint64_t find_features(void) {
  uint32_t states = read_states();
  leaf leaf_1_0 = read_leaf(1, 0), leaf_7_0 = read_leaf(7, 0),
       leaf_7_1 = {0, 0, 0, 0}, leaf_0x80000001_0 = read_leaf(0x80000001u, 0);
  if (leaf_7_0.a >= 1)
    leaf_7_1 = read_leaf(7, 1);
  uint64_t found = 0;
#define X86_FEATURE(bit, name, leaf, subleaf, reg, reg_bit, state)             \
  if ((leaf_##leaf##_##subleaf.reg >> reg_bit & 1) &&                          \
      (states & state) == state)                                               \
    found |= (uint64_t)1 << bit;
#include "CpuFeatures.def"
  return found;
}

#elif defined(__aarch64__) && defined(__linux__)

static uint64_t find_features(void) {
  uint64_t found = 0;
#define ARM_FEATURE(bit, name, word, bits)                                     \
  if ((getauxval(word) & (bits)) == (bits))                                    \
    found |= (uint64_t)1 << bit;
#include "CpuFeatures.def"
  return found;
}

#else

static uint64_t find_features(void) { return ~(uint64_t)0; }

#endif

void graphopt_detect_cpu(graphopt_context *context) {
  context->cpu = find_features() | LOOKED;
}

const graphopt_variant *
graphopt_select_variant(const graphopt_context *context,
                        const graphopt_variant *variants, int32_t count) {
  if (!variants[0].cpu)
    return variants;
  uint64_t found = context && context->cpu ? context->cpu : find_features();
  for (int32_t i = 0; i < count; ++i)
    if (!(variants[i].cpu & ~found))
      return &variants[i];
  uint64_t needed = variants[count - 1].cpu;
  if (context && context->fault)
    *context->fault = (graphopt_fault){-1, -1, (int64_t)needed,
                                       (int64_t)(found & needed)};
  return NULL;
}
